package stat

import (
	"math"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.0005 {
		t.Errorf("%s: %.4f, want %.4f", what, got, want)
	}
}

// The figures of 81 in 263, 15 in 148 and their like are those of Newcombe's papers of 1998.
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {29, 29, 0.8830, 1}, {0, 0, 0, 1}} {
		low, high := Wilson(tt.k, tt.n)
		near(t, "low", low, tt.low)
		near(t, "high", high, tt.high)
	}
}

func TestDifference(t *testing.T) {
	for _, tt := range []struct {
		k1, n1, k0, n0 int
		d, low, high   float64
	}{{56, 70, 48, 80, 0.2, 0.0524, 0.3339}, {9, 10, 3, 10, 0.6, 0.1705, 0.8090}, {0, 10, 0, 10, 0, -0.2775, 0.2775}} {
		d, low, high := Difference(tt.k1, tt.n1, tt.k0, tt.n0)
		near(t, "difference", d, tt.d)
		near(t, "low", low, tt.low)
		near(t, "high", high, tt.high)
	}
}

func TestMedian(t *testing.T) {
	done := func(days ...int) (out []Span) {
		for _, d := range days {
			out = append(out, Span{time.Duration(d) * time.Hour, true})
		}
		return out
	}
	open := func(days ...int) []Span {
		out := done(days...)
		for i := range out {
			out[i].Done = false
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		spans []Span
		want  time.Duration
		ok    bool
	}{
		{"nobody", nil, 0, false},
		{"nobody is done", open(1, 2, 3), 0, false},
		{"all are done", done(5, 1, 3), 3, true},
		{"of four the second", done(4, 1, 3, 2), 2, true},
		{"half are not done, after them all", append(done(1, 2), open(9, 9)...), 2, true},
		{"more than half are not done", append(done(1, 2), open(9, 9, 9)...), 0, false},
		// 6 of 21: the drug arm of Freireich and others, 1963, whose median is 23 weeks.
		{"leukaemia", append(done(6, 6, 6, 7, 10, 13, 16, 22, 23), open(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)...), 23, true},
	} {
		got, ok := Median(tt.spans)
		if got != tt.want*time.Hour || ok != tt.ok {
			t.Errorf("%s: %v %v, want %v %v", tt.name, got, ok, tt.want*time.Hour, tt.ok)
		}
	}
}
