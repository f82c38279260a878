package mongodb_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)

func TestSessions(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	want := auth.Session{ID: "s1", Person: "lan", Device: "Điện thoại", Epoch: 2, Current: "h0", Successor: []byte{}, RotatedAt: at, CreatedAt: at, LastSeenAt: at, ExpiresAt: at.Add(time.Hour)}
	if err := s.InsertSession(ctx, want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Session(ctx, "s1"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Session: got %+v, %v, want %+v", got, err, want)
	}
	if _, err := s.Session(ctx, "s2"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Session of nobody: %v", err)
	}
	var mu sync.Mutex
	won := 0
	race(t, func(i int) error {
		n := want
		n.Previous, n.Current, n.Successor = "h0", fmt.Sprint("h", i+1), []byte{byte(i)}
		ok, err := s.RotateSession(ctx, n)
		mu.Lock()
		defer mu.Unlock()
		if ok {
			won++
		}
		return err
	})
	got, err := s.Session(ctx, "s1")
	if won != 1 || err != nil || got.Previous != "h0" || got.Current != fmt.Sprint("h", int(got.Successor[0])+1) {
		t.Errorf("many rotations of one token: %d won, %+v, %v", won, got, err)
	}
	if err := s.EndSession(ctx, "s1", at); err != nil {
		t.Fatal(err)
	}
	n := got
	n.Previous, n.Current = got.Current, "late"
	if ok, err := s.RotateSession(ctx, n); ok || err != nil {
		t.Errorf("rotate an ended session: %v, %v", ok, err)
	}
	if err := s.EndSession(ctx, "s1", at.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	if got, err := s.Session(ctx, "s1"); err != nil || !got.EndedAt.Equal(at) {
		t.Errorf("ended twice: %v, %v, want the first time", got.EndedAt, err)
	}
	for i, life := range []time.Duration{time.Hour, -time.Hour, 2 * time.Hour} {
		x := want
		x.ID, x.LastSeenAt, x.ExpiresAt = fmt.Sprint("l", i), at.Add(time.Duration(i)*time.Second), at.Add(life)
		if err := s.InsertSession(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.SessionsOf(ctx, "lan", at)
	if err != nil || len(list) != 2 || list[0].ID != "l2" || list[1].ID != "l0" {
		t.Errorf("SessionsOf: %+v, %v, want l2 and l0", list, err)
	}
}

func TestInvitations(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	want := auth.Invitation{Hash: "h", Person: "lan", Epoch: 3, By: "boss", CreatedAt: at, ExpiresAt: at.Add(time.Hour), ForgetAt: at.Add(2 * time.Hour)}
	if err := s.InsertInvitation(ctx, want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Invitation(ctx, "h"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Invitation: got %+v, %v, want %+v", got, err, want)
	}
	var mu sync.Mutex
	won := 0
	race(t, func(int) error {
		ok, err := s.UseInvitation(ctx, "h", at)
		mu.Lock()
		defer mu.Unlock()
		if ok {
			won++
		}
		return err
	})
	if won != 1 {
		t.Errorf("%d of %d uses of one invitation were right, want 1", won, racers)
	}
	if ok, err := s.UseInvitation(ctx, "nothing", at); ok || err != nil {
		t.Errorf("UseInvitation of nothing: %v, %v", ok, err)
	}
}

// Many at once each get a number of their own, so a limit is a limit.
func TestThrottleCounts(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	for round := range 3 {
		now := at.Add(time.Duration(round) * time.Hour)
		var mu sync.Mutex
		var got []int
		race(t, func(int) error {
			n, until, err := s.Count(ctx, "k", now, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, n)
			if !until.Equal(now.Add(time.Minute)) {
				t.Errorf("until %v, want %v", until, now.Add(time.Minute))
			}
			return err
		})
		slices.Sort(got)
		for i, n := range got {
			if n != i+1 {
				t.Fatalf("round %d: counts %v, want 1 to %d", round, got, racers)
			}
		}
		if n, _, err := s.Counted(ctx, "k", now); err != nil || n != racers {
			t.Errorf("Counted: %d, %v", n, err)
		}
	}
	now := at.Add(2 * time.Hour)
	if err := s.Uncount(ctx, "k", now); err != nil {
		t.Error(err)
	}
	if n, _, err := s.Counted(ctx, "k", now); err != nil || n != racers-1 {
		t.Errorf("after Uncount: %d, %v", n, err)
	}
	if n, _, err := s.Counted(ctx, "k", now.Add(time.Minute)); err != nil || n != 0 {
		t.Errorf("after the window: %d, %v", n, err)
	}
	if err := s.Forget(ctx, "k", "other"); err != nil {
		t.Error(err)
	}
	if n, _, err := s.Counted(ctx, "k", now); err != nil || n != 0 {
		t.Errorf("after Forget: %d, %v", n, err)
	}
}

// However many copies of the program start at once, they agree on one secret.
func TestSecrets(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	var mu sync.Mutex
	var all [][]byte
	kinds := race(t, func(i int) error {
		v, err := auth.Secrets{Store: s}.Secret(ctx, auth.JWTSecret, auth.RandomKey)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, v)
		return err
	})
	for _, v := range all {
		if !bytes.Equal(v, all[0]) || len(v) != 32 {
			t.Errorf("%v: secrets differ: %x and %x", kinds, v, all[0])
		}
	}
}
