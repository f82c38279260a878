package app

import (
	"hocso/content"
	"hocso/internal/campaign"
	"hocso/internal/privacy"
)

// joinPrivacy makes the service of people's own data.
func (a *App) joinPrivacy(calendar campaign.Calendar) error {
	notice, err := privacy.ReadNotice(content.Files(), privacy.Values(a.cfg.OrganisationName, a.cfg.PrivacyContact, privacy.Defaults()))
	if err != nil {
		return err
	}
	clocks := privacy.Clocks{
		AnswerWorkingDays: a.cfg.AnswerDays, DoneDays: a.cfg.DoneDays, ThirdPartyDays: a.cfg.ThirdPartyDays, ExtensionDays: a.cfg.ExtensionDays,
	}
	a.privacy = &privacy.Service{
		Notices: a.db.Privacy(), Requests: a.db.Privacy(), Erasures: a.db.Privacy(), People: a.people,
		Text: notice, Clocks: clocks, Calendar: calendar, Now: a.now, NewID: newID, Log: a.log,
	}
	a.privacy.Erasers = []privacy.Eraser{
		{Name: "person", Erase: a.people.Erase}, // first: it ends the account
		{Name: "sessions", Erase: a.db.Auth().ErasePerson},
		{Name: "reminders", Erase: a.db.Reminders().ErasePerson},
		{Name: "learning", Erase: a.db.Learning().ErasePerson},
		{Name: "drills", Erase: a.drills.Erase},
	}
	if file := ledgerOf(a.cfg); file != "" {
		a.privacy.KeepLedger = func(all []privacy.Erasure) error { return writeLedger(file, all) }
	}
	if a.embedded != nil {
		a.privacy.Purge = a.embedded.Scrub
	}
	return nil
}
