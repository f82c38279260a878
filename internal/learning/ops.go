package learning

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/people"
	"hocso/internal/survey"
)

// opsKept is how long the ids of applied ops are remembered unless somebody says otherwise.
const opsKept = 180 * 24 * time.Hour

// ApplyOps applies what a phone reports and returns one verdict for each op, in
// order. It can be repeated after any failure: facts come first, under ids of the
// phone, then the enrolment, and last the record that the ops are done.
func (s *Service) ApplyOps(ctx context.Context, a people.Actor, raw []jsontext.Value) ([]Verdict, error) {
	b := &batch{service: s, actor: a, ops: make([]*op, len(raw)), verdicts: make([]Verdict, len(raw)), hashes: make([]string, len(raw))}
	if err := b.read(ctx, raw); err != nil {
		return nil, err
	}
	if err := b.known(ctx); err != nil {
		return nil, err
	}
	if err := b.apply(ctx); err != nil {
		return nil, err
	}
	if err := b.record(ctx); err != nil {
		return nil, err
	}
	return b.verdicts, nil
}

// batch is one request's ops on their way to their verdicts. An op whose entry in
// ops is nil has its verdict.
type batch struct {
	service  *Service
	actor    people.Actor
	ops      []*op
	hashes   []string
	verdicts []Verdict
	twins    map[int]int // op → earlier op of the same request with the same id and payload
}

func (b *batch) reject(i int, code string) {
	b.ops[i] = nil
	b.verdicts[i].Status, b.verdicts[i].Code = Rejected, code
}

// read decodes the ops and hashes their payloads. Of a drill's op only a hash with
// the drill's key is ever kept, of the answers to a survey nothing.
func (b *batch) read(ctx context.Context, raw []jsontext.Value) error {
	first := map[string]int{}
	b.twins = map[int]int{}
	for i, r := range raw {
		o, code := decodeOp(r)
		b.ops[i], b.verdicts[i].ID = &o, o.id
		if code != "" {
			b.reject(i, code)
			continue
		}
		b.hashes[i] = hash(o.payload)
		if o.survey != nil {
			b.hashes[i] = o.survey.Hash()
		}
		if o.drill != "" {
			var err error
			if b.hashes[i], err = b.service.Drills.Hash(ctx, o.drill, o.payload); isNotFound(err) {
				b.reject(i, drill.DrillNotFound)
				continue
			} else if err != nil {
				return err
			}
		}
		if j, again := first[o.id]; !again {
			first[o.id] = i
		} else if b.hashes[i] == b.hashes[j] {
			b.ops[i], b.twins[i] = nil, j
		} else {
			b.reject(i, IDReused)
		}
	}
	return nil
}

// known gives ops that were applied before their verdict.
func (b *batch) known(ctx context.Context) error {
	var ids []string
	for _, o := range b.ops {
		if o != nil {
			ids = append(ids, b.key(o))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	there, err := b.service.Ops.Ops(ctx, ids)
	if err != nil {
		return err
	}
	for i, o := range b.ops {
		if o == nil {
			continue
		}
		old, ok := there[b.key(o)]
		switch {
		case !ok:
		case old.Hash != b.hashes[i]:
			b.reject(i, IDReused)
		default:
			b.ops[i], b.verdicts[i].Status = nil, Duplicate
			if o.attempt == "" {
				continue
			}
			res, err := b.service.Result(ctx, b.actor, o.attempt)
			if err != nil {
				return err
			}
			b.verdicts[i].Attempt = &res
		}
	}
	return nil
}

func (b *batch) key(o *op) string { return string(b.actor.ID) + ":" + o.id }

// apply applies what is left, each enrolment and each drill at once.
func (b *batch) apply(ctx context.Context) error {
	enrolments, drills := map[EnrolmentID][]int{}, map[drill.ID][]int{}
	for i, o := range b.ops {
		switch {
		case o == nil:
		case o.enrolment != "":
			enrolments[o.enrolment] = append(enrolments[o.enrolment], i)
		case o.submit != nil:
			enrolments[o.submit.Enrolment] = append(enrolments[o.submit.Enrolment], i)
		case o.drill != "":
			drills[o.drill] = append(drills[o.drill], i)
		case o.survey != nil:
			if err := b.answer(ctx, i, *o.survey); err != nil {
				return err
			}
		case o.read != "":
			if err := b.announced(ctx, i, o); err != nil {
				return err
			}
		default:
			if err := b.opened(ctx, i, o); err != nil {
				return err
			}
		}
	}
	for id, at := range enrolments {
		ops := make([]*op, 0, len(at))
		for _, i := range at {
			ops = append(ops, b.ops[i])
		}
		verdicts, err := b.service.applyTo(ctx, b.actor, id, ops)
		if err != nil {
			return err
		}
		for j, i := range at {
			b.verdicts[i].Status, b.verdicts[i].Code, b.verdicts[i].Attempt = verdicts[j].Status, verdicts[j].Code, verdicts[j].Attempt
		}
	}
	for id, at := range drills {
		events := make([]drill.Event, 0, len(at))
		for _, i := range at {
			e := b.ops[i].event
			e.At = b.service.Now()
			events = append(events, e)
		}
		codes, err := b.service.Drills.Apply(ctx, b.actor.ID, id, events)
		if err != nil {
			return err
		}
		for j, i := range at {
			b.verdicts[i].Status = Applied
			if codes[j] != "" {
				b.reject(i, codes[j])
			}
		}
	}
	return nil
}

func (b *batch) answer(ctx context.Context, i int, x survey.Submission) error {
	code, err := b.service.Surveys.Apply(ctx, b.actor.ID, x)
	if err != nil {
		return err
	}
	if b.verdicts[i].Status = Applied; code != "" {
		b.reject(i, code)
	}
	return nil
}

func (b *batch) opened(ctx context.Context, i int, o *op) error {
	b.verdicts[i].Status = Applied
	if b.service.Opened == nil {
		return nil
	}
	if err := b.service.Opened(ctx, b.actor.ID, o.delivery); err != nil && !isNotFound(err) {
		return err
	}
	return nil
}

// announced notes that an announcement was read.
func (b *batch) announced(ctx context.Context, i int, o *op) error {
	err := b.service.Announced(ctx, b.actor.ID, o.read)
	if isNotFound(err) {
		b.reject(i, NoAnnouncement)
		return nil
	}
	b.verdicts[i].Status = Applied
	return err
}

// record remembers the applied ops, and gives repetitions within the request the
// verdict of the first.
func (b *batch) record(ctx context.Context) error {
	var done []Op
	until := b.service.Now().Add(opsKept)
	if b.service.OpsKept != nil {
		until = b.service.Now().Add(b.service.OpsKept())
	}
	for i, o := range b.ops {
		if o != nil && b.verdicts[i].Status == Applied {
			done = append(done, Op{ID: b.key(o), Hash: b.hashes[i], ExpiresAt: until})
		}
	}
	if len(done) > 0 {
		if err := b.service.Ops.InsertOps(ctx, done); err != nil {
			return err
		}
	}
	for i := range b.ops {
		j, again := b.twins[i]
		if !again {
			continue
		}
		id := b.verdicts[i].ID
		b.verdicts[i] = b.verdicts[j]
		b.verdicts[i].ID = id
		if b.verdicts[j].Status == Applied {
			b.verdicts[i].Status = Duplicate
		}
	}
	return nil
}

// applyTo applies ops to one enrolment: attempts are inserted first, then the
// enrolment takes everything in one conditional update, then ratings follow.
func (s *Service) applyTo(ctx context.Context, a people.Actor, id EnrolmentID, ops []*op) ([]Verdict, error) {
	verdicts := make([]Verdict, len(ops))
	e, err := s.Store.Enrolment(ctx, id)
	if isNotFound(err) || err == nil && e.Person != a.ID {
		for i := range verdicts {
			verdicts[i] = Verdict{Status: Rejected, Code: EnrolmentNotFound}
		}
		return verdicts, nil
	}
	if err != nil {
		return nil, err
	}
	attempts := map[int]Attempt{}
	for i, o := range ops {
		if o.submit == nil {
			continue
		}
		at, code, err := s.record(ctx, e, o.attempt, *o.submit)
		if err != nil {
			return nil, err
		}
		attempts[i], verdicts[i].Code = at, code
	}
	change := func(e *Enrolment) (bool, error) { return s.change(ctx, e, ops, attempts, verdicts) }
	done, err := s.store(ctx, &e, change)
	if err == nil && !done {
		e, err = s.update(ctx, id, change)
	}
	if err != nil {
		return nil, err
	}
	if e.State == Completed && slices.ContainsFunc(ops, func(o *op) bool { return o.stars == 0 }) {
		if err := s.chosen(ctx, e.Person, e.Course); err != nil { // before the ops are recorded, so that a retry does it
			return nil, err
		}
	}
	for i, o := range ops {
		verdicts[i].Status = Applied
		switch {
		case verdicts[i].Code != "":
			verdicts[i].Status = Rejected
		case o.submit != nil:
			res, err := s.result(ctx, e, attempts[i])
			if err != nil {
				return nil, err
			}
			verdicts[i].Attempt = &res
		case o.stars > 0:
			r := Rating{ID: id, Course: e.Course, Stars: o.stars, Comment: o.comment, At: s.Now()}
			if err := s.Store.PutRating(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, nil
}

// change applies ops to e and puts the codes of those that it rejects into
// verdicts. It may be called again with another e.
func (s *Service) change(ctx context.Context, e *Enrolment, ops []*op, attempts map[int]Attempt, verdicts []Verdict) (bool, error) {
	c, err := s.Courses.Version(ctx, e.Course, e.N)
	if err != nil {
		return false, err
	}
	now, changed := s.Now(), false
	for i, o := range ops {
		switch {
		case o.submit != nil:
			if verdicts[i].Code == "" {
				changed = e.add(attempts[i], now) || changed
			}
		case o.stars > 0:
			verdicts[i].Code = ""
			if e.State != Completed {
				verdicts[i].Code = NotCompleted
			} else if e.Rating != o.stars {
				e.Rating, e.ChangedAt, changed = o.stars, now, true
			}
		default:
			cards, ok, err := s.cards(ctx, c, o.lesson)
			if err != nil {
				return false, err
			}
			verdicts[i].Code = ""
			if !ok {
				verdicts[i].Code = LessonNotFound
				continue
			}
			changed = e.advance(o.lesson, cards, o.card, o.seconds, o.kind == "lesson.done", now) || changed
		}
		if e.finished(c) {
			p, err := s.People.Person(ctx, e.Person)
			if err != nil {
				return false, err
			}
			e.complete(p.Unit, now)
			changed = true
		}
	}
	return changed, nil
}

// cards is how many cards a lesson has in c, or in a version before it: a phone
// that was offline may still report on a lesson that was taken out meanwhile.
func (s *Service) cards(ctx context.Context, c *course.Published, lesson string) (n int, ok bool, err error) {
	for {
		if n, ok = c.Cards(lesson); ok || c.Version.After == 0 {
			return n, ok, nil
		}
		if c, err = s.Courses.Version(ctx, c.Version.Course, c.Version.After); err != nil {
			return 0, false, err
		}
	}
}
