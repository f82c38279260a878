package report

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Check reads all enrolments again and compares what the model says with what they
// say. It returns each difference as a line with ids only; none means that every
// answer is right. Changes made while it reads may show up as differences: look
// again when nobody works.
func (s *Service) Check(ctx context.Context) ([]string, error) {
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	fresh := &Service{Enrolments: s.Enrolments, People: s.People, Courses: s.Courses, Campaigns: s.Campaigns, Zone: s.Zone, Now: s.Now, Log: s.Log}
	if err := fresh.read(ctx, fresh.model, time.Time{}, s.Now()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	want := fresh.m
	now := max(s.m.now, want.now)
	s.m.advance(now)
	want.advance(now)
	return append(compare("row", s.m.rowFacts(), want.rowFacts()), compare("sum", s.m.sumFacts(), want.sumFacts())...), nil
}

// compare lists what differs between two tables of facts.
func compare(what string, got, want map[string]string) (out []string) {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			out = append(out, fmt.Sprintf("%s %s: model %q, enrolments %q", what, k, got[k], want[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			out = append(out, fmt.Sprintf("%s %s: model %q, enrolments have none", what, k, got[k]))
		}
	}
	return out
}

// rowFacts writes out every row by names, since numbers differ between models.
func (m *model) rowFacts() map[string]string {
	out := make(map[string]string, len(m.rows.person))
	x := &m.rows
	for r := range x.person {
		who := &m.people[x.person[r]]
		key := fmt.Sprintf("%s:%s:%d", m.courses[x.course[r]], who.id, x.cycle[r])
		out[key] = fmt.Sprintf("%d@%d %s done %d rating %d due %d completed %d unit %s overdue %v in %s active %v",
			x.state[r], x.n[r], m.setName(x.set[r]), x.done[r], x.rating[r], x.due[r], x.completed[r], m.units[x.unit[r]].ID,
			x.overdue[r], m.units[who.unit].ID, who.active)
	}
	return out
}

// sumFacts writes out every sum that is not zero.
func (m *model) sumFacts() map[string]string {
	out := map[string]string{}
	for k, c := range m.cells {
		if *c != (counts{}) {
			out[fmt.Sprintf("%s %s %s", m.units[k.unit].ID, m.courses[k.course], m.setName(k.set))] = fmt.Sprint(*c)
		}
	}
	for k, c := range m.camps {
		if *c != (CampaignCounts{}) {
			out[fmt.Sprintf("%s campaign %s", m.units[k.unit].ID, m.campaigns[k.campaign])] = fmt.Sprint(*c)
		}
	}
	for u, n := range m.staff {
		if n != 0 {
			out[fmt.Sprintf("%s people", m.units[u].ID)] = fmt.Sprint(n)
		}
	}
	return out
}

func (m *model) setName(set uint16) string {
	names := make([]string, 0, len(m.sets[set]))
	for _, c := range m.sets[set] {
		names = append(names, m.campaigns[c])
	}
	slices.Sort(names)
	return fmt.Sprint(names)
}
