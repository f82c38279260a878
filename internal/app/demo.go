package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"hocso/content"
	"hocso/internal/audit"
	"hocso/internal/people"
)

// demoPassword is the password of everybody in a demo organisation: it holds no
// real person's data.
const demoPassword = "hoc-so-moi-ngay-mot-it"

// demoFile lies beside the data of a demo organisation and holds its sign-ins.
const demoFile = "sign-ins.json"

// demoSignIns is what Demo prints and keeps.
type demoSignIns struct {
	People  int          `json:"people"`
	Seed    uint64       `json:"seed"`
	SignIns []demoSignIn `json:"signIns"`
}

type demoSignIn struct {
	Role     people.Role   `json:"role"`
	Name     string        `json:"name"`
	Email    string        `json:"email"`
	Password string        `json:"password"`
	Unit     people.UnitID `json:"unit"`
}

func isDemo(data string) bool {
	_, err := os.Stat(filepath.Join(data, demoFile))
	return err == nil
}

// demo reports whether a is a demo organisation, whose administrators may work without a
// second factor: everybody knows its password.
func (a *App) demo() bool { return a.cfg.MongoDBURI == "" && isDemo(a.cfg.Data) }

// Demo fills an empty data folder with an organisation of made-up people, their
// history and campaigns under way, and prints a sign-in for each role. The same
// seed gives the same organisation. In a folder that is filled already it only
// prints the sign-ins again.
func Demo(ctx context.Context, t Terminal, args []string) error {
	var persons int
	var seed uint64
	var asJSON bool
	cfg, log, err := t.load("demo", args, func(f *flag.FlagSet) {
		f.IntVar(&persons, "people", 60, "how many people")
		f.Uint64Var(&seed, "seed", 1, "the same seed gives the same organisation")
		f.BoolVar(&asJSON, "json", false, "print the sign-ins as JSON")
	})
	if err != nil {
		return err
	}
	if persons < 20 || persons > 200_000 {
		return errors.New("demo: --people must be from 20 to 200000")
	}
	if cfg.MongoDBURI != "" {
		return errors.New("demo: fills only an embedded database; leave HOCSO_MONGODB_URI empty")
	}
	file := filepath.Join(cfg.Data, demoFile)
	made, err := readSignIns(file)
	switch {
	case err == nil:
		return t.printSignIns(made, asJSON)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if entries, err := os.ReadDir(cfg.Data); err == nil && len(entries) > 0 {
		return fmt.Errorf("demo: %s holds data of another kind; choose an empty folder with --data", cfg.Data)
	}

	clock := &demoClock{}
	clock.set(nowMillis())
	a, err := Open(ctx, cfg, log, clock.now)
	if err != nil {
		return err
	}
	d := &demo{App: a, t: t, clock: clock, today: clock.now(), r: rand.New(rand.NewPCG(seed, 2026)), taken: map[string]int{}}
	made, err = d.fill(ctx, persons)
	if err := errors.Join(err, a.Close()); err != nil {
		return errors.Join(err, os.RemoveAll(filepath.Join(cfg.Data, "database"))) // half an organisation is of no use
	}
	made.Seed = seed
	b, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	return t.printSignIns(made, asJSON)
}

func readSignIns(file string) (s demoSignIns, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

func (t Terminal) printSignIns(s demoSignIns, asJSON bool) error {
	if asJSON {
		return t.sayJSON(s)
	}
	t.say("A demo organisation of %d made-up people. Sign in as:\n", s.People)
	for _, x := range s.SignIns {
		t.say("  %-17s %-34s %s  (%s)", x.Role, x.Email, x.Password, x.Name)
	}
	t.say("")
	return nil
}

// demoClock is the program's clock while history is made.
type demoClock struct{ at atomic.Int64 }

func (c *demoClock) set(t time.Time) { c.at.Store(t.UnixMilli()) }

func (c *demoClock) now() time.Time { return time.UnixMilli(c.at.Load()).UTC() }

// demo makes one organisation.
type demo struct {
	*App
	t      Terminal
	clock  *demoClock
	today  time.Time
	r      *rand.Rand
	taken  map[string]int // addresses
	people []people.Person
	units  []people.Unit
}

func (d *demo) fill(ctx context.Context, persons int) (demoSignIns, error) {
	made := demoSignIns{People: persons}
	d.clock.set(d.today.AddDate(-2, 0, 0))
	quiet := d.t
	quiet.Out = quiet.Err
	e := audit.Entry{Command: "demo", Action: "content_published"}
	if err := d.audit.Do(ctx, e, func(e *audit.Entry) error { return d.publish(ctx, quiet, content.Files(), e) }); err != nil {
		return made, err
	}
	signIns, err := d.makePeople(ctx, persons)
	if err != nil {
		return made, err
	}
	made.SignIns = signIns
	if err := d.readNotice(ctx); err != nil {
		return made, err
	}
	return made, d.makeHistory(ctx)
}

// readNotice lets everybody have read the privacy notice, as people who have been there for two years have.
func (d *demo) readNotice(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for _, p := range d.people {
		g.Go(func() error {
			_, err := d.privacy.Read(ctx, people.Actor{ID: p.ID}, d.privacy.Notice().Version)
			return err
		})
	}
	return g.Wait()
}

// progress says how far long work is, on standard error.
func (d *demo) progress(what string, done, of int) {
	if of >= 500 && (done == of || done%(of/10) < 64) {
		_, _ = fmt.Fprintf(d.t.Err, "%s: %d of %d\n", what, done, of) // a closed terminal must not stop the work
	}
}
