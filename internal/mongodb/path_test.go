package mongodb_test

import (
	"fmt"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/path"
)

func TestPaths(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Paths()
	read := func() (path.Path, error) { return s.Path(ctx, "p") }
	_, err := read()
	refused(t, "find none", err, fault.NotFound, "path_not_found")
	want := filled[path.Path](0)
	want.ID = "p"
	must(t, s.InsertPath(ctx, want))
	refused(t, "insert again", s.InsertPath(ctx, want), fault.Conflict, "path_exists")
	same(t, "path", ask(t, read), want)
	old := want.Version
	want = filled[path.Path](1000)
	want.ID, want.Version = "p", old
	must(t, s.ReplacePath(ctx, want))
	refused(t, "replace an older one", s.ReplacePath(ctx, want), fault.Conflict, "changed_meanwhile")
	want.Version++
	same(t, "path replaced", ask(t, read), want)

	spread(t, many, func(i int) error { return s.InsertPath(ctx, path.Path{ID: path.ID(fmt.Sprintf("x%03d", (i*7)%many))}) })
	list := ask(t, func() ([]path.Path, error) { return s.Paths(ctx) })
	if len(list) != many+1 {
		t.Fatalf("%d paths, want %d", len(list), many+1)
	}
	for i, x := range list[1:] {
		if x.ID != path.ID(fmt.Sprintf("x%03d", i)) {
			t.Fatalf("path %d is %s: not in order", i, x.ID)
		}
	}
}
