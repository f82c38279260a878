package mongodb_test

import (
	"reflect"
	"testing"

	"hocso/content"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
)

func TestDrills(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	ts, _ := drill.ReadFolder(content.Files())
	want := ts[0]
	want.Key, want.N, want.Hash, want.PublishedAt = string(want.ID)+"@1", 1, "h", noon
	for _, n := range []int{2, 1} {
		v := want
		v.Key, v.N = string(want.ID)+[]string{"", "@1", "@2"}[n], n
		if err := s.InsertTemplate(ctx, v); err != nil {
			t.Fatal(err)
		}
		if err := s.InsertTemplate(ctx, v); fault.KindOf(err) != fault.Conflict {
			t.Errorf("insert %s again: %v, want conflict", v.Key, err)
		}
	}
	all, err := s.Templates(ctx)
	if err != nil || len(all) != 2 || all[1].N != 2 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("templates %+v, %v; want %+v first", all, err, want)
	}
	if _, err := s.Key(ctx, "inbox"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("key before it was made: %v", err)
	}
	k := drill.Key{ID: "inbox", Secret: []byte("secret")}
	if err := s.InsertKey(ctx, k); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertKey(ctx, drill.Key{ID: "inbox", Secret: []byte("other")}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second key: %v, want conflict", err)
	}
	if got, err := s.Key(ctx, "inbox"); err != nil || !reflect.DeepEqual(got, k) {
		t.Errorf("key %+v, %v", got, err)
	}
	at := noon
	r := drill.Run{
		ID: "inbox:abc", Drill: "inbox", N: 1, Answers: map[string]drill.Choice{"a": drill.Keep}, ViewedAt: &at, CompletedAt: &at,
		Result: &drill.Result{Phish: 6, Legit: 4, Hits: 3, FalseAlarms: 1, DPrime: 0.5}, ChangedAt: at, ExpiresAt: at, Version: 1,
	}
	if err := s.InsertRun(ctx, r); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertRun(ctx, r); fault.KindOf(err) != fault.Conflict {
		t.Errorf("insert the run again: %v, want conflict", err)
	}
	if rs, err := s.Runs(ctx, []string{"inbox:abc", "inbox:none"}); err != nil || !reflect.DeepEqual(rs, []drill.Run{r}) {
		t.Errorf("runs %+v, %v; want %+v", rs, err, r)
	}
	if err := s.ReplaceRun(ctx, r); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceRun(ctx, r); fault.KindOf(err) != fault.Conflict {
		t.Errorf("replace with an old version: %v, want conflict", err)
	}
	if rs, err := s.Runs(ctx, nil); err != nil || len(rs) != 0 {
		t.Errorf("no runs: %+v, %v", rs, err)
	}
}
