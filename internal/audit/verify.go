package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// mostProblems is how many problems a report names.
const mostProblems = 20

// Problem is one place where the trail is not as it was written.
type Problem struct {
	Seq     int64  `json:"seq"`
	Through int64  `json:"through,omitempty"` // of missing entries: the last
	What    string `json:"what"`              // missing, changed, not_following, other_than_noted, head_missing, head_forged, anchor_forged
}

// String says it in a sentence.
func (p Problem) String() string {
	at := fmt.Sprintf("entry %d", p.Seq)
	if p.Through > p.Seq {
		at = fmt.Sprintf("entries %d to %d", p.Seq, p.Through)
	}
	switch p.What {
	case "missing":
		return at + ": missing"
	case "changed":
		return at + ": not as it was written"
	case "not_following":
		return at + ": does not follow the one before it"
	case "other_than_noted":
		return at + ": another one than was noted"
	case "head_missing":
		return "the note of the newest entry is missing"
	case "head_forged":
		return "the note of the newest entry was not made by the program"
	case "anchor_forged":
		return "the note of the oldest entries that were removed was not made by the program"
	}
	return at + ": " + p.What
}

// Report is what Verify found.
type Report struct {
	Entries  int64     `json:"entries"` // that were checked
	First    int64     `json:"first"`   // numbers of the first and the last of them, 0 without any
	Last     int64     `json:"last"`
	FirstAt  time.Time `json:"firstAt"`
	LastAt   time.Time `json:"lastAt"`
	Pruned   int64     `json:"pruned"`   // the last number that was removed because of its age
	Head     Mark      `json:"head"`     // of the last entry, to be noted elsewhere
	Problems []Problem `json:"problems"` // the first 20
	More     int       `json:"more"`     // further problems
}

// Good reports whether nothing is wrong.
func (r *Report) Good() bool { return len(r.Problems) == 0 }

func (r *Report) add(p Problem) {
	if len(r.Problems) < mostProblems {
		r.Problems = append(r.Problems, p)
		return
	}
	r.More++
}

// String writes a mark as people note it.
func (m Mark) String() string { return fmt.Sprintf("%d:%s", m.Seq, m.Hash) }

// ParseMark reads what String wrote; fault.Malformed bad_head.
func ParseMark(text string) (Mark, error) {
	seq, hash, ok := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || n < 1 || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return Mark{}, fault.New(fault.Malformed, "bad_head", "a head is written as NUMBER:HASH, with 64 digits of hash")
	}
	return Mark{Seq: n, Hash: hash}, nil
}

// Verify goes through the trail, from its first entry or the last newest entries if newest
// is not 0, and names what is not as it was written. The marks in noted, which somebody
// kept elsewhere, must be in it. progress, if not nil, is told of every entry. It may run
// while entries are added.
func (s *Service) Verify(ctx context.Context, newest int64, noted []Mark, progress func(n int64)) (Report, error) {
	r := Report{Problems: []Problem{}}
	v := verifier{s: s, r: &r, noted: noted}
	if err := v.begin(ctx, newest); err != nil {
		return r, err
	}
	err := s.Store.Each(ctx, v.prev.Seq, func(e Entry, intact bool) error {
		v.check(e, intact)
		if progress != nil {
			progress(r.Entries)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	v.end()
	return r, nil
}

// VerifyNewest is Verify of the newest 100,000 entries, for somebody who may read them.
func (s *Service) VerifyNewest(ctx context.Context, a people.Actor) (Report, error) {
	if err := MayRead(a); err != nil {
		return Report{}, err
	}
	return s.Verify(ctx, 100_000, nil, nil)
}

// verifier is one way through the trail.
type verifier struct {
	s       *Service
	r       *Report
	noted   []Mark
	head    Mark
	hasHead bool
	anchor  Mark
	prev    Mark
	blind   bool // the hash of the entry before is not known
}

// begin reads the marks, the head before the entries: what comes later is not missing.
func (v *verifier) begin(ctx context.Context, newest int64) error {
	var err error
	v.head, v.hasHead, err = v.mark(ctx, headMark)
	if err != nil {
		return err
	}
	anchor, ok, err := v.mark(ctx, anchorMark)
	if err != nil {
		return err
	}
	if ok {
		v.anchor, v.prev, v.r.Pruned = anchor, anchor, anchor.Seq
	}
	if newest > 0 && v.head.Seq-newest > v.prev.Seq {
		v.prev, v.blind = Mark{Seq: v.head.Seq - newest}, true
	}
	return nil
}

// mark reads a mark; one that the program did not make counts as not there.
func (v *verifier) mark(ctx context.Context, name string) (m Mark, ok bool, err error) {
	m, err = v.s.Store.Mark(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return Mark{}, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if !v.s.genuine(name, m) {
		v.r.add(Problem{What: name + "_forged"})
		return Mark{}, name == headMark, nil
	}
	return m, true, nil
}

func (v *verifier) check(e Entry, intact bool) {
	r := v.r
	switch {
	case e.Seq > v.prev.Seq+1:
		r.add(Problem{Seq: v.prev.Seq + 1, Through: e.Seq - 1, What: "missing"})
	case e.Seq <= v.prev.Seq: // a number that is none: 5.5
		r.add(Problem{Seq: e.Seq, What: "changed"})
		return
	case !v.blind && e.Prev != v.prev.Hash:
		r.add(Problem{Seq: e.Seq, What: "not_following"})
	}
	if !intact || !v.s.intact(e) {
		r.add(Problem{Seq: e.Seq, What: "changed"})
	}
	if v.head.Seq == e.Seq && v.head.Hash != e.Hash {
		r.add(Problem{Seq: e.Seq, What: "changed"})
	}
	for _, n := range v.noted {
		if n.Seq == e.Seq && n.Hash != e.Hash {
			r.add(Problem{Seq: e.Seq, What: "other_than_noted"})
		}
	}
	if r.Entries == 0 {
		r.First, r.FirstAt = e.Seq, e.At
	}
	r.Entries++
	r.Last, r.LastAt = e.Seq, e.At
	v.prev, v.blind = Mark{Seq: e.Seq, Hash: e.Hash}, e.Hash == "" // one that cannot be read has none
}

func (v *verifier) end() {
	r := v.r
	if v.head.Seq > v.prev.Seq {
		r.add(Problem{Seq: v.prev.Seq + 1, Through: v.head.Seq, What: "missing"})
	}
	if !v.hasHead && v.prev.Seq > 0 {
		r.add(Problem{What: "head_missing"})
	}
	for _, n := range v.noted {
		switch {
		case n.Seq > v.prev.Seq:
			r.add(Problem{Seq: n.Seq, What: "missing"})
		case n.Seq == v.anchor.Seq && n.Hash != v.anchor.Hash:
			r.add(Problem{Seq: n.Seq, What: "other_than_noted"})
		}
	}
	r.Head = Mark{Seq: v.prev.Seq, Hash: v.prev.Hash}
}

// errEnough ends a way through the trail.
var errEnough = errors.New("enough")
