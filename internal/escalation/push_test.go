package escalation_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// bell pushes to everybody but those without a device; it turns the first fail ones away.
type bell struct {
	mu      sync.Mutex
	without people.ID
	answer  reminder.Told // to the first fail ones
	fail    int
	told    []string
}

func (b *bell) Ask(context.Context, campaign.Campaign, []learning.EnrolmentID, time.Time) (int, error) {
	return 0, nil
}

func (b *bell) Devices(_ context.Context, a people.Actor) ([]reminder.Subscription, error) {
	if a.ID == b.without {
		return nil, nil
	}
	return []reminder.Subscription{{ID: "1"}}, nil
}

func (b *bell) Tell(_ context.Context, p people.Person, n reminder.Note, now time.Time) (reminder.Told, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail > 0 {
		b.fail--
		return b.answer, nil
	}
	b.told = append(b.told, fmt.Sprintf("%s %s: %s %s", now.In(zone).Format("Mon 2"), p.ID, n.Text.In("vi"), n.Path))
	if h := now.In(zone).Hour(); h < 8 || h >= 17 {
		b.told = append(b.told, "at "+now.String())
	}
	return reminder.ToldYes, nil
}

// Five copies look every two hours for three weeks, there is no mail, and the push
// service is away now and then: each step is said once, in working hours, without a name.
func TestPushOncePerStep(t *testing.T) {
	o, b := newOffice(), &bell{without: "owner", answer: reminder.ToldLater}
	ss, ls := copies(t, o, nil, 5)
	for i := range ss {
		ls[i].Sender, ss[i].Reminders = nil, b
	}
	for o.now = time.Date(2026, 3, 9, 0, 10, 0, 0, zone); o.now.Before(time.Date(2026, 3, 30, 0, 0, 0, 0, zone)); o.now = o.now.Add(2 * time.Hour) {
		if o.now.Hour() == 8 {
			b.fail = 3
		}
		var wg sync.WaitGroup
		for i := range ss {
			wg.Go(func() {
				if err := ss[i].Advance(t.Context(), o.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	const one = "Đơn vị của bạn đang chậm so với mục tiêu. Mở để xem. /my-unit"
	got := map[string]int{}
	for _, x := range b.told {
		got[x]++
	}
	want := map[string]int{}
	for _, x := range []string{"Tue 10 hoa", "Tue 10 minh", "Mon 16 hoa", "Mon 16 minh", "Fri 20 minh"} { // the owner has no device
		want[x+": "+one] = 1
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

// All that concerns a head on a day is one note; a head whose mail comes back is told by
// push, and one whom mail reaches is not.
func TestPushInsteadOfMail(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer reminder.Told
		fail   int
		want   string
	}{
		{"taken", "", 0, "Tue 10 minh: 2 đơn vị đang chậm so với mục tiêu. Mở để xem. /my-unit"},
		{"away once", reminder.ToldLater, 1, "Tue 10 minh: 2 đơn vị đang chậm so với mục tiêu. Mở để xem. /my-unit"},
		{"refused", reminder.ToldRefused, 1, ""},
	} {
		o, p, b := newOffice(), &post{}, &bell{answer: tt.answer, fail: tt.fail}
		o.campaign.Escalation = []campaign.EscalationStep{{Day: -3, Below: 70, To: campaign.ToHead}, {Day: -3, Below: 70, To: campaign.ToParent}}
		o.now = time.Date(2026, 3, 10, 9, 0, 0, 0, zone)
		ss, ls := copies(t, o, p, 1)
		ss[0].Letters, ss[0].Reminders = comesBack{ls[0], "minh@bo.vn"}, b
		for range 3 {
			if err := ss[0].Advance(t.Context(), o.now); err != nil {
				t.Fatal(err)
			}
			if _, err := ls[0].Tick(t.Context(), o.now); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(b.told, "; "); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
		for _, m := range p.mails {
			if m.To == "minh@bo.vn" {
				t.Errorf("%s: a mail to an address that takes none", tt.name)
			}
		}
		if len(p.mails) != 2 {
			t.Errorf("%s: %d mails, want one each for hoa and the owner", tt.name, len(p.mails))
		}
	}
}

// comesBack is mail that reaches everybody but one address.
type comesBack struct {
	*letter.Service
	address string
}

func (c comesBack) Bounced(_ context.Context, address string) (bool, error) {
	return address == c.address, nil
}
