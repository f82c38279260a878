package auth

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Invitation is the right to set a password once. Its token is in the link only;
// here is its hash.
type Invitation struct {
	Hash      string     `bson:"_id"`
	Person    people.ID  `bson:"person"` // empty: the first administrator, who has no record yet
	Epoch     int        `bson:"epoch"`  // the person's when it was made: a newer password ends it
	By        people.ID  `bson:"by"`     // empty: made at the console
	CreatedAt time.Time  `bson:"createdAt"`
	ExpiresAt time.Time  `bson:"expiresAt"`
	UsedAt    *time.Time `bson:"usedAt,omitempty"`
	ForgetAt  time.Time  `bson:"forgetAt"` // TTL index
}

// InvitationStore keeps invitations.
type InvitationStore interface {
	// InsertInvitation stores a new one.
	InsertInvitation(ctx context.Context, i Invitation) error
	// ReplaceInvitations marks the unused ones of the same people as used, then stores
	// the new ones.
	ReplaceInvitations(ctx context.Context, is []Invitation, now time.Time) error
	// Invitation returns one; fault.NotFound if there is none.
	Invitation(ctx context.Context, hash string) (Invitation, error)
	// UseInvitation marks an unused one as used; ok says whether this call did.
	UseInvitation(ctx context.Context, hash string, now time.Time) (ok bool, err error)
}

// Invite makes a one-time link for a person who may set, or set again, their
// password with it. Earlier unused links of the person end. The actor manages people
// in the person's unit, else fault.NotFound; a closed person cannot be invited,
// fault.Conflict person_closed.
func (s *Service) Invite(ctx context.Context, a people.Actor, id people.ID) (link string, expiresAt time.Time, err error) {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return "", time.Time{}, err
	}
	if s.People.Gone(p) {
		return "", time.Time{}, fault.New(fault.Conflict, "person_closed", "enable the person first")
	}
	token, i := s.invitation(Invitation{Person: p.ID, Epoch: p.Epoch, By: a.ID})
	if err := s.Invitations.ReplaceInvitations(ctx, []Invitation{i}, s.Now()); err != nil {
		return "", time.Time{}, err
	}
	return s.Issuer + "/invitation#" + token, i.ExpiresAt, nil
}

// InviteFirst makes the one-time link with which the first administrator signs up.
// It returns "" when there is an administrator already.
func (s *Service) InviteFirst(ctx context.Context) (link string, err error) {
	there, err := s.People.Administrated(ctx)
	if err != nil || there {
		return "", err
	}
	token, i := s.invitation(Invitation{})
	if err := s.Invitations.InsertInvitation(ctx, i); err != nil {
		return "", err
	}
	return s.Issuer + "/setup#" + token, nil
}

// invitation fills in what all invitations have, and returns the token beside it.
func (s *Service) invitation(i Invitation) (string, Invitation) {
	token := newSecret()
	i.Hash, i.CreatedAt = hashToken(token), s.Now()
	i.ExpiresAt = i.CreatedAt.Add(InvitationTime)
	i.ForgetAt = i.ExpiresAt.Add(30 * 24 * time.Hour) // until then the answer is "used or too late", afterwards "unknown"
	return token, i
}

// Acceptance is what somebody with an invitation says.
type Acceptance struct {
	Token    string
	Password string
	Name     string // of the first administrator only
	Email    string // of the first administrator only
	Device   string
	// Begin is told of the person just before anything changes; its error stops it. Nil: nobody asks.
	Begin func(people.ID) error
}

// Accept sets the password that an invitation allows and signs the person in.
// fault.NotFound invitation_unknown; fault.Gone invitation_used when it was used,
// is too old, or the password was set since; fault.Invalid with fields for what is
// wrong with the rest, in which case the invitation can still be used.
func (s *Service) Accept(ctx context.Context, in Acceptance) (SignedIn, error) {
	now := s.Now()
	i, err := s.Invitations.Invitation(ctx, hashToken(in.Token))
	if fault.KindOf(err) == fault.NotFound {
		return SignedIn{}, fault.New(fault.NotFound, "invitation_unknown", "no such invitation")
	}
	if err != nil {
		return SignedIn{}, err
	}
	if i.UsedAt != nil || !now.Before(i.ExpiresAt) {
		return SignedIn{}, invitationUsed()
	}
	var p people.Person
	if i.Person == "" {
		p, err = s.first(ctx, in)
	} else {
		p, err = s.invited(ctx, i)
	}
	if err != nil {
		return SignedIn{}, err
	}
	if err := CheckPassword(in.Password, p.Name, p.Email, s.Organisation); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.Hasher.Hash(ctx, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if in.Begin != nil {
		if err := in.Begin(p.ID); err != nil {
			return SignedIn{}, err
		}
	}
	// From here on the invitation is spent, whatever happens: two uses at the same
	// time must never both set a password.
	ok, err := s.Invitations.UseInvitation(ctx, i.Hash, now)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		return SignedIn{}, invitationUsed()
	}
	p.PasswordHash, p.Status, p.Epoch = hash, people.Active, p.Epoch+1
	if p, err = s.People.SetCredentials(ctx, p); err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, p, in.Device, false)
}

// first makes the record of the first administrator. The link is worth nothing
// once there is one.
func (s *Service) first(ctx context.Context, in Acceptance) (people.Person, error) {
	there, err := s.People.Administrated(ctx)
	if err != nil {
		return people.Person{}, err
	}
	if there {
		return people.Person{}, invitationUsed()
	}
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	for _, x := range []struct{ field, value string }{{"name", in.Name}, {"email", in.Email}} {
		if x.value == "" {
			f.Fields = append(f.Fields, fault.Field{Field: x.field, Code: "required"})
		}
	}
	if len(f.Fields) > 0 {
		return people.Person{}, f
	}
	return s.People.NewAdministrator(ctx, in.Name, in.Email)
}

func (s *Service) invited(ctx context.Context, i Invitation) (people.Person, error) {
	p, err := s.People.Person(ctx, i.Person)
	if fault.KindOf(err) == fault.NotFound || err == nil && (p.Epoch != i.Epoch || s.People.Gone(p)) {
		return people.Person{}, invitationUsed()
	}
	return p, err
}

func invitationUsed() error {
	return fault.New(fault.Gone, "invitation_used", "this invitation was used or is too old")
}

// CreateAdministrator makes somebody administrator of the whole organisation, with
// a password, from the console. fault.Invalid for a weak password, fault.Conflict
// email_taken if the address belongs to somebody who has a password.
func (s *Service) CreateAdministrator(ctx context.Context, name, email, password string) (people.Person, error) {
	p, err := s.People.NewAdministrator(ctx, name, email)
	if err != nil {
		return people.Person{}, err
	}
	if err := CheckPassword(password, p.Name, p.Email, s.Organisation); err != nil {
		return people.Person{}, err
	}
	if p.PasswordHash, err = s.Hasher.Hash(ctx, password); err != nil {
		return people.Person{}, err
	}
	p.Status, p.Epoch = people.Active, p.Epoch+1
	return s.People.SetCredentials(ctx, p)
}
