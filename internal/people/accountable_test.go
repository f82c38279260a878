package people

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestServesOn(t *testing.T) {
	const today = "2026-03-02"
	for _, tt := range []struct {
		name string
		p    Person
		day  string
		want bool
	}{
		{"stays", Person{Status: Active}, today, true},
		{"was never invited", Person{Status: Invited}, today, true},
		{"on the last day", Person{Status: Active, LeftOn: today}, today, true},
		{"after the last day", Person{Status: Active, LeftOn: "2026-03-01"}, today, false},
		{"leaves later, asked about after", Person{Status: Active, LeftOn: "2026-03-10"}, "2026-03-11", false},
		{"closed today", Person{Status: Closed, LeftOn: today}, today, false},
		{"closed today, asked about yesterday", Person{Status: Closed, LeftOn: today}, "2026-03-01", true},
		{"closed last week, asked about the last day", Person{Status: Closed, LeftOn: "2026-02-23"}, "2026-02-23", true},
		{"closed, nobody knows when", Person{Status: Closed}, "2026-01-01", false},
	} {
		if got := tt.p.ServesOn(tt.day, today); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// In any tree, with any heads and deputies, whoever of them left, and on any day,
// exactly one person answers for each unit, or nobody up to the top can.
func TestAccountable(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	day := func() string { return fmt.Sprintf("2026-03-%02d", 1+r.IntN(28)) }
	seen := map[string]int{}
	for round := range 2000 {
		var units []Unit
		gone := map[ID]Person{}
		for i := range 1 + r.IntN(12) {
			u := Unit{ID: UnitID(fmt.Sprintf("u%d", i))}
			if i > 0 && r.IntN(5) > 0 {
				u.Parent = units[r.IntN(i)].ID
			}
			for range r.IntN(4) {
				h := Headship{Person: ID(fmt.Sprintf("p%d", r.IntN(8))), From: day(), Deputy: r.IntN(3) == 0}
				if r.IntN(2) == 0 {
					h.To = day()
				}
				u.Heads = append(u.Heads, h)
			}
			units = append(units, u)
		}
		for i := range 8 {
			p := Person{Status: Active}
			switch r.IntN(3) {
			case 0:
				p.LeftOn = day()
			case 1:
				p.Status, p.LeftOn = Closed, day()
			}
			gone[ID(fmt.Sprintf("p%d", i))] = p
		}
		tr := newTree(units, clockTime)
		on := day()
		serves := func(id ID) bool { p := gone[id]; return p.ServesOn(on, "2026-03-15") }
		leads := func(u Unit, deputy bool) []ID {
			var ids []ID
			for _, h := range u.Heads {
				if h.Deputy == deputy && h.From <= on && (h.To == "" || on <= h.To) && serves(h.Person) {
					ids = append(ids, h.Person)
				}
			}
			return ids
		}
		for _, u := range tr.list {
			got := AccountableFor(u, on, tr.unit, serves)
			chain := append(slices.Clone(u.Path), u.ID)
			slices.Reverse(chain)
			want := Accountable{}
			for _, id := range chain {
				v, _ := tr.unit(id)
				heads, deputies := leads(v, false), leads(v, true)
				if len(heads) > 0 {
					want = Accountable{heads[0], id, false}
				} else if len(deputies) > 0 {
					want = Accountable{deputies[0], id, true}
				} else {
					continue
				}
				break
			}
			if got != want {
				t.Fatalf("seed %d, round %d, on %s: %s is answered for by %+v, want %+v\n%+v\n%+v", seed, round, on, u.ID, got, want, units, gone)
			}
			switch {
			case got.Person == "":
				seen["administrators"]++
			case got.Unit != u.ID:
				seen["above"]++
			case got.Deputy:
				seen["deputy"]++
			default:
				seen["head"]++
			}
		}
	}
	for _, way := range []string{"head", "deputy", "above", "administrators"} {
		if seen[way] < 100 {
			t.Errorf("only %d units were answered for by %s: the test says little", seen[way], way)
		}
	}
}
