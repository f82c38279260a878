package exercise

import (
	"context"
	"fmt"

	"hocso/internal/fault"
)

// Catalogue keeps exercises.
type Catalogue interface {
	// Exercises returns every version of every exercise, in order of id and number.
	Exercises(ctx context.Context) ([]Exercise, error)
	// InsertExercise stores x; fault.Conflict if its key is taken.
	InsertExercise(ctx context.Context, x Exercise) error
}

// tries is how often a conditional update is tried again.
const tries = 20

// List returns the newest version of every exercise, in order of id.
func (s *Service) List(ctx context.Context) ([]Exercise, error) {
	all, err := s.Catalogue.Exercises(ctx)
	if err != nil {
		return nil, err
	}
	newest := []Exercise{}
	for _, x := range all {
		if n := len(newest); n > 0 && newest[n-1].ID == x.ID {
			newest = newest[:n-1]
		}
		newest = append(newest, x)
	}
	return newest, nil
}

// Latest returns the newest version of an exercise; fault.NotFound if there is none.
func (s *Service) Latest(ctx context.Context, id ID) (Exercise, error) {
	list, err := s.List(ctx)
	if err != nil {
		return Exercise{}, err
	}
	for _, x := range list {
		if x.ID == id {
			return x, nil
		}
	}
	return Exercise{}, fault.New(fault.NotFound, "exercise_not_found", "no such exercise")
}

// versions returns every version by its key.
func (s *Service) versions(ctx context.Context) (map[string]Exercise, error) {
	all, err := s.Catalogue.Exercises(ctx)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]Exercise, len(all))
	for _, x := range all {
		byKey[x.Key] = x
	}
	return byKey, nil
}

func key(id ID, n int) string { return fmt.Sprintf("%s@%d", id, n) }

// Outcome is what publishing did with one exercise.
type Outcome struct {
	Exercise  ID
	N         int
	Published bool // false: nothing changed
}

// Publish makes each exercise that differs from its newest version the next one. Doing
// it again changes nothing.
func (s *Service) Publish(ctx context.Context, xs []Exercise) ([]Outcome, error) {
	var out []Outcome
	for _, x := range xs {
		o, err := s.publish(ctx, x)
		if err != nil {
			return out, fmt.Errorf("publish exercise %s: %w", x.ID, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func (s *Service) publish(ctx context.Context, x Exercise) (Outcome, error) {
	x.Hash = x.contentHash()
	for range tries {
		before, err := s.Latest(ctx, x.ID)
		switch {
		case err == nil && before.Hash == x.Hash:
			return Outcome{Exercise: x.ID, N: before.N}, nil
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return Outcome{}, err
		}
		x.N = before.N + 1
		x.Key, x.PublishedAt = key(x.ID, x.N), s.Now()
		err = s.Catalogue.InsertExercise(ctx, x)
		if err == nil {
			return Outcome{Exercise: x.ID, N: x.N, Published: true}, nil
		}
		if fault.KindOf(err) != fault.Conflict {
			return Outcome{}, err
		}
	}
	return Outcome{}, busy()
}

func busy() error {
	return fault.New(fault.Unavailable, "busy", "it is being changed too often, try again")
}
