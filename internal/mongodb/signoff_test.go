package mongodb_test

import (
	"fmt"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/signoff"
)

func TestSignoffs(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Signoffs()
	make := func(unit people.UnitID, month string) signoff.Signoff {
		x := filled[signoff.Signoff](3)
		x.ID, x.Unit, x.Month = fmt.Sprintf("%s:%s", unit, month), unit, month
		return x
	}
	for _, x := range []signoff.Signoff{make("a", "2026-08"), make("a", "2026-10"), make("a", "2026-09"), make("b", "2026-10")} {
		must(t, s.InsertSignoff(ctx, x))
	}
	if err := s.InsertSignoff(ctx, make("a", "2026-10")); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signed twice: %v, want a conflict", err)
	}
	got, err := s.SignoffsOf(ctx, "a", 2)
	must(t, err)
	same(t, "the two newest of a unit", got, []signoff.Signoff{make("a", "2026-10"), make("a", "2026-09")})
	in, err := s.SignoffsIn(ctx, "2026-10")
	must(t, err)
	if len(in) != 2 {
		t.Errorf("%d of a month, want 2", len(in))
	}
}
