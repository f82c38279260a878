package letter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// returns keeps bounces in memory.
type returns struct {
	mu   sync.Mutex
	byID map[string]Bounce
}

func (r *returns) Bounce(_ context.Context, id string) (Bounce, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.byID[id]
	if !ok {
		return b, fault.New(fault.NotFound, "bounce_not_found", "no such bounce")
	}
	return b, nil
}

func (r *returns) InsertBounce(_ context.Context, b Bounce) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.byID[b.ID]; !ok {
		r.byID[b.ID] = b
	}
	return nil
}

func (r *returns) DeleteBounce(_ context.Context, id string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.byID[id]
	delete(r.byID, id)
	return ok, nil
}

// coded is what a server says of an address.
type coded struct{}

func (coded) Error() string        { return "550" }
func (coded) Is(target error) bool { return target == ErrBounced || target == ErrRefused }
func (coded) Status() string       { return "5.1.1" }

// An address that takes no mail gets none until it changes or somebody says to try
// again; another address of the same person does.
func TestBounce(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var noted []people.ID
	p := &post{say: func(m Mail) error {
		if m.To == "lan@bo.vn" {
			return coded{}
		}
		return nil
	}}
	s := &Service{
		Sender: p, Bounces: &returns{byID: map[string]Bounce{}}, Key: []byte("key"), Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
		Noted: func(_ context.Context, p people.ID) { noted = append(noted, p) },
	}
	send := func(to string) error { return s.Send(t.Context(), "lan", Mail{ID: "1", To: to}) }
	if err := send("lan@bo.vn"); !errors.Is(err, ErrBounced) {
		t.Fatalf("the first: %v", err)
	}
	b, err := s.Find(t.Context(), "LAN@bo.vn")
	if err != nil || b == nil || b.Person != "lan" || b.Status != "5.1.1" || !b.At.Equal(at) {
		t.Errorf("bounce %+v, %v", b, err)
	}
	p.say = nil
	if err := send("Lan@bo.vn"); !errors.Is(err, ErrBounced) || len(p.mails) != 0 {
		t.Errorf("the second: %v, %d mails; want none", err, len(p.mails))
	}
	if err := send("lan.moi@bo.vn"); err != nil || len(p.mails) != 1 {
		t.Errorf("the new address: %v, %d mails", err, len(p.mails))
	}
	if err := s.Retry(t.Context(), "lan@bo.vn"); err != nil {
		t.Error(err)
	}
	if err := s.Retry(t.Context(), "lan@bo.vn"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("try again what is well: %v", err)
	}
	if err := send("lan@bo.vn"); err != nil || len(p.mails) != 2 {
		t.Errorf("after trying again: %v, %d mails", err, len(p.mails))
	}
	if len(noted) != 1 || noted[0] != "lan" {
		t.Errorf("noted %v", noted)
	}
}

// A report counts only for a mail of ours to this very address.
func TestRecord(t *testing.T) {
	p := &post{}
	s := &Service{Sender: p, Bounces: &returns{byID: map[string]Bounce{}}, Key: []byte("key"), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	lan := people.Person{ID: "lan", Email: "lan@bo.vn"}
	if err := s.Send(t.Context(), "lan", Mail{ID: "reminder-x", To: lan.Email}); err != nil {
		t.Fatal(err)
	}
	id := p.mails[0].ID + "@bo.vn"
	for _, r := range []Report{{}, {MessageID: "reminder-x@bo.vn"}, {MessageID: "reminder-x.000000000000000000000000@bo.vn"}, {MessageID: "y" + id}} {
		if err := s.Record(t.Context(), lan, r); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v, want invalid", r, err)
		}
	}
	if err := s.Record(t.Context(), people.Person{ID: "mai", Email: "mai@bo.vn"}, Report{MessageID: id}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a mail to somebody else: %v, want invalid", err)
	}
	if err := s.Record(t.Context(), lan, Report{MessageID: id, Status: "5.1.1"}); err != nil {
		t.Error(err)
	}
	if bounced, err := s.Bounced(t.Context(), lan.Email); !bounced || err != nil {
		t.Errorf("bounced %v, %v", bounced, err)
	}
}
