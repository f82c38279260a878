package httpapi

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// phone keeps what sync sends, as the app does.
type phone struct {
	s      *school
	token  string
	items  map[string]syncItem
	cursor string
}

// sync asks for changes and returns the status and how many items changed and went.
func (p *phone) sync() (status, changed, deleted int) {
	p.s.t.Helper()
	a := p.s.get(p.token, "/sync?cursor="+url.QueryEscape(p.cursor))
	if a.status != 200 {
		return a.status, 0, 0
	}
	ans := decode[syncAnswer](p.s.t, a)
	for _, it := range ans.Changed {
		p.items[it.Key] = it
	}
	for _, key := range ans.Deleted {
		if _, ok := p.items[key]; !ok {
			p.s.t.Errorf("deleted key %s was never sent", key)
		}
		delete(p.items, key)
	}
	p.cursor = ans.Cursor
	if ans.More || !ans.Now.Equal(p.s.clock.Now()) {
		p.s.t.Errorf("more %v, now %v", ans.More, ans.Now)
	}
	return a.status, len(ans.Changed), len(ans.Deleted)
}

func (p *phone) kinds() string {
	var ks []string
	for _, it := range p.items {
		ks = append(ks, it.Kind)
	}
	slices.Sort(ks)
	return strings.Join(ks, " ")
}

func TestSync(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	p := &phone{s: s, token: s.lan, items: map[string]syncItem{}}
	if status, _, _ := p.sync(); status != 200 || p.kinds() != "course course course drill me" {
		t.Fatalf("first: %d, %s", status, p.kinds())
	}
	if status, _, _ := p.sync(); status != 304 {
		t.Errorf("unchanged: %d, want 304", status)
	}
	tagged := s.do(call{method: "GET", path: v1 + "/sync", token: s.lan, header: map[string]string{"If-None-Match": `"` + p.cursor + `"`}})
	if tagged.status != 304 || tagged.header.Get("ETag") != `"`+p.cursor+`"` || tagged.header.Get("Cache-Control") != "no-store" {
		t.Errorf("by ETag: %d %v", tagged.status, tagged.header)
	}
	e := s.enrolled()
	if status, changed, _ := p.sync(); status != 200 || changed != 2 || p.kinds() != "course course course drill enrolment me quiz" {
		t.Fatalf("after enrolling: %d, %d changed, %s", status, changed, p.kinds())
	}
	if status, _, _ := p.sync(); status != 304 {
		t.Errorf("the ticket is live: %d, want 304", status)
	}
	var quiz learning.Paper
	for _, it := range p.items {
		if it.Kind == "quiz" {
			quiz = *it.Quiz
		}
		if it.Kind == "enrolment" && (it.Enrolment.Title.Vi == "" || it.Enrolment.Minutes == 0 || it.Enrolment.CampaignName != nil) {
			t.Errorf("enrolment %+v", it.Enrolment)
		}
	}
	var ops []any
	for i, l := range s.content().Lessons {
		ops = append(ops, op(i, "lesson.done", map[string]any{"enrolment": e.ID, "lesson": l.ID, "seconds": 60}))
	}
	s.verdicts(s.lan, append(ops, op(50, "attempt.submit", map[string]any{
		"attempt": uid(900), "enrolment": e.ID, "quiz": "check", "ticket": quiz.Ticket, "startedAt": quiz.IssuedAt, "finishedAt": quiz.IssuedAt, "answers": s.solve(quiz, true),
	}))...)
	if status, changed, deleted := p.sync(); status != 200 || changed != 1 || deleted != 1 {
		t.Errorf("after completing: %d, %d changed, %d deleted; want the enrolment, and the quiz gone", status, changed, deleted)
	}
	s.verdicts(s.lan, op(60, "drill.answer", map[string]any{"drill": "monday-inbox", "n": 1, "item": "printer", "choice": "keep"}))
	if _, changed, _ := p.sync(); changed != 1 {
		t.Errorf("after a drill op: %d changed", changed)
	}
	for _, bad := range []string{"x", "1.", "1.!!", "9.AAAA", "1.AAAA", "2.AAAA", strings.Repeat("1.AAAA", 300)} {
		want := 410
		if bad == "1." {
			want = 200 // a phone that has nothing
		}
		s.get(s.lan, "/sync?cursor="+url.QueryEscape(bad)).want(t, want, map[int]string{410: "cursor_expired", 200: "changed"}[want], "")
	}
	if a := s.get(s.binh, "/sync"); strings.Contains(a.body, string(s.id["lan"])) || strings.Contains(a.body, string(e.ID)) {
		t.Error("another person's phone gets Lan's")
	}
}

// Compressed answers are put together from pieces: they must say the same as plain
// ones, also when the pieces are made the second time.
func TestSyncCompressed(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.enrolled()
	plain := decode[syncAnswer](t, s.get(s.lan, "/sync"))
	for _, cursor := range []string{"", without(t, plain, "course"), without(t, plain, "me"), without(t, plain, "")} {
		for round := range 2 {
			path := v1 + "/sync?cursor=" + url.QueryEscape(cursor)
			want := s.do(call{method: "GET", path: path, token: s.lan})
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Authorization", "Bearer "+s.lan)
			r.Header.Set("Accept-Encoding", "gzip, deflate, br")
			res, err := s.app.Test(r, -1)
			if err != nil {
				t.Fatal(err)
			}
			if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
				t.Fatalf("round %d: %v", round, res.Header)
			}
			z, err := gzip.NewReader(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(z)
			if err != nil || string(got) != want.body {
				t.Errorf("round %d, cursor %q: %v, got %s, want %s", round, cursor, err, got, want.body)
			}
		}
	}
}

// without is a cursor of a phone that has all of a but the items of a kind, and
// one item that is gone.
func without(t *testing.T, a syncAnswer, kind string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(a.Cursor, pairsPrefix))
	if err != nil {
		t.Fatal(err)
	}
	out := []byte("gone gone!")
	for ; len(b) > 0; b = b[keyBytes+hashBytes:] {
		for _, it := range a.Changed {
			if it.Key == keyText([keyBytes]byte(b[:keyBytes])) && it.Kind != kind {
				out = append(out, b[:keyBytes+hashBytes]...)
			}
		}
	}
	return pairsPrefix + base64.RawURLEncoding.EncodeToString(out)
}

func TestSyncTellsOfCampaigns(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	due := s.clock.Now().Add(10 * 24 * time.Hour)
	c := campaign.Campaign{
		ID: "c1", Plan: campaign.Plan{
			Name: people.Text{Vi: "Tháng ba", En: "March"}, Audience: campaign.Audience{Units: []people.UnitID{"bo"}},
			Items: []campaign.Item{{Kind: campaign.Course, ID: phishing, Required: true}, {Kind: campaign.Drill, ID: "monday-inbox", Required: true}},
		}, DueAt: due, State: campaign.Running, Live: true, Version: 1,
	}
	if err := s.db.Campaigns().InsertCampaign(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	lan, err := s.People.Person(t.Context(), s.id["lan"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Learning.Assign(t.Context(), phishing, []people.Person{lan}, learning.Duty{Campaign: "c1", DueAt: &due}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, it := range decode[syncAnswer](t, s.get(s.lan, "/sync")).Changed {
		switch it.Kind {
		case "enrolment":
			seen++
			if it.Enrolment.CampaignName == nil || it.Enrolment.CampaignName.En != "March" || !it.Enrolment.DueAt.Equal(due) {
				t.Errorf("enrolment %+v", it.Enrolment)
			}
		case "drill":
			seen++
			if it.Drill.CampaignName == nil || it.Drill.CampaignName.En != "March" || !it.Drill.DueAt.Equal(due) {
				t.Errorf("drill %+v", it.Drill)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d items of the campaign, want 2", seen)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	build := func(n, changed int) *items {
		x := &items{}
		for i := range n {
			stamp := "old"
			if i < changed {
				stamp = "new"
			}
			x.add("course", fmt.Sprint(i), stamp, false, nil)
		}
		return x
	}
	for _, n := range []int{0, 1, mostPairs} {
		old, next := build(n, 0), build(n, n/2)
		if old.cursor() != build(n, 0).cursor() {
			t.Errorf("%d items: two cursors of the same", n)
		}
		changed, deleted, err := next.since(old.cursor())
		if err != nil || len(changed) != n/2 || len(deleted) != 0 {
			t.Errorf("%d items: %d changed, %d deleted, %v", n, len(changed), len(deleted), err)
		}
		changed, deleted, err = build(0, 0).since(old.cursor())
		if err != nil || len(changed) != 0 || len(deleted) != n {
			t.Errorf("%d items gone: %d changed, %d deleted, %v", n, len(changed), len(deleted), err)
		}
		if l := len(old.cursor()); l > 1400 {
			t.Errorf("the cursor of %d items has %d bytes", n, l)
		}
	}
	many := build(mostPairs+1, 0)
	if !strings.HasPrefix(many.cursor(), wholePrefix) || many.cursor() == build(mostPairs+1, 1).cursor() {
		t.Errorf("cursor of many: %q", many.cursor())
	}
	if _, _, err := many.since(build(mostPairs+1, 1).cursor()); err == nil {
		t.Error("many items, changed: want cursor_expired")
	}
}

func FuzzCursor(f *testing.F) {
	x := &items{}
	for i := range 5 {
		x.add("course", fmt.Sprint(i), "", false, nil)
	}
	f.Add(x.cursor())
	f.Add("2.AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		changed, deleted, err := x.since(cursor)
		if err != nil {
			return
		}
		if len(changed) > len(x.all) || len(deleted) > mostPairs {
			t.Errorf("since(%q): %d changed, %d deleted", cursor, len(changed), len(deleted))
		}
		for _, key := range deleted {
			if len(key) != 7 {
				t.Errorf("since(%q): deleted %q", cursor, key)
			}
		}
	})
}
