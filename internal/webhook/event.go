package webhook

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"hocso/internal/people"
)

// Event is what has happened.
type Event string

// The events. Table says what each carries.
const (
	CampaignStarted       Event = "campaign.started"
	CampaignClosing       Event = "campaign.closing"
	CampaignCompleted     Event = "campaign.completed"
	EnrolmentCompleted    Event = "enrolment.completed"
	AnnouncementPublished Event = "announcement.published"
	ReminderDue           Event = "reminder.due"
	EscalationDue         Event = "escalation.due"
	Test                  Event = "webhook.test"
)

// CampaignData is what is told of a campaign.
type CampaignData struct {
	Campaign string      `json:"campaign" doc:"id of the campaign"`
	Name     people.Text `json:"name"`
	StartsAt time.Time   `json:"startsAt"`
	DueAt    time.Time   `json:"dueAt"`
	EndsAt   time.Time   `json:"endsAt"`
}

// EnrolmentData is what is told of a completed course.
type EnrolmentData struct {
	Enrolment   string    `json:"enrolment" doc:"id of the enrolment"`
	Person      people.ID `json:"person" doc:"id of the person"`
	Email       string    `json:"email,omitempty" doc:"only to endpoints that are allowed personal data"`
	Course      string    `json:"course" doc:"id of the course"`
	CompletedAt time.Time `json:"completedAt"`
}

// AnnouncementData is what is told of an announcement.
type AnnouncementData struct {
	Announcement string      `json:"announcement" doc:"id of the announcement"`
	Title        people.Text `json:"title"`
	Link         string      `json:"link"`
}

// MessageData is a message to one person, for a gateway to send by SMS or chat.
type MessageData struct {
	Person   people.ID `json:"person" doc:"id of the person"`
	Email    string    `json:"email,omitempty" doc:"only to endpoints that are allowed personal data"`
	Language string    `json:"language" doc:"vi or en, as the person chose"`
	Text     string    `json:"text" doc:"plain, in that language, without the link"`
	Link     string    `json:"link" doc:"what to open"`
	Campaign string    `json:"campaign,omitempty" doc:"id of the campaign it belongs to"`
}

// TestData is what the test button sends.
type TestData struct {
	Endpoint string `json:"endpoint" doc:"id of the endpoint"`
}

// Kind is one row of the table of events.
type Kind struct {
	Event    Event       `json:"event"`
	Title    people.Text `json:"title"`
	Personal bool        `json:"personal"` // it is about one person
	Schema   *Schema     `json:"schema"`   // of data, as JSON Schema
	data     reflect.Type
}

// Table lists every event with what it carries.
func Table() []Kind {
	return []Kind{
		kind[CampaignData](CampaignStarted, "Chiến dịch bắt đầu", "A campaign has started"),
		kind[CampaignData](CampaignClosing, "Chiến dịch đã quá hạn, đang cho làm bù", "A campaign is past its due day, in its days of grace"),
		kind[CampaignData](CampaignCompleted, "Chiến dịch kết thúc", "A campaign has ended"),
		kind[EnrolmentData](EnrolmentCompleted, "Một người hoàn thành khóa học", "A person has completed a course"),
		kind[AnnouncementData](AnnouncementPublished, "Có thông báo mới", "An announcement was published"),
		kind[MessageData](ReminderDue, "Đến lúc nhắc một người", "A person is due to be reminded"),
		kind[MessageData](EscalationDue, "Đến lúc báo người phụ trách", "A head is due to be told how the unit is doing"),
	}
}

func kind[T any](e Event, vi, en string) Kind {
	t := reflect.TypeFor[T]()
	_, personal := t.FieldByName("Person")
	return Kind{Event: e, Title: people.Text{Vi: vi, En: en}, Personal: personal, Schema: schemaOf(t), data: t}
}

// kindOf returns the row of an event; ok is false if there is none.
func kindOf(e Event) (k Kind, ok bool) {
	if e == Test {
		return kind[TestData](Test, "", ""), true
	}
	i := slices.IndexFunc(Table(), func(k Kind) bool { return k.Event == e })
	if i < 0 {
		return Kind{}, false
	}
	return Table()[i], true
}

// Schema is as much of JSON Schema as the table needs.
type Schema struct {
	Type        string             `json:"type"`
	Format      string             `json:"format,omitempty"`
	Description string             `json:"description,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
}

func schemaOf(t reflect.Type) *Schema {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &Schema{Type: "string", Format: "date-time"}
	case t.Kind() == reflect.String:
		return &Schema{Type: "string"}
	}
	out := &Schema{Type: "object", Properties: map[string]*Schema{}}
	for f := range t.Fields() {
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := schemaOf(f.Type)
		s.Description = f.Tag.Get("doc")
		if out.Properties[name] = s; rest == "" {
			out.Required = append(out.Required, name)
		}
	}
	return out
}
