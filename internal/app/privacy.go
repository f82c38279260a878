package app

import (
	"context"
	"errors"

	"hocso/content"
	"hocso/internal/campaign"
	"hocso/internal/privacy"
)

// joinPrivacy makes the service of people's own data.
func (a *App) joinPrivacy(calendar campaign.Calendar) error {
	keep := privacy.Defaults()
	keep.AnswerMonths, keep.TrailMonths = a.cfg.AnswerMonths, a.cfg.TrailMonths
	notice, err := privacy.ReadNotice(content.Files(), privacy.Values(a.cfg.OrganisationName, a.cfg.PrivacyContact, keep))
	if err != nil {
		return err
	}
	clocks := privacy.Clocks{
		AnswerWorkingDays: a.cfg.AnswerDays, DoneDays: a.cfg.DoneDays, ThirdPartyDays: a.cfg.ThirdPartyDays, ExtensionDays: a.cfg.ExtensionDays,
	}
	a.privacy = &privacy.Service{
		Notices: a.db.Privacy(), Requests: a.db.Privacy(), Erasures: a.db.Privacy(), People: a.people,
		Text: notice, Clocks: clocks, Retentions: a.db.Retention(), Retention: keep, Calendar: calendar, PruneTrail: a.audit.Prune, Now: a.now, NewID: newID, Log: a.log,
	}
	a.privacy.Erasers = []privacy.Eraser{
		{Name: "person", Erase: a.people.Erase}, // first: it ends the account
		{Name: "sessions", Erase: a.db.Auth().ErasePerson},
		{Name: "cohorts", Erase: a.db.Cohorts().ErasePerson},
		{Name: "letters", Erase: a.db.Letters().ErasePerson},
		{Name: "reminders", Erase: a.db.Reminders().ErasePerson},
		{Name: "learning", Erase: a.db.Learning().ErasePerson},
		{Name: "drills", Erase: a.drills.Erase},
		{Name: "surveys", Erase: a.db.Surveys().ErasePerson},
		{Name: "webhooks", Erase: a.db.Webhooks().ErasePerson},
	}
	if file := ledgerOf(a.cfg); file != "" {
		a.privacy.KeepLedger = func(all []privacy.Erasure) error { return writeLedger(file, all) }
	}
	if a.embedded != nil {
		a.privacy.Purge = a.embedded.Scrub
	}
	return nil
}

// PrivacyRetention says what is kept how long, and what the next run of the job would remove. It removes nothing.
func PrivacyRetention(ctx context.Context, t Terminal, args []string) (err error) {
	cfg, log, err := t.load("privacy retention", args, nil)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	over, err := a.privacy.Over(ctx)
	if err != nil {
		return err
	}
	last, err := a.db.Retention().Pruning(ctx)
	if err != nil {
		return err
	}
	r := a.privacy.Retention
	t.say("answers in quizzes: %d months\naudit trail: %d months\na person's drill runs: %d days\nreminders: %d days\nids of what phones sent: %d days\nsign-ins: %d days at most",
		r.AnswerMonths, r.TrailMonths, r.DrillDays, r.DeliveryDays, r.OpDays, r.SessionDays)
	if last.At != nil {
		t.say("The last run, at %s, removed %d answers.", last.At.Format("2006-01-02 15:04:05 MST"), last.Removed)
	}
	t.say("A run now would remove %d answers.", over)
	return nil
}
