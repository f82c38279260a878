package people

import (
	"context"
	"sync"
	"time"
)

// personCache keeps the persons whose requests arrive, for personFresh.
type personCache struct {
	mu         sync.Mutex
	persons    map[ID]cachedPerson
	generation int
}

type cachedPerson struct {
	person Person
	read   time.Time
}

func (c *personCache) forget(ids ...ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for _, id := range ids {
		delete(c.persons, id)
	}
}

// Current returns a person as they were at most 10 s ago: what every request asks
// for. Changes made through this Service are seen at once. fault.NotFound
// person_not_found if there is none. The grants are shared: the caller does not
// change them.
func (s *Service) Current(ctx context.Context, id ID) (Person, error) {
	c, now := &s.persons, s.Now()
	c.mu.Lock()
	e, ok := c.persons[id]
	generation := c.generation
	c.mu.Unlock()
	if ok && now.Sub(e.read) < personFresh {
		return e.person, nil
	}
	p, err := s.Store.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return p, nil // somebody changed a person meanwhile: perhaps this one
	}
	if c.persons == nil || len(c.persons) >= mostPersons {
		c.persons = map[ID]cachedPerson{} // starting over keeps it small and costs one read each
	}
	c.persons[id] = cachedPerson{p, now}
	return p, nil
}

// ActorOf returns the actor that p is: the granted roles, learner for everyone,
// and head of what p leads today.
func (s *Service) ActorOf(ctx context.Context, p Person, session string) (Actor, error) {
	led, err := s.HeadOf(ctx, p.ID)
	if err != nil {
		return Actor{}, err
	}
	grants := make([]Grant, 0, len(p.Grants)+len(led)+1)
	grants = append(grants, Grant{Role: Learner})
	for _, g := range p.Grants {
		if g.Role != Learner {
			grants = append(grants, g)
		}
	}
	for _, u := range led {
		grants = append(grants, Grant{Role: Head, Unit: u})
	}
	return Actor{ID: p.ID, Session: session, Unit: p.Unit, Grants: grants}, nil
}
