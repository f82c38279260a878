package privacy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Kind is what a person asks for.
type Kind string

// The kinds of requests.
const (
	Correction  Kind = "correction"
	Deletion    Kind = "erasure"
	Restriction Kind = "restriction"
	Objection   Kind = "objection"
)

// State is how far a request is.
type State string

// The states: received, then perhaps answered, then done or refused.
const (
	Received State = "received"
	Answered State = "answered"
	Done     State = "done"
	Refused  State = "refused"
)

// Entry is one thing that happened to a request.
type Entry struct {
	At   time.Time `json:"at" bson:"at"`
	By   people.ID `json:"-" bson:"by"`
	Did  string    `json:"did" bson:"did"`   // answer, extend, complete, reject
	Text string    `json:"text" bson:"text"` // to the person
}

// Request is what a person asks about their own data.
type Request struct {
	ID         string    `json:"id" bson:"_id"` // UUIDv7
	Person     people.ID `json:"-" bson:"person"`
	Kind       Kind      `json:"kind" bson:"kind"`
	About      string    `json:"about" bson:"about"` // which data, one line
	Text       string    `json:"text" bson:"text"`
	State      State     `json:"state" bson:"state"`
	At         time.Time `json:"at" bson:"at"`
	ThirdParty bool      `json:"thirdParty" bson:"thirdParty"` // somebody else has to do something: a longer clock
	Extended   bool      `json:"extended" bson:"extended"`
	Log        []Entry   `json:"log" bson:"log"`
	Version    int       `json:"-" bson:"ver"`
}

// Open reports whether somebody still has to do something.
func (r Request) Open() bool { return r.State == Received || r.State == Answered }

// RequestView is a request with its clock.
type RequestView struct {
	Request
	AnswerBy time.Time  `json:"answerBy"`
	DoneBy   time.Time  `json:"doneBy"`
	DueAt    *time.Time `json:"dueAt,omitempty"` // the next of both; none when it is over
	Urgency  Urgency    `json:"urgency"`
}

// Asked is a request with who asks, for those who handle it.
type Asked struct {
	RequestView
	PersonID people.ID     `json:"person"`
	Name     string        `json:"name"` // empty once they are erased
	Unit     people.UnitID `json:"unit"`
}

// RequestStore keeps requests.
type RequestStore interface {
	// InsertRequest stores a new one.
	InsertRequest(ctx context.Context, r Request) error
	// Request returns one; fault.NotFound request_not_found if there is none.
	Request(ctx context.Context, id string) (Request, error)
	// RequestsOf returns all of a person, newest first.
	RequestsOf(ctx context.Context, p people.ID) ([]Request, error)
	// Requests returns up to limit with one of these states, newest first.
	Requests(ctx context.Context, states []State, limit int) ([]Request, error)
	// ReplaceRequest stores r with Version+1 if the stored one still has r.Version; fault.Conflict otherwise.
	ReplaceRequest(ctx context.Context, r Request) error
}

// Limits of requests.
const (
	mostOpen   = 10   // of one person at a time
	mostListed = 5000 // of the organisation
)

// Ask stores what the actor asks for. fault.Conflict request_open while another of
// the same kind about the same is open, too_many_open with ten of them.
func (s *Service) Ask(ctx context.Context, a people.Actor, k Kind, about, text string) (RequestView, error) {
	mine, err := s.Requests.RequestsOf(ctx, a.ID)
	if err != nil {
		return RequestView{}, err
	}
	open := 0
	for _, r := range mine {
		if !r.Open() {
			continue
		}
		if r.Kind == k && (k == Deletion || r.About == about && r.Text == text) {
			return RequestView{}, fault.New(fault.Conflict, "request_open", "you have asked for this already")
		}
		open++
	}
	if open >= mostOpen {
		return RequestView{}, fault.New(fault.Conflict, "too_many_open", "wait until some of your requests are done")
	}
	r := Request{ID: s.NewID(), Person: a.ID, Kind: k, About: about, Text: text, State: Received, At: s.Now(), Log: []Entry{}, Version: 1}
	if err := s.Requests.InsertRequest(ctx, r); err != nil {
		return RequestView{}, err
	}
	return s.view(r), nil
}

// Mine returns the actor's own requests, newest first.
func (s *Service) Mine(ctx context.Context, a people.Actor) ([]RequestView, error) {
	rs, err := s.Requests.RequestsOf(ctx, a.ID)
	var out []RequestView
	for _, r := range rs {
		out = append(out, s.view(r))
	}
	return out, err
}

func (s *Service) view(r Request) RequestView {
	v := RequestView{Request: r}
	v.AnswerBy, v.DoneBy = s.Clocks.Due(s.Calendar, r)
	next, urgency := s.Clocks.Next(s.Calendar, r, s.Now())
	if v.Urgency = urgency; urgency != Over {
		v.DueAt = &next
	}
	return v
}

// Handle returns the requests that the actor may handle: with open those that wait,
// the most urgent first, else those that are over, newest first.
func (s *Service) Handle(ctx context.Context, a people.Actor, open bool) ([]Asked, error) {
	states := []State{Received, Answered}
	if !open {
		states = []State{Done, Refused}
	}
	rs, err := s.Requests.Requests(ctx, states, mostListed)
	if err != nil {
		return nil, err
	}
	var out []Asked
	for _, r := range rs {
		x, err := s.asked(ctx, a, r)
		switch kind := fault.KindOf(err); {
		case err == nil:
			out = append(out, x)
		case kind != fault.NotFound && kind != fault.Forbidden: // out of scope, or one's own
			return nil, err
		}
	}
	if open {
		slices.SortStableFunc(out, func(x, y Asked) int { return cmp.Or(x.DueAt.Compare(*y.DueAt), cmp.Compare(x.ID, y.ID)) })
	}
	return out, nil
}

// HandleOne returns a request that the actor may handle; fault.NotFound
// request_not_found for every other, fault.Forbidden own_request for one's own.
func (s *Service) HandleOne(ctx context.Context, a people.Actor, id string) (Asked, error) {
	r, err := s.Requests.Request(ctx, id)
	if err != nil {
		return Asked{}, err
	}
	return s.asked(ctx, a, r)
}

func (s *Service) asked(ctx context.Context, a people.Actor, r Request) (Asked, error) {
	p, err := s.People.Handled(ctx, a, r.Person)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.NotFound, "request_not_found", "no such request")
	}
	return Asked{RequestView: s.view(r), PersonID: r.Person, Name: p.Name, Unit: p.Unit}, err
}

// Deed is what is done with a request.
type Deed struct {
	Did        string // answer, extend, complete, reject
	Text       string // to the person
	ThirdParty bool   // with answer: somebody else has to do something
}

// Do does something with a request that the actor may handle. Completing one for
// erasure erases the person, so nobody reads its text. Besides the faults of
// HandleOne: fault.Conflict request_over, already_extended, and those of MayErase.
func (s *Service) Do(ctx context.Context, a people.Actor, id string, d Deed) (Asked, error) {
	const tries = 10
	for range tries {
		x, err := s.HandleOne(ctx, a, id)
		if err != nil {
			return Asked{}, err
		}
		r := x.Request
		if !r.Open() {
			return Asked{}, fault.New(fault.Conflict, "request_over", "this request is done or refused")
		}
		if d.Did == "complete" && r.Kind == Deletion {
			if err := s.EraseFor(ctx, a, r); err != nil {
				return Asked{}, err
			}
			return s.HandleOne(ctx, a, id)
		}
		if err := r.take(d, a.ID, s.Now()); err != nil {
			return Asked{}, err
		}
		err = s.Requests.ReplaceRequest(ctx, r)
		if fault.KindOf(err) == fault.Conflict {
			continue
		}
		if err != nil {
			return Asked{}, err
		}
		return s.asked(ctx, a, r)
	}
	return Asked{}, fault.New(fault.Unavailable, "busy", "the request is being changed too often, try again")
}

// take changes an open request by what was done with it.
func (r *Request) take(d Deed, by people.ID, now time.Time) error {
	switch d.Did {
	case "answer":
		r.State, r.ThirdParty = Answered, r.ThirdParty || d.ThirdParty
	case "extend":
		if r.Extended {
			return fault.New(fault.Conflict, "already_extended", "a request can be extended once")
		}
		r.Extended = true
	case "complete":
		r.State = Done
	case "reject":
		r.State = Refused
	}
	r.Log = append(slices.Clone(r.Log), Entry{At: now, By: by, Did: d.Did, Text: d.Text})
	return nil
}
