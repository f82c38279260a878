// Package escalation tells heads in time that their unit is behind with a campaign, and
// those above them when it stays behind. Each step of a campaign speaks once about a
// unit; all that concerns a person on one day is one letter, their digest.
package escalation

import (
	"context"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
)

// Escalation is one unit that was behind at one step of a campaign, and who was told.
type Escalation struct {
	ID        string        `json:"id" bson:"_id"` // campaign:step:to:unit
	Campaign  campaign.ID   `json:"campaign" bson:"campaign"`
	Step      string        `json:"step" bson:"step"` // d-3, d+1, …
	To        string        `json:"to" bson:"to"`
	Unit      people.UnitID `json:"unit" bson:"unit"`
	Person    people.ID     `json:"person" bson:"person"` // who is told
	At        time.Time     `json:"at" bson:"at"`
	People    int           `json:"people" bson:"people"`       // of the unit and below, in the campaign
	Completed int           `json:"completed" bson:"completed"` // of them, with everything done
	Goal      int           `json:"goal" bson:"goal"`           // per cent that the step asks for
	Digest    string        `json:"-" bson:"digest"`            // the letter that speaks of it: person and day
	Written   int           `json:"-" bson:"written"`           // newest fence under which that letter was written, or that it was pushed; 0: never
	ExpiresAt time.Time     `json:"-" bson:"expiresAt"`         // TTL index
}

// Behind reports whether fewer than goal per cent of people have completed.
func Behind(s report.Standing, goal int) bool { return s.People > 0 && s.Completed*100 < s.People*goal }

// Store keeps escalations.
type Store interface {
	// InsertEscalations stores those whose ids are new, and returns how many they were.
	InsertEscalations(ctx context.Context, es []Escalation) (int, error)
	// UnwrittenEscalations returns up to limit of which no letter was written yet, made at or after since.
	UnwrittenEscalations(ctx context.Context, since time.Time, limit int) ([]Escalation, error)
	// EscalationsOfDigest returns those of one letter, by id.
	EscalationsOfDigest(ctx context.Context, digest string) ([]Escalation, error)
	// WriteEscalations sets Written to fence for those of ids where it is lower, and returns how many they were.
	WriteEscalations(ctx context.Context, ids []string, fence int) (int, error)
	// ReleaseEscalations sets Written of those of ids where it is fence to 0: nothing was said.
	ReleaseEscalations(ctx context.Context, ids []string, fence int) error
	// EscalationsOf returns up to limit of a person, the newest first.
	EscalationsOf(ctx context.Context, p people.ID, limit int) ([]Escalation, error)
}

// Campaigns finds campaigns. *campaign.Service and its store are one.
type Campaigns interface {
	// Campaign returns one; fault.NotFound if there is none.
	Campaign(ctx context.Context, id campaign.ID) (campaign.Campaign, error)
	// LiveCampaigns returns those with which the clock has work.
	LiveCampaigns(ctx context.Context) ([]campaign.Campaign, error)
}

// People knows units and who answers for them. *people.Service is one.
type People interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id people.ID) (people.Person, error)
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
	// AnsweringFor returns for each unit who answers for it today.
	AnsweringFor(ctx context.Context, units []people.Unit) (map[people.UnitID]people.Answering, error)
}

// Reports knows how far units are. *report.Service is one.
type Reports interface {
	// Standings returns every unit in which, or below which, a campaign has people.
	Standings(id campaign.ID) ([]report.Standing, error)
	// Unfinished returns the names of up to limit people of a unit and below who have not
	// done everything, and how many there are.
	Unfinished(id campaign.ID, unit people.UnitID, limit int) (names []string, all int, err error)
	// OpenDuties returns what people of a unit and below have not done.
	OpenDuties(id campaign.ID, unit people.UnitID) ([]learning.EnrolmentID, error)
}

// Reminders reminds people. *reminder.Service is one.
type Reminders interface {
	// Ask plans a reminder of each of some duties, once a day, and returns how many people that are.
	Ask(ctx context.Context, c campaign.Campaign, duties []learning.EnrolmentID, now time.Time) (int, error)
	// Devices returns those of a person that accept push.
	Devices(ctx context.Context, a people.Actor) ([]reminder.Subscription, error)
	// Tell pushes a note to every device of a person.
	Tell(ctx context.Context, p people.Person, n reminder.Note, now time.Time) (reminder.Told, error)
}

// Thanks says thank you. *announcement.Service is one.
type Thanks interface {
	// Thank says something to those of a unit and below who have completed a campaign, once:
	// fault.Conflict thanked_already.
	Thank(ctx context.Context, by people.ID, campaign string, unit people.UnitID, text people.Text) error
	// Thanked returns which units were thanked for what, by announcement.ThanksID.
	Thanked(ctx context.Context) (map[announcement.ID]bool, error)
}

// Letters queues what goes out by mail. *letter.Service is one.
type Letters interface {
	// On reports whether there is mail.
	On() bool
	// Queue stores a letter; one of the same id that still waits is left as it is.
	Queue(ctx context.Context, l letter.Letter) error
	// Bounced reports whether an address takes no mail.
	Bounced(ctx context.Context, address string) (bool, error)
}
