package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// sealer writes fields one after the other, each with its length before it, so that no
// two different lists of fields give the same bytes.
type sealer struct{ h hash.Hash }

func (s *Service) sealer(what string) sealer {
	w := sealer{hmac.New(sha256.New, s.Key)}
	w.text("hocso audit 1", what)
	return w
}

func (w sealer) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // the same bits
	w.h.Write(b[:])
}

func (w sealer) text(fields ...string) {
	for _, f := range fields {
		w.number(int64(len(f)))
		w.h.Write([]byte(f))
	}
}

func (w sealer) sum() string { return hex.EncodeToString(w.h.Sum(nil)) }

// hash seals all of an entry but where its actor came from, which FromMark stands for.
func (s *Service) hash(e Entry) string {
	w := s.sealer("entry")
	w.number(e.Seq)
	w.number(e.At.UnixMilli())
	w.text(string(e.Actor), e.Session, e.Command, string(e.Action), string(e.Group), e.Object.Kind, e.Object.ID, string(e.Outcome), e.Code)
	w.number(e.Of)
	w.text(e.Request)
	w.number(int64(len(e.Detail)))
	for _, d := range e.Detail {
		w.text(d.What, d.Before, d.After)
	}
	w.text(e.FromMark, e.Prev)
	return w.sum()
}

func (s *Service) fromMark(f From) string {
	w := s.sealer("from")
	w.text(f.Address, f.Salt)
	w.number(f.At.UnixMilli())
	return w.sum()
}

// sealed is a mark that shows that the program made it.
func (s *Service) sealed(name string, seq int64, hash string) Mark {
	w := s.sealer(name)
	w.number(seq)
	w.text(hash)
	return Mark{seq, hash, w.sum()}
}

// genuine reports whether the program made a mark.
func (s *Service) genuine(name string, m Mark) bool { return m == s.sealed(name, m.Seq, m.Hash) }

// intact reports whether an entry is as it was written.
func (s *Service) intact(e Entry) bool {
	return e.Hash == s.hash(e) && (e.From == nil || e.FromMark == s.fromMark(*e.From))
}
