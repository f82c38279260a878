package httpapi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/report"
)

// Whatever the rule, the list, the count, the preview, the audience by id and the rule
// asked about one person agree.
func TestCohortRules(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	ctx := t.Context()
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	units := []people.UnitID{"bo", "a", "a1", "b"}
	roles := []people.Role{people.Trainer, people.Auditor, people.Administrator}
	day := func() string { return fmt.Sprintf("2026-0%d-01", 1+r.IntN(3)) }
	for i := range 120 {
		d := people.Draft{Name: "Người", Email: fmt.Sprintf("r%d@bo.vn", i), Unit: units[r.IntN(4)]}
		if r.IntN(3) > 0 {
			d.JoinedOn = day()
		}
		if r.IntN(3) == 0 {
			d.Grants = []people.Grant{{Role: roles[r.IntN(3)], Unit: units[r.IntN(4)]}}
		}
		p, err := o.People.Add(ctx, people.Console(), d)
		if err != nil {
			t.Fatal(err)
		}
		if i%9 == 0 {
			if _, err := o.People.Disable(ctx, people.Console(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := o.People.Units(ctx)
	if err != nil {
		t.Fatal(err)
	}
	path := map[people.UnitID][]people.UnitID{}
	for _, u := range all {
		path[u.ID] = u.Path
	}
	some := 0
	for round := range 60 {
		rule := people.Rule{Units: []people.UnitID{}}
		unit := []people.UnitID{"", "a", "bo"}[r.IntN(3)]
		if r.IntN(2) == 0 {
			rule.Units = []people.UnitID{"a1"}
			if unit != "a" && r.IntN(2) == 0 {
				rule.Units = append(rule.Units, "b")
			}
		}
		if r.IntN(2) == 0 {
			rule.Role = roles[r.IntN(3)]
		}
		if r.IntN(2) == 0 {
			rule.JoinedFrom = "2026-02-01"
		}
		if r.IntN(2) == 0 {
			rule.JoinedUntil = "2026-02-15"
		}
		c, err := o.People.AddCohort(ctx, people.Console(), people.Text{Vi: "x", En: "x"}, unit, &rule)
		if err != nil {
			t.Fatal(err)
		}
		var want, listed, paged []string
		err = o.People.EachPerson(ctx, time.Time{}, func(p people.Person) error {
			if c.Includes(p, path[p.Unit]) {
				want = append(want, string(p.ID))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for cursor := ""; ; {
			ps, next, err := o.People.MembersOf(ctx, c, cursor, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range ps {
				listed = append(listed, string(p.ID))
			}
			if cursor = next; next == "" {
				break
			}
		}
		for after := people.ID(""); ; {
			ps, err := o.People.CohortAudience(ctx, c.ID, after, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range ps {
				paged = append(paged, string(p.ID))
			}
			if len(ps) < 7 {
				break
			}
			after = ps[6].ID
		}
		n, first, err := o.People.PreviewCohort(ctx, people.Console(), unit, rule, 5)
		for _, l := range [][]string{want, listed, paged} {
			slices.Sort(l)
		}
		if err != nil || n != len(want) || len(first) != min(5, n) || !slices.Equal(listed, want) || !slices.Equal(paged, want) {
			t.Fatalf("seed %d, round %d, unit %q, %+v: %d by the rule, %d listed, %d by id, %d counted, %d shown, %v", seed, round, unit, rule, len(want), len(listed), len(paged), n, len(first), err)
		}
		some += min(1, n)
	}
	if some < 20 {
		t.Errorf("only %d of 60 rules selected anybody: the test says little", some)
	}
}

// A cohort is the audience of a campaign, and lives: whoever joins it is enrolled.
func TestCohortOfCampaign(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lan := string(o.id["lan@bo.vn"])
	made := func(body string) people.CohortID {
		t.Helper()
		a := o.ask(o.root, "POST", "/cohorts", body)
		a.want(t, 201, `"people"`, "")
		return decode[people.Cohort](t, a).ID
	}
	o.ask(o.root, "POST", "/cohorts/preview", `{"unit":"","rule":{"units":[],"role":"trainer"}}`).want(t, 200, `{"people":1,"names":["Soạn Bài"]}`, "")
	trainers := made(`{"name":{"vi":"Người viết bài","en":"Trainers"},"unit":"","rule":{"units":[],"role":"trainer"}}`)
	byHand := made(`{"name":{"vi":"Tổ chuyển đổi số","en":"Digital team"},"unit":"bo"}`)
	o.ask(o.root, "PUT", "/cohorts/"+string(byHand)+"/members/"+lan, nil).want(t, 200, `"people":1`, "")
	o.ask(o.root, "PUT", "/cohorts/"+string(byHand)+"/members/"+lan, nil).want(t, 200, `"people":1`, "") // twice is once
	o.ask(o.root, "PUT", "/cohorts/"+string(trainers)+"/members/"+lan, nil).want(t, 409, "cohort_by_rule", "")
	o.ask(o.root, "PATCH", "/cohorts/"+string(byHand), `{"rule":{"units":[]}}`).want(t, 422, `"field":"rule","code":"by_hand"`, "")
	o.ask(o.root, "GET", "/cohorts", nil).want(t, 200, "Tổ chuyển đổi số", "")
	o.ask(o.unitAdmin, "GET", "/cohorts", nil).want(t, 200, `{"items":[]}`, "")
	for _, tt := range []struct{ body, want string }{
		{`{"name":{"vi":""},"unit":""}`, `"field":"name.vi","code":"required"`},
		{`{"name":{"vi":"x"},"unit":"none"}`, `"field":"unit","code":"unknown"`},
		{`{"name":{"vi":"x"},"unit":"a","rule":{"units":["a1","b"]}}`, `"field":"rule.units[1]","code":"unknown"`},
		{`{"name":{"vi":"x"},"unit":"","rule":{"units":[],"role":"head"}}`, `"field":"rule.role","code":"oneof"`},
		{`{"name":{"vi":"x"},"unit":"","rule":{"units":[],"joinedFrom":"31/12/2026"}}`, `"field":"rule.joinedFrom","code":"datetime"`},
		{`{"name":{"vi":"x"},"unit":"","rule":{"units":[],"joinedFrom":"2026-02-02","joinedUntil":"2026-02-01"}}`, `"field":"rule.joinedUntil","code":"order"`},
		{`{"name":{"vi":"x"},"unit":"","rule":{"units":[` + strings.Repeat(`"a",`, 100) + `"a"]}}`, `"field":"rule.units","code":"max"`},
	} {
		o.ask(o.root, "POST", "/cohorts", tt.body).want(t, 422, tt.want, "")
	}

	audience := fmt.Sprintf(`{"units":["a1"],"cohorts":[%q,%q]}`, trainers, byHand)
	o.ask(o.root, "POST", "/campaigns/audience", `{"audience":`+audience+`}`).want(t, 200, `{"people":2,"first":[`, "") // Lan is in a1 and in the team, the trainer
	o.ask(o.unitAdmin, "POST", "/campaigns/audience", `{"audience":`+audience+`}`).want(t, 422, `"field":"audience.cohorts[0]","code":"unknown"`, "")
	a := o.ask(o.root, "POST", "/campaigns", fmt.Sprintf(march, strings.Trim(audience, "{}")))
	a.want(t, 201, `"cohorts":["`, "")
	id := "/campaigns/" + string(begin(t, o.Campaigns, decode[campaign.Campaign](t, a).ID).ID)
	minute := func() int {
		t.Helper()
		o.clock.advance(time.Minute)
		if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := o.Reports.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return decode[struct{ People int }](t, o.ask(o.root, "GET", id, nil)).People
	}
	steps := []struct {
		about string
		do    func()
		want  int
	}{
		{"as it was made", func() {}, 2},
		{"somebody becomes a trainer", func() {
			o.ask(o.root, "PATCH", "/people/"+string(o.id["binh@bo.vn"]), `{"grants":[{"role":"trainer","unit":"b"}]}`).want(t, 200, "", "")
		}, 3},
		{"somebody joins by hand", func() {
			o.ask(o.root, "PUT", "/cohorts/"+string(byHand)+"/members/"+string(o.id["head-a@bo.vn"]), nil).want(t, 200, "", "")
		}, 4},
		{"the rule is widened", func() {
			o.ask(o.root, "PATCH", "/cohorts/"+string(trainers), `{"rule":{"units":["b"],"role":"administrator"}}`).want(t, 200, `"people":0`, "")
			o.ask(o.root, "PATCH", "/cohorts/"+string(trainers), `{"rule":{"units":[],"role":"administrator"}}`).want(t, 200, `"people":2`, "")
		}, 6},
		{"somebody is taken out: the duty stays", func() {
			o.ask(o.root, "DELETE", "/cohorts/"+string(byHand)+"/members/"+lan, nil).want(t, 200, `"people":1`, "")
		}, 6},
	}
	for _, s := range steps {
		s.do()
		if got := minute(); got != s.want {
			t.Errorf("%s: %d people, want %d", s.about, got, s.want)
		}
	}
	if got := decode[report.Units](t, o.ask(o.root, "GET", "/tracking/units?unit=b&campaign="+strings.TrimPrefix(id, "/campaigns/"), nil)).Items[0]; got.Target != 80 || got.People != 2 {
		t.Errorf("b in the campaign: %+v, want 2 people and the target of 80", got)
	}
	o.ask(o.root, "GET", "/cohorts/"+string(byHand)+"/members", nil).want(t, 200, "head-a@bo.vn", "lan@bo.vn")
	o.ask(o.root, "DELETE", "/cohorts/"+string(byHand), nil).want(t, 409, `"code":"cohort_in_use"`, "")
	o.ask(o.root, "DELETE", "/cohorts/"+string(byHand), nil).want(t, 409, `"counts":{"campaigns":1}`, "")
	o.ask(o.root, "POST", id+"/close", nil).want(t, 200, "", "")
	o.ask(o.root, "DELETE", "/cohorts/"+string(byHand), nil).want(t, 204, "", "x")
	o.ask(o.root, "GET", "/cohorts/"+string(byHand), nil).want(t, 404, "cohort_not_found", "")
	o.ask(o.root, "GET", id, nil).want(t, 200, `"state":"completed"`, "")
	o.ask(o.root, "DELETE", "/units/bo", nil).want(t, 409, `"cohorts":0`, "") // only those that are there count
	o.checked()
}
