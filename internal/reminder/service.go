package reminder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// Store keeps deliveries.
type Store interface {
	// InsertDeliveries stores those that are not there yet and returns their ids.
	InsertDeliveries(ctx context.Context, ds []Delivery) (inserted []string, err error)
	// ClaimDelivery leases the earliest waiting delivery by a channel that is due at now
	// and not leased by another, and counts its fence up; ok is false if there is none.
	ClaimDelivery(ctx context.Context, channel string, now, leaseUntil time.Time) (d Delivery, ok bool, err error)
	// SettleDelivery stores d if the stored one still waits and has d.Fence;
	// fault.Conflict otherwise.
	SettleDelivery(ctx context.Context, d Delivery) error
	// WaitingDeliveries returns those of a person that wait and are due until until.
	WaitingDeliveries(ctx context.Context, p people.ID, until time.Time) ([]Delivery, error)
	// Deliveries returns those of ids that exist.
	Deliveries(ctx context.Context, ids []string) ([]Delivery, error)
	// DeliveriesOf returns all of a person.
	DeliveriesOf(ctx context.Context, p people.ID) ([]Delivery, error)
	// CampaignDeliveries returns up to limit of a campaign with ids above after, in the
	// order of ids: all, those settled for a reason, or those that wait (reason "waiting").
	CampaignDeliveries(ctx context.Context, campaign string, why Reason, after string, limit int) ([]Delivery, error)
}

// AnswerStore keeps what people do with what they got.
type AnswerStore interface {
	// DeliveryByToken returns a person's; fault.NotFound delivery_not_found.
	DeliveryByToken(ctx context.Context, p people.ID, token string) (Delivery, error)
	// SnoozeDelivery sets SnoozedTo and OpenedAt, each unless it is set, and returns what is stored.
	SnoozeDelivery(ctx context.Context, id string, at, to time.Time) (Delivery, error)
	// CountUp counts something that happened on a day (yyyy-mm-dd), of nobody in particular.
	CountUp(ctx context.Context, day, what string) error
	// OpenDelivery sets OpenedAt of a person's delivery, once; fault.NotFound if there is none.
	OpenDelivery(ctx context.Context, p people.ID, token string, at time.Time) error
}

// BudgetStore keeps what people were sent lately.
type BudgetStore interface {
	// Budget returns a person's; Version is 0 if there is none.
	Budget(ctx context.Context, p people.ID) (Budget, error)
	// PutBudget stores b with Version+1 if the stored one still has b.Version; fault.Conflict otherwise.
	PutBudget(ctx context.Context, b Budget) error
}

// SubscriptionStore keeps devices.
type SubscriptionStore interface {
	// PutSubscription stores s; one with the same id keeps its CreatedAt.
	PutSubscription(ctx context.Context, s Subscription) error
	// Subscriptions returns those of a person, the one seen last first.
	Subscriptions(ctx context.Context, p people.ID) ([]Subscription, error)
	// DeleteSubscription removes one of a person and reports whether it was there.
	DeleteSubscription(ctx context.Context, p people.ID, id string) (bool, error)
}

// Enrolments reads enrolments. *learning.Service and its store are such.
type Enrolments interface {
	// Enrolment returns one; fault.NotFound if there is none.
	Enrolment(ctx context.Context, id learning.EnrolmentID) (learning.Enrolment, error)
	// EnrolmentsOf returns all of a person, newest assignment first.
	EnrolmentsOf(ctx context.Context, p people.ID) ([]learning.Enrolment, error)
}

// People finds persons. *people.Service is one.
type People interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id people.ID) (people.Person, error)
}

// Campaigns reads campaigns: their store.
type Campaigns interface {
	// Campaign returns one; fault.NotFound if there is none.
	Campaign(ctx context.Context, id campaign.ID) (campaign.Campaign, error)
}

// Courses describes course versions. *course.Service is one.
type Courses interface {
	// Version returns version n of a course; fault.NotFound if there is none.
	Version(ctx context.Context, id course.ID, n int) (*course.Published, error)
}

// Outcome is what a push service made of a message.
type Outcome string

// The outcomes (design: phone, 5).
const (
	Accepted Outcome = "accepted" // 201
	Gone     Outcome = "gone"     // 404, 410: the subscription is no more
	Refused  Outcome = "refused"  // 400, 401, 403, 413, an endpoint we must not call: ours to repair
	Later    Outcome = "later"    // 429, 5xx, the network: try again
)

// Message is one push to one device.
type Message struct {
	Payload []byte
	TTL     time.Duration // how long the service keeps it for a phone that is off
	Topic   string        // a newer message replaces a waiting one; empty: none
	Urgent  bool
}

// Answer is an outcome with its details.
type Answer struct {
	Outcome    Outcome
	Status     int           // of HTTP; 0: no answer came
	RetryAfter time.Duration // of Later, if the service asked for it
}

// Pusher delivers to devices. *webpush.Sender is one.
type Pusher interface {
	// Check refuses an endpoint that push must never be sent to: fault.Invalid push_endpoint_not_allowed.
	Check(endpoint string) error
	// PublicKey is what browsers need to subscribe: base64url.
	PublicKey() string
	// Push sends m to the device. Every failure is in the answer.
	Push(ctx context.Context, s Subscription, m Message) Answer
}

// Mailer sends letters to people. *letter.Service is one.
type Mailer interface {
	// On reports whether there is a mail server.
	On() bool
	// Bounced reports whether the address takes no mail.
	Bounced(ctx context.Context, address string) (bool, error)
	// Send hands one to the server. letter.ErrBounced and letter.ErrRefused mean that no
	// try will bring it through.
	Send(ctx context.Context, p people.ID, m letter.Mail) error
}

// Service plans reminders and keeps the devices. Every field is needed but Mail and Count.
type Service struct {
	Store         Store
	Answers       AnswerStore
	Budgets       BudgetStore
	Subscriptions SubscriptionStore
	Enrolments    Enrolments
	People        People
	Campaigns     Campaigns
	Courses       Courses
	Pusher        Pusher
	Mail          Mailer // nil: there is no mail
	// ChangeSettings changes what the actor chose for themselves.
	ChangeSettings func(ctx context.Context, a people.Actor, f func(*people.Settings)) (people.Person, error)
	Key            []byte // signs the addresses by which people leave mail
	Organisation   string // as letters sign
	PublicURL      string // without a slash at the end
	Calendar       campaign.Calendar
	Now            func() time.Time
	Log            *slog.Logger
	Count          func(outcome string) // of pushes, for the metrics; nil: nobody counts
	// Due hears of each reminder by push that went out, or would have if its person had a
	// device, with what it says in their language and its address; nil: nobody listens.
	Due  func(ctx context.Context, d Delivery, p people.Person, text, link string) error
	Kept func() time.Duration // deliveries, after they are due; nil: 90 days
}

func (s *Service) mailOn() bool { return s.Mail != nil && s.Mail.On() }

// PlanReminders implements campaign.Planner: it stores the next reminder of each
// enrolment. The one after it is stored when that is settled, so there is one
// waiting document for a duty and none for a duty that is done.
func (s *Service) PlanReminders(ctx context.Context, c campaign.Campaign, ps []people.Person, es []learning.Enrolment, now time.Time) error {
	byID := make(map[people.ID]people.Person, len(ps))
	for _, p := range ps {
		byID[p.ID] = p
	}
	next, y := make([]Delivery, 0, len(es)), policyOf(c)
	for _, e := range es {
		if p, ok := byID[e.Person]; ok {
			if ds := s.plan(c.ID, y, e, p, now); len(ds) > 0 {
				next = append(next, ds[0])
			}
		}
	}
	if len(next) == 0 {
		return nil
	}
	if _, err := s.Store.InsertDeliveries(ctx, next); err != nil {
		return fmt.Errorf("store reminders: %w", err)
	}
	return nil
}

// plan is Plan with the end that deliveries have today.
func (s *Service) plan(c campaign.ID, y Policy, e learning.Enrolment, p people.Person, now time.Time) []Delivery {
	ds := Plan(c, y, e, p, s.Calendar, now)
	if s.Kept != nil {
		for i := range ds {
			ds[i].ExpiresAt = ds[i].NotBefore.Add(s.Kept())
		}
	}
	return ds
}

// follow stores the reminder after d, so that the chain goes on. A step that was
// settled before (the due date was moved) is skipped.
func (s *Service) follow(ctx context.Context, d Delivery, f Facts, now time.Time) error {
	after := now
	if d.NotAfter.After(after) {
		after = d.NotAfter // a step of the same day is settled with this one
	}
	for _, next := range s.plan(campaign.ID(d.Campaign), f.Policy, f.Enrolment, f.Person, after) {
		inserted, err := s.Store.InsertDeliveries(ctx, []Delivery{next})
		if err != nil || len(inserted) > 0 {
			return err
		}
		there, err := s.Store.Deliveries(ctx, []string{next.ID})
		if err != nil {
			return err
		}
		if len(there) > 0 && there[0].State == Waiting {
			return nil
		}
	}
	return nil
}

// WaitingReason asks a ledger for what is not settled yet.
const WaitingReason Reason = "waiting"

// Reasons lists what a ledger can be asked for.
func Reasons() []Reason {
	return []Reason{
		WaitingReason, ReasonSent, ReasonUnsure, ReasonMerged, ReasonDoneBefore, ReasonSeen, ReasonSnoozed, ReasonNoSubscription, ReasonNoMail, ReasonOptedOut, ReasonBounced,
		ReasonQuiet, ReasonCapped, ReasonHeldOut, ReasonPaused, ReasonClosed, ReasonExpired, ReasonFailed,
	}
}

// Deliveries returns a page of a campaign's ledger, of one reason if it is not empty.
// The caller has checked that the actor may see the campaign.
func (s *Service) Deliveries(ctx context.Context, c campaign.ID, why Reason, after string, limit int) ([]Delivery, error) {
	return s.Store.CampaignDeliveries(ctx, string(c), why, after, limit)
}

// DeliveriesOf returns everything that was planned for or sent to a person.
func (s *Service) DeliveriesOf(ctx context.Context, p people.ID) ([]Delivery, error) {
	return s.Store.DeliveriesOf(ctx, p)
}

// PublicKey is the key that browsers subscribe with.
func (s *Service) PublicKey() string { return s.Pusher.PublicKey() }

// Opened records that a person opened the reminder with the given token. A token
// that is not theirs, or was forgotten, changes nothing.
func (s *Service) Opened(ctx context.Context, p people.ID, token string) error {
	err := s.Answers.OpenDelivery(ctx, p, token, s.Now())
	if isKind(err, fault.NotFound) {
		return nil
	}
	return err
}

func isKind(err error, k fault.Kind) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == k
}
