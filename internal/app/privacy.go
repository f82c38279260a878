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
	a.privacy = &privacy.Service{
		Notices: a.db.Privacy(), People: a.people, Text: notice, Calendar: calendar, Now: a.now, NewID: newID, Log: a.log,
	}
	return nil
}
