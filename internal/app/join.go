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
	"hocso/internal/escalation"
	"hocso/internal/exercise"
	"hocso/internal/fault"
	"hocso/internal/feed"
	"hocso/internal/learning"
	"hocso/internal/measure"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/signoff"
	"hocso/internal/survey"
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
	mailKey, err := secrets.Secret(ctx, auth.MailSecret, auth.RandomKey)
	if err != nil {
		return err
	}
	if a.letters, err = a.letterService(mailKey); err != nil {
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
	a.paths = &path.Service{Store: a.db.Paths(), Courses: a.courses, Now: a.now}
	a.drills = &drill.Service{Store: a.db.Drills(), Sums: a.db.Drills(), Now: a.now, NewSecret: newSecret}
	a.learning = &learning.Service{
		Store: a.db.Learning(), Ops: a.db.Learning(), Courses: a.courses, People: a.people, Drills: a.drills, Now: a.now, TicketKey: ticketKey,
	}
	a.surveys = &survey.Service{Surveys: a.db.Surveys(), Answers: a.db.Surveys(), People: a.people, Zone: a.cfg.TimeZone, Now: a.now, NewID: newID}
	a.learning.Surveys = a.surveys
	a.courses.Settle = a.learning.Settle
	a.exercises = &exercise.Service{Catalogue: a.db.Exercises(), Store: a.db.Exercises(), People: a.people, Now: a.now, NewID: newID}
	a.holidays = &campaign.HolidayService{Store: a.db.Holidays(), Now: a.now, Log: a.log}
	if err := a.holidays.Refresh(ctx); err != nil {
		return err
	}
	calendar := campaign.Calendar{Zone: a.cfg.TimeZone, Edited: a.holidays}
	a.campaigns = &campaign.Service{
		Store: a.db.Campaigns(), Enroller: a.learning, People: a.people, Items: a.about, Calendar: calendar, Enter: a.enterCampaign, Now: a.now, NewID: newID, Log: a.log,
	}
	sender, err := a.sender(ctx, secrets)
	if err != nil {
		return err
	}
	a.reminders = &reminder.Service{
		Store: a.db.Reminders(), Answers: a.db.Reminders(), Budgets: a.db.Reminders(), Subscriptions: a.db.Reminders(), Enrolments: a.db.Learning(),
		People: a.people, Campaigns: a.db.Campaigns(), Courses: a.courses, Pusher: sender, PublicURL: a.cfg.PublicURL,
		ChangeSettings: a.people.ChangeSettings, Mail: a.letters, Key: mailKey, Organisation: a.cfg.OrganisationName,
		Calendar: calendar, Now: a.now, Log: a.log,
	}
	a.announcements = &announcement.Service{Store: a.db.Announcements(), People: a.people, Zone: a.cfg.TimeZone, Now: a.now, NewID: newID}
	a.announcements.InCampaign = func(ctx context.Context, id announcement.ID, p people.Person, path []people.UnitID) (bool, error) {
		return a.inCampaign(ctx, campaign.Announcement, string(id), p, path)
	}
	a.surveys.InCampaign = func(ctx context.Context, id survey.ID, p people.Person, path []people.UnitID) (bool, error) {
		return a.inCampaign(ctx, campaign.Survey, string(id), p, path)
	}
	a.learning.Announced = a.announced
	a.feeds = &feed.Service{People: a.people, Announcements: a.announcements, Zone: a.cfg.TimeZone, PublicURL: a.cfg.PublicURL, Organisation: a.cfg.OrganisationName, Campaigns: a.portalCampaigns}
	a.campaigns.Planner = a.reminders
	a.learning.Chosen = a.planChosen
	a.learning.Opened = a.reminders.Opened
	a.auth.Ended = a.reminders.Forget
	a.people.Closing = func(ctx context.Context, id people.ID) error {
		return errors.Join(a.reminders.Forget(ctx, id, ""), a.learning.Release(ctx, id))
	}
	a.people.CampaignsIn, a.people.CampaignsFor = a.campaigns.Naming, a.campaigns.NamingCohort
	a.reports = &report.Service{
		Enrolments: a.db.Learning(), People: a.people, Courses: a.courses, Campaigns: a.db.Campaigns(), Zone: a.cfg.TimeZone, Now: a.now, Log: a.log,
	}
	a.announcements.Completed = func(id string, p people.ID) (bool, error) {
		done, err := a.reports.HasCompleted(campaign.ID(id), p)
		if err != nil && fault.KindOf(err) == fault.Unavailable { // still being built: it is shown a moment later
			return false, nil
		}
		return done, err
	}
	a.learning.Changed, a.people.Changed = a.reports.Put, a.reports.PutPerson
	a.measures = &measure.Service{Reports: a.reports, Reminders: a.db.Reminders(), People: a.people, Zone: a.cfg.TimeZone, Now: a.now}
	a.escalations = &escalation.Service{
		Store: a.db.Escalations(), Campaigns: a.db.Campaigns(), People: a.people, Reports: a.reports, Letters: a.letters, Reminders: a.reminders, Thanks: a.announcements, Calendar: calendar,
		PublicURL: a.cfg.PublicURL, Foot: a.cfg.OrganisationName + " · " + a.cfg.PublicURL, Now: a.now, Log: a.log,
	}
	a.letters.Writers[escalation.Letter] = a.escalations.WriteDigest
	a.signoffs = &signoff.Service{Store: a.db.Signoffs(), People: a.people, Reports: a.reports, Zone: a.cfg.TimeZone, Now: a.now}
	if err := a.joinWebhooks(); err != nil {
		return err
	}
	return a.joinPrivacy(ctx, calendar)
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

// about is what a campaign asks of an item; fault.NotFound if it is not published.
func (a *App) about(ctx context.Context, k campaign.Kind, id string) (campaign.About, error) {
	switch k {
	case campaign.Announcement:
		title, minutes, err := a.announcements.Item(ctx, announcement.ID(id))
		return campaign.About{Title: title, Minutes: minutes}, err
	case campaign.Exercise:
		x, err := a.exercises.Latest(ctx, exercise.ID(id))
		return campaign.About{Title: x.Title, Minutes: x.Minutes()}, err
	case campaign.Survey:
		title, minutes, err := a.surveys.Item(ctx, survey.ID(id))
		return campaign.About{Title: title, Minutes: minutes}, err
	case campaign.Drill:
		d, err := a.drills.Latest(ctx, drill.ID(id))
		if err != nil {
			return campaign.About{}, err
		}
		return campaign.About{Title: people.Text(d.Template.Title), Minutes: d.Template.Minutes}, nil
	case campaign.Path:
		p, err := a.paths.Latest(ctx, path.ID(id))
		return campaign.About{Title: p.Title, Minutes: p.Minutes, N: p.N, Steps: p.Steps}, err
	}
	c, err := a.courses.Latest(ctx, course.ID(id))
	if err != nil {
		return campaign.About{}, err
	}
	return campaign.About{Title: people.Text(c.Version.Content.Title), Minutes: c.Version.Content.Minutes()}, nil
}

// planChosen plans the reminders of what somebody chose for a campaign.
func (a *App) planChosen(ctx context.Context, id string, p people.Person, es []learning.Enrolment) error {
	c, err := a.db.Campaigns().Campaign(ctx, campaign.ID(id))
	if err != nil || !c.Reminds() || !c.State.Open() && c.State != campaign.Paused {
		return err
	}
	return a.reminders.PlanReminders(ctx, c, []people.Person{p}, es, a.now())
}

// inCampaign reports whether a campaign that runs and asks for something has p in its audience.
func (a *App) inCampaign(ctx context.Context, k campaign.Kind, id string, p people.Person, path []people.UnitID) (bool, error) {
	running, err := a.campaigns.Running(ctx)
	if err != nil {
		return false, err
	}
	cohorts, err := a.people.Cohorts(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(running, func(c campaign.Campaign) bool {
		return slices.Contains(c.Opened(k, a.now()), id) && c.Audience.Includes(p, path, cohorts)
	}), nil
}

// portalCampaigns are those that ask to be shown to the public, now or soon.
func (a *App) portalCampaigns(ctx context.Context) ([]campaign.Campaign, error) {
	live, err := a.campaigns.Live(ctx)
	return slices.DeleteFunc(slices.Clone(live), func(c campaign.Campaign) bool {
		return !slices.Contains(c.Channels, campaign.Portal) || c.State != campaign.Scheduled && c.State != campaign.Running
	}), err
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
