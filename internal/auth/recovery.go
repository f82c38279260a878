package auth

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// A recovery code is a digit, which says which of the ten it is, and eleven letters and
// digits: 55 random bits. They are hashed like passwords; the digit saves nine hashes.
const recoveryLength = 12

func (s *Service) newRecoveryCodes(ctx context.Context) (codes, hashes []string, err error) {
	for i := range recoveryCodes {
		code := strconv.Itoa(i) + rand.Text()[:recoveryLength-1]
		hash, err := s.Hasher.Hash(ctx, code)
		if err != nil {
			return nil, nil, err
		}
		codes, hashes = append(codes, grouped(code, 4, "-")), append(hashes, hash)
	}
	return codes, hashes, nil
}

// RenewRecoveryCodes replaces the actor's recovery codes. fault.Conflict no_factor if
// there is nothing they could stand in for.
func (s *Service) RenewRecoveryCodes(ctx context.Context, a people.Actor, proof Proof) ([]string, error) {
	if _, err := s.prove(ctx, a, proof); err != nil {
		return nil, err
	}
	codes, hashes, err := s.newRecoveryCodes(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.changeFactors(ctx, a.ID, func(f *Factors) error {
		if !f.any() {
			return fault.New(fault.Conflict, "no_factor", "set up a second factor first")
		}
		f.Recovery = hashes
		return nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// plainCode is a code without what people put between its characters.
func plainCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
}

// useRecovery uses a recovery code up; ok says whether it was a good one.
func (s *Service) useRecovery(ctx context.Context, p people.ID, code string) (ok bool, err error) {
	at, err := strconv.Atoi(code[:1])
	if err != nil {
		return false, nil //nolint:nilerr // the first character is no digit: not one of ours
	}
	rest := strings.NewReplacer("0", "O", "1", "I").Replace(code[1:]) // no such digit is in a code
	f, err := s.Factor.Factors(ctx, p)
	if err != nil {
		return false, err
	}
	hash := ""
	if at < len(f.Recovery) {
		hash = f.Recovery[at]
	}
	if ok, _, err = s.Hasher.Check(ctx, hash, code[:1]+rest); err != nil || !ok {
		return false, err
	}
	_, err = s.changeFactors(ctx, p, func(f *Factors) error {
		if ok = at < len(f.Recovery) && f.Recovery[at] == hash; ok {
			f.Recovery[at] = ""
			return nil
		}
		return wrongCode()
	})
	return ok && err == nil, err
}
