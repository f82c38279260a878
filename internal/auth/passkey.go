package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Passkey is one key pair of a person, by WebAuthn. The private key never leaves the
// person's device; here is what checks it.
type Passkey struct {
	ID         string     `json:"id" bson:"id"` // base64url
	Name       string     `json:"name" bson:"name"`
	CreatedAt  time.Time  `json:"createdAt" bson:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" bson:"lastUsedAt,omitempty"`
	PublicKey  []byte     `json:"-" bson:"publicKey"`
	SignCount  int64      `json:"-" bson:"signCount"`
	Flags      int        `json:"-" bson:"flags"` // as the authenticator said them
	Transports []string   `json:"-" bson:"transports"`
}

// UsePasskeys lets people sign in with passkeys at the address of the service. At one
// that is no domain, or not https outside of this machine, browsers know no passkeys:
// then it does nothing.
func (s *Service) UsePasskeys(name string) error {
	u, err := url.Parse(s.Issuer)
	if err != nil {
		return fmt.Errorf("the address of the service: %w", err)
	}
	host := u.Hostname()
	s.web = nil
	if _, err := netip.ParseAddr(host); err == nil || u.Scheme != "https" && host != "localhost" {
		return nil
	}
	s.web, err = webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{s.Issuer}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return fmt.Errorf("prepare passkeys for %s: %w", host, err)
	}
	return nil
}

// Passkeys reports whether people can sign in with passkeys here.
func (s *Service) Passkeys() bool { return s.web != nil }

// algorithms are those of the keys that are taken, the best liked first.
func algorithms() []webauthncose.COSEAlgorithmIdentifier {
	return []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}
}

// The JSON forms of WebAuthn level 3, sections 5.4 and 5.5, with what is used here.
type (
	// CredentialRef names a passkey.
	CredentialRef struct {
		Type       string   `json:"type"`
		ID         string   `json:"id"`
		Transports []string `json:"transports"`
	}
	// CreationOptions ask an authenticator for a new passkey.
	CreationOptions struct {
		RP                     Party           `json:"rp"`
		User                   Party           `json:"user"`
		Challenge              string          `json:"challenge"`
		PubKeyCredParams       []KeyParameter  `json:"pubKeyCredParams"`
		Timeout                int64           `json:"timeout"` // milliseconds
		ExcludeCredentials     []CredentialRef `json:"excludeCredentials"`
		AuthenticatorSelection Selection       `json:"authenticatorSelection"`
		Attestation            string          `json:"attestation"`
	}
	// RequestOptions ask an authenticator for a signature.
	RequestOptions struct {
		RPID             string          `json:"rpId"`
		Challenge        string          `json:"challenge"`
		Timeout          int64           `json:"timeout"` // milliseconds
		AllowCredentials []CredentialRef `json:"allowCredentials"`
		UserVerification string          `json:"userVerification"`
	}
	// Party is the service or the person.
	Party struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	}
	// KeyParameter is one kind of key.
	KeyParameter struct {
		Type string `json:"type"`
		Alg  int64  `json:"alg"`
	}
	// Selection says what the authenticator must be able to do.
	Selection struct {
		ResidentKey        string `json:"residentKey"`
		RequireResidentKey bool   `json:"requireResidentKey"`
		UserVerification   string `json:"userVerification"`
	}
)

// PasskeyAsk is a challenge for an authenticator. The token comes back with the answer.
type PasskeyAsk struct {
	Token     string         `json:"token"`
	PublicKey RequestOptions `json:"publicKey"`
}

// PasskeyOffer asks for a new passkey. The token comes back with the answer.
type PasskeyOffer struct {
	Token     string          `json:"token"`
	PublicKey CreationOptions `json:"publicKey"`
}

// Assertion is the answer to a PasskeyAsk. All but the token is base64url.
type Assertion struct {
	Token             string
	ID                string
	ClientDataJSON    string
	AuthenticatorData string
	Signature         string
	UserHandle        string
}

// Attestation is the answer to a PasskeyOffer. All but token, name and transports is base64url.
type Attestation struct {
	Token             string
	Name              string
	ID                string
	ClientDataJSON    string
	AttestationObject string
	Transports        []string
}

func newChallenge() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never returns an error
	return base64.RawURLEncoding.EncodeToString(b)
}

// holder shows a person and their passkeys to the library.
type holder struct {
	people.Person
	passkeys []Passkey
}

// WebAuthnID implements webauthn.User: the person's id, which is a pseudonym.
func (h holder) WebAuthnID() []byte { return []byte(h.ID) }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.Email }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	var all []webauthn.Credential
	for _, k := range h.passkeys {
		id, err := base64.RawURLEncoding.DecodeString(k.ID)
		if err != nil {
			continue // it is written by us; a damaged one fits nobody
		}
		all = append(all, webauthn.Credential{
			ID: id, PublicKey: k.PublicKey, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(k.Flags)), //nolint:gosec // it was one byte
			Authenticator: webauthn.Authenticator{SignCount: uint32(k.SignCount)}, //nolint:gosec // it was one
		})
	}
	return all
}

func refs(keys []Passkey) []CredentialRef {
	all := []CredentialRef{}
	for _, k := range keys {
		all = append(all, CredentialRef{"public-key", k.ID, k.Transports})
	}
	return all
}

func noPasskeys() error {
	return fault.New(fault.Conflict, "passkeys_unavailable", "the address of the service allows no passkeys")
}

// ask makes a challenge of one kind for p, who has keys. A kind that signs in knows nobody yet.
func (s *Service) ask(kind stepKind, p people.Person, keys []Passkey, device string) (PasskeyAsk, error) {
	if s.web == nil {
		return PasskeyAsk{}, noPasskeys()
	}
	challenge := newChallenge()
	token, err := s.signStep(kind, p, device, challenge)
	return PasskeyAsk{token, RequestOptions{
		RPID: s.web.Config.RPID, Challenge: challenge, Timeout: StepLifetime.Milliseconds(), AllowCredentials: refs(keys), UserVerification: "required",
	}}, err
}

// AskPasskey makes the challenge of a sign-in by passkey alone. It is the same for everybody.
func (s *Service) AskPasskey(device string) (PasskeyAsk, error) {
	return s.ask(passkeyStep, people.Person{}, nil, device)
}

// AskSecondPasskey makes the challenge of a second step.
func (s *Service) AskSecondPasskey(ctx context.Context, token string) (PasskeyAsk, error) {
	_, p, err := s.secondOf(ctx, token)
	if err != nil {
		return PasskeyAsk{}, err
	}
	f, err := s.Factor.Factors(ctx, p.ID)
	if err != nil {
		return PasskeyAsk{}, err
	}
	return s.ask(secondPass, p, f.Passkeys, "")
}

// AskProof makes the challenge with which the actor proves who they are.
func (s *Service) AskProof(ctx context.Context, a people.Actor) (PasskeyAsk, error) {
	p, f, err := s.own(ctx, a)
	if err != nil {
		return PasskeyAsk{}, err
	}
	return s.ask(passkeyProof, p, f.Passkeys, "")
}

// SignInByPasskey begins a session for whoever the passkey belongs to: having it and
// unlocking it are two factors. Whatever is wrong, fault.Unauthenticated
// passkey_refused. Too many tries from one address are a *Throttled.
func (s *Service) SignInByPasskey(ctx context.Context, in Assertion, address string) (SignedIn, error) {
	c, err := s.readStep(passkeyStep, in.Token)
	if err != nil {
		return SignedIn{}, err
	}
	handle, err := base64.RawURLEncoding.DecodeString(in.UserHandle)
	if err != nil || len(handle) == 0 || len(handle) > 64 {
		return SignedIn{}, passkeyRefused()
	}
	id := people.ID(handle)
	t, err := s.admit(ctx, "passkey of "+string(id), address, s.Now())
	if err != nil {
		return SignedIn{}, err
	}
	p, err := s.People.Person(ctx, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return SignedIn{}, err
	}
	ok := false
	if err == nil && s.People.MayEnter(p) {
		if ok, err = s.checkPasskey(ctx, passkeyStep, p, in); err != nil {
			return SignedIn{}, err
		}
	}
	if !ok {
		if err := s.failed(ctx, t); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, passkeyRefused()
	}
	if err := s.succeeded(ctx, t); err != nil {
		return SignedIn{}, err
	}
	if err := s.People.Seen(ctx, p.ID); err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, p, c.Device, true)
}

func passkeyRefused() error {
	return fault.New(fault.Unauthenticated, "passkey_refused", "this passkey does not sign anybody in here")
}

// checkPasskey reports whether in answers a challenge of this kind, made for p, with one
// of p's passkeys. A challenge is good once.
func (s *Service) checkPasskey(ctx context.Context, kind stepKind, p people.Person, in Assertion) (ok bool, err error) {
	c, err := s.readStep(kind, in.Token)
	if err != nil || s.web == nil || kind != passkeyStep && (c.Subject != string(p.ID) || c.Epoch != p.Epoch) {
		return false, nil //nolint:nilerr // a challenge that is not good any more proves nothing
	}
	parsed, err := in.parse()
	if err != nil {
		return false, nil //nolint:nilerr // what cannot be read proves nothing
	}
	if err := s.spend(ctx, c); err != nil {
		return false, whenNot(fault.Unauthenticated, err)
	}
	_, err = s.changeFactors(ctx, p.ID, func(f *Factors) error {
		session := webauthn.SessionData{Challenge: c.Challenge, UserID: []byte(p.ID), UserVerification: protocol.VerificationRequired}
		got, err := s.web.ValidateLogin(holder{p, f.Passkeys}, session, parsed)
		if err != nil || got.Authenticator.CloneWarning {
			return passkeyRefused() // the library says why to developers; the person can do nothing about it
		}
		now := s.Now()
		for i := range f.Passkeys {
			if f.Passkeys[i].ID == in.ID {
				f.Passkeys[i].SignCount, f.Passkeys[i].LastUsedAt = int64(got.Authenticator.SignCount), &now
			}
		}
		return nil
	})
	return err == nil, whenNot(fault.Unauthenticated, err)
}

// whenNot is err unless it is of one kind.
func whenNot(kind fault.Kind, err error) error {
	if err != nil && fault.KindOf(err) == kind {
		return nil
	}
	return err
}

// OfferPasskey begins to register a passkey of the actor's. The faults are those of a
// proof; fault.Conflict passkeys_unavailable, or too_many_passkeys beyond ten.
func (s *Service) OfferPasskey(ctx context.Context, a people.Actor, proof Proof) (PasskeyOffer, error) {
	if s.web == nil {
		return PasskeyOffer{}, noPasskeys()
	}
	p, err := s.prove(ctx, a, proof)
	if err != nil {
		return PasskeyOffer{}, err
	}
	f, err := s.Factor.Factors(ctx, a.ID)
	if err != nil {
		return PasskeyOffer{}, err
	}
	if len(f.Passkeys) >= mostPasskeys {
		return PasskeyOffer{}, fault.New(fault.Conflict, "too_many_passkeys", "remove a passkey first")
	}
	challenge := newChallenge()
	token, err := s.signStep(passkeyAdd, p, "", challenge)
	o := CreationOptions{
		RP:        Party{s.web.Config.RPID, s.web.Config.RPDisplayName, s.web.Config.RPDisplayName},
		User:      Party{base64.RawURLEncoding.EncodeToString([]byte(p.ID)), p.Email, p.Name},
		Challenge: challenge, Timeout: StepLifetime.Milliseconds(), ExcludeCredentials: refs(f.Passkeys),
		AuthenticatorSelection: Selection{"required", true, "required"}, Attestation: "none",
	}
	for _, alg := range algorithms() {
		o.PubKeyCredParams = append(o.PubKeyCredParams, KeyParameter{"public-key", int64(alg)})
	}
	return PasskeyOffer{token, o}, err
}

// AddPasskey keeps the passkey that answers an offer, and lets this sign-in count as one
// with a second factor. With the person's first factor it returns their recovery codes
// and ends their other sign-ins. fault.Unauthenticated step_ended for an offer that is
// not good any more, fault.Invalid for an answer that is not right.
func (s *Service) AddPasskey(ctx context.Context, a people.Actor, in Attestation) (codes []string, err error) {
	p, err := s.People.Person(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.readStep(passkeyAdd, in.Token)
	if err != nil || c.Subject != string(p.ID) || c.Epoch != p.Epoch {
		return nil, setUpEnded()
	}
	if s.web == nil {
		return nil, noPasskeys()
	}
	parsed, err := in.parse()
	if err != nil {
		return nil, invalid("passkey", "unreadable")
	}
	session := webauthn.SessionData{Challenge: c.Challenge, UserID: []byte(p.ID), UserVerification: protocol.VerificationRequired}
	for _, alg := range algorithms() {
		session.CredParams = append(session.CredParams, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	made, err := s.web.CreateCredential(holder{Person: p}, session, parsed)
	if err != nil {
		return nil, invalid("passkey", "refused")
	}
	if err := s.spend(ctx, c); err != nil {
		return nil, setUpEnded()
	}
	key := Passkey{
		ID: base64.RawURLEncoding.EncodeToString(made.ID), Name: in.Name, CreatedAt: s.Now(), PublicKey: made.PublicKey,
		SignCount: int64(made.Authenticator.SignCount), Flags: int(parsed.Response.AttestationObject.AuthData.Flags), Transports: in.Transports,
	}
	return s.addFactor(ctx, a, func(f *Factors) error {
		if slices.ContainsFunc(f.Passkeys, func(k Passkey) bool { return k.ID == key.ID }) {
			return fault.New(fault.Conflict, "passkey_known", "this passkey is registered already")
		}
		if len(f.Passkeys) >= mostPasskeys {
			return fault.New(fault.Conflict, "too_many_passkeys", "remove a passkey first")
		}
		f.Passkeys = append(f.Passkeys, key)
		return nil
	})
}

func setUpEnded() error {
	return fault.New(fault.Conflict, "setup_ended", "begin to set it up again")
}

// RenamePasskey gives one of the actor's passkeys another name; fault.NotFound passkey_not_found.
func (s *Service) RenamePasskey(ctx context.Context, a people.Actor, id, name string) error {
	_, err := s.changeFactors(ctx, a.ID, func(f *Factors) error {
		i := slices.IndexFunc(f.Passkeys, func(k Passkey) bool { return k.ID == id })
		if i < 0 {
			return passkeyNotFound()
		}
		f.Passkeys[i].Name = name
		return nil
	})
	return err
}

// RemovePasskey takes one of the actor's passkeys away; fault.NotFound
// passkey_not_found, and the faults of RemoveTOTP.
func (s *Service) RemovePasskey(ctx context.Context, a people.Actor, id string, proof Proof) error {
	return s.removeFactor(ctx, a, proof, func(f *Factors) error {
		n := len(f.Passkeys)
		f.Passkeys = slices.DeleteFunc(f.Passkeys, func(k Passkey) bool { return k.ID == id })
		if len(f.Passkeys) == n {
			return passkeyNotFound()
		}
		return nil
	})
}

func passkeyNotFound() error {
	return fault.New(fault.NotFound, "passkey_not_found", "no such passkey")
}

// bytesOf decodes base64url texts, and reports whether all were.
func bytesOf(texts ...string) (out [][]byte, ok bool) {
	for _, t := range texts {
		b, err := base64.RawURLEncoding.DecodeString(t)
		if err != nil {
			return nil, false
		}
		out = append(out, bytes.Clone(b))
	}
	return out, true
}

func (in Assertion) parse() (*protocol.ParsedCredentialAssertionData, error) {
	b, ok := bytesOf(in.ID, in.ClientDataJSON, in.AuthenticatorData, in.Signature, in.UserHandle)
	if !ok {
		return nil, passkeyRefused()
	}
	return protocol.CredentialAssertionResponse{
		PublicKeyCredential: publicKey(in.ID, b[0]),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: b[1]}, AuthenticatorData: b[2], Signature: b[3], UserHandle: b[4],
		},
	}.Parse()
}

func (in Attestation) parse() (*protocol.ParsedCredentialCreationData, error) {
	b, ok := bytesOf(in.ID, in.ClientDataJSON, in.AttestationObject)
	if !ok {
		return nil, passkeyRefused()
	}
	return protocol.CredentialCreationResponse{
		PublicKeyCredential: publicKey(in.ID, b[0]),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: b[1]}, AttestationObject: b[2],
		},
	}.Parse()
}

func publicKey(id string, raw []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{Credential: protocol.Credential{ID: id, Type: "public-key"}, RawID: raw}
}
