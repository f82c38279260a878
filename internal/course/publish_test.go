package course

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hocso/content"
)

// written makes a course by hand with a correct draft.
func written(t *testing.T, s *Service, id ID) Course {
	t.Helper()
	ctx := context.Background()
	c, err := s.Create(ctx, trainer, id, Text{Vi: "Khóa", En: "Course"})
	if err != nil {
		t.Fatal(err)
	}
	c, err = s.SaveDraft(ctx, trainer, id, c.Version, good(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPublish(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	if _, err := s.Create(ctx, trainer, "x", Text{Vi: "X", En: "X"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(ctx, trainer, "x", 1, Material); code(err) != "draft_incomplete" {
		t.Errorf("publish an empty draft: %v, want draft_incomplete", err)
	}
	c := written(t, s, "hand")
	if _, err := s.Publish(ctx, trainer, "hand", c.Version-1, Material); code(err) != "draft_changed" {
		t.Errorf("publish with an old version: %v, want draft_changed", err)
	}
	n, err := s.Publish(ctx, trainer, "hand", c.Version, Editorial)
	if err != nil || n != 1 {
		t.Fatalf("publish: %d, %v", n, err)
	}
	if got := m.versions["hand@1"]; got.Class != Material || got.Source != FromApp || got.PublishedBy != "t1" || got.Hash != c.Draft.Hash() {
		t.Errorf("version 1: %+v", got)
	}
	c, _ = s.Draft(ctx, trainer, "hand")
	if _, err := s.Publish(ctx, trainer, "hand", c.Version, Editorial); code(err) != "nothing_changed" {
		t.Errorf("publish again: %v, want nothing_changed", err)
	}
	p, err := s.Latest(ctx, "hand")
	if err != nil || p.View.N != 1 || len(p.View.Lessons) != 1 || p.View.Lessons[0].Cards[0].HTML.En != "<p>text</p>" {
		t.Errorf("latest: %+v, %v", p, err)
	}
	if list, err := s.List(ctx); err != nil || len(list) != 1 {
		t.Errorf("list: %d, %v; want the published one only", len(list), err)
	}
}

func TestChangeClasses(t *testing.T) {
	wording := func(c *Content) { c.Quizzes[0].Questions[0].Prompt.En = "Ask again" }
	key := func(c *Content) {
		o := c.Quizzes[0].Questions[0].Options
		o[0].Right, o[1].Right = o[1].Right, o[0].Right
	}
	pass := func(c *Content) { c.Quizzes[0].Pass = 71 }
	lesson := func(c *Content) {
		l := c.Lessons[0]
		l.ID, l.Practice = "two", []Question{}
		q := c.Lessons[0].Practice[0]
		q.ID = "two-choice"
		l.Practice = append(l.Practice, q)
		c.Lessons = append(c.Lessons, l)
	}
	for _, tt := range []struct {
		name   string
		change func(*Content)
		class  Class
		want   string
	}{
		{"wording is editorial", wording, Editorial, ""},
		{"wording may be more", wording, Material, ""},
		{"key is not editorial", key, Editorial, "class_too_small"},
		{"key is minor", key, Minor, ""},
		{"pass mark is not editorial", pass, Editorial, "class_too_small"},
		{"pass mark is minor", pass, Minor, ""},
		{"new lesson is not minor", lesson, Minor, "class_too_small"},
		{"new lesson is material", lesson, Material, ""},
		{"unknown class", wording, "huge", "class_too_small"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := context.Background()
			s, _ := service(t)
			c := written(t, s, "hand")
			if _, err := s.Publish(ctx, trainer, "hand", c.Version, Material); err != nil {
				t.Fatal(err)
			}
			c, _ = s.Draft(ctx, trainer, "hand")
			draft := copyOf(c.Draft)
			tt.change(&draft)
			c, err := s.SaveDraft(ctx, trainer, "hand", c.Version, draft)
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.Publish(ctx, trainer, "hand", c.Version, tt.class)
			if code(err) != tt.want || tt.want == "" && n != 2 {
				t.Errorf("publish as %s: %d, %v; want %q", tt.class, n, err, tt.want)
			}
		})
	}
}

func TestDraftBelongsToItsTrainer(t *testing.T) {
	ctx := context.Background()
	s, _ := service(t)
	c := written(t, s, "hand")
	if _, err := s.Draft(ctx, other, "hand"); code(err) != "course_not_found" {
		t.Errorf("another trainer reads the draft: %v", err)
	}
	if _, err := s.Draft(ctx, learner, "hand"); code(err) != "course_not_found" {
		t.Errorf("a learner reads the draft: %v", err)
	}
	if _, err := s.SaveDraft(ctx, other, "hand", c.Version, c.Draft); code(err) != "course_not_found" {
		t.Errorf("another trainer saves the draft: %v", err)
	}
	if list, err := s.Authored(ctx, other); err != nil || len(list) != 0 {
		t.Errorf("another trainer lists %d courses, %v", len(list), err)
	}
	if _, err := s.SaveDraft(ctx, trainer, "hand", c.Version-1, c.Draft); code(err) != "draft_changed" {
		t.Errorf("save with an old version: %v", err)
	}
	if _, err := s.Create(ctx, trainer, "hand", Text{Vi: "a", En: "a"}); code(err) != "course_exists" {
		t.Errorf("create again: %v", err)
	}
	for _, bad := range []ID{"", "A", "a b", "a/b", "$x", "a.b"} {
		if _, err := s.Create(ctx, trainer, bad, Text{Vi: "a", En: "a"}); code(err) != "invalid_fields" {
			t.Errorf("create %q: %v, want invalid_fields", bad, err)
		}
	}
	huge := Content{Lessons: []Lesson{{ID: "x", Body: Text{Vi: strings.Repeat("a", 4*maxBody+1)}}}}
	if _, err := s.SaveDraft(ctx, trainer, "hand", c.Version, huge); code(err) != "draft_too_large" {
		t.Errorf("save a huge draft: %v", err)
	}
	if _, err := s.Preview(huge.Lessons[0]); code(err) != "draft_too_large" {
		t.Errorf("preview a huge lesson: %v", err)
	}
	if v, err := s.Preview(Lesson{Body: Text{Vi: "## A\n\nx\n\n## B\n\ny\n", En: "## A\n\nx\n"}}); err != nil || len(v.Cards) != 2 || v.Cards[1].HTML.En != "" {
		t.Errorf("preview with unequal cards: %+v, %v", v, err)
	}
}

func TestPublishFolderTwiceChangesNothing(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	f, ps := ReadFolder(content.Files())
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	settled := 0
	s.Settle = func(context.Context, ID) error { settled++; return nil }
	first, err := s.PublishFolder(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range first {
		if o.Action != WasPublished || o.N != 1 {
			t.Errorf("first time: %+v", o)
		}
	}
	before := fmt.Sprint(m.courses, len(m.versions), settled)
	second, err := s.PublishFolder(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range second {
		if o.Action != Unchanged || o.N != 1 {
			t.Errorf("second time: %+v", o)
		}
	}
	if after := fmt.Sprint(m.courses, len(m.versions), settled); after != before {
		t.Error("publishing the folder again changed something")
	}
	// Courses of the program have no owner: every trainer may change them.
	c, err := s.Draft(ctx, other, first[0].Course)
	if err != nil {
		t.Fatal(err)
	}
	draft := copyOf(c.Draft)
	draft.Title.En += "!"
	if c, err = s.SaveDraft(ctx, other, c.ID, c.Version, draft); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Publish(ctx, other, c.ID, c.Version, Editorial); err != nil || n != 2 {
		t.Fatalf("publish in the app: %d, %v", n, err)
	}
	third, err := s.PublishFolder(ctx, f)
	if err != nil || third[0].Action != LeftAlone || third[0].N != 2 {
		t.Errorf("the folder after the app: %+v, %v; want left_alone", third[0], err)
	}
}

func TestPublishFolderKeepsADraftInWork(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	f, _ := ReadFolder(folder(nil))
	if _, err := s.PublishFolder(ctx, f); err != nil {
		t.Fatal(err)
	}
	c, err := s.Draft(ctx, trainer, "basics")
	if err != nil {
		t.Fatal(err)
	}
	draft := copyOf(c.Draft)
	draft.Title.En = "In work"
	if _, err := s.SaveDraft(ctx, trainer, "basics", c.Version, draft); err != nil {
		t.Fatal(err)
	}
	f.Courses[0].Content.Summary.En = "Another summary"
	out, err := s.PublishFolder(ctx, f)
	if err != nil || out[0].N != 2 || out[0].Class != Editorial {
		t.Fatalf("publish the changed folder: %+v, %v", out, err)
	}
	if got := m.courses["basics"].Draft.Title.En; got != "In work" {
		t.Errorf("the draft in work became %q", got)
	}
}

// Copies of the program that start together publish the same folder: all of them
// succeed and there is one version.
func TestPublishFolderByManyCopies(t *testing.T) {
	ctx := context.Background()
	f, _ := ReadFolder(content.Files())
	for range 20 {
		first, m := service(t)
		var wg sync.WaitGroup
		for range 8 {
			s := &Service{Store: first.Store, Now: first.Now, Log: first.Log, Settle: first.Settle}
			wg.Go(func() {
				if _, err := s.PublishFolder(ctx, f); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(m.versions) != len(f.Courses) {
			t.Fatalf("%d versions of %d courses", len(m.versions), len(f.Courses))
		}
	}
}

// A publication can be cut off at every call to the store. Trying again must lead
// to one new version with the right content, and settle the enrolments.
func TestPublishSurvivesEveryFailure(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			ctx := context.Background()
			s, m := service(t)
			c := written(t, s, "hand")
			settled := false
			s.Settle = func(context.Context, ID) error { settled = true; return nil }
			m.calls, m.failAt, m.lost = 0, k, lost
			_, err := s.Publish(ctx, trainer, "hand", c.Version, Material)
			calls := m.calls
			m.failAt = 0
			if err != nil {
				if _, err = s.Publish(ctx, trainer, "hand", c.Version, Material); err != nil && code(err) != "draft_changed" {
					t.Fatalf("call %d, lost %v: second try: %v", k, lost, err)
				}
			}
			if err := s.SettleAll(ctx); err != nil {
				t.Fatal(err)
			}
			p, err := s.Latest(ctx, "hand")
			if err != nil || p.Version.N != 1 || p.Version.Hash != c.Draft.Hash() || len(m.versions) != 1 {
				t.Fatalf("call %d, lost %v: latest %+v, %v, %d versions; want one", k, lost, p, err, len(m.versions))
			}
			if !settled || m.courses["hand"].Settled != 1 {
				t.Fatalf("call %d, lost %v: enrolments were not settled", k, lost)
			}
			if k > calls {
				break
			}
		}
	}
}

// Other content that a cut-off publication left under the next number is passed by.
func TestPublishPassesLeftovers(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	c := written(t, s, "hand")
	m.versions["hand@1"] = Version{ID: "hand@1", Course: "hand", N: 1, Hash: "other"}
	if n, err := s.Publish(ctx, trainer, "hand", c.Version, Material); err != nil || n != 2 {
		t.Fatalf("publish: %d, %v; want 2", n, err)
	}
	line, err := s.Lineage(ctx, "hand")
	if err != nil || len(line) != 1 || line[0].N != 2 {
		t.Errorf("lineage %+v, %v; want only 2", line, err)
	}
}

// What goes to a phone must hold no key or feedback of any graded question.
func TestPublishedHidesGradedQuestions(t *testing.T) {
	f, _ := ReadFolder(content.Files())
	for _, fc := range f.Courses {
		p, err := newMarkdown().publish(Version{Course: fc.ID, N: 1, Content: fc.Content})
		if err != nil {
			t.Fatal(err)
		}
		out := string(p.JSON) + string(p.Listed)
		for _, q := range fc.Content.Quizzes {
			for _, x := range q.Questions {
				for _, secret := range secrets(x) {
					if strings.Contains(out, secret) {
						t.Errorf("%s: %q of the graded question %s is in the published version", fc.ID, secret, x.ID)
					}
				}
			}
		}
	}
}

// secrets are the texts of a question that nobody may see before it is marked, as
// JSON has them.
func secrets(q Question) []string {
	var all []string
	for _, t := range []Text{q.Prompt, q.Explanation} {
		all = append(all, t.Vi, t.En)
	}
	for _, o := range q.Options {
		all = append(all, o.Feedback.Vi, o.Feedback.En)
	}
	var out []string
	for _, s := range all {
		if s == "" {
			continue
		}
		b, err := encode(s)
		if err != nil {
			panic(err)
		}
		out = append(out, strings.Trim(string(b), `"`))
	}
	return out
}

func BenchmarkVersion(b *testing.B) {
	s := &Service{Store: newMemory(), Now: nil}
	m := newMemory()
	s.Store = m
	m.versions["basics@1"] = Version{ID: "basics@1", Course: "basics", N: 1, Content: good(b)}
	for b.Loop() {
		if _, err := s.Version(context.Background(), "basics", 1); err != nil {
			b.Fatal(err)
		}
	}
}
