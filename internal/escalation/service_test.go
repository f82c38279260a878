package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/escalation"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/report"
)

// office is two units, vu with a head below bo with a head, and a campaign that is behind in both.
type office struct {
	mu       sync.Mutex
	campaign campaign.Campaign
	now      time.Time
}

var zone = time.FixedZone("ICT", 7*60*60)

func (o *office) Campaign(context.Context, campaign.ID) (campaign.Campaign, error) {
	return o.campaign, nil
}

func (o *office) LiveCampaigns(context.Context) ([]campaign.Campaign, error) {
	return []campaign.Campaign{o.campaign}, nil
}

func (o *office) Person(_ context.Context, id people.ID) (people.Person, error) {
	return people.Person{ID: id, Name: "Bà " + string(id), Email: string(id) + "@bo.vn", Status: people.Active}, nil
}

func (o *office) Units(context.Context) ([]people.Unit, error) {
	return []people.Unit{{ID: "bo", Name: people.Text{Vi: "Bộ", En: "Ministry"}}, {ID: "vu", Parent: "bo", Path: []people.UnitID{"bo"}, Name: people.Text{Vi: "Vụ", En: "Department"}}}, nil
}

func (o *office) AnsweringFor(context.Context, []people.Unit) (map[people.UnitID]people.Answering, error) {
	return map[people.UnitID]people.Answering{"bo": {ID: "minh", Unit: "bo"}, "vu": {ID: "hoa", Unit: "vu"}}, nil
}

func (o *office) Standings(campaign.ID) ([]report.Standing, error) {
	return []report.Standing{{Unit: "bo", People: 40, Completed: 20}, {Unit: "vu", People: 20, Completed: 2}}, nil
}

func (o *office) Unfinished(_ campaign.ID, u people.UnitID, limit int) ([]string, int, error) {
	names := []string{}
	for i := range limit {
		names = append(names, fmt.Sprintf("%s%d", u, i))
	}
	return names, 18, nil
}

func (o *office) OpenDuties(campaign.ID, people.UnitID) ([]learning.EnrolmentID, error) {
	return nil, nil
}

// post takes mails; it refuses the first fail ones.
type post struct {
	mu    sync.Mutex
	mails []letter.Mail
	fail  int
}

func (p *post) Send(_ context.Context, m letter.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail > 0 {
		p.fail--
		return errors.New("451 later")
	}
	p.mails = append(p.mails, m)
	return nil
}

func (o *office) clock() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now }

// copies makes n copies of the program on one database, and their letters.
func copies(t *testing.T, o *office, p *post, n int) (ss []*escalation.Service, ls []*letter.Service) {
	db, log := mongodbtest.New(t), slog.New(slog.DiscardHandler)
	for range n {
		l := &letter.Service{Store: db.Letters(), Sender: p, Now: o.clock, Log: log}
		s := &escalation.Service{
			Store: db.Escalations(), Campaigns: o, People: o, Reports: o, Letters: l, PublicURL: "https://hoc.bo.vn", Foot: "Bộ",
			Calendar: campaign.Calendar{Zone: zone}, Now: o.clock, Log: log,
		}
		l.Writers = map[letter.Kind]letter.Writer{escalation.Letter: s.WriteDigest}
		ss, ls = append(ss, s), append(ls, l)
	}
	return ss, ls
}

func newOffice() *office {
	o := &office{campaign: campaign.Campaign{ID: "c", Owner: "owner", State: campaign.Running, DueAt: time.Date(2026, 3, 13, 23, 59, 0, 0, zone)}}
	o.campaign.Name = people.Text{Vi: "Tháng 3", En: "March"}
	o.campaign.Targets.Completion = 90
	o.campaign.Escalation = []campaign.EscalationStep{{Day: -3, Below: 70, To: campaign.ToHead}, {Day: 1, To: campaign.ToHead}, {Day: 7, To: campaign.ToParent}}
	return o
}

// Five copies look every half hour for three weeks, and one of three mails is put off:
// each step goes out once, in working hours.
func TestOncePerStep(t *testing.T) {
	o, p := newOffice(), &post{}
	ss, ls := copies(t, o, p, 5)
	sent := map[string]int{}
	for o.now = time.Date(2026, 3, 9, 0, 10, 0, 0, zone); o.now.Before(time.Date(2026, 3, 30, 0, 0, 0, 0, zone)); o.now = o.now.Add(30 * time.Minute) {
		if o.now.Minute() == 10 && o.now.Hour()%3 == 0 {
			p.fail = 1
		}
		var wg sync.WaitGroup
		for i := range ss {
			wg.Go(func() {
				if err := ss[i].Advance(t.Context(), o.now); err != nil {
					t.Error(err)
				}
				if _, err := ls[i].Tick(t.Context(), o.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, m := range p.mails {
			sent[o.now.Format("Mon 2")+" "+m.To]++
			if h := o.now.Hour(); h < 8 || h > 17 {
				t.Errorf("a mail at %s", o.now)
			}
		}
		p.mails = nil
	}
	want := map[string]int{
		"Tue 10 hoa@bo.vn": 1, "Tue 10 minh@bo.vn": 1, "Mon 16 hoa@bo.vn": 1, "Mon 16 minh@bo.vn": 1, // of the units themselves
		"Fri 20 minh@bo.vn": 1, "Fri 20 owner@bo.vn": 1, // vu to the head of bo, bo to the owner: nobody is above
	}
	if fmt.Sprint(sent) != fmt.Sprint(want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
}

// All that concerns a person on one day is one letter: names of who is not done in the
// units they lead, figures alone of those below.
func TestDigest(t *testing.T) {
	o, p := newOffice(), &post{}
	o.campaign.Escalation = []campaign.EscalationStep{{Day: -3, Below: 70, To: campaign.ToHead}, {Day: -3, Below: 70, To: campaign.ToParent}}
	o.now = time.Date(2026, 3, 10, 9, 0, 0, 0, zone)
	ss, ls := copies(t, o, p, 1)
	heard := map[string]string{}
	ss[0].Due = func(_ context.Context, e escalation.Escalation, p people.Person, text string) error {
		heard[e.ID+" "+string(p.ID)] = text
		return nil
	}
	for range 3 {
		if err := ss[0].Advance(t.Context(), o.now); err != nil {
			t.Fatal(err)
		}
		if _, err := ls[0].Tick(t.Context(), o.now); err != nil {
			t.Fatal(err)
		}
	}
	i := slices.IndexFunc(p.mails, func(m letter.Mail) bool { return m.To == "minh@bo.vn" })
	if i < 0 || len(p.mails) != 3 {
		t.Fatalf("%d mails, want one each for hoa, minh and the owner", len(p.mails))
	}
	m := p.mails[i]
	for _, want := range []string{
		"Bộ, “Tháng 3”. Còn 3 ngày. 20 trên 40 người đã xong, mục tiêu 70%. Chưa xong: bo0, bo1", "bo14 và 3 người nữa.",
		"Vụ, “Tháng 3”. Còn 3 ngày. 2 trên 20 người đã xong, mục tiêu 70%.", "https://hoc.bo.vn/my-unit",
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the letter lacks %q:\n%s", want, m.Text)
		}
	}
	if got, want := heard["c:d-3:head:vu hoa"], "Vụ: 2 trên 20 người xong “Tháng 3”, mục tiêu 70%"; got != want || len(heard) != 4 {
		t.Errorf("heard %q, want %q of four", heard, want)
	}
	if strings.Contains(m.Text, "vu0") || m.Subject != "2 đơn vị đang chậm so với mục tiêu" {
		t.Errorf("subject %q, and no names of the unit below in:\n%s", m.Subject, m.Text)
	}
}

// Without mail and a device nothing is said; it is written down for the page all the same.
func TestWithoutMail(t *testing.T) {
	o := newOffice()
	o.now = time.Date(2026, 3, 10, 9, 0, 0, 0, zone)
	ss, ls := copies(t, o, nil, 1)
	b := &bell{without: "hoa"}
	ls[0].Sender, ss[0].Reminders = nil, b
	if err := ss[0].Advance(t.Context(), o.now); err != nil {
		t.Fatal(err)
	}
	es, err := ss[0].Store.EscalationsOf(t.Context(), "hoa", 10)
	if err != nil || len(es) != 1 || es[0].Unit != "vu" || es[0].Completed != 2 {
		t.Errorf("%+v, %v; want one of vu", es, err)
	}
	if len(b.told) != 1 || !strings.Contains(b.told[0], "minh") {
		t.Errorf("told %q, want minh alone", b.told)
	}
}
