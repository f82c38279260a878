package mongodb_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

// racers is how many callers do the same at once.
const racers = 16

// race calls f from racers goroutines and returns how many got each kind of fault;
// "" is success.
func race(t *testing.T, f func(i int) error) map[fault.Kind]int {
	t.Helper()
	var mu sync.Mutex
	kinds := map[fault.Kind]int{}
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			err := f(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kinds[""]++
			} else {
				kinds[fault.KindOf(err)]++
			}
		})
	}
	wg.Wait()
	return kinds
}

func person(i int, unit people.UnitID) people.Person {
	return people.Person{
		ID: people.ID(fmt.Sprintf("p%04d", i)), Name: fmt.Sprintf("Nguyễn Thị %04d", i), Email: fmt.Sprintf("p%04d@bo.vn", i), Unit: unit, Grants: []people.Grant{},
		Status: people.Active, Settings: people.Settings{Locale: "vi"}, ChangedAt: time.Date(2026, 3, 4, 5, 6, i, 789e6, time.UTC), Version: 1,
	}
}

func TestPeople(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	var ps []people.Person
	for i := range 30 {
		ps = append(ps, person(i, people.UnitID([]string{"a", "b"}[i%2])))
	}
	ps[4].Status, ps[5].Status = people.Closed, people.Invited
	ps[6].Grants = []people.Grant{{Role: people.Trainer, Unit: "a"}}
	if err := s.InsertPeople(ctx, ps); err != nil {
		t.Fatal(err)
	}
	got, err := s.Person(ctx, "p0006")
	want := ps[6]
	want.FoldedName, want.SearchKeys = "nguyen thi 0006", []string{"nguyen", "thi", "0006", "p0006@bo.vn"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Person: got %+v, %v, want %+v", got, err, want)
	}
	if _, err := s.Person(ctx, "nobody"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Person of nobody: %v, want not found", err)
	}
	byMail, err := s.PeopleByEmail(ctx, []string{"p0001@bo.vn", "nobody@bo.vn", "p0002@bo.vn"})
	if err != nil || len(byMail) != 2 {
		t.Errorf("PeopleByEmail: %d, %v, want 2", len(byMail), err)
	}
	granted, err := s.Granted(ctx, people.Trainer)
	if err != nil || len(granted) != 1 || granted[0].ID != "p0006" {
		t.Errorf("Granted: %+v, %v", granted, err)
	}
	counts, err := s.CountByUnit(ctx)
	if err != nil || !reflect.DeepEqual(counts, map[people.UnitID]int{"a": 14, "b": 15}) {
		t.Errorf("CountByUnit: %v, %v, want 14 and 15", counts, err)
	}
	at := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	if err := errors.Join(s.Seen(ctx, "p0006", at), s.Seen(ctx, "p0006", at.Add(-time.Hour))); err != nil {
		t.Error(err)
	}
	if got, err := s.Person(ctx, "p0006"); err != nil || !got.LastSeenAt.Equal(at) || got.Version != 1 {
		t.Errorf("after Seen: %v, version %d, %v", got.LastSeenAt, got.Version, err)
	}
}

func TestAudience(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	var ps []people.Person
	for i := range 300 {
		ps = append(ps, person(i, people.UnitID([]string{"a", "b", "c"}[i%3])))
	}
	ps[3].Status, ps[6].Status = people.Closed, people.Invited
	if err := s.InsertPeople(ctx, ps); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		units []people.UnitID
		want  int
	}{
		{nil, 299}, {[]people.UnitID{"a"}, 99}, {[]people.UnitID{"a", "c"}, 199}, {[]people.UnitID{"zzz"}, 0},
	} {
		var ids []people.ID
		after := people.ID("")
		for {
			page, err := s.Audience(ctx, tt.units, after, 40)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				ids = append(ids, p.ID)
				after = p.ID
			}
			if len(page) < 40 {
				break
			}
		}
		if len(ids) != tt.want || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != tt.want {
			t.Errorf("audience of %v: %d people, want %d, once each by id", tt.units, len(ids), tt.want)
		}
	}
	n := 0
	if err := s.EachPerson(ctx, time.Time{}, func(people.Person) error { n++; return nil }); err != nil || n != 300 {
		t.Errorf("EachPerson: %d, %v, want 300", n, err)
	}
	n = 0
	if err := s.EachPerson(ctx, ps[290].ChangedAt, func(people.Person) error { n++; return nil }); err != nil || n != 10 {
		t.Errorf("EachPerson since: %d, %v, want 10", n, err)
	}
	stop := errors.New("stop")
	if err := s.EachPerson(ctx, time.Time{}, func(people.Person) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("EachPerson stopped: %v", err)
	}
}

func TestFindPeople(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	var ps []people.Person
	for i := range 150 {
		p := person(i, "a")
		if i%3 == 0 {
			p.Name = "Đặng Văn Bình" // many of the same name: pages must neither skip nor repeat
		}
		ps = append(ps, p)
	}
	if err := s.InsertPeople(ctx, ps); err != nil {
		t.Fatal(err)
	}
	var ids []people.ID
	q := people.Query{Limit: 7}
	for {
		page, err := s.FindPeople(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			ids = append(ids, p.ID)
			q.AfterName, q.AfterID = p.FoldedName, p.ID
		}
		if len(page) < q.Limit {
			break
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 150 {
		t.Errorf("%d people on all pages, want 150", len(ids))
	}
	for _, tt := range []struct {
		q    people.Query
		want int
	}{
		{people.Query{Words: []string{"dang"}}, 50},
		{people.Query{Words: []string{"binh", "v"}}, 50},
		{people.Query{Words: []string{"ang"}}, 0},
		{people.Query{Words: []string{"p0001@"}}, 1},
		{people.Query{Words: []string{"$gt"}}, 0},
		{people.Query{Units: []people.UnitID{}}, 0},
		{people.Query{Units: []people.UnitID{"a", "b"}}, 150},
		{people.Query{Status: people.Closed}, 0},
	} {
		tt.q.Limit = 200
		if got, err := s.FindPeople(ctx, tt.q); err != nil || len(got) != tt.want {
			t.Errorf("FindPeople(%+v): %d, %v, want %d", tt.q, len(got), err, tt.want)
		}
	}
}

func TestPeopleRaces(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	kinds := race(t, func(i int) error {
		p := person(i, "a")
		p.Email = "same@bo.vn"
		return s.InsertPeople(ctx, []people.Person{p})
	})
	if kinds[""] != 1 || kinds[fault.Conflict] != racers-1 {
		t.Errorf("one address for many: %v, want one stored", kinds)
	}
	p := person(100, "a")
	if err := s.InsertPeople(ctx, []people.Person{p}); err != nil {
		t.Fatal(err)
	}
	kinds = race(t, func(i int) error {
		p := p
		p.Name = fmt.Sprint("Tên ", i)
		return s.ReplacePeople(ctx, []people.Person{p})
	})
	got, err := s.Person(ctx, p.ID)
	if kinds[""] != 1 || kinds[fault.Conflict] != racers-1 || err != nil || got.Version != 2 {
		t.Errorf("many changes of one version: %v, version %d, %v", kinds, got.Version, err)
	}
	got.Email = "same@bo.vn"
	if err := s.ReplacePeople(ctx, []people.Person{got}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("take an address: %v, want conflict", err)
	}
	if again, err := s.Person(ctx, p.ID); err != nil || again.Email != p.Email {
		t.Errorf("after that: %q, %v", again.Email, err)
	}
}

func TestUnits(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	u := people.Unit{ID: "a", Name: people.Text{Vi: "Vụ A", En: "Department A"}, Path: []people.UnitID{"bo"}, Parent: "bo", Heads: []people.Headship{{Person: "p1", From: "2026-01-01"}}, ChangedAt: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), Version: 1}
	var stored atomic.Int32
	kinds := race(t, func(int) error {
		err := s.InsertUnits(ctx, []people.Unit{u})
		if err == nil {
			stored.Add(1)
		}
		return err
	})
	if stored.Load() != 1 || kinds[fault.Conflict] != racers-1 {
		t.Errorf("one unit many times: %v", kinds)
	}
	got, err := s.Units(ctx)
	if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], u) {
		t.Errorf("Units: %+v, %v, want %+v", got, err, u)
	}
	kinds = race(t, func(int) error { return s.ReplaceUnits(ctx, []people.Unit{u}) })
	if kinds[""] != 1 {
		t.Errorf("many changes of one version: %v", kinds)
	}
	n := 0
	if err := s.EachUnit(ctx, u.ChangedAt, func(people.Unit) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("EachUnit: %d, %v", n, err)
	}
}
