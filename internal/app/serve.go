package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"hocso/content"
	"hocso/internal/audit"
	"hocso/internal/httpapi"
	"hocso/internal/mongodb"
	"hocso/internal/reminder"
	"hocso/pwa"
)

// drain is how long running requests may take once the program was told to stop.
const drain = 10 * time.Second

// Serve serves the app and the API until ctx ends.
func Serve(ctx context.Context, t Terminal, args []string) error {
	cfg, log, err := t.load("serve", args, nil)
	if err != nil {
		return err
	}
	ln, err := listen(cfg.Listen, "--listen or HOCSO_LISTEN")
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // Shutdown has closed it unless the start failed
	loops := []func(context.Context){}
	if cfg.MongoDBURI == "" && t.Getenv("GOGC") == "" {
		debug.SetGCPercent(leastPercent) // while the documents are read
		loops = append(loops, boundMemory)
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	err = a.serve(ctx, t, ln, loops...)
	return errors.Join(err, a.Close())
}

// listen says in one line when somebody else has the address.
func listen(address, setting string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; choose another address with %s", address, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot serve at %s (%s): %w", address, setting, err)
	}
	return ln, nil
}

// serve starts everything; loops run beside those of the app.
func (a *App) serve(ctx context.Context, t Terminal, ln net.Listener, loops ...func(context.Context)) error {
	start := audit.Entry{Command: "serve", Action: "program_started", Detail: []audit.Detail{{What: "program", After: version()}}}
	if err := a.audit.Do(ctx, start, func(e *audit.Entry) error { return a.publish(ctx, t, content.Files(), e) }); err != nil {
		return err
	}
	if err := a.replayLedger(ctx); err != nil { // before anybody is served, or read into memory
		return err
	}
	if err := a.reports.Build(ctx); err != nil {
		return err
	}
	if err := a.inviteFirst(ctx, t); err != nil {
		return err
	}
	srv, err := a.server()
	if err != nil {
		return err
	}
	if err := a.serveDatabase(t); err != nil {
		return err
	}
	metrics, err := a.serveMetrics(srv.Metrics())
	if err != nil {
		return err
	}
	shut, err := a.openDoor()
	if err != nil {
		return err
	}
	a.reminders.Count = srv.CountPush
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, loop := range append(loops, a.loops()...) {
		running.Go(func() { loop(ctx) })
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	if a.demo() {
		t.say("This is a demo organisation: its administrators work without a second factor.")
	}
	t.say("Hocso is ready: %s", a.cfg.PublicURL)

	select {
	case err = <-served:
	case <-ctx.Done():
	case <-a.failed():
		err = fmt.Errorf("the data could not be written, so the program ends; nothing acknowledged is lost: %w", a.embedded.Err())
	}
	stop()
	down := errors.Join(srv.Shutdown(drain), shut())
	running.Wait()
	if metrics != nil {
		down = errors.Join(down, metrics.Close())
	}
	return errors.Join(err, down)
}

// openDoor lets commands in that look after the embedded database; the function shuts the
// door. With a server there is none.
func (a *App) openDoor() (shut func() error, err error) {
	if a.embedded == nil {
		return func() error { return nil }, nil
	}
	d, err := openDoor(a.cfg.Data, a.embedded, a.audit, a.recordBounce, a.log)
	if err != nil {
		return nil, err
	}
	return d.shut, nil
}

// loops are what runs beside the requests; each ends with its context.
func (a *App) loops() []func(context.Context) {
	pushes := &reminder.Dispatcher{Service: a.reminders, Log: a.log}
	mails := &reminder.Dispatcher{Service: a.reminders, Channel: reminder.Email, Workers: 4, Log: a.log} // of their own: a slow server for mail holds no push up
	return []func(context.Context){
		func(ctx context.Context) { a.campaigns.Run(ctx, time.Minute) },
		func(ctx context.Context) { a.holidays.Run(ctx, 15*time.Second) },
		func(ctx context.Context) { pushes.Run(ctx, 15*time.Second) },
		func(ctx context.Context) { mails.Run(ctx, 15*time.Second) },
		func(ctx context.Context) { a.escalations.Run(ctx, time.Minute) },
		func(ctx context.Context) { a.reports.Run(ctx, time.Second) },
		func(ctx context.Context) { a.privacy.Run(ctx, 20*time.Second) },
		func(ctx context.Context) { a.letters.Run(ctx, 2*time.Second) },
		a.runWebhooks,
		a.settle,
	}
}

// settle finishes, every minute, what publishing a course left to do (moving those in
// the middle of it, where there are too many for one request), lets go of the surveys whose
// time is over, and closes the accounts of those whose last day is over.
func (a *App) settle(ctx context.Context) {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := a.courses.SettleAll(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("settle enrolments", "err", err)
			}
			if err := a.surveys.Settle(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("settle surveys", "err", err)
			}
			if err := a.people.CloseLeavers(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("close the accounts of leavers", "err", err)
			}
		}
	}
}

// failed is closed when the embedded database can no longer write; never with a server.
func (a *App) failed() <-chan struct{} {
	if a.embedded == nil {
		return nil
	}
	return a.embedded.Failed()
}

// ready reports whether the database answers.
func (a *App) ready(ctx context.Context) error { return a.db.Ping(ctx) }

func (a *App) server() (*httpapi.Server, error) {
	built, err := fs.Sub(pwa.Dist, "dist")
	if err != nil {
		return nil, err
	}
	return httpapi.New(httpapi.Deps{
		Auth:          a.auth,
		People:        a.people,
		Courses:       a.courses,
		Paths:         a.paths,
		Learning:      a.learning,
		Drills:        a.drills,
		Campaigns:     a.campaigns,
		Holidays:      a.holidays,
		Reminders:     a.reminders,
		Reports:       a.reports,
		Measures:      a.measures,
		Escalations:   a.escalations,
		Signoffs:      a.signoffs,
		Surveys:       a.surveys,
		Announcements: a.announcements,
		Exercises:     a.exercises,
		Webhooks:      a.webhooks,
		Feeds:         a.feeds,
		Organisation:  a.cfg.OrganisationName,
		Privacy:       a.privacy,
		Audit:         a.audit,
		Ready:         a.ready, Now: a.now, Log: a.log,
		PublicURL: a.cfg.PublicURL, App: built, TrustedProxies: a.cfg.TrustedProxies, Unavailable: mongodb.Unavailable,
		Demo: a.demo(), InsecureCookie: a.cfg.InsecureCookie,
	}), nil
}

// serveMetrics serves /metrics and profiles at an address of its own; nil if none is set.
func (a *App) serveMetrics(h http.Handler) (*http.Server, error) {
	if a.cfg.MetricsListen == "" {
		return nil, nil
	}
	ln, err := listen(a.cfg.MetricsListen, "--metrics-listen or HOCSO_METRICS_LISTEN (empty: none)")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics ended", "err", err)
		}
	}()
	return srv, nil
}

// inviteFirst prints the link for the first administrator while there is none.
func (a *App) inviteFirst(ctx context.Context, t Terminal) error {
	there, err := a.people.Administrated(ctx)
	if err != nil || there {
		return err
	}
	var link string
	err = a.audit.Do(ctx, audit.Entry{Command: "serve", Action: "administrator_invited"}, func(*audit.Entry) (err error) {
		link, err = a.auth.InviteFirst(ctx)
		return err
	})
	if err != nil {
		return err
	}
	t.say("There is no administrator yet. Open this link once, within 24 hours, to become the first:\n\n  %s\n", link)
	return nil
}
