package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// LoginTime is how long somebody may take at the provider.
const LoginTime = 10 * time.Minute

// Login is one sign-in under way at a provider. Its state is in the address only and
// the browser's secret in a cookie only; here are their hashes.
type Login struct {
	ID        string    `bson:"_id"` // SHA-256 of the state
	Provider  string    `bson:"provider"`
	Browser   string    `bson:"browser"` // SHA-256 of the cookie
	Nonce     string    `bson:"nonce"`
	Verifier  string    `bson:"verifier"` // PKCE
	Return    string    `bson:"return"`   // where the person wanted to go
	Device    string    `bson:"device"`
	ExpiresAt time.Time `bson:"expiresAt"` // TTL index
}

// Identity is who a person is for a provider. That two persons never share one, and
// that a person has one for an issuer, are unique indexes.
type Identity struct {
	ID       string    `bson:"_id"` // SHA-256 of issuer and subject
	Issuer   string    `bson:"issuer"`
	Person   people.ID `bson:"person"`
	LinkedAt time.Time `bson:"linkedAt"`
}

// LoginStore keeps sign-ins under way, and identities.
type LoginStore interface {
	// InsertLogin stores a new one.
	InsertLogin(ctx context.Context, l Login) error
	// TakeLogin returns and removes one that has not expired: it is there once.
	// fault.NotFound otherwise.
	TakeLogin(ctx context.Context, id string, now time.Time) (Login, error)
	// Identity returns one; fault.NotFound if there is none.
	Identity(ctx context.Context, id string) (Identity, error)
	// InsertIdentity stores a new one; fault.Conflict identity_taken if it is somebody's,
	// or the person has another of the issuer.
	InsertIdentity(ctx context.Context, i Identity) error
	// IdentitiesOf returns those of a person, the oldest first.
	IdentitiesOf(ctx context.Context, p people.ID) ([]Identity, error)
	// DeleteIdentity removes one; no error if it is not there any more.
	DeleteIdentity(ctx context.Context, i Identity) error
}

func (s *Service) provider(id string) *Provider {
	i := slices.IndexFunc(s.Providers, func(p *Provider) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return s.Providers[i]
}

// providerNames lists the providers for a letter.
func (s *Service) providerNames(locale string) string {
	var names []string
	for _, p := range s.Providers {
		names = append(names, p.Name.In(locale))
	}
	return strings.Join(names, " · ")
}

// Outset is what somebody begins with who signs in with a provider.
type Outset struct {
	Provider string
	Browser  string // what the cookie holds from another sign-in under way, if anything
	Return   string // a path of the app; anything else means /
	Device   string
	Address  string // where the request came from
}

// BeginLogin returns where the browser goes to sign in, and the secret for its cookie.
// fault.NotFound oidc_failed for an unknown provider, fault.Unavailable
// oidc_unavailable for one that does not answer, a *Throttled for too many.
func (s *Service) BeginLogin(ctx context.Context, in Outset) (location, browser string, err error) {
	p := s.provider(in.Provider)
	if p == nil {
		return "", "", fault.New(fault.NotFound, "oidc_failed", "no such provider")
	}
	now := s.Now()
	door := bucketKey("oidc-address", in.Address)
	n, until, err := s.Throttles.Count(ctx, door, now, shortWindow)
	if err != nil {
		return "", "", err
	}
	if n > mostOfAddress {
		return "", "", throttled(door, now, until)
	}
	found, err := p.discover(ctx, now)
	if err != nil {
		return "", "", unavailable(err)
	}
	config, err := p.oauth(found, s.callback())
	if err != nil {
		return "", "", unavailable(err)
	}
	if browser = in.Browser; len(browser) != len(newSecret()) {
		browser = newSecret()
	}
	state := newSecret()
	l := Login{
		ID: hashToken(state), Provider: p.ID, Browser: hashToken(browser), Nonce: newSecret(), Verifier: oauth2.GenerateVerifier(),
		Return: LocalPath(in.Return), Device: in.Device, ExpiresAt: now.Add(LoginTime),
	}
	if err := s.Logins.InsertLogin(ctx, l); err != nil {
		return "", "", err
	}
	return config.AuthCodeURL(state, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier)), browser, nil
}

func (s *Service) callback() string { return s.Issuer + "/api/v1/auth/oidc/callback" }

// LocalPath returns path if it leads to a place in the app, else "/".
func LocalPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasPrefix(path, "/api/") || len(path) > 500 ||
		strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return path
}

// Return is what a browser brings back from a provider.
type Return struct {
	State, Code, Error, Issuer string // as the address says
	Browser                    string // as the cookie says
}

// FinishLogin signs in whom the provider names and says where they wanted to go.
// Codes: oidc_expired (unknown, used, too old, or begun in another browser),
// oidc_denied (the provider or the person said no), oidc_failed (what the provider
// says does not hold), oidc_unavailable, oidc_no_account (nobody here may enter so,
// whether unknown, closed or linked otherwise). Their messages are for the log.
func (s *Service) FinishLogin(ctx context.Context, in Return) (signed SignedIn, to string, err error) {
	now := s.Now()
	l, err := s.Logins.TakeLogin(ctx, hashToken(in.State), now)
	if fault.KindOf(err) == fault.NotFound || err == nil && !same(l.Browser, hashToken(in.Browser)) {
		return signed, "", fault.New(fault.Gone, "oidc_expired", "unknown, used, too old, or begun in another browser")
	}
	if err != nil {
		return signed, "", err
	}
	p := s.provider(l.Provider)
	switch {
	case p == nil, in.Issuer != "" && in.Issuer != p.Issuer: // RFC 9207
		return signed, "", oidcFailed("the answer is of another provider")
	case in.Error != "" || in.Code == "":
		return signed, "", fault.New(fault.Forbidden, "oidc_denied", "the provider did not sign in")
	}
	subject, claims, err := s.claims(ctx, p, l, in.Code)
	if err != nil {
		return signed, "", err
	}
	person, err := s.identified(ctx, p, subject, claims)
	if err != nil {
		return signed, "", err
	}
	if err := s.People.Seen(ctx, person.ID); err != nil {
		return signed, "", err
	}
	signed, err = s.begin(ctx, person, l.Device, p.proven(claims))
	return signed, l.Return, err
}

// claims exchanges a code for what the provider says about the person, all checked:
// signature, issuer, audience, time, nonce.
func (s *Service) claims(ctx context.Context, p *Provider, l Login, code string) (subject string, c providerClaims, err error) {
	ctx = oidc.ClientContext(ctx, p.client)
	found, err := p.discover(ctx, s.Now())
	if err != nil {
		return "", nil, unavailable(err)
	}
	config, err := p.oauth(found, s.callback())
	if err != nil {
		return "", nil, unavailable(err)
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) && refused.Response.StatusCode < 500 {
		return "", nil, oidcFailed("the code was refused: " + refused.ErrorCode)
	}
	if err != nil {
		return "", nil, unavailable(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &oidc.Config{
		ClientID: p.ClientID, Now: s.Now,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA},
	}).Verify(ctx, raw)
	if err != nil {
		return "", nil, oidcFailed("the token does not hold")
	}
	if err := id.Claims(&c); err != nil {
		return "", nil, oidcFailed("the token cannot be read")
	}
	if azp := c.text("azp"); !same(id.Nonce, l.Nonce) || id.Subject == "" || (azp != "" || len(id.Audience) > 1) && azp != p.ClientID {
		return "", nil, oidcFailed("the token is of another sign-in")
	}
	missing := slices.ContainsFunc([]string{p.Claims.Email, p.Claims.Name, p.Claims.Unit, p.Claims.Groups}, func(n string) bool { return n != "" && c.at(n) == nil })
	if missing && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return "", nil, unavailable(err)
		}
		var more providerClaims
		if err := info.Claims(&more); err != nil || info.Subject != id.Subject {
			return "", nil, oidcFailed("the user information is of somebody else")
		}
		for name, v := range more {
			if _, said := c[name]; !said {
				c[name] = v
			}
		}
	}
	return id.Subject, c, nil
}

func identityID(issuer, subject string) string { return hashToken(issuer + "\x00" + subject) }

// identified returns the person whom a provider names: the one linked before, else the
// one with the address, else a new one, if the provider may.
func (s *Service) identified(ctx context.Context, p *Provider, subject string, c providerClaims) (people.Person, error) {
	var person people.Person
	id := identityID(p.Issuer, subject)
	known, err := s.Logins.Identity(ctx, id)
	switch {
	case err == nil:
		person, err = s.People.Person(ctx, known.Person)
		if fault.KindOf(err) == fault.NotFound {
			return person, noAccount("the person is not there any more")
		}
	case fault.KindOf(err) == fault.NotFound:
		person, err = s.link(ctx, p, id, c)
	}
	if err != nil {
		return person, err
	}
	if s.People.Gone(person) {
		return person, noAccount("the account is closed")
	}
	if person.Status == people.Invited { // no password is needed any more
		person.Status = people.Active
		if person, err = s.People.SetCredentials(ctx, person); err != nil {
			return person, err
		}
	}
	return s.follow(ctx, p, person, c)
}

// link finds or makes the person of an address and notes the identity.
func (s *Service) link(ctx context.Context, p *Provider, id string, c providerClaims) (people.Person, error) {
	address, why := p.email(c)
	if why != "" {
		return people.Person{}, noAccount(why)
	}
	person, err := s.People.PersonByEmail(ctx, address)
	if fault.KindOf(err) == fault.NotFound && p.JustInTime {
		person, err = s.newcomer(ctx, p, address, c)
		if fault.KindOf(err) == fault.Conflict { // made at the same moment
			person, err = s.People.PersonByEmail(ctx, address)
		}
	}
	if fault.KindOf(err) == fault.NotFound {
		return person, noAccount("nobody has this address")
	}
	if err != nil {
		return person, err
	}
	if s.People.Gone(person) {
		return person, noAccount("the account is closed")
	}
	err = s.Logins.InsertIdentity(ctx, Identity{ID: id, Issuer: p.Issuer, Person: person.ID, LinkedAt: s.Now()})
	if fault.KindOf(err) != fault.Conflict {
		return person, err
	}
	if known, e := s.Logins.Identity(ctx, id); e == nil && known.Person == person.ID {
		return person, nil // linked at the same moment
	}
	return person, noAccount("the person is linked to another identity")
}

func (s *Service) newcomer(ctx context.Context, p *Provider, address string, c providerClaims) (people.Person, error) {
	unit, err := s.unitOf(ctx, p, c)
	if err != nil {
		return people.Person{}, err
	}
	person, err := s.People.Add(ctx, people.Console(), people.Draft{Name: p.name(c, address), Email: address, Unit: cmp.Or(unit, p.Unit), Grants: p.grants(c)})
	if fault.KindOf(err) == fault.Invalid {
		return person, oidcFailed("a unit that the provider's settings name is not there")
	}
	return person, err
}

// unitOf returns the unit that a claim names, "" if it names none that is there.
func (s *Service) unitOf(ctx context.Context, p *Provider, c providerClaims) (people.UnitID, error) {
	said := c.text(p.Claims.Unit)
	u, err := s.People.Unit(ctx, cmp.Or(p.Units[said], people.UnitID(said)))
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	return u.ID, err
}

// follow brings unit and roles up to date where the provider decides about them. What
// the rules of package people refuse waits for the next sign-in: the last
// administrator stays one.
func (s *Service) follow(ctx context.Context, p *Provider, person people.Person, c providerClaims) (people.Person, error) {
	if !p.Update {
		return person, nil
	}
	unit, err := s.unitOf(ctx, p, c)
	if err != nil {
		return person, err
	}
	unit = cmp.Or(unit, person.Unit)
	grants := p.merged(person.Grants, p.grants(c))
	if unit == person.Unit && slices.Equal(grants, person.Grants) {
		return person, nil
	}
	changed, err := s.People.Change(ctx, people.Console(), person.ID, people.Change{Unit: &unit, Grants: &grants})
	switch fault.KindOf(err) {
	case fault.Conflict:
		return s.People.Person(ctx, person.ID)
	case fault.Invalid:
		return person, oidcFailed("a unit that the provider's settings name is not there")
	}
	return changed, err
}

func noAccount(why string) error { return fault.New(fault.Forbidden, "oidc_no_account", "%s", why) }

func oidcFailed(why string) error { return fault.New(fault.Unauthenticated, "oidc_failed", "%s", why) }

// unavailable hides what went wrong on the way: it may hold a code or an address.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(fault.Unavailable, "oidc_unavailable", "the provider does not answer as it should")
}
