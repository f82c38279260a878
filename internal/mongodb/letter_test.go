package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/mongodb/mongodbtest"
)

func TestLetters(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Letters()
	now := moment(0)
	spread(t, many, func(i int) error {
		l := filled[letter.Letter](i * 10)
		l.ID, l.DueAt, l.ExpiresAt = fmt.Sprintf("l%03d", i), now.Add(time.Duration(i)*time.Second), moment(1000)
		return s.InsertLetter(ctx, l)
	})
	if _, ok, err := s.ClaimLetter(ctx, now.Add(-time.Second), now); ok || err != nil {
		t.Errorf("claim before anything is due: %v, %v", ok, err)
	}
	want := filled[letter.Letter](0)
	lease := now.Add(time.Hour)
	want.ID, want.DueAt, want.ExpiresAt, want.Fence = "l000", lease, moment(1000), want.Fence+1
	got, ok, err := s.ClaimLetter(ctx, now, lease)
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v", ok, err)
	}
	same(t, "letter as it is claimed", got, want)

	again := want
	again.About = "something else"
	must(t, s.InsertLetter(ctx, again)) // the first one stays
	late := got
	late.Fence--
	late.DueAt, late.Tries = now, 99
	must(t, s.PostponeLetter(ctx, late)) // somebody has claimed it since
	must(t, s.RemoveLetter(ctx, late))
	if _, ok, err := s.ClaimLetter(ctx, now, lease); ok || err != nil {
		t.Errorf("a lease was given out twice: %v, %v", ok, err)
	}
	got.DueAt, got.Tries = now.Add(-time.Minute), 7
	must(t, s.PostponeLetter(ctx, got))
	want.Tries, want.Fence = 7, want.Fence+1
	got, _, err = s.ClaimLetter(ctx, now, lease)
	must(t, err)
	same(t, "letter that was put off", got, want)
	must(t, s.RemoveLetter(ctx, got))
	must(t, s.RemoveLetter(ctx, got))
	if l, ok, err := s.ClaimLetter(ctx, lease.Add(-time.Minute), lease); err != nil || !ok || l.ID != "l001" {
		t.Errorf("after the first was removed: %q, %v, %v; want l001, which is due longest", l.ID, ok, err)
	}
}

// Of all who ask at once each gets a letter of their own.
func TestRaceLetters(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Letters()
	var want []string
	for i := range racers {
		id := fmt.Sprint("l", i)
		want = append(want, id)
		together(func(int) { fine(t, s.InsertLetter(ctx, letter.Letter{ID: id, DueAt: moment(0), ExpiresAt: moment(9)})) })
	}
	var claimed tally
	together(func(int) {
		for range 2 {
			l, ok, err := s.ClaimLetter(ctx, moment(0), moment(1))
			fine(t, err)
			if ok {
				claimed.add(l.ID)
			}
		}
	})
	claimed.once(t, "claimed", want)
}

func TestBounces(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Letters()
	find := func() (letter.Bounce, error) { return s.Bounce(ctx, "b") }
	_, err := find()
	refused(t, "find none", err, fault.NotFound, "bounce_not_found")
	b := filled[letter.Bounce](0)
	b.ID = "b"
	must(t, s.InsertBounce(ctx, b))
	again := filled[letter.Bounce](100)
	again.ID = "b"
	must(t, s.InsertBounce(ctx, again)) // the first stays
	same(t, "bounce", ask(t, find), b)
	for _, want := range []bool{true, false} {
		if there, err := s.DeleteBounce(ctx, "b"); err != nil || there != want {
			t.Errorf("delete: %v, %v; want %v", there, err, want)
		}
	}
	must(t, s.InsertBounce(ctx, b))
	must(t, s.ErasePerson(ctx, b.Person))
	_, err = find()
	refused(t, "find an erased person's", err, fault.NotFound, "bounce_not_found")
}
