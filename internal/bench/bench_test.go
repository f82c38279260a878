//go:build bench

// Package bench measures what a learner's action costs the server: processor time
// of the real program for each request, at several numbers of learners, and growth.
package bench

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

// sizes are the numbers of learners compared. They run side by side and take
// turns, so that a busy machine disturbs both alike.
var sizes = []int{1000, 10000}

// rounds is how many batches of each action every server gets; the median counts.
const rounds = 9

// An action is something a learner does; do runs it n times.
type action struct {
	name  string
	n     int
	floor string
	do    func(s *server, n int)
}

func actions() []action {
	return []action{
		{"sign in", 8, "1.15 × own hash", (*server).signIn},
		{"sync, all of it", 200, "≤ 0.5 ms", (*server).syncAll},
		{"sync, unchanged (304)", 200, "", (*server).syncUnchanged},
		{"lesson (course version)", 200, "≤ 0.12 ms", (*server).lesson},
		{"quiz submission", 40, "≤ 1.5 ms", (*server).quiz},
		{"20 ops", 40, "≤ 2 ms", (*server).ops},
		{"overview", 100, "≤ 5 ms", (*server).overview},
	}
}

func TestServerCPU(t *testing.T) {
	servers := make([]*server, len(sizes))
	for i, n := range sizes {
		start := time.Now()
		servers[i] = newServer(t, n)
		fmt.Printf("%d learners: filled and ready in %v, %.0f MB resident\n", n, time.Since(start).Round(time.Millisecond), servers[i].residentMB())
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "server CPU per request, ms\tbar\t")
	for _, n := range sizes {
		fmt.Fprintf(w, "%d learners\t", n)
	}
	fmt.Fprintln(w, "growth\t")
	for _, a := range actions() {
		got := make([][]float64, len(servers))
		for range rounds {
			for i, s := range servers {
				before := s.cpu()
				a.do(s, a.n)
				got[i] = append(got[i], (s.cpu()-before).Seconds()*1000/float64(a.n))
			}
		}
		fmt.Fprintf(w, "%s\t%s\t", a.name, a.floor)
		for i := range got {
			fmt.Fprintf(w, "%.3f\t", median(got[i]))
		}
		fmt.Fprintf(w, "%.2f\t\n", median(got[len(got)-1])/median(got[0]))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for i, s := range servers {
		fmt.Printf("%d learners: %.0f MB resident after the load\n", sizes[i], s.residentMB())
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
