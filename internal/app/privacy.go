package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hocso/content"
	"hocso/internal/audit"
	"hocso/internal/campaign"
	"hocso/internal/config"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

// joinPrivacy makes the service of people's own data.
func (a *App) joinPrivacy(ctx context.Context, calendar campaign.Calendar) error {
	clocks := privacy.Clocks{
		AnswerWorkingDays: a.cfg.AnswerDays, DoneDays: a.cfg.DoneDays, ThirdPartyDays: a.cfg.ThirdPartyDays, ExtensionDays: a.cfg.ExtensionDays,
	}
	a.privacy = &privacy.Service{
		Notices: a.db.Privacy(), Requests: a.db.Privacy(), Erasures: a.db.Privacy(), People: a.people,
		Clocks: clocks, Retentions: a.db.Retention(), Calendar: calendar, PruneTrail: a.audit.Prune, SweepDrills: a.drills.Sweep, PruneSittings: a.exercises.Prune, Now: a.now, NewID: newID, Log: a.log,
		Write: func(r privacy.Retention) (privacy.Notice, error) {
			return privacy.ReadNotice(content.Files(), privacy.Values(a.cfg.OrganisationName, a.cfg.PrivacyContact, r))
		},
	}
	lasts := func(w privacy.What) func() time.Duration {
		return func() time.Duration { return a.privacy.Retention().Lasts(w) }
	}
	a.drills.Kept, a.reminders.Kept, a.learning.OpsKept, a.auth.SessionKept = lasts(privacy.Drills), lasts(privacy.Deliveries), lasts(privacy.Ops), lasts(privacy.Sessions)
	a.measures.Kept = a.reminders.Kept
	a.privacy.Enter = func(ctx context.Context, p people.ID, erase func() error) error {
		e := audit.Entry{Command: "serve", Action: "leaver_erased", Object: audit.Object{Kind: "person", ID: string(p)}}
		return a.audit.Do(ctx, e, func(*audit.Entry) error { return erase() })
	}
	a.privacy.Erasers = []privacy.Eraser{
		{Name: "person", Erase: a.people.Erase}, // first: it ends the account
		{Name: "sessions", Erase: a.db.Auth().ErasePerson},
		{Name: "cohorts", Erase: a.db.Cohorts().ErasePerson},
		{Name: "letters", Erase: a.db.Letters().ErasePerson},
		{Name: "reminders", Erase: a.db.Reminders().ErasePerson},
		{Name: "learning", Erase: a.db.Learning().ErasePerson},
		{Name: "drills", Erase: a.drills.Erase},
		{Name: "escalations", Erase: a.db.Escalations().ErasePerson},
		{Name: "surveys", Erase: a.db.Surveys().ErasePerson},
		{Name: "announcements", Erase: a.db.Announcements().ErasePerson},
		{Name: "exercises", Erase: a.db.Exercises().ErasePerson},
		{Name: "webhooks", Erase: a.db.Webhooks().ErasePerson},
	}
	if file := ledgerOf(a.cfg); file != "" {
		a.privacy.KeepLedger = func(all []privacy.Erasure) error { return writeLedger(file, all) }
	}
	if a.embedded != nil {
		a.privacy.Purge = a.embedded.Scrub
	}
	return a.privacy.Load(ctx)
}

// PrivacyRetention says what is kept how long, and what the next run of the job would remove. It removes nothing.
// Arguments such as answers=60 set periods first.
func PrivacyRetention(ctx context.Context, t Terminal, args []string) (err error) {
	_, rest, err := config.Load("privacy retention", args, t.Getenv, t.Err, nil)
	if err != nil {
		return err
	}
	cfg, log, err := t.load("privacy retention", args[:len(args)-len(rest)], nil)
	if err != nil {
		return err
	}
	set := map[privacy.What]int{}
	for _, arg := range rest {
		name, text, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("privacy retention: %q: write what and how long, such as answers=24", arg)
		}
		set[privacy.What(name)] = n
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if len(set) > 0 {
		if err := a.setRetention(ctx, set); err != nil {
			return explain("privacy retention", err)
		}
	}
	over, err := a.privacy.Over(ctx)
	if err != nil {
		return err
	}
	last, err := a.db.Retention().Pruning(ctx)
	if err != nil {
		return err
	}
	r := a.privacy.Retention()
	for _, p := range privacy.Periods() {
		t.say("%s: %d %s (from %d to %d, usually %d)", p.What, r.Keep(p.What), p.Unit, p.Least, p.Most, p.Usual)
	}
	if last.At != nil {
		t.say("The last run, at %s, removed %d answers.", last.At.Format("2006-01-02 15:04:05 MST"), last.Removed)
	}
	t.say("A run now would remove %d answers.", over)
	return nil
}

// setRetention changes some of the periods.
func (a *App) setRetention(ctx context.Context, set map[privacy.What]int) error {
	e := audit.Entry{Command: "privacy retention", Action: "retention_changed"}
	return a.audit.Do(ctx, e, func(e *audit.Entry) error {
		r := a.privacy.Retention()
		for _, p := range privacy.Periods() {
			if _, there := set[p.What]; !there {
				set[p.What] = r.Keep(p.What)
			}
		}
		changed, err := a.privacy.ChangeRetention(ctx, people.Console(), r.Version, set)
		for _, x := range changed {
			e.Detail = append(e.Detail, audit.Detail{What: "keep_" + string(x.What), Before: strconv.Itoa(x.Before), After: strconv.Itoa(x.After)})
		}
		return err
	})
}
