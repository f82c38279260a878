package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/escalation"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestEscalations(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Escalations()
	one := func(i int, p people.ID, digest string) escalation.Escalation {
		e := filled[escalation.Escalation](i)
		e.ID, e.Person, e.Digest, e.Written, e.At, e.ExpiresAt = fmt.Sprintf("e%d", i), p, digest, 0, moment(i), moment(1000)
		return e
	}
	a, b, c := one(1, "hoa", "d1"), one(2, "hoa", "d1"), one(3, "minh", "d2")
	for want, es := range map[int][]escalation.Escalation{3: {a, b, c}} {
		n, err := s.InsertEscalations(ctx, es)
		must(t, err)
		if n != want {
			t.Errorf("%d inserted, want %d", n, want)
		}
	}
	again := a
	again.Completed++
	n, err := s.InsertEscalations(ctx, []escalation.Escalation{again, one(4, "minh", "d2")})
	must(t, err)
	if n != 1 {
		t.Errorf("%d of a known one and a new one were inserted, want 1", n)
	}
	got, err := s.EscalationsOfDigest(ctx, "d1")
	must(t, err)
	same(t, "of a digest", got, []escalation.Escalation{a, b})

	for _, tt := range []struct{ fence, want int }{{1, 2}, {1, 0}, {2, 2}, {1, 0}} {
		n, err := s.WriteEscalations(ctx, []string{"e1", "e2"}, tt.fence)
		must(t, err)
		if n != tt.want {
			t.Errorf("under fence %d %d were written, want %d", tt.fence, n, tt.want)
		}
	}
	for want, fence := range []int{1, 2} { // only what was written under that fence is given back
		must(t, s.ReleaseEscalations(ctx, []string{"e1"}, fence))
		n, err := s.WriteEscalations(ctx, []string{"e1", "e2"}, 1)
		must(t, err)
		if n != want {
			t.Errorf("%d were given back from fence %d, want %d", n, fence, want)
		}
	}
	got, err = s.UnwrittenEscalations(ctx, moment(4).Add(-time.Millisecond), 10)
	must(t, err)
	same(t, "unwritten ones since", got, []escalation.Escalation{one(4, "minh", "d2")})
	got, err = s.EscalationsOf(ctx, "minh", 1)
	must(t, err)
	same(t, "the newest of a person", got, []escalation.Escalation{one(4, "minh", "d2")})
	must(t, s.ErasePerson(ctx, "minh"))
	if got, err = s.EscalationsOf(ctx, "minh", 10); err != nil || len(got) != 0 {
		t.Errorf("after the erasure: %v, %v", got, err)
	}
}
