package letter

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// shelf keeps letters in memory.
type shelf struct {
	mu      sync.Mutex
	letters map[string]Letter
	fail    error
}

func (s *shelf) InsertLetter(_ context.Context, l Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.letters[l.ID]; !ok {
		s.letters[l.ID] = l
	}
	return s.fail
}

func (s *shelf) ClaimLetter(_ context.Context, now, leaseUntil time.Time) (Letter, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, l := range s.letters {
		if !l.DueAt.After(now) {
			l.DueAt, l.Fence = leaseUntil, l.Fence+1
			s.letters[id] = l
			return l, true, s.fail
		}
	}
	return Letter{}, false, s.fail
}

func (s *shelf) PostponeLetter(ctx context.Context, l Letter) error {
	return s.settle(ctx, l, func() { s.letters[l.ID] = l })
}

func (s *shelf) RemoveLetter(ctx context.Context, l Letter) error {
	return s.settle(ctx, l, func() { delete(s.letters, l.ID) })
}

func (s *shelf) settle(ctx context.Context, l Letter, do func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.letters[l.ID].Fence == l.Fence {
		do()
	}
	return errors.Join(s.fail, ctx.Err())
}

// post is a server that says no when told so.
type post struct {
	mu    sync.Mutex
	mails []Mail
	say   func(Mail) error
}

func (p *post) Send(_ context.Context, m Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.say != nil {
		if err := p.say(m); err != nil {
			return err
		}
	}
	p.mails = append(p.mails, m)
	return nil
}

func at(minute int) time.Time { return time.Date(2026, 3, 2, 8, minute, 0, 0, time.UTC) }

func newService(log *bytes.Buffer) (*Service, *shelf, *post) {
	st, p := &shelf{letters: map[string]Letter{}}, &post{}
	write := func(_ context.Context, l Letter) (Mail, error) {
		switch l.About {
		case "gone":
			return Mail{}, fault.New(fault.Gone, "gone", "nothing to say")
		case "away":
			return Mail{}, errors.New("the database is away")
		}
		return Mail{To: string(l.Person) + "@bo.vn", Subject: "về " + l.About}, nil
	}
	return &Service{Store: st, Sender: p, Writers: map[Kind]Writer{"note": write}, Now: func() time.Time { return at(0) }, Log: slog.New(slog.NewTextHandler(log, nil))}, st, p
}

func (s *shelf) ids() []string {
	ids := []string{}
	for id := range s.letters {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func TestTick(t *testing.T) {
	var log bytes.Buffer
	s, st, p := newService(&log)
	for _, l := range []Letter{
		{ID: "sent", Kind: "note", Person: "lan", About: "bài học"},
		{ID: "nobody", Kind: "note"},
		{ID: "gone", Kind: "note", Person: "lan", About: "gone"},
		{ID: "late", Kind: "note", Person: "lan", ExpiresAt: at(0)},
		{ID: "later", Kind: "note", Person: "lan", DueAt: at(30)},
		{ID: "strange", Kind: "unheard", Person: "lan"},
		{ID: "away", Kind: "note", Person: "lan", About: "away"},
	} {
		if l.ExpiresAt.IsZero() {
			l.ExpiresAt = at(59)
		}
		if err := s.Queue(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Queue(t.Context(), Letter{ID: "sent", Kind: "note", Person: "binh", ExpiresAt: at(59)}); err != nil {
		t.Fatal(err)
	}
	sent, err := s.Tick(t.Context(), at(0))
	if err != nil || sent != 1 || len(p.mails) != 1 || p.mails[0] != (Mail{ID: s.sign("sent", "lan@bo.vn"), To: "lan@bo.vn", Subject: "về bài học"}) {
		t.Errorf("sent %d %v, %v; want the first letter of that id, once", sent, p.mails, err)
	}
	if got := st.ids(); !slices.Equal(got, []string{"away", "later", "strange"}) {
		t.Errorf("left: %v", got)
	}
	if l := st.letters["away"]; l.DueAt != at(2) || l.Tries != 0 {
		t.Errorf("what could not be written is due %v, want when its lease ends", l.DueAt)
	}
	for _, private := range []string{"lan@", "bài học"} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q: %s", private, log.String())
		}
	}
	if !strings.Contains(log.String(), "too late") || !strings.Contains(log.String(), `nobody writes letters of kind \"unheard\"`) {
		t.Errorf("the log does not say what was dropped: %s", log.String())
	}
}

// A server that is away is asked again, ever less often, until it is too late; what
// it refuses for good is dropped.
func TestTickAgain(t *testing.T) {
	s, st, p := newService(&bytes.Buffer{})
	if err := s.Queue(t.Context(), Letter{ID: "x", Kind: "note", Person: "lan", ExpiresAt: at(60)}); err != nil {
		t.Fatal(err)
	}
	var tries []int
	p.say = func(Mail) error { return errors.New("451 later") }
	for minute := range 70 {
		before := st.letters["x"].Tries
		if _, err := s.Tick(t.Context(), at(minute)); err != nil {
			t.Fatal(err)
		}
		if st.letters["x"].Tries > before {
			tries = append(tries, minute)
		}
	}
	if want := []int{0, 1, 2, 4, 8, 16, 32}; !slices.Equal(tries, want) {
		t.Errorf("tried in minutes %v, want %v", tries, want)
	}
	if got := st.ids(); len(got) != 0 {
		t.Errorf("left after it was too late: %v", got)
	}

	p.say = func(Mail) error { return ErrRefused }
	if err := s.Queue(t.Context(), Letter{ID: "y", Kind: "note", Person: "lan", ExpiresAt: at(60)}); err != nil {
		t.Fatal(err)
	}
	if sent, err := s.Tick(t.Context(), at(0)); sent != 0 || err != nil || len(st.letters) != 0 {
		t.Errorf("refused: sent %d, %v, left %v", sent, err, st.ids())
	}
}

// Whoever was asleep longer than the lease does not take back what another has done.
func TestTickFence(t *testing.T) {
	s, st, p := newService(&bytes.Buffer{})
	if err := s.Queue(t.Context(), Letter{ID: "x", Kind: "note", Person: "lan", ExpiresAt: at(60)}); err != nil {
		t.Fatal(err)
	}
	p.say = func(Mail) error {
		st.mu.Lock()
		defer st.mu.Unlock()
		l := st.letters["x"]
		l.Fence++ // another claims it meanwhile
		st.letters["x"] = l
		return nil
	}
	if _, err := s.Tick(t.Context(), at(0)); err != nil {
		t.Fatal(err)
	}
	if got := st.ids(); len(got) != 1 {
		t.Errorf("left: %v, want what the other holds", got)
	}
}

// A program that is told to stop just after the server took the mail removes it all the same.
func TestTickStopped(t *testing.T) {
	s, st, p := newService(&bytes.Buffer{})
	if err := s.Queue(t.Context(), Letter{ID: "x", Kind: "note", Person: "lan", ExpiresAt: at(60)}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	p.say = func(Mail) error { stop(); return nil }
	if sent, err := s.Tick(ctx, at(0)); sent != 1 || err != nil || len(st.letters) != 0 {
		t.Errorf("sent %d, %v, left %v", sent, err, st.ids())
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, st, p := newService(&bytes.Buffer{})
		if err := s.Queue(t.Context(), Letter{ID: "x", Kind: "note", Person: "lan", ExpiresAt: at(60)}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx, 2*time.Second); close(done) }()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		stop()
		<-done
		if len(p.mails) != 1 || len(st.letters) != 0 {
			t.Errorf("sent %v, left %v", p.mails, st.ids())
		}
	})
	(&Service{}).Run(t.Context(), time.Nanosecond) // without mail it ends at once
}

func TestQueueWithoutMail(t *testing.T) {
	err := (&Service{}).Queue(t.Context(), Letter{ID: "x"})
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Conflict || f.Code != "mail_off" {
		t.Errorf("got %v, want mail_off", err)
	}
}

func TestPage(t *testing.T) {
	p := Page{
		Locale: "vi", Hello: "Chào Lan <b>,", Before: []string{"Một.", "Hai."}, Action: "Đặt mật khẩu mới", Link: "https://hoc.bo.vn/reset#a_b-c",
		After: []string{"Ba."}, Foot: "Bộ Ví dụ",
	}
	text := "Chào Lan <b>,\n\nMột.\n\nHai.\n\nĐặt mật khẩu mới:\nhttps://hoc.bo.vn/reset#a_b-c\n\nBa.\n\n-- \nBộ Ví dụ\n"
	if got := p.Text(); got != text {
		t.Errorf("text %q, want %q", got, text)
	}
	m, err := p.Mail(people.Person{Name: "Lan", Email: "lan@bo.vn"}, "Việc của bạn")
	if err != nil || m.To != "lan@bo.vn" || m.Name != "Lan" || m.Subject != "Việc của bạn" || m.Text != text {
		t.Errorf("mail %+v, %v", m, err)
	}
	for _, want := range []string{`lang="vi"`, "Chào Lan &lt;b&gt;,", `href="https://hoc.bo.vn/reset#a_b-c"`, "<p>Ba.</p>", "Bộ Ví dụ"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the HTML lacks %q: %s", want, m.HTML)
		}
	}
	for _, never := range []string{"<img", "<script", "<link", "http-equiv"} {
		if strings.Contains(m.HTML, never) {
			t.Errorf("the HTML has %q", never)
		}
	}
	p.Action = ""
	if html, err := p.HTML(); err != nil || strings.Contains(html, "href") || strings.Contains(p.Text(), "https") {
		t.Errorf("without a button: %q, %s, %v", p.Text(), html, err)
	}
}
