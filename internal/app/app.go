// Package app joins the services, the store and the HTTP server. It is the only
// place that knows them all; cmd and the tests of the whole start here.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/config"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/escalation"
	"hocso/internal/exercise"
	"hocso/internal/feed"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/measure"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/signoff"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

// largeDatabase is the number of documents from which the program warns: the embedded database serves two million.
const largeDatabase = 1_000_000

// App is the joined program.
type App struct {
	cfg      config.Config
	log      *slog.Logger
	now      func() time.Time
	embedded *embedded.Database // nil: a server is used
	db       *mongodb.DB

	auth          *auth.Service
	people        *people.Service
	letters       *letter.Service
	courses       *course.Service
	paths         *path.Service
	learning      *learning.Service
	drills        *drill.Service
	campaigns     *campaign.Service
	holidays      *campaign.HolidayService
	reminders     *reminder.Service
	reports       *report.Service
	measures      *measure.Service
	escalations   *escalation.Service
	signoffs      *signoff.Service
	surveys       *survey.Service
	announcements *announcement.Service
	exercises     *exercise.Service
	webhooks      *webhook.Service
	privacy       *privacy.Service
	audit         *audit.Service

	feeds *feed.Service
}

// Open opens the database and joins the services. now is the program's clock; only
// the demo organisation, whose history must lie in the past, passes another.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time) (*App, error) {
	a := &App{cfg: cfg, log: log, now: now}
	if err := a.openDatabase(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	if err := a.join(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) openDatabase(ctx context.Context) (err error) {
	o := mongodb.Options{URI: a.cfg.MongoDBURI}
	if o.URI == "" {
		if a.embedded, err = openData(a.cfg.Data, embedded.Options{Now: nowMillis, Log: a.log}); err != nil {
			return err
		}
		warnLarge(a.log, a.embedded.Size())
		o.URI, o.Dialer = mongodb.EmbeddedURI, a.embedded.Dialer()
	}
	if a.db, err = mongodb.Open(o); err != nil {
		return err
	}
	if err := a.db.Ping(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if err := a.db.CopyUnderWay(ctx); err != nil {
		return err
	}
	if err := a.db.EnsureIndexes(ctx); err != nil {
		return err
	}
	return a.db.People().FillNameKeys(ctx)
}

// warnLarge says when it is time to think of a server: the embedded database has everything in memory.
func warnLarge(log *slog.Logger, documents int) {
	if documents > largeDatabase {
		log.Warn("the embedded database is large, plan the move to a MongoDB server (hocso db copy)", "documents", documents)
	}
}

// Close disconnects and closes the embedded database.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var errs []error
	if a.db != nil {
		errs = append(errs, a.db.Close(ctx))
	}
	if a.embedded != nil {
		errs = append(errs, a.embedded.Close())
	}
	return errors.Join(errs...)
}

// newID makes a UUIDv7.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
