package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// demoCampaign is a campaign of a demo organisation, with days from today.
type demoCampaign struct {
	name, goal people.Text
	items      []campaign.Item
	start, due int
	finished   float64 // share of people who complete it, spread between start and today
	begun      float64 // share who have begun and not finished
}

func demoCampaigns() []demoCampaign {
	return []demoCampaign{
		{
			people.Text{Vi: "An toàn tài khoản năm ngoái", En: "Safe accounts, last year"},
			people.Text{Vi: "Mỗi người đặt mật khẩu mạnh và bật xác thực hai lớp.", En: "Everybody has a strong password and a second step."},
			[]campaign.Item{{Kind: campaign.Course, ID: "passwords-mfa-sim", Required: true}},
			-400, -370, 1, 0,
		},
		{
			people.Text{Vi: "Kiểm chứng thông tin", En: "Find and verify"},
			people.Text{Vi: "Mỗi người biết kiểm chứng một tin trước khi chia sẻ.", En: "Everybody can verify a piece of news before sharing it."},
			[]campaign.Item{{Kind: campaign.Course, ID: "find-and-verify", Required: true}},
			-20, -2, 0.8, 0.1,
		},
		{
			people.Text{Vi: "Chống lừa đảo quý IV", En: "Against scams, fourth quarter"},
			people.Text{Vi: "Mỗi người nhận ra và báo được thư lừa đảo.", En: "Everybody recognises a scam and reports it."},
			[]campaign.Item{{Kind: campaign.Course, ID: "phishing-basics", Required: true}, {Kind: campaign.Drill, ID: "monday-inbox", Required: true}},
			-9, 5, 0.5, 0.2,
		},
	}
}

// makeHistory runs each campaign from its start to today: what people did then goes
// through the same services as what people do now.
func (d *demo) makeHistory(ctx context.Context) error {
	grants := []people.Grant{{Role: people.Administrator}, {Role: people.Learner}}
	author, second := people.Actor{ID: d.people[1].ID, Grants: grants}, people.Actor{ID: d.people[len(demoRoles())].ID, Grants: grants}
	for _, dc := range demoCampaigns() {
		start := d.workday(d.today.AddDate(0, 0, dc.start))
		d.clock.set(start)
		plan := campaign.Plan{Name: dc.name, Goal: dc.goal, Items: dc.items, DueOn: d.today.AddDate(0, 0, dc.due).In(d.cfg.TimeZone).Format(time.DateOnly)}
		if err := d.start(ctx, author, second, plan); err != nil {
			return fmt.Errorf("campaign %s: %w", dc.name.En, err)
		}
		if err := d.campaigns.Advance(ctx, d.clock.now()); err != nil {
			return err
		}
		if err := d.learn(ctx, dc, start); err != nil {
			return err
		}
	}
	d.clock.set(d.today)
	return d.campaigns.Advance(ctx, d.today)
}

// start lets one person make a campaign and a second approve it.
func (d *demo) start(ctx context.Context, author, second people.Actor, plan campaign.Plan) error {
	c, err := d.campaigns.Create(ctx, author, plan)
	if err != nil {
		return err
	}
	if c, err = d.campaigns.Change(ctx, author, c.ID, campaign.Submit, campaign.Word{}); err != nil {
		return err
	}
	if c, err = d.campaigns.Change(ctx, second, c.ID, campaign.Approve, campaign.Word{Hash: c.Hash}); err != nil {
		return err
	}
	_, err = d.campaigns.Change(ctx, author, c.ID, campaign.Schedule, campaign.Word{})
	return err
}

// workday is nine in the morning of t's day, or of the Monday after a weekend.
func (d *demo) workday(t time.Time) time.Time {
	t = t.In(d.cfg.TimeZone)
	t = time.Date(t.Year(), t.Month(), t.Day(), 9, 0, 0, 0, t.Location())
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t.UTC()
}

// deed is what one person does at one moment.
type deed struct {
	person int
	at     time.Time
	finish bool
	stars  int
	wrong  int // questions answered wrongly
}

// learn lets people do the campaign in the order of time, in batches that share a moment.
func (d *demo) learn(ctx context.Context, dc demoCampaign, start time.Time) error {
	end := d.today.Add(-2 * time.Hour)
	if due := d.today.AddDate(0, 0, dc.due); due.Before(end) {
		end = due
	}
	var deeds []deed
	for i := range d.people {
		chance := d.r.Float64()
		at := start.Add(time.Duration(d.r.Float64() * float64(end.Sub(start)))).Truncate(time.Hour)
		x := deed{person: i, at: at, finish: chance < dc.finished, stars: min(5, 3+(d.r.IntN(12)+3)/4), wrong: d.r.IntN(3)}
		untouched := i == len(demoRoles())-1 && dc.due > -30 // the learner's sign-in has everything of today before them
		if chance < dc.finished+dc.begun && !untouched && at.After(start) {
			deeds = append(deeds, x)
		}
	}
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	done := 0
	for chunk := range slices.Chunk(deeds, 64) {
		d.clock.set(chunk[0].at)
		g, ctx := errgroup.WithContext(ctx)
		for _, x := range chunk {
			g.Go(func() error { return d.act(ctx, dc, x) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		done += len(chunk)
		d.progress(dc.name.En, done, len(deeds))
	}
	return nil
}

func (d *demo) act(ctx context.Context, dc demoCampaign, x deed) error {
	p := d.people[x.person]
	actor := people.Actor{ID: p.ID, Unit: p.Unit, Grants: []people.Grant{{Role: people.Learner}}}
	for _, item := range dc.items {
		ops, err := d.ops(ctx, actor, item, x)
		if err != nil {
			return err
		}
		verdicts, err := d.learning.ApplyOps(ctx, actor, ops)
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			if v.Status != learning.Applied {
				return fmt.Errorf("%s of %s: an op was %s: %s", item.ID, p.Email, v.Status, v.Code)
			}
		}
	}
	return nil
}

// ops are what a phone would send for one item.
func (d *demo) ops(ctx context.Context, a people.Actor, item campaign.Item, x deed) ([]jsontext.Value, error) {
	var out []jsontext.Value
	add := func(kind string, fields map[string]any) error {
		fields["id"], fields["kind"], fields["at"] = newID(), kind, d.clock.now()
		b, err := json.Marshal(fields)
		out = append(out, b)
		return err
	}
	if item.Kind == campaign.Drill {
		if !x.finish {
			return nil, nil
		}
		err := d.drillOps(ctx, item, x, add)
		return out, err
	}
	c, err := d.courses.Latest(ctx, course.ID(item.ID))
	if err != nil {
		return nil, err
	}
	e := learning.NewEnrolmentID(c.Version.Course, a.ID, 1)
	lessons := c.Version.Content.Lessons
	if !x.finish {
		lessons = lessons[:1+x.wrong]
	}
	for _, l := range lessons {
		if err := add("lesson.done", map[string]any{"enrolment": e, "lesson": l.ID, "seconds": 60*l.Minutes + 7*x.wrong}); err != nil {
			return nil, err
		}
	}
	if !x.finish {
		return out, nil
	}
	for _, q := range c.Version.Content.Quizzes {
		paper, err := d.learning.StartQuiz(ctx, a, e, q.ID)
		if err != nil {
			return nil, err
		}
		err = add("attempt.submit", map[string]any{
			"attempt": newID(), "enrolment": e, "quiz": q.ID, "ticket": paper.Ticket, "startedAt": d.clock.now(), "finishedAt": d.clock.now(), "answers": demoAnswers(q, paper, x.wrong),
		})
		if err != nil {
			return nil, err
		}
	}
	err = add("course.rate", map[string]any{"enrolment": e, "stars": x.stars})
	return out, err
}

// drillOps answers every item of a drill, some wrongly.
func (d *demo) drillOps(ctx context.Context, item campaign.Item, x deed, add func(string, map[string]any) error) error {
	t, err := d.drills.Latest(ctx, drill.ID(item.ID))
	if err != nil {
		return err
	}
	n := t.Template.N
	for i, it := range t.Template.Items {
		choice := drill.Keep
		if (it.Truth == drill.Phish) == (i >= x.wrong) {
			choice = drill.Report
		}
		if err := add("drill.answer", map[string]any{"drill": item.ID, "n": n, "item": it.ID, "choice": choice}); err != nil {
			return err
		}
	}
	return add("drill.done", map[string]any{"drill": item.ID, "n": n})
}

// demoAnswers answers the questions of a paper, the first wrong ones with nothing.
func demoAnswers(q course.Quiz, paper learning.Paper, wrong int) []course.Answer {
	var out []course.Answer
	for i, view := range paper.Questions {
		if i < wrong {
			continue
		}
		at := slices.IndexFunc(q.Questions, func(x course.Question) bool { return x.ID == view.ID })
		out = append(out, course.Answer{Question: view.ID, Chosen: demoChosen(q.Questions[at], view)})
	}
	return out
}

// demoChosen is the right answer as somebody who reads the paper would give it:
// options are known by their text, the paper's ids say nothing.
func demoChosen(q course.Question, view course.QuestionView) []string {
	find := func(options []course.OptionView, text course.Text) string {
		return options[slices.IndexFunc(options, func(o course.OptionView) bool { return o.Text == text })].ID
	}
	var out []string
	for _, o := range q.Options {
		if o.Right || q.Kind == course.Order {
			out = append(out, find(view.Options, o.Text))
		}
	}
	for _, p := range q.Pairs {
		out = append(out, find(view.Options, p.Left)+":"+find(view.Targets, p.Right))
	}
	return out
}
