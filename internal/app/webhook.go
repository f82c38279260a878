package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/escalation"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/webhook"
)

// webhookOff is the letter to whoever set up an address that was switched off.
const webhookOff letter.Kind = "webhook_off" // About is the id of the address

// toldFor is how long after an event it is still told of. What has been queued once is not queued again, so
// telling of it at every look is safe, and a kill in between loses nothing.
const toldFor = 3 * 24 * time.Hour

// joinWebhooks makes the service that tells other programs of events, and ties it to where they happen.
func (a *App) joinWebhooks() error {
	guard, err := webhook.NewGuard(a.cfg.WebhookOrigins)
	if err != nil {
		return err
	}
	a.webhooks = &webhook.Service{
		Store: a.db.Webhooks(), People: a.people, Guard: guard, Client: guard.Client(), Now: a.now, NewID: newID, NewSecret: newSecret, Log: a.log,
		SwitchedOff: func(ctx context.Context, e webhook.Endpoint) {
			now := a.now()
			err := a.letters.Queue(ctx, letter.Letter{
				ID: "webhook-off:" + string(e.ID) + ":" + now.Format(time.DateOnly), Kind: webhookOff, Person: e.Owner, About: string(e.ID), ExpiresAt: now.Add(24 * time.Hour),
			})
			if err != nil && fault.KindOf(err) != fault.Conflict { // without mail it is on the screen alone
				a.log.WarnContext(ctx, "tell that a webhook was switched off", "endpoint", e.ID, "err", err)
			}
		},
	}
	a.reminders.Due = func(ctx context.Context, d reminder.Delivery, p people.Person, text, link string) error {
		return a.webhooks.Emit(ctx, webhook.Message{
			ID: "reminder.due:" + d.ID, Event: webhook.ReminderDue, At: d.NotBefore, Person: p.ID,
			Data: webhook.MessageData{Person: p.ID, Language: language(p), Text: text, Link: link, Campaign: d.Campaign},
		})
	}
	a.escalations.Due = func(ctx context.Context, e escalation.Escalation, p people.Person, text string) error {
		return a.webhooks.Emit(ctx, webhook.Message{
			ID: "escalation.due:" + e.ID, Event: webhook.EscalationDue, At: e.At, Person: p.ID,
			Data: webhook.MessageData{Person: p.ID, Language: language(p), Text: text, Link: a.cfg.PublicURL + "/my-unit", Campaign: string(e.Campaign)},
		})
	}
	a.letters.Writers[webhookOff] = a.writeWebhookOff
	changed := a.learning.Changed
	a.learning.Changed = func(e learning.Enrolment) {
		changed(e)
		a.tellEnrolment(e)
	}
	return nil
}

// tellEnrolment tells of a course that was completed.
func (a *App) tellEnrolment(e learning.Enrolment) {
	if e.State != learning.Completed || e.CompletedAt == nil || a.now().Sub(*e.CompletedAt) > toldFor {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := a.webhooks.Emit(ctx, webhook.Message{
		ID: "enrolment.completed:" + string(e.ID), Event: webhook.EnrolmentCompleted, At: *e.CompletedAt, Person: e.Person,
		Data: webhook.EnrolmentData{Enrolment: string(e.ID), Person: e.Person, Course: string(e.Course), CompletedAt: *e.CompletedAt},
	})
	if err != nil {
		a.log.Warn("tell of a completed course", "enrolment", e.ID, "err", err)
	}
}

func language(p people.Person) string {
	if p.Settings.Locale == "en" {
		return "en"
	}
	return "vi"
}

// tellAnnouncements tells of what was published within the last days.
func (a *App) tellAnnouncements(ctx context.Context) error {
	live, err := a.announcements.Live(ctx)
	if err != nil {
		return err
	}
	for _, x := range live {
		if x.PublishedAt == nil || a.now().Sub(*x.PublishedAt) > toldFor {
			continue
		}
		err := a.webhooks.Emit(ctx, webhook.Message{
			ID: "announcement.published:" + string(x.ID) + ":" + x.PublishedAt.Format(time.RFC3339), Event: webhook.AnnouncementPublished, At: *x.PublishedAt,
			Data: webhook.AnnouncementData{Announcement: string(x.ID), Title: x.Title, Link: a.cfg.PublicURL + "/announcements/" + string(x.ID)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// runWebhooks sends what is due, and looks every minute what has become of campaigns and
// announcements.
func (a *App) runWebhooks(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.webhooks.Run(ctx, 2*time.Second)
	}()
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			<-done
			return
		case <-t.C:
			if err := errors.Join(a.tellCampaigns(ctx), a.tellAnnouncements(ctx)); err != nil && ctx.Err() == nil {
				a.log.Error("tell of campaigns and announcements", "err", err)
			}
		}
	}
}

// tellCampaigns tells of campaigns that started, came to their due day or ended within the last days.
func (a *App) tellCampaigns(ctx context.Context) error {
	const newest = 200
	cs, err := a.db.Campaigns().Campaigns(ctx, "", newest)
	if err != nil {
		return err
	}
	live, err := a.db.Campaigns().LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	seen := map[campaign.ID]bool{}
	for _, c := range append(cs, live...) {
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		for _, step := range c.Log {
			var event webhook.Event
			switch {
			case step.To == campaign.Running && step.From != campaign.Paused:
				event = webhook.CampaignStarted
			case step.To == campaign.Closing:
				event = webhook.CampaignClosing
			case step.To == campaign.Completed:
				event = webhook.CampaignCompleted
			default:
				continue
			}
			if err := a.tellCampaign(ctx, event, c, step.At); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *App) tellCampaign(ctx context.Context, event webhook.Event, c campaign.Campaign, at time.Time) error {
	if a.now().Sub(at) > toldFor {
		return nil
	}
	return a.webhooks.Emit(ctx, webhook.Message{
		ID: string(event) + ":" + string(c.ID), Event: event, At: at,
		Data: webhook.CampaignData{Campaign: string(c.ID), Name: c.Name, StartsAt: c.StartsAt, DueAt: c.DueAt, EndsAt: c.EndsAt},
	})
}

// writeWebhookOff tells whoever set up an address that it was switched off.
func (a *App) writeWebhookOff(ctx context.Context, l letter.Letter) (letter.Mail, error) {
	e, err := a.db.Webhooks().Endpoint(ctx, webhook.ID(l.About))
	if err != nil {
		return letter.Mail{}, err
	}
	p, err := a.people.Person(ctx, l.Person)
	if err != nil {
		return letter.Mail{}, err
	}
	if e.State == webhook.On || a.people.Gone(p) {
		return letter.Mail{}, fault.New(fault.Gone, "over", "there is nothing to tell any more")
	}
	said := people.Text{
		Vi: "Địa chỉ nhận sự kiện “%s” đã bị tắt vì mấy ngày liền không nhận được gì. Hãy xem địa chỉ đó, rồi bật lại.",
		En: "The webhook “%s” was switched off because for days nothing arrived there. Look at it, then switch it on again.",
	}
	page := letter.Page{Locale: "vi", Hello: "Chào " + p.Name + ",", Foot: a.cfg.OrganisationName + " · " + a.cfg.PublicURL}
	if p.Settings.Locale == "en" {
		page.Locale, page.Hello = "en", "Hello "+p.Name+","
	}
	page.Before = []string{fmt.Sprintf(said.In(page.Locale), e.Name)}
	page.Action, page.Link = people.Text{Vi: "Mở trang kết nối", En: "Open the webhooks"}.In(page.Locale), a.cfg.PublicURL+"/webhooks/"+string(e.ID)
	return page.Mail(p, people.Text{Vi: "Một kết nối của Học Số đã bị tắt", En: "A Học Số webhook was switched off"}.In(page.Locale))
}
