package mongodb_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestRoundTripAuth(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()

	want := filled[auth.Session](0)
	must(t, s.InsertSession(ctx, want))
	read := func() (auth.Session, error) { return s.Session(ctx, want.ID) }
	same(t, "session", ask(t, read), want)
	want = filled[auth.Session](100)
	want.EndedAt = nil
	must(t, s.InsertSession(ctx, want))
	next := filled[auth.Session](200)
	next.ID, next.Previous = want.ID, want.Current
	if ok, err := s.RotateSession(ctx, next); err != nil || !ok {
		t.Errorf("rotate: %v, %v", ok, err)
	}
	want.Current, want.Previous, want.Successor = next.Current, next.Previous, next.Successor
	want.RotatedAt, want.LastSeenAt, want.ExpiresAt = next.RotatedAt, next.LastSeenAt, next.ExpiresAt
	same(t, "session after rotation", ask(t, read), want) // its person, epoch, device and beginning stay
	end := moment(7)
	must(t, s.EndSession(ctx, want.ID, end))
	must(t, s.EndSession(ctx, want.ID, moment(8))) // the first time counts
	want.EndedAt = &end
	same(t, "session after its end", ask(t, read), want)
	must(t, s.InsertSession(ctx, auth.Session{}))
	bare(t, "session", ask(t, func() (auth.Session, error) { return s.Session(ctx, "") }))

	want.ID, want.EndedAt = "two steps", nil
	must(t, s.InsertSession(ctx, want))
	want.Second, want.Epoch = false, 77
	must(t, s.MarkSecond(ctx, want.ID, false))
	must(t, s.ContinueSession(ctx, want.ID, 77))
	same(t, "session after a change of its factor and epoch", ask(t, read), want)
	must(t, s.EndSession(ctx, want.ID, end))
	must(t, s.MarkSecond(ctx, want.ID, true))
	must(t, s.ContinueSession(ctx, want.ID, 78))
	want.EndedAt = &end
	same(t, "session that had ended", ask(t, read), want)

	f := filled[auth.Factors](0)
	readFactors := func() (auth.Factors, error) { return s.Factors(ctx, f.Person) }
	same(t, "no factors", ask(t, readFactors), auth.Factors{Person: f.Person})
	f.Version = 0
	must(t, s.ReplaceFactors(ctx, f))
	refused(t, "factors that are there", s.ReplaceFactors(ctx, f), fault.Conflict, "changed_meanwhile")
	f.Version = 1
	same(t, "factors", ask(t, readFactors), f)
	refused(t, "factors of an old version", s.ReplaceFactors(ctx, auth.Factors{Person: f.Person, Version: 2}), fault.Conflict, "changed_meanwhile")
	f.UsedStep = 99
	must(t, s.ReplaceFactors(ctx, f))
	f.Version = 2
	same(t, "factors after a change", ask(t, readFactors), f)

	for _, tt := range []struct {
		id    string
		first bool
	}{{"x", true}, {"x", false}, {"y", true}} {
		if ok, err := s.Spend(ctx, tt.id, moment(9)); err != nil || ok != tt.first {
			t.Errorf("spend %s: %v, %v, want %v", tt.id, ok, err, tt.first)
		}
	}

	i := filled[auth.Invitation](0)
	must(t, s.InsertInvitation(ctx, i))
	same(t, "invitation", ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, i.Hash) }), i)
	i.Hash, i.UsedAt = "unused", nil
	must(t, s.InsertInvitation(ctx, i))
	used := moment(9)
	if ok, err := s.UseInvitation(ctx, i.Hash, used); err != nil || !ok {
		t.Errorf("use: %v, %v", ok, err)
	}
	i.UsedAt = &used
	same(t, "invitation after its use", ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, i.Hash) }), i)

	newer := func(hash string, p people.ID) auth.Invitation {
		return auth.Invitation{Hash: hash, Person: p, ForgetAt: moment(99)}
	}
	must(t, s.ReplaceInvitations(ctx, []auth.Invitation{newer("a1", "a"), newer("b1", "b"), newer("c1", "c")}, moment(10)))
	must(t, s.ReplaceInvitations(ctx, []auth.Invitation{newer("a2", "a"), newer("b2", "b")}, moment(11)))
	must(t, s.ReplaceInvitations(ctx, nil, moment(12)))
	for hash, open := range map[string]bool{"a1": false, "b1": false, "c1": true, "a2": true, "b2": true} {
		if i := ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, hash) }); (i.UsedAt == nil) != open || !open && !i.UsedAt.Equal(moment(11)) {
			t.Errorf("invitation %s: used at %v, want open %v", hash, i.UsedAt, open)
		}
	}
	same(t, "an invitation that was used before", ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, i.Hash) }), i)

	for name, value := range map[string][]byte{"short": {0}, "long": make([]byte, 4096), "text": []byte("được\x00\xff")} {
		must(t, s.InsertSecret(ctx, name, value))
		same(t, "secret", ask(t, func() ([]byte, error) { return s.Secret(ctx, name) }), value)
	}
}

func TestQueriesOfAuth(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	const n = 320
	all := make([]auth.Session, n)
	now := moment(0)
	for i := range all {
		all[i] = filled[auth.Session](i * 20)
		all[i].ID, all[i].Person, all[i].EndedAt = fmt.Sprintf("s%03d", i), people.ID(fmt.Sprint("p", min(i%5, 2))), nil
		all[i].LastSeenAt, all[i].ExpiresAt = now.Add(time.Duration((i*7)%n)*time.Second), now.Add(time.Duration(i%4)*time.Hour) // one in four ends now
	}
	spread(t, n, func(i int) error {
		if err := s.InsertSession(ctx, all[i]); err != nil {
			return err
		}
		if i%3 != 0 {
			return nil
		}
		return s.EndSession(ctx, all[i].ID, now)
	})
	for _, p := range []people.ID{"p0", "p1", "p2", "nobody"} {
		want := slices.Collect(func(yield func(auth.Session) bool) {
			for i, x := range all {
				if x.Person == p && i%3 != 0 && x.ExpiresAt.After(now) && !yield(x) {
					return
				}
			}
		})
		slices.SortFunc(want, func(a, b auth.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
		got := ask(t, func() ([]auth.Session, error) { return s.SessionsOf(ctx, p, now) })
		id := func(x auth.Session) string { return x.ID }
		same(t, "sessions of "+string(p), keys(got, id), keys(want, id))
	}
	if err := s.InsertSession(ctx, auth.Session{ID: "s001", Person: "thief"}); err == nil {
		t.Error("a session was inserted twice")
	}
	same(t, "the first of two", ask(t, func() (auth.Session, error) { return s.Session(ctx, "s001") }), all[1])
	_, err := s.Session(ctx, "none")
	refused(t, "no session", err, fault.NotFound, "session_not_found")
	must(t, s.EndSession(ctx, "none", now))

	spread(t, many, func(i int) error {
		return s.InsertInvitation(ctx, auth.Invitation{Hash: fmt.Sprint("i", i), Epoch: i, ForgetAt: moment(0)})
	})
	if i := ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, "i77") }); i.Epoch != 77 {
		t.Errorf("invitation %+v, want epoch 77", i)
	}
	if err := s.InsertInvitation(ctx, auth.Invitation{Hash: "i77", ForgetAt: moment(0)}); err == nil {
		t.Error("an invitation was inserted twice")
	}
	_, err = s.Invitation(ctx, "none")
	refused(t, "no invitation", err, fault.NotFound, "invitation_not_found")
	if ok, err := s.UseInvitation(ctx, "none", now); ok || err != nil {
		t.Errorf("use of no invitation: %v, %v", ok, err)
	}

	spread(t, many, func(i int) error {
		_, _, err := s.Count(ctx, fmt.Sprint("k", i), now, time.Hour)
		return err
	})
	count := func(key string, at time.Time) int {
		t.Helper()
		n, _, err := s.Counted(ctx, key, at)
		must(t, err)
		return n
	}
	must(t, s.Forget(ctx, "k1", "k2", "none"))
	must(t, s.Forget(ctx))
	must(t, s.Uncount(ctx, "none", now))
	must(t, s.Uncount(ctx, "k3", now.Add(time.Hour))) // its window is over: nothing to take back
	for key, want := range map[string]int{"k0": 1, "k1": 0, "k2": 0, "k3": 1, "none": 0} {
		if got := count(key, now); got != want {
			t.Errorf("%s was counted %d times, want %d", key, got, want)
		}
	}
	if n := count("k0", now.Add(time.Hour)); n != 0 {
		t.Errorf("at the end of the window: %d, want 0", n)
	}

	spread(t, many, func(i int) error { return s.InsertSecret(ctx, fmt.Sprint("x", i), []byte{byte(i)}) })
	same(t, "secret", ask(t, func() ([]byte, error) { return s.Secret(ctx, "x99") }), []byte{99})
	_, err = s.Secret(ctx, "none")
	refused(t, "no secret", err, fault.NotFound, "secret_not_found")
}

// A token is good once: of all who show it, one goes on.
func TestRaceTokens(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	first := filled[auth.Session](0)
	first.ID, first.EndedAt = "s", nil
	must(t, s.InsertSession(ctx, first))
	for round := range 4 {
		now := ask(t, func() (auth.Session, error) { return s.Session(ctx, "s") })
		var won tally
		together(func(i int) {
			n := now
			n.Previous, n.Current = now.Current, fmt.Sprint(round, "-", i)
			ok, err := s.RotateSession(ctx, n)
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.add(n.Current)
			}
		})
		now = ask(t, func() (auth.Session, error) { return s.Session(ctx, "s") })
		won.once(t, "rotated", []string{now.Current})
	}
	// A session that is ended while its device rotates stays ended.
	together(func(i int) {
		if i == 7 {
			fine(t, s.EndSession(ctx, "s", moment(1)))
			return
		}
		for range 4 {
			n, err := s.Session(ctx, "s")
			fine(t, err)
			n.Previous, n.Current = n.Current, n.Current+"+"
			if _, err := s.RotateSession(ctx, n); err != nil {
				t.Error(err)
			}
		}
	})
	end := ask(t, func() (auth.Session, error) { return s.Session(ctx, "s") })
	if end.EndedAt == nil || !end.EndedAt.Equal(moment(1)) {
		t.Errorf("ended at %v, want %v", end.EndedAt, moment(1))
	}
	end.Previous = end.Current
	if ok, err := s.RotateSession(ctx, end); ok || err != nil {
		t.Errorf("rotate what has ended: %v, %v", ok, err)
	}

	must(t, s.InsertInvitation(ctx, auth.Invitation{Hash: "i", ForgetAt: moment(0)}))
	var won tally
	together(func(i int) {
		ok, err := s.UseInvitation(ctx, "i", moment(i))
		if err != nil {
			t.Error(err)
		}
		if ok {
			won.add(moment(i).String())
		}
	})
	used := ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, "i") })
	won.once(t, "used the invitation", []string{used.UsedAt.String()})
}

// Tries are counted one by one, however many come at once, across the end of a
// window too; what is taken back is never more than was counted.
func TestRaceThrottle(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	for window := range 3 {
		now := moment(window)
		var counts tally
		var want []string
		for n := 1; n <= 2*racers; n++ {
			want = append(want, fmt.Sprint(n))
		}
		together(func(int) {
			for range 2 {
				n, until, err := s.Count(ctx, "k", now, time.Second)
				if err != nil || !until.Equal(now.Add(time.Second)) {
					t.Errorf("until %v, %v", until, err)
				}
				counts.add(fmt.Sprint(n))
			}
		})
		counts.once(t, fmt.Sprint("window ", window), want)
	}
	together(func(int) {
		for range 3 {
			if err := s.Uncount(ctx, "k", moment(2)); err != nil {
				t.Error(err)
			}
		}
	})
	if n, until, err := s.Counted(ctx, "k", moment(2)); err != nil || n != 0 || !until.Equal(moment(2).Add(time.Second)) {
		t.Errorf("taken back more often than counted: %d until %v, %v; want 0", n, until, err)
	}
}

// All copies of the program that start at once get the same secret.
func TestRaceSecrets(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	for round := range 4 {
		got := make([]string, racers)
		together(func(i int) {
			v, err := auth.Secrets{Store: s}.Secret(ctx, fmt.Sprint(round), func() ([]byte, error) { return []byte(fmt.Sprint("of ", i)), nil })
			if err != nil {
				t.Error(err)
			}
			got[i] = string(v)
		})
		if all := slices.Compact(slices.Clone(got)); len(all) != 1 || all[0] == "" {
			t.Errorf("round %d: %q, want one secret", round, all)
		}
	}
}

// A sign-in at a provider is there once; an identity is one person's, and a person has
// one of an issuer.
func TestLogins(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	spread(t, many, func(i int) error {
		l := filled[auth.Login](i * 10)
		l.ID = fmt.Sprint("l", i)
		if err := s.InsertLogin(ctx, l); err != nil {
			return err
		}
		return s.InsertIdentity(ctx, auth.Identity{ID: fmt.Sprint("i", i), Issuer: "x", Person: people.ID(fmt.Sprint("p", i)), LinkedAt: moment(i)})
	})
	want := filled[auth.Login](50)
	want.ID = "l5"
	if _, err := s.TakeLogin(ctx, "l5", want.ExpiresAt); fault.KindOf(err) != fault.NotFound {
		t.Errorf("too late: %v", err)
	}
	var won tally
	together(func(int) {
		l, err := s.TakeLogin(ctx, "l5", want.ExpiresAt.Add(-time.Second))
		if err == nil {
			same(t, "login", l, want)
			won.add(l.ID)
			return
		}
		refused(t, "once more", err, fault.NotFound, "login_not_found")
	})
	won.once(t, "taken", []string{"l5"})

	i := filled[auth.Identity](0)
	must(t, s.InsertIdentity(ctx, i))
	same(t, "identity", ask(t, func() (auth.Identity, error) { return s.Identity(ctx, i.ID) }), i)
	_, err := s.Identity(ctx, "none")
	refused(t, "no identity", err, fault.NotFound, "identity_not_found")
	refused(t, "of another person", s.InsertIdentity(ctx, auth.Identity{ID: "i7", Issuer: "x", Person: "thief"}), fault.Conflict, "identity_taken")
	refused(t, "another of the issuer", s.InsertIdentity(ctx, auth.Identity{ID: "new", Issuer: "x", Person: "p7"}), fault.Conflict, "identity_taken")
	must(t, s.InsertIdentity(ctx, auth.Identity{ID: "new", Issuer: "y", Person: "p7"}))
	must(t, s.InsertIdentity(ctx, auth.Identity{ID: "more", Issuer: "w", Person: "p7", LinkedAt: moment(500)}))
	must(t, s.DeleteIdentity(ctx, auth.Identity{ID: "more", Person: "thief"})) // somebody else's
	if is := ask(t, func() ([]auth.Identity, error) { return s.IdentitiesOf(ctx, "p7") }); len(is) != 3 || is[0].ID != "new" || is[2].ID != "more" {
		t.Errorf("identities of a person: %+v", is)
	}
	for range 2 {
		must(t, s.DeleteIdentity(ctx, auth.Identity{ID: "more", Person: "p7"}))
	}
	_, err = s.Identity(ctx, "more")
	refused(t, "find one that was removed", err, fault.NotFound, "identity_not_found")
	var linked tally
	abreast(rivals(), func(n int) {
		id := fmt.Sprint("r", n)
		if err := s.InsertIdentity(ctx, auth.Identity{ID: id, Issuer: "z", Person: "p7"}); err == nil {
			linked.add("once")
		} else {
			refused(t, "a rival", err, fault.Conflict, "identity_taken")
		}
	})
	linked.once(t, "linked", []string{"once"})
}
