//go:build bench

// Package bench measures what a learner's action costs the server: processor time
// of the real program for each request, at several numbers of learners, and growth.
package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

// sizes are the numbers of learners compared. They run side by side and take
// turns, so that a busy machine disturbs both alike.
var sizes = []int{1000, 10000}

// rounds is how many batches of each action every server gets; the median counts. A
// batch is long enough to hold its own share of collecting garbage.
const rounds = 5

// An action is something a learner does; do runs it n times, after prepare.
type action struct {
	name    string
	n       int
	bar     string
	prepare func(s *server, n int) // not measured; nil: nothing
	do      func(s *server, n int)
}

func actions() []action {
	return []action{
		{"sign in", 16, "1.15 × own hash", nil, (*server).signIn},
		{"sync, all of it", 600, "≤ 0.5 ms", nil, (*server).syncAll},
		{"sync, unchanged (304)", 600, "", (*server).syncAll, (*server).syncUnchanged},
		{"lesson (course version)", 2000, "≤ 0.12 ms", nil, (*server).lesson},
		{"quiz submission", 120, "≤ 1.5 ms", (*server).papers, (*server).submit},
		{"20 ops", 120, "≤ 2 ms", nil, (*server).ops},
		{"overview", 1000, "≤ 5 ms", nil, (*server).overview},
	}
}

func TestServerCPU(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hocso")
	if out, err := exec.Command("go", "build", "-o", binary, "hocso/cmd/hocso").CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	servers := make([]*server, len(sizes))
	for i, n := range sizes {
		start := time.Now()
		servers[i] = newServer(t, binary, n)
		fmt.Printf("%d learners: filled and ready in %v, %.0f MB resident\n", n, time.Since(start).Round(time.Millisecond), servers[i].residentMB())
	}
	for _, s := range servers {
		s.settle(time.Minute) // every loop of the program has come round, and reminders that were due are out
	}
	got := map[string][][]float64{}
	for _, a := range actions() {
		got[a.name] = make([][]float64, len(servers))
		for _, s := range servers {
			s.settle(2 * time.Second) // what the action before left to collect or compact is not this one's
		}
		for range rounds {
			for i, s := range servers {
				if a.prepare != nil {
					a.prepare(s, a.n)
				}
				before := s.cpu()
				a.do(s, a.n)
				got[a.name][i] = append(got[a.name][i], (s.cpu()-before).Seconds()*1000/float64(a.n))
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "server CPU per request, ms\tbar\t")
	for _, n := range sizes {
		fmt.Fprintf(w, "%d learners\t", n)
	}
	fmt.Fprintln(w, "growth\t")
	for _, a := range actions() {
		fmt.Fprintf(w, "%s\t%s\t", a.name, a.bar)
		for i := range servers {
			fmt.Fprintf(w, "%.3f\t", median(got[a.name][i]))
		}
		fmt.Fprintf(w, "%.2f\t\n", median(got[a.name][len(servers)-1])/median(got[a.name][0]))
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
