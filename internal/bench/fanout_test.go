//go:build bench

package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	wp "github.com/SherClockHolmes/webpush-go"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/webpush"
	"hocso/internal/webpush/webpushtest"
)

// How many reminders there are, in how many turns with the library alone, and by how
// many workers they are sent, as in the program.
const (
	fanOut        = 10000
	fanOutTurns   = 5
	fanOutWorkers = 8
)

// TestPushService is no test: as a process of its own it takes every message, so that its
// work is nobody's in TestFanOut. It ends with its input.
func TestPushService(t *testing.T) {
	if os.Getenv("HOCSO_BENCH_PUSH_SERVICE") == "" {
		t.Skip("started by TestFanOut")
	}
	var took atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, took.Load())
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		took.Add(1)
		w.WriteHeader(http.StatusCreated)
	}))
	defer srv.Close()
	fmt.Println("at " + srv.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// pushService starts one and returns its origin.
func pushService(t *testing.T) string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestPushService$")
	cmd.Env = append(os.Environ(), "HOCSO_BENCH_PUSH_SERVICE=1")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	for s := bufio.NewScanner(out); s.Scan(); {
		if url, ok := strings.CutPrefix(s.Text(), "at "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return url
		}
	}
	t.Fatal("the push service does not start")
	return ""
}

// oneCourse describes every course alike.
type oneCourse struct{}

func (oneCourse) Version(_ context.Context, id course.ID, n int) (*course.Published, error) {
	return &course.Published{Summary: course.Summary{ID: id, N: n, Title: people.Text{Vi: "Nhận biết thư lừa đảo", En: "Spot the scam"}, Minutes: 18}}, nil
}

// listener is a pusher that remembers what one message said.
type listener struct {
	reminder.Pusher
	payload atomic.Pointer[[]byte]
}

func (l *listener) Push(ctx context.Context, s reminder.Subscription, m reminder.Message) reminder.Answer {
	l.payload.Store(&m.Payload)
	return l.Pusher.Push(ctx, s, m)
}

// processCPU is the processor time of this process.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestFanOut sends 10,000 reminders from the ledger on the embedded database to a push
// service and back into the ledger, and as many messages by webpush-go alone: the same
// text, the same service, by turns. It prints processor time for each, and the ratio.
func TestFanOut(t *testing.T) {
	ctx := t.Context()
	origin := pushService(t)
	e, err := embedded.Open(filepath.Join(t.TempDir(), "db"), embedded.Options{Now: time.Now})
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	db, err := mongodb.Open(mongodb.Options{URI: mongodb.EmbeddedURI, Name: "hocso", Dialer: e.Dialer()})
	must(t, err)
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	must(t, db.EnsureIndexes(ctx))
	keys, err := webpush.GenerateKeys()
	must(t, err)
	phone, err := webpushtest.New(time.Now).Subscribe(keys.Public)
	must(t, err)
	sender, err := webpush.NewSender(webpush.Options{Keys: keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{origin}, Now: time.Now})
	must(t, err)
	pusher := &listener{Pusher: sender}

	start := time.Now().UTC()
	due := start.AddDate(0, 0, 30)
	for due.Weekday() != time.Friday {
		due = due.AddDate(0, 0, 1)
	}
	now := due.AddDate(0, 0, -7).Truncate(24 * time.Hour).Add(17*time.Hour - time.Second)
	s := &reminder.Service{
		Store: db.Reminders(), Answers: db.Reminders(), Budgets: db.Reminders(), Subscriptions: db.Reminders(), Enrolments: db.Learning(), People: db.People(),
		Campaigns: db.Campaigns(), Courses: oneCourse{}, Pusher: pusher, PublicURL: "https://hocso.example.org",
		Calendar: campaign.Calendar{Zone: time.UTC, Holidays: campaign.Holidays()}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	}
	c := campaign.Campaign{ID: "c1", State: campaign.Running, Version: 1}
	c.Channels, c.Reminders.Offsets = []campaign.Channel{campaign.Push}, []int{-7, -3, -1, 1, 7, 14}
	must(t, db.Campaigns().InsertCampaign(ctx, c))
	endpoint := func(i int) string { return fmt.Sprintf("%s/wpush/%07d", origin, i) }
	const turn = fanOut / fanOutTurns
	fill := func(from int) {
		ps, es := make([]people.Person, turn), make([]learning.Enrolment, turn)
		for i := range ps {
			id := people.ID(fmt.Sprintf("p%07d", from+i))
			ps[i] = people.Person{ID: id, Email: string(id) + "@bo.vn", Status: people.Active, Version: 1}
			es[i] = learning.Enrolment{ID: learning.NewEnrolmentID("a", id, 1), Person: id, Course: "a", Cycle: 1, N: 1, Campaigns: []string{string(c.ID)}, State: learning.Assigned, DueAt: &due, Version: 1}
			if _, err := s.Subscribe(ctx, people.Actor{ID: id}, reminder.Device{Endpoint: endpoint(from + i), P256dh: phone.P256dh, Auth: phone.Auth}); err != nil {
				t.Fatal(err)
			}
		}
		must(t, db.People().InsertPeople(ctx, ps))
		_, err := db.Learning().InsertEnrolments(ctx, es)
		must(t, err)
		must(t, s.PlanReminders(ctx, c, ps, es, start))
	}
	measure := func(do func()) (ms, seconds float64) {
		runtime.GC()
		time.Sleep(2 * time.Second) // what was written before is merged and collected
		before, clock := processCPU(), time.Now()
		do()
		return (processCPU() - before).Seconds() * 1000 / turn, time.Since(clock).Seconds()
	}
	ours := func() {
		x := &reminder.Dispatcher{Service: s, Workers: fanOutWorkers, Log: s.Log}
		for sent := 0; sent < turn; {
			n, err := x.Tick(ctx, now)
			must(t, err)
			if sent += n; n == 0 {
				t.Fatalf("%d of %d sent", sent, turn)
			}
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	library := func(from int) {
		var wg sync.WaitGroup
		var next atomic.Int64
		for range fanOutWorkers {
			wg.Go(func() {
				for i := next.Add(1); i <= turn; i = next.Add(1) {
					res, err := wp.SendNotificationWithContext(ctx, *pusher.payload.Load(),
						&wp.Subscription{Endpoint: endpoint(from + int(i)), Keys: wp.Keys{P256dh: phone.P256dh, Auth: phone.Auth}},
						&wp.Options{HTTPClient: client, Subscriber: "https://hocso.example.org", VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private, TTL: 60, Topic: "t", Urgency: wp.UrgencyNormal})
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
			})
		}
		wg.Wait()
	}
	if file := os.Getenv("HOCSO_BENCH_PROFILE"); file != "" {
		f, err := os.Create(file)
		must(t, err)
		must(t, pprof.StartCPUProfile(f))
		defer pprof.StopCPUProfile()
	}
	var mine, alone, took []float64
	for i := range fanOutTurns {
		fill(i * turn)
		ms, seconds := measure(ours)
		mine, took = append(mine, ms), append(took, seconds)
		ms, _ = measure(func() { library(i * turn) })
		alone = append(alone, ms)
	}
	m, a := median(mine), median(alone)
	fmt.Printf("%d reminders: %.2f ms of CPU each, webpush-go alone %.2f ms: %.2f × (medians of %d turns; all in %.1f s by the clock)\n", fanOut, m, a, m/a, fanOutTurns, sum(took))
	res, err := http.Get(origin)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	must(t, err)
	if string(said) != fmt.Sprint(2*fanOut) {
		t.Errorf("the push service took %s messages, want %d from each", said, fanOut)
	}
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}
