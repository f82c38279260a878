package mongodb_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

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

func TestRoundTripDrill(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	tpl := filled[drill.Template](0)
	must(t, s.InsertTemplate(ctx, tpl))
	same(t, "template", ask(t, func() ([]drill.Template, error) { return s.Templates(ctx) }), []drill.Template{tpl})
	k := filled[drill.Key](0)
	must(t, s.InsertKey(ctx, k))
	same(t, "key", ask(t, func() (drill.Key, error) { return s.Key(ctx, k.ID) }), k)

	read := func() ([]drill.Run, error) { return s.Runs(ctx, []string{"r"}) }
	r := filled[drill.Run](0)
	r.ID = "r"
	must(t, s.InsertRun(ctx, r))
	same(t, "run", ask(t, read), []drill.Run{r})
	version := r.Version
	r = filled[drill.Run](100)
	r.ID, r.Version = "r", version
	must(t, s.ReplaceRun(ctx, r))
	r.Version++
	same(t, "run replaced", ask(t, read), []drill.Run{r})
	must(t, s.ReplaceRun(ctx, drill.Run{ID: "r", Version: r.Version, ExpiresAt: moment(0)}))
	same(t, "run emptied", ask(t, read), []drill.Run{{ID: "r", Answers: map[string]drill.Choice{}, ExpiresAt: moment(0), Version: r.Version + 1}})
}

func TestQueriesOfDrills(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	spread(t, many, func(i int) error {
		id := drill.ID(fmt.Sprintf("d%02d", i%80))
		if err := s.InsertTemplate(ctx, drill.Template{Key: fmt.Sprintf("%s@%d", id, 1+i/80), ID: id, N: 1 + i/80}); err != nil {
			return err
		}
		if err := s.InsertKey(ctx, drill.Key{ID: drill.ID(fmt.Sprint("k", i)), Secret: []byte{byte(i)}}); err != nil {
			return err
		}
		return s.InsertRun(ctx, drill.Run{ID: fmt.Sprintf("r%03d", i), Drill: id, Version: 1, ExpiresAt: moment(i)})
	})
	ts := ask(t, func() ([]drill.Template, error) { return s.Templates(ctx) })
	if len(ts) != many || !slices.IsSortedFunc(ts, func(a, b drill.Template) int { return cmp.Or(cmp.Compare(a.ID, b.ID), a.N-b.N) }) {
		t.Errorf("%d templates, want %d in order of id and number", len(ts), many)
	}
	var some []string
	for i := range 120 {
		some = append(some, fmt.Sprintf("r%03d", i))
	}
	rs := ask(t, func() ([]drill.Run, error) { return s.Runs(ctx, append(some, "none")) })
	same(t, "runs", sortedKeys(rs, func(r drill.Run) string { return r.ID }), some)
	if rs := ask(t, func() ([]drill.Run, error) { return s.Runs(ctx, nil) }); len(rs) != 0 {
		t.Errorf("runs of nothing: %v", rs)
	}
	if k := ask(t, func() (drill.Key, error) { return s.Key(ctx, "k99") }); k.Secret[0] != 99 {
		t.Errorf("key %+v", k)
	}
	_, err := s.Key(ctx, "none")
	refused(t, "no key", err, fault.NotFound, "drill_key_not_found")
	refused(t, "replace no run", s.ReplaceRun(ctx, drill.Run{ID: "none"}), fault.Conflict, "changed_meanwhile")
}

// A database from before totals were kept removed runs by itself; it does not any more.
func TestRunsAreNotRemovedUncounted(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	runs := db.Database().Collection("drill_runs")
	_, err := runs.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "expiresAt", Value: 1}}, Options: options.Index().SetExpireAfterSeconds(0)})
	must(t, err)
	for range 2 {
		must(t, db.EnsureIndexes(ctx))
	}
	specs, err := runs.Indexes().ListSpecifications(ctx)
	must(t, err)
	for _, x := range specs {
		if x.ExpireAfterSeconds != nil {
			t.Errorf("%s removes runs", x.Name)
		}
	}
}

func TestTotals(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	x := drill.Totals{Key: "d@1", Drill: "d", N: 1, Shown: drill.Sums{Runs: 10, Hits: 3}, Until: moment(1), Pending: []string{"d:1"}}
	must(t, s.PutTotals(ctx, x))
	refused(t, "insert twice", s.PutTotals(ctx, x), fault.Conflict, "drill_totals_exists")
	x.Version, x.Pending = 1, []string{}
	must(t, s.PutTotals(ctx, x))
	refused(t, "replace an older one", s.PutTotals(ctx, x), fault.Conflict, "changed_meanwhile")
	must(t, s.PutTotals(ctx, drill.Totals{Key: "c@1", Drill: "c", N: 1}))
	all := ask(t, func() ([]drill.Totals, error) { return s.Totals(ctx) })
	if len(all) != 2 || all[0].Drill != "c" || all[1].Version != 2 || all[1].Shown != x.Shown || len(all[1].Pending) != 0 {
		t.Errorf("totals %+v", all)
	}
	for i := range 5 {
		must(t, s.InsertRun(ctx, drill.Run{ID: fmt.Sprint(i), ExpiresAt: moment(10 - i)}))
	}
	if ended := ask(t, func() ([]drill.Run, error) { return s.EndedRuns(ctx, moment(8), 2) }); len(ended) != 2 || ended[0].ID != "4" || ended[1].ID != "3" {
		t.Errorf("ended: %+v", ended)
	}
}
