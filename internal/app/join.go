package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/feed"
	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/webpush"
)

// hashesAtOnce bounds password hashing: a storm of sign-ins leaves a core for everybody else.
const hashesAtOnce = 2

// join makes the services and ties them together. Who calls whom follows the import
// rows; what points the other way is a function or an interface set here.
func (a *App) join(ctx context.Context) error {
	secrets := auth.Secrets{Store: a.db.Auth()}
	jwtKey, err := secrets.Secret(ctx, auth.JWTSecret, auth.RandomKey)
	if err != nil {
		return err
	}
	ticketKey, err := secrets.Secret(ctx, auth.TicketSecret, auth.RandomKey)
	if err != nil {
		return err
	}
	factorKey, err := secrets.Secret(ctx, auth.FactorSecret, auth.RandomKey)
	if err != nil {
		return err
	}
	keys, err := auth.NewKeys(jwtKey)
	if err != nil {
		return err
	}
	auditKey, err := secrets.Secret(ctx, auth.AuditSecret, auth.RandomKey)
	if err != nil {
		return err
	}
	a.audit = &audit.Service{Store: a.db.Audit(), Key: auditKey, Now: a.now, NewID: newID}
	a.people = &people.Service{Store: a.db.People(), UnitStore: a.db.People(), Scan: a.db.People(), CohortStore: a.db.Cohorts(), Now: a.now, NewID: newID, Zone: a.cfg.TimeZone}
	if a.letters, err = a.letterService(); err != nil {
		return err
	}
	var providers []*auth.Provider
	if a.cfg.OIDC != "" {
		if providers, err = auth.ReadProviders(a.cfg.OIDC, os.Getenv); err != nil {
			return fmt.Errorf("providers to sign in with (HOCSO_OIDC):\n%w", err)
		}
	}
	a.auth = &auth.Service{
		People: a.people, Sessions: a.db.Auth(), Invitations: a.db.Auth(), Throttles: a.db.Auth(), Factor: a.db.Auth(), Spent: a.db.Auth(), Letters: a.letters, Logins: a.db.Auth(), Providers: providers,
		Hasher: auth.NewHasher(auth.DefaultCost(), hashesAtOnce), Keys: keys, Issuer: a.cfg.PublicURL,
		Organisation: []string{a.cfg.OrganisationName}, SecondFactor: a.cfg.SecondFactor && !a.demo(), FactorKey: factorKey, Now: a.now, NewID: newID,
	}
	if err := a.auth.UsePasskeys(a.cfg.OrganisationName); err != nil {
		return err
	}
	a.letters.Writers[auth.ResetLetter], a.letters.Writers[auth.InvitationLetter] = a.auth.WriteReset, a.auth.WriteInvitation
	a.courses = &course.Service{Store: a.db.Courses(), Now: a.now, Log: a.log}
	a.drills = &drill.Service{Store: a.db.Drills(), Now: a.now, NewSecret: newSecret}
	a.learning = &learning.Service{
		Store: a.db.Learning(), Ops: a.db.Learning(), Courses: a.courses, People: a.people, Drills: a.drills, Now: a.now, TicketKey: ticketKey,
	}
	a.courses.Settle = a.learning.Settle
	calendar := campaign.Calendar{Zone: a.cfg.TimeZone, Holidays: campaign.Holidays()}
	a.campaigns = &campaign.Service{
		Store: a.db.Campaigns(), Enroller: a.learning, People: a.people, Minutes: a.minutes, Calendar: calendar, Now: a.now, NewID: newID, Log: a.log,
	}
	sender, err := a.sender(ctx, secrets)
	if err != nil {
		return err
	}
	a.reminders = &reminder.Service{
		Store: a.db.Reminders(), Budgets: a.db.Reminders(), Subscriptions: a.db.Reminders(), Enrolments: a.db.Learning(),
		People: a.people, Campaigns: a.db.Campaigns(), Courses: a.courses, Pusher: sender, PublicURL: a.cfg.PublicURL,
		Calendar: calendar, Now: a.now, Log: a.log,
	}
	a.announcements = &announcement.Service{Store: a.db.Announcements(), People: a.people, Zone: a.cfg.TimeZone, Now: a.now, NewID: newID}
	a.announcements.InCampaign, a.learning.Announced = a.announcedBy, a.announced
	a.feeds = &feed.Service{People: a.people, Announcements: a.announcements, Zone: a.cfg.TimeZone, PublicURL: a.cfg.PublicURL, Organisation: a.cfg.OrganisationName}
	a.campaigns.Planner = a.reminders
	a.learning.Opened = a.reminders.Opened
	a.auth.Ended = a.reminders.Forget
	a.people.Closing = func(ctx context.Context, id people.ID) error {
		return errors.Join(a.reminders.Forget(ctx, id, ""), a.learning.Release(ctx, id))
	}
	a.people.CampaignsIn, a.people.CampaignsFor = a.campaigns.Naming, a.campaigns.NamingCohort
	a.reports = &report.Service{
		Enrolments: a.db.Learning(), People: a.people, Courses: a.courses, Campaigns: a.db.Campaigns(), Zone: a.cfg.TimeZone, Now: a.now, Log: a.log,
	}
	a.learning.Changed, a.people.Changed = a.reports.Put, a.reports.PutPerson
	return a.joinPrivacy(calendar)
}

// sender makes what sends push messages. Its keys are made once and kept: new ones
// would end every subscription.
func (a *App) sender(ctx context.Context, secrets auth.Secrets) (*webpush.Sender, error) {
	b, err := secrets.Secret(ctx, auth.VAPIDSecret, func() ([]byte, error) {
		keys, err := webpush.GenerateKeys()
		if err != nil {
			return nil, err
		}
		return json.Marshal(keys)
	})
	if err != nil {
		return nil, err
	}
	var keys webpush.Keys
	if err := json.Unmarshal(b, &keys); err != nil {
		return nil, fmt.Errorf("read the push keys: %w", err)
	}
	subject, real := webpush.Subject(a.cfg.PublicURL, a.cfg.PushContact)
	if !real {
		a.log.Warn("push services want a public https address: set HOCSO_PUBLIC_URL or HOCSO_PUSH_CONTACT before phones subscribe", "subject", subject)
	}
	return webpush.NewSender(webpush.Options{Keys: keys, Subject: subject, Hosts: a.cfg.PushHosts, AllowedOrigins: a.cfg.PushOrigins, Now: nowMillis})
}

// minutes is how long an item of a campaign takes; fault.NotFound if it cannot be assigned.
func (a *App) minutes(ctx context.Context, i campaign.Item) (int, error) {
	if i.Kind == "announcement" {
		_, n, err := a.announcements.Item(ctx, announcement.ID(i.ID))
		return n, err
	}
	if i.Kind == "drill" {
		d, err := a.drills.Latest(ctx, drill.ID(i.ID))
		if err != nil {
			return 0, err
		}
		return d.Template.Minutes, nil
	}
	c, err := a.courses.Latest(ctx, course.ID(i.ID))
	if err != nil {
		return 0, err
	}
	return c.Version.Content.Minutes(), nil
}

// announcedBy reports whether a running campaign with an announcement has p in its audience.
func (a *App) announcedBy(ctx context.Context, id announcement.ID, p people.Person, path []people.UnitID) (bool, error) {
	running, err := a.campaigns.Running(ctx)
	if err != nil {
		return false, err
	}
	cohorts, err := a.people.Cohorts(ctx)
	if err != nil {
		return false, err
	}
	item := campaign.Item{Kind: "announcement", ID: string(id)}
	return slices.ContainsFunc(running, func(c campaign.Campaign) bool {
		return slices.Contains(c.Items, item) && c.Includes(p, path, cohorts)
	}), nil
}

func (a *App) announced(ctx context.Context, p people.ID, id string) error {
	return a.announcements.Read(ctx, p, announcement.ID(id))
}

// newSecret makes the key of a drill. Reading random numbers never fails: crypto/rand
// ends the program instead.
func newSecret() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return b
}
