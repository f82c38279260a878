package httpapi

import (
	"context"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
)

// Who gets no turn to be looked at has used no try up: those who wait behind one
// address do not lock it, nor the account.
func TestBusyIsNoTry(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	right := x.Auth.Hasher
	x.Auth.Hasher = auth.NewHasher(auth.Cost{Memory: 64, Passes: 1, Threads: 1}, 0) // no turn ever
	for range 10 {
		var wg sync.WaitGroup
		for range 10 { // with what is under way never more than the limit of 60
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := x.Auth.SignIn(ctx, auth.Credentials{Email: "lan@bo.vn", Password: password, Address: "0.0.0.0"})
				if err == nil || fault.KindOf(err) == fault.TooMany {
					t.Errorf("signed in without a turn: %v", err)
				}
			})
		}
		wg.Wait()
	}
	x.Auth.Hasher = right
	x.in("lan@bo.vn")
}
