package auth

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Purpose is what an invitation is for.
type Purpose string

// The purposes. A token is good for its own purpose only.
const (
	ToJoin  Purpose = ""      // made by an administrator; signs in
	ToReset Purpose = "reset" // asked for by whoever reads the person's mail; does not sign in
)

// Invitation is the right to set a password once. Its token is in the link only;
// here is its hash.
type Invitation struct {
	Hash      string     `bson:"_id"`
	Purpose   Purpose    `bson:"purpose,omitempty"`
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
	// ReplaceInvitations marks the unused ones of the same people that are ToJoin as used,
	// then stores the new ones.
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
	p, err := s.invitable(ctx, a, id)
	if err != nil {
		return "", time.Time{}, err
	}
	token, i, err := s.invite(ctx, Invitation{Person: p.ID, Epoch: p.Epoch, By: a.ID})
	if err != nil {
		return "", time.Time{}, err
	}
	return s.Issuer + "/invitation#" + token, i.ExpiresAt, nil
}

func (s *Service) invitable(ctx context.Context, a people.Actor, id people.ID) (people.Person, error) {
	p, err := s.People.Controlled(ctx, a, id)
	if err == nil && s.People.Gone(p) {
		err = fault.New(fault.Conflict, "person_closed", "enable the person first")
	}
	return p, err
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

// invite makes one invitation; earlier unused ones of the person end. Of links to reset
// the password all stay good: a stranger who asks for another must not end the one that
// the person is about to open.
func (s *Service) invite(ctx context.Context, i Invitation) (token string, made Invitation, err error) {
	token, made = s.invitation(i)
	if i.Purpose == ToReset {
		return token, made, s.Invitations.InsertInvitation(ctx, made)
	}
	return token, made, s.Invitations.ReplaceInvitations(ctx, []Invitation{made}, s.Now())
}

// invitation fills in what all invitations have, and returns the token beside it.
func (s *Service) invitation(i Invitation) (string, Invitation) {
	token := newSecret()
	i.Hash, i.CreatedAt = hashToken(token), s.Now()
	i.ExpiresAt = i.CreatedAt.Add(InvitationTime)
	if i.Purpose == ToReset {
		i.ExpiresAt = i.CreatedAt.Add(ResetTime)
	}
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
	i, err := s.unused(ctx, in.Token, ToJoin)
	if err != nil {
		return SignedIn{}, err
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
	if p, err = s.setPassword(ctx, i, p, in.Password, in.Begin); err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, p, in.Device, false)
}

// unused returns the invitation of a token if it can still be used for purpose.
func (s *Service) unused(ctx context.Context, token string, purpose Purpose) (Invitation, error) {
	i, err := s.Invitations.Invitation(ctx, hashToken(token))
	if fault.KindOf(err) == fault.NotFound || err == nil && i.Purpose != purpose {
		return i, purpose.unknown()
	}
	if err == nil && (i.UsedAt != nil || !s.Now().Before(i.ExpiresAt)) {
		err = purpose.used()
	}
	return i, err
}

// setPassword spends an invitation to give p a password, and ends p's sessions. begin, if
// there is one, is told just before anything changes, and may stop it.
func (s *Service) setPassword(ctx context.Context, i Invitation, p people.Person, password string, begin func(people.ID) error) (people.Person, error) {
	if err := CheckPassword(password, p.Name, p.Email, s.Organisation); err != nil {
		return p, err
	}
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return p, err
	}
	if begin != nil {
		if err := begin(p.ID); err != nil {
			return p, err
		}
	}
	// From here on the invitation is spent, whatever happens: two uses at the same
	// time must never both set a password.
	ok, err := s.Invitations.UseInvitation(ctx, i.Hash, s.Now())
	if err != nil {
		return p, err
	}
	if !ok {
		return p, i.Purpose.used()
	}
	p.PasswordHash, p.Status, p.Epoch = hash, people.Active, p.Epoch+1
	return s.People.SetCredentials(ctx, p)
}

// first makes the record of the first administrator. The link is worth nothing
// once there is one.
func (s *Service) first(ctx context.Context, in Acceptance) (people.Person, error) {
	there, err := s.People.Administrated(ctx)
	if err != nil {
		return people.Person{}, err
	}
	if there {
		return people.Person{}, ToJoin.used()
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
		return people.Person{}, i.Purpose.used()
	}
	return p, err
}

func (p Purpose) used() error {
	if p == ToReset {
		return fault.New(fault.Gone, "reset_used", "this link was used or is too old")
	}
	return fault.New(fault.Gone, "invitation_used", "this invitation was used or is too old")
}

func (p Purpose) unknown() error {
	if p == ToReset {
		return fault.New(fault.NotFound, "reset_unknown", "no such link")
	}
	return fault.New(fault.NotFound, "invitation_unknown", "no such invitation")
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
