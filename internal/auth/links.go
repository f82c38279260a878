package auth

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Link is a provider's identity of a person, as it is shown.
type Link struct {
	ID       string      `json:"id"`       // names the issuer, not who the person is for it
	Provider people.Text `json:"provider"` // its name; of one that the settings do not name any more, its address
	Enabled  bool        `json:"enabled"`  // the settings name the provider, so one can sign in with it
	LinkedAt time.Time   `json:"linkedAt"`
}

func (s *Service) links(ctx context.Context, p people.ID) ([]Link, map[string]Identity, error) {
	all, err := s.Logins.IdentitiesOf(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	links, byID := []Link{}, map[string]Identity{}
	for _, i := range all {
		l := Link{ID: hashToken(i.Issuer), Provider: people.Text{Vi: i.Issuer, En: i.Issuer}, LinkedAt: i.LinkedAt}
		for _, known := range s.Providers {
			if known.Issuer == i.Issuer {
				l.Provider, l.Enabled = known.Name, true
			}
		}
		links, byID[l.ID] = append(links, l), i
	}
	return links, byID, nil
}

func (s *Service) unlink(ctx context.Context, byID map[string]Identity, link string) error {
	i, there := byID[link]
	if !there {
		return fault.New(fault.NotFound, "identity_not_found", "no such identity")
	}
	return s.Logins.DeleteIdentity(ctx, i)
}

// LinksOf returns the providers' identities of a person, the oldest first. The actor
// controls the person, else the faults of people.Controlled.
func (s *Service) LinksOf(ctx context.Context, a people.Actor, id people.ID) ([]Link, error) {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return nil, err
	}
	links, _, err := s.links(ctx, p.ID)
	return links, err
}

// Unlink takes a provider's identity from a person whom the actor controls. Sign-ins that
// are under way go on. fault.NotFound identity_not_found if there is none.
func (s *Service) Unlink(ctx context.Context, a people.Actor, id people.ID, link string) error {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return err
	}
	_, byID, err := s.links(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.unlink(ctx, byID, link)
}

// OwnLinks returns the providers' identities of the actor, the oldest first.
func (s *Service) OwnLinks(ctx context.Context, a people.Actor) ([]Link, error) {
	links, _, err := s.links(ctx, a.ID)
	return links, err
}

// UnlinkOwn takes a provider's identity from the actor, if there is another way for them to
// sign in: a password, a passkey, or another provider that the settings name.
// fault.Conflict last_way otherwise, fault.NotFound identity_not_found if there is none.
func (s *Service) UnlinkOwn(ctx context.Context, a people.Actor, link string) error {
	links, byID, err := s.links(ctx, a.ID)
	if err != nil {
		return err
	}
	if _, there := byID[link]; there {
		other, err := s.otherWay(ctx, a.ID, links, link)
		if err != nil {
			return err
		}
		if !other {
			return fault.New(fault.Conflict, "last_way", "without it this person could not sign in any more: set a password or add a passkey first")
		}
	}
	return s.unlink(ctx, byID, link)
}

func (s *Service) otherWay(ctx context.Context, id people.ID, links []Link, but string) (bool, error) {
	for _, l := range links {
		if l.ID != but && l.Enabled {
			return true, nil
		}
	}
	p, err := s.People.Person(ctx, id)
	if err != nil || p.PasswordHash != "" {
		return err == nil, err
	}
	f, err := s.Factor.Factors(ctx, id)
	return len(f.Passkeys) > 0, err
}
