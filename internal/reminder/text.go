package reminder

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/people"
)

// duty is one thing to do, as a reminder speaks of it.
type duty struct {
	course  course.ID
	title   people.Text
	minutes int
	dueAt   time.Time
}

// declarative is a Declarative Web Push message: browsers that know it show it
// without the service worker, the others hand it to the worker.
type declarative struct {
	WebPush      int          `json:"web_push"`
	Notification notification `json:"notification"`
}

type notification struct {
	Title    string   `json:"title"`
	Body     string   `json:"body"`
	Navigate string   `json:"navigate"` // absolute
	Lang     string   `json:"lang"`
	Tag      string   `json:"tag"`
	Actions  []action `json:"actions,omitempty"` // to put it off
}

type action struct {
	Action   string `json:"action"` // Afternoon or Tomorrow
	Title    string `json:"title"`
	Navigate string `json:"navigate"` // for browsers that show it without the service worker
}

// longestBody is how many characters a lock screen shows for certain.
const longestBody = 80

// name is the service's name on a lock screen.
func name() people.Text { return people.Text{Vi: "Học Số", En: "Hocso"} }

// payload is the message about duties, of which the first is the most urgent. It
// holds no name, no score, and an opaque id in the address.
func payload(duties []duty, locale, publicURL string, d Delivery, tag string, cal campaign.Calendar, now time.Time) ([]byte, error) {
	path := "/?delivery=" + d.Token
	if len(duties) == 1 {
		path = "/courses/" + url.PathEscape(string(duties[0].course)) + path[1:]
	}
	if locale != "en" {
		locale = "vi"
	}
	var actions []action
	if d.Snooze < mostSnoozes {
		for _, w := range []struct {
			when When
			text people.Text
		}{{Afternoon, people.Text{Vi: "Chiều nay", En: "This afternoon"}}, {Tomorrow, people.Text{Vi: "Ngày mai", En: "Tomorrow"}}} {
			actions = append(actions, action{string(w.when), w.text.In(locale), publicURL + path + "&snooze=" + string(w.when)})
		}
	}
	return json.Marshal(declarative{8030, notification{
		Title: name().In(locale), Body: body(duties, locale, cal, now),
		Navigate: publicURL + path, Lang: locale, Tag: tag, Actions: actions,
	}})
}

// body says what, how long and when, in at most 80 characters.
func body(duties []duty, locale string, cal campaign.Calendar, now time.Time) string {
	minutes := 0
	for _, d := range duties {
		minutes += d.minutes
	}
	if n := len(duties); n > 1 {
		return people.Text{
			Vi: fmt.Sprintf("%d việc cần làm, %d phút", n, minutes),
			En: fmt.Sprintf("%d things to do, %d minutes", n, minutes),
		}.In(locale)
	}
	when := DueIn(cal.DaysUntil(duties[0].dueAt, now))
	long := people.Text{Vi: fmt.Sprintf("%d phút", minutes), En: fmt.Sprintf("%d minutes", minutes)}.In(locale)
	room := longestBody - utf8.RuneCountInString(when.In(locale)+": , "+long)
	return when.In(locale) + ": " + cut(duties[0].title.In(locale), room) + ", " + long
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// DueIn says how far a due day is, from the days until then.
func DueIn(days int) people.Text {
	switch {
	case days > 1:
		return people.Text{Vi: fmt.Sprintf("Còn %d ngày", days), En: fmt.Sprintf("%d days left", days)}
	case days == 1:
		return people.Text{Vi: "Còn 1 ngày", En: "1 day left"}
	case days == 0:
		return people.Text{Vi: "Hạn hôm nay", En: "Due today"}
	case days == -1:
		return people.Text{Vi: "Quá hạn 1 ngày", En: "1 day overdue"}
	default:
		return people.Text{Vi: fmt.Sprintf("Quá hạn %d ngày", -days), En: fmt.Sprintf("%d days overdue", -days)}
	}
}

// testPayload is the message a person sends to their own devices.
func testPayload(locale, publicURL string) ([]byte, error) {
	if locale != "en" {
		locale = "vi"
	}
	text := people.Text{Vi: "Thông báo đến được máy này", En: "Reminders reach this device"}
	return json.Marshal(declarative{8030, notification{
		Title: name().In(locale), Body: text.In(locale), Navigate: publicURL + "/", Lang: locale, Tag: "test",
	}})
}
