package httpapi

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/report"
)

// A unit goes only when nothing needs it any more, and says why it stays; what was done
// in it stays with the unit above, and its id is never used again.
func TestRemoveUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lan := string(o.id["lan@bo.vn"])
	o.done("lan@bo.vn")
	remove := func(unit string) reply { return o.ask(o.root, "DELETE", "/units/"+unit, nil) }
	remove("a1").want(t, 409, `"code":"unit_has_people"`, "")
	remove("a1").want(t, 409, `"counts":{"campaigns":0,"cohorts":0,"grants":0,"people":1,"units":0}`, "")
	o.ask(o.root, "PATCH", "/people/"+lan, `{"unit":"a","grants":[{"role":"auditor","unit":"a1"}]}`).want(t, 200, "", "")
	remove("a1").want(t, 409, `"code":"unit_in_use"`, "")
	remove("a1").want(t, 409, `"grants":1`, "")
	o.ask(o.root, "PATCH", "/people/"+lan, `{"grants":[]}`).want(t, 200, "", "")
	remove("bo").want(t, 409, `"units":2`, "")
	o.unit("c", "bo")
	o.unit("c1", "c")
	remove("c").want(t, 409, `"code":"unit_has_units"`, "")
	o.ask(o.root, "DELETE", "/units/c1", nil).want(t, 204, "", "x")
	remove("c").want(t, 204, "", "x")

	remove("a1").want(t, 204, "", "x")
	remove("a1").want(t, 404, "unit_not_found", "")
	o.ask(o.root, "GET", "/units", nil).want(t, 200, `"id":"a"`, `"id":"a1"`)
	o.ask(o.root, "PATCH", "/units/a1", `{"parent":"b"}`).want(t, 404, "unit_not_found", "")
	o.ask(o.root, "PATCH", "/people/"+lan, `{"unit":"a1"}`).want(t, 422, `"field":"unit","code":"unknown"`, "")
	o.ask(o.root, "PATCH", "/people/"+lan, `{"grants":[{"role":"auditor","unit":"a1"}]}`).want(t, 422, `"code":"above_your_scope"`, "")
	o.ask(o.root, "POST", "/units", `{"id":"a1","name":{"vi":"A1"},"parent":"a"}`).want(t, 409, "unit_taken", "")
	o.ask(o.root, "POST", "/units", `{"name":{"vi":"A1"},"parent":"a"}`).want(t, 201, `"id":"a1-2"`, "")
	o.ask(o.root, "POST", "/units", `{"name":{"vi":"Dưới a1"},"parent":"a1"}`).want(t, 422, `"field":"parent","code":"unknown"`, "")
	o.ask(o.root, "POST", "/campaigns", `{"name":{"vi":"x","en":"x"},"audience":{"units":["a1"]},"items":[{"kind":"course","id":"phishing"}],"dueOn":"2026-03-13"}`).
		want(t, 422, `"field":"audience.units[0]","code":"unknown"`, "")
	o.ask(o.root, "POST", "/people/import?dryRun=false", map[string]any{"csv": "email,name,unit,unitName\nmoi@bo.vn,Mới,a1,A1\n"}).want(t, 200, `"code":"removed_unit"`, `"applied":true`)

	if err := o.Reports.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.ask(o.root, "GET", "/tracking/units?unit=a1", nil).want(t, 404, "unit_not_found", "")
	done := 0
	for _, u := range decode[report.Units](t, o.ask(o.root, "GET", "/tracking/units?unit=a", nil)).Items {
		if u.Unit.ID == "a" {
			done = u.Completed
		}
		if u.Unit.ID == "a1" {
			t.Error("a removed unit is in the list of tracking")
		}
	}
	if done != 1 {
		t.Errorf("%d completed in a, want the 1 that was completed in a1", done)
	}
	o.checked()
}

// A leaver of a removed unit who comes back is in the unit above.
func TestEnableAfterUnitRemoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lan := "/people/" + string(o.id["lan@bo.vn"])
	o.ask(o.root, "POST", lan+"/disable", nil).want(t, 200, "", "")
	o.ask(o.root, "DELETE", "/units/a1", nil).want(t, 204, "", "x")
	o.ask(o.unitAdmin, "GET", lan, nil).want(t, 200, `"unit":"a1"`, "")
	o.ask(o.unitAdmin, "GET", "/people?unit=a&status=closed", nil).want(t, 200, "lan@bo.vn", "")
	o.ask(o.unitAdmin, "POST", lan+"/enable", nil).want(t, 200, `"unit":"a"`, "")
}

// gate lets others go on when whoever removes a unit makes the k-th call of the store.
type gate struct {
	people.UnitStore
	k    int64
	n    atomic.Int64
	once sync.Once
	open chan struct{}
}

type removing struct{} // marks the context of who removes

func (g *gate) pass(ctx context.Context) {
	if ctx.Value(removing{}) != nil && g.n.Add(1) == g.k {
		g.let()
	}
}

func (g *gate) let() { g.once.Do(func() { close(g.open) }) }

func (g *gate) Units(ctx context.Context) ([]people.Unit, error) {
	g.pass(ctx)
	return g.UnitStore.Units(ctx)
}

func (g *gate) CountIn(ctx context.Context, id people.UnitID) (in, grants int, err error) {
	g.pass(ctx)
	return g.UnitStore.CountIn(ctx, id)
}

func (g *gate) ReplaceUnits(ctx context.Context, us []people.Unit) error {
	g.pass(ctx)
	return g.UnitStore.ReplaceUnits(ctx, us)
}

// Up to 32 people are put into a unit, and units below it, while it is removed: whatever
// comes of it, nobody and nothing is in a unit that is not there.
func TestRemoveUnitRaced(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	ctx := context.Background()
	var ids []people.ID
	for i := range 16 {
		ids = append(ids, o.add(fmt.Sprint("Người ", i), fmt.Sprintf("p%d@bo.vn", i), "b").ID)
	}
	removed, store := 0, o.People.UnitStore
	for round := range 24 {
		unit := people.UnitID(fmt.Sprintf("r%d", round))
		o.unit(unit, "bo")
		g := &gate{UnitStore: store, k: int64(1 + round%8), open: make(chan struct{})}
		o.People.UnitStore = g
		var wg sync.WaitGroup
		run := func(f func() error) {
			wg.Go(func() {
				<-g.open
				if err := f(); err != nil && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.NotFound {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			defer g.let()
			err := o.People.RemoveUnit(context.WithValue(ctx, removing{}, true), people.Console(), unit)
			if err != nil && fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		})
		for i, id := range ids[:1<<(round/3%5)] {
			run(func() error {
				_, err := o.People.Change(ctx, people.Console(), id, people.Change{Unit: &unit})
				return err
			})
			run(func() error {
				_, err := o.People.Add(ctx, people.Console(), people.Draft{Name: "Mới", Email: fmt.Sprintf("n%d-%d@bo.vn", round, i), Unit: unit})
				return err
			})
			if i%8 == 0 {
				run(func() error {
					_, err := o.People.AddUnit(ctx, people.Console(), people.UnitDraft{ID: people.UnitID(fmt.Sprintf("r%d-%d", round, i)), Name: people.Text{Vi: "x", En: "x"}, Parent: unit})
					return err
				})
				run(func() error {
					table := fmt.Sprintf("email,name,unit\ni%d-%d@bo.vn,Nhập,%s\n", round, i, unit)
					_, err := o.People.Import(ctx, people.Console(), tableOf(table), people.ImportOptions{})
					return err
				})
			}
		}
		wg.Wait()
		units, err := o.People.UnitStore.Units(ctx)
		if err != nil {
			t.Fatal(err)
		}
		gone := map[people.UnitID]bool{}
		for _, u := range units {
			gone[u.ID] = u.RemovedAt != nil
		}
		if gone[unit] {
			removed++
		}
		for _, u := range units {
			if u.RemovedAt == nil && gone[u.Parent] {
				t.Errorf("round %d: %s is below %s, which was removed", round, u.ID, u.Parent)
			}
		}
		err = o.People.EachPerson(ctx, time.Time{}, func(p people.Person) error {
			if gone[p.Unit] && p.Status != people.Closed {
				t.Errorf("round %d: %s is in %s, which was removed", round, p.Email, p.Unit)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Empty it again, so that the next round begins alike.
		home := people.UnitID("b")
		for _, id := range ids {
			if _, err := o.People.Change(ctx, people.Console(), id, people.Change{Unit: &home}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if removed == 0 || removed == 24 {
		t.Errorf("removed in %d of 24 rounds: nothing was raced", removed)
	}
	t.Logf("removed in %d of 24 rounds", removed)
	if strings.Contains(o.log.String(), "level=ERROR") {
		t.Error(o.log.String())
	}
}

// late does something between the moment a change was checked and its first write.
type late struct {
	people.Store
	people.UnitStore
	before func()
}

func (l *late) now() {
	if f := l.before; f != nil {
		l.before = nil
		f()
	}
}

func (l *late) InsertPeople(ctx context.Context, ps []people.Person) error {
	l.now()
	return l.Store.InsertPeople(ctx, ps)
}

func (l *late) ReplacePeople(ctx context.Context, ps []people.Person) error {
	l.now()
	return l.Store.ReplacePeople(ctx, ps)
}

func (l *late) InsertUnits(ctx context.Context, us []people.Unit) error {
	l.now()
	return l.UnitStore.InsertUnits(ctx, us)
}

func (l *late) ReplaceUnits(ctx context.Context, us []people.Unit) error {
	l.now()
	return l.UnitStore.ReplaceUnits(ctx, us)
}

// A unit that goes between the check and the write of whoever is put into it: they end
// in the unit above.
func TestUnitRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	ctx, unit := t.Context(), people.UnitID("x")
	store := &late{Store: o.People.Store, UnitStore: o.People.UnitStore}
	binh := o.id["binh@bo.vn"]
	for name, put := range map[string]func() error{
		"added": func() error {
			p, err := o.People.Add(ctx, people.Console(), people.Draft{Name: "Mới", Email: "moi@bo.vn", Unit: unit})
			if p.Unit != "bo" {
				t.Errorf("added to %q, want bo", p.Unit)
			}
			return err
		},
		"moved": func() error {
			p, err := o.People.Change(ctx, people.Console(), binh, people.Change{Unit: &unit})
			if p.Unit != "bo" {
				t.Errorf("moved to %q, want bo", p.Unit)
			}
			return err
		},
		"imported": func() error {
			_, err := o.People.Import(ctx, people.Console(), tableOf("email,name,unit\nnhap@bo.vn,Nhập,"+string(unit)+"\n"), people.ImportOptions{})
			return err
		},
		"a unit below": func() error {
			u, err := o.People.AddUnit(ctx, people.Console(), people.UnitDraft{ID: "below", Name: people.Text{Vi: "x", En: "x"}, Parent: unit})
			if u.Parent != "bo" {
				t.Errorf("added below %q, want bo", u.Parent)
			}
			return err
		},
		"a unit moved below": func() error {
			u, err := o.People.ChangeUnit(ctx, people.Console(), "a1", nil, &unit)
			if u.Parent != "bo" {
				t.Errorf("moved below %q, want bo", u.Parent)
			}
			return err
		},
	} {
		unit = people.UnitID("x-" + strings.ReplaceAll(name, " ", "-"))
		o.unit(unit, "bo")
		removed := error(nil)
		store.before = func() { removed = o.People.RemoveUnit(ctx, people.Console(), unit) }
		o.People.Store, o.People.UnitStore = store, store
		if err := put(); err != nil || removed != nil {
			t.Errorf("%s: %v, removed: %v", name, err, removed)
		}
		o.People.Store, o.People.UnitStore = store.Store, store.UnitStore
		if counts, err := o.People.UnitStore.CountByUnit(ctx); err != nil || counts[unit] != 0 {
			t.Errorf("%s: %d are in the unit that was removed, %v", name, counts[unit], err)
		}
	}
}

// tableOf is a table as a file.
func tableOf(table string) *io.SectionReader {
	return io.NewSectionReader(strings.NewReader(table), 0, int64(len(table)))
}
