// Package stat has the few formulas with which shares and times are told honestly: with
// an interval, and without forgetting those who are not done yet.
package stat

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// z is the quantile of the normal distribution for intervals of 95 per cent.
const z = 1.959963984540054

// Wilson returns the score interval of 95 per cent for k of n (E. B. Wilson, 1927),
// from 0 to 1. Without any n it is 0 to 1: nothing is known.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))
}

// Difference returns k1/n1 − k0/n0 with its interval of 95 per cent (R. G. Newcombe,
// 1998, method 10: made from the two score intervals). Both n are above 0.
func Difference(k1, n1, k0, n0 int) (d, low, high float64) {
	p1, p0 := float64(k1)/float64(n1), float64(k0)/float64(n0)
	l1, u1 := Wilson(k1, n1)
	l0, u0 := Wilson(k0, n0)
	d = p1 - p0
	return d, d - math.Hypot(p1-l1, u0-p0), d + math.Hypot(u1-p1, p0-l0)
}

// Span is how long somebody took, or, when it is not done yet, has taken so far.
type Span struct {
	Length time.Duration
	Done   bool
}

// Median returns the time after which half are done, by the product limit (E. L. Kaplan
// and P. Meier, 1958): who is not done counts for as long as they were looked at. ok is
// false while fewer than half are done by that estimate.
func Median(spans []Span) (t time.Duration, ok bool) {
	// Of two at the same time the one that is done comes first: the other was still looked at.
	spans = slices.SortedFunc(slices.Values(spans), func(a, b Span) int {
		if c := cmp.Compare(a.Length, b.Length); c != 0 || a.Done == b.Done {
			return c
		}
		if a.Done {
			return -1
		}
		return 1
	})
	left := 1.0
	for i := 0; i < len(spans); {
		at, done := spans[i].Length, 0
		risk := len(spans) - i
		for ; i < len(spans) && spans[i].Length == at; i++ {
			if spans[i].Done {
				done++
			}
		}
		left *= 1 - float64(done)/float64(risk)
		if done > 0 && left <= 0.5+1e-12 {
			return at, true
		}
	}
	return 0, false
}
