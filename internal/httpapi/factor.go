package httpapi

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/auth"
	"hocso/internal/people"
)

// factorRoutes are the rows of the second factor: proving one while signing in, and
// setting one's own up. Whoever changes one proves again who they are.
func (s *Server) factorRoutes() []route {
	const v = "/api/v1"
	own := can(people.TakeCourses)
	ended, proof := []string{"401 step_ended", "429 too_many_tries"}, []string{"403 proof_wrong", "429 too_many_tries"}
	return []route{
		{fiber.MethodPost, v + "/auth/second-factor", public, shape{
			summary: "The second step of signing in: a code, a recovery code or a passkey", in: secondFactorRequest{}, out: signInAnswer{}, audit: "sign_in",
			problems: slices.Concat(ended, []string{"401 second_factor_wrong", "422 invalid_fields"}),
		}, s.completeSignIn},
		{fiber.MethodPost, v + "/auth/second-factor/options", public, shape{
			summary: "What to ask a passkey for in the second step", in: stepRequest{}, out: auth.PasskeyAsk{}, noAudit: "it only makes a challenge",
			problems: []string{"401 step_ended", "409 passkeys_unavailable"},
		}, s.askSecondPasskey},
		{fiber.MethodPost, v + "/auth/passkeys/options", public, shape{
			summary: "What to ask a passkey for that signs in alone", in: deviceRequest{}, out: auth.PasskeyAsk{}, noAudit: "it only makes a challenge", problems: []string{"409 passkeys_unavailable"},
		}, s.askPasskey},
		{fiber.MethodPost, v + "/auth/passkeys/sign-in", public, shape{
			summary: "Sign in with a passkey alone", in: assertionRequest{}, out: signInAnswer{}, audit: "sign_in", problems: slices.Concat(ended, []string{"401 passkey_refused"}),
		}, s.signInByPasskey},
		{fiber.MethodGet, v + "/me/factors", own, shape{summary: "My second factor: what is set up, never its secrets", out: auth.FactorView{}}, s.showFactors},
		{fiber.MethodPost, v + "/me/factors/proof", own, shape{
			summary: "What to ask a passkey for to prove who I am", out: auth.PasskeyAsk{}, noAudit: "it only makes a challenge", problems: []string{"409 passkeys_unavailable"},
		}, s.askProof},
		{fiber.MethodPost, v + "/me/factors/totp", own, shape{
			summary: "A key for my authenticator app, shown once", in: proofRequest{}, out: auth.TOTPSetUp{}, noAudit: "it counts once it was confirmed", problems: proof,
		}, s.beginTOTP},
		{fiber.MethodPost, v + "/me/factors/totp/confirmation", own, shape{
			summary: "The first code of the app: from now on it counts. With the first factor the answer has the recovery codes", in: codeRequest{}, out: codesAnswer{}, audit: "factor_added",
			problems: []string{"409 setup_ended", "422 invalid_fields", "429 too_many_tries"},
		}, s.confirmTOTP},
		{fiber.MethodPost, v + "/me/factors/totp/removal", own, shape{
			summary: "Remove my authenticator app", in: proofRequest{}, audit: "factor_removed", status: http.StatusNoContent, problems: slices.Concat(proof, []string{"409 last_factor"}),
		}, s.removeTOTP},
		{fiber.MethodPost, v + "/me/factors/recovery-codes", own, shape{
			summary: "New recovery codes in place of the old ones, shown once", in: proofRequest{}, out: codesAnswer{}, audit: "recovery_codes_renewed", problems: slices.Concat(proof, []string{"409 no_factor"}),
		}, s.renewRecoveryCodes},
		{fiber.MethodPost, v + "/me/passkeys/options", own, shape{
			summary: "What to ask an authenticator for to make a passkey", in: proofRequest{}, out: auth.PasskeyOffer{}, noAudit: "it only makes a challenge",
			problems: slices.Concat(proof, []string{"409 passkeys_unavailable", "409 too_many_passkeys"}),
		}, s.offerPasskey},
		{fiber.MethodPost, v + "/me/passkeys", own, shape{
			summary: "Keep a new passkey. With the first factor the answer has the recovery codes", in: attestationRequest{}, out: codesAnswer{}, audit: "factor_added", status: http.StatusCreated,
			problems: []string{"409 setup_ended", "409 passkey_known", "409 too_many_passkeys", "409 passkeys_unavailable", "422 invalid_fields"},
		}, s.addPasskey},
		{fiber.MethodPatch, v + "/me/passkeys/:id", own, shape{
			summary: "Rename a passkey of mine", in: passkeyNameRequest{}, noAudit: "it is only a name, for oneself", status: http.StatusNoContent, problems: []string{"404 passkey_not_found", "422 invalid_fields"},
		}, s.renamePasskey},
		{fiber.MethodPost, v + "/me/passkeys/:id/removal", own, shape{
			summary: "Remove a passkey of mine", in: proofRequest{}, audit: "factor_removed", status: http.StatusNoContent, problems: slices.Concat(proof, []string{"404 passkey_not_found", "409 last_factor"}),
		}, s.removePasskey},
		{fiber.MethodDelete, v + "/people/:id/factors", can(people.ManagePeople), shape{
			summary: "Remove the second factor of a person who lost it, and end their sign-ins", audit: "factors_reset", status: http.StatusNoContent,
			problems: []string{"403 above_your_scope", "403 own_factors", "404 person_not_found", "409 changed_meanwhile"},
		}, s.removeFactors},
	}
}

// assertionRequest is what an authenticator signed; all but the token is base64url.
type assertionRequest struct {
	Token             string `json:"token" validate:"required,max=2000"`
	ID                string `json:"id" validate:"required,max=2000"`
	ClientDataJSON    string `json:"clientDataJSON" validate:"required,max=4000"`
	AuthenticatorData string `json:"authenticatorData" validate:"required,max=4000"`
	Signature         string `json:"signature" validate:"required,max=2000"`
	UserHandle        string `json:"userHandle" validate:"max=100"`
}

func (r *assertionRequest) assertion() *auth.Assertion {
	if r == nil {
		return nil
	}
	a := auth.Assertion(*r)
	return &a
}

type secondFactorRequest struct {
	Token   string            `json:"token" validate:"required,max=2000"`
	Code    string            `json:"code" validate:"required_without=Passkey,max=40"`
	Passkey *assertionRequest `json:"passkey"`
}

type stepRequest struct {
	Token string `json:"token" validate:"required,max=2000"`
}

type deviceRequest struct {
	Device string `json:"device" validate:"max=100,text"`
}

// proofRequest shows who is asking: the password or a passkey.
type proofRequest struct {
	Password string            `json:"password" validate:"max=512"`
	Passkey  *assertionRequest `json:"passkey"`
}

type codeRequest struct {
	Code string `json:"code" validate:"required,max=40"`
}

type codesAnswer struct {
	RecoveryCodes []string `json:"recoveryCodes"` // empty: those from before still hold
}

type attestationRequest struct {
	Token             string   `json:"token" validate:"required,max=2000"`
	Name              string   `json:"name" validate:"required,max=100,text"`
	ID                string   `json:"id" validate:"required,max=2000"`
	ClientDataJSON    string   `json:"clientDataJSON" validate:"required,max=4000"`
	AttestationObject string   `json:"attestationObject" validate:"required,max=20000"`
	Transports        []string `json:"transports" validate:"max=10,dive,max=40,text"`
}

type passkeyNameRequest struct {
	Name string `json:"name" validate:"required,max=100,text"`
}

func (s *Server) completeSignIn(c *fiber.Ctx) error {
	var req secondFactorRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	in, err := s.Auth.Complete(c.UserContext(), auth.SecondFactor{Token: req.Token, Code: req.Code, Passkey: req.Passkey.assertion(), Address: s.address(c)})
	note(c, "way", "", "second_factor")
	if err != nil {
		about(c, "person", string(in.Person.ID))
		return err
	}
	return s.answerSignIn(c, in)
}

func (s *Server) askSecondPasskey(c *fiber.Ctx) error {
	var req stepRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	ask, err := s.Auth.AskSecondPasskey(c.UserContext(), req.Token)
	if err != nil {
		return err
	}
	return c.JSON(ask)
}

func (s *Server) askPasskey(c *fiber.Ctx) error {
	var req deviceRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	ask, err := s.Auth.AskPasskey(req.Device)
	if err != nil {
		return err
	}
	return c.JSON(ask)
}

func (s *Server) signInByPasskey(c *fiber.Ctx) error {
	var req assertionRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	in, err := s.Auth.SignInByPasskey(c.UserContext(), *req.assertion(), s.address(c))
	note(c, "way", "", "passkey")
	if err != nil {
		return err
	}
	return s.answerSignIn(c, in)
}

func (s *Server) showFactors(c *fiber.Ctx) error {
	f, err := s.Auth.ShowFactors(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(f)
}

func (s *Server) askProof(c *fiber.Ctx) error {
	ask, err := s.Auth.AskProof(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(ask)
}

// proof reads the body of a route that asks who is there.
func (s *Server) proof(c *fiber.Ctx) (auth.Proof, error) {
	var req proofRequest
	err := s.bind(c, &req)
	return auth.Proof{Password: req.Password, Passkey: req.Passkey.assertion(), Address: s.address(c)}, err
}

func (s *Server) beginTOTP(c *fiber.Ctx) error {
	p, err := s.proof(c)
	if err != nil {
		return err
	}
	setUp, err := s.Auth.BeginTOTP(c.UserContext(), actor(c), p)
	if err != nil {
		return err
	}
	return c.JSON(setUp)
}

func (s *Server) confirmTOTP(c *fiber.Ctx) error {
	var req codeRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	codes, err := s.Auth.ConfirmTOTP(c.UserContext(), actor(c), req.Code, s.address(c))
	if err != nil {
		return err
	}
	return c.JSON(codesAnswer{codes})
}

func (s *Server) removeTOTP(c *fiber.Ctx) error {
	p, err := s.proof(c)
	if err != nil {
		return err
	}
	if err := s.Auth.RemoveTOTP(c.UserContext(), actor(c), p); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) renewRecoveryCodes(c *fiber.Ctx) error {
	p, err := s.proof(c)
	if err != nil {
		return err
	}
	codes, err := s.Auth.RenewRecoveryCodes(c.UserContext(), actor(c), p)
	if err != nil {
		return err
	}
	return c.JSON(codesAnswer{codes})
}

func (s *Server) offerPasskey(c *fiber.Ctx) error {
	p, err := s.proof(c)
	if err != nil {
		return err
	}
	offer, err := s.Auth.OfferPasskey(c.UserContext(), actor(c), p)
	if err != nil {
		return err
	}
	return c.JSON(offer)
}

func (s *Server) addPasskey(c *fiber.Ctx) error {
	var req attestationRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	codes, err := s.Auth.AddPasskey(c.UserContext(), actor(c), auth.Attestation(req))
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(codesAnswer{codes})
}

func (s *Server) renamePasskey(c *fiber.Ctx) error {
	var req passkeyNameRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if err := s.Auth.RenamePasskey(c.UserContext(), actor(c), c.Params("id"), req.Name); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) removePasskey(c *fiber.Ctx) error {
	p, err := s.proof(c)
	if err != nil {
		return err
	}
	if err := s.Auth.RemovePasskey(c.UserContext(), actor(c), c.Params("id"), p); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) removeFactors(c *fiber.Ctx) error {
	if err := s.Auth.RemoveFactors(c.UserContext(), actor(c), people.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
