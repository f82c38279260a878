package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"hocso/internal/outbound"
	"hocso/internal/people"
	"hocso/internal/source"
)

// Provider is an OpenID Connect provider that people may sign in with, as the file
// of providers describes it. It is made by ReadProviders and safe for concurrent use.
type Provider struct {
	ID            string                   `yaml:"id"`
	Name          people.Text              `yaml:"name"`
	Issuer        string                   `yaml:"issuer"`
	ClientID      string                   `yaml:"clientId"`
	Secret        string                   `yaml:"clientSecret"`
	SecretFile    string                   `yaml:"clientSecretFile"` // read at start
	SecretEnv     string                   `yaml:"clientSecretEnv"`  // name of the variable
	Scopes        []string                 `yaml:"scopes"`           // beside openid; default: profile, email
	Domains       []string                 `yaml:"domains"`          // of addresses that may be linked or made
	TrustEmail    bool                     `yaml:"trustEmail"`       // addresses of these domains are taken without email_verified
	InsideNetwork bool                     `yaml:"insideNetwork"`    // it may have a private address
	Claims        ClaimNames               `yaml:"claims"`
	Units         map[string]people.UnitID `yaml:"units"` // what the claim says → unit; the code of a unit counts by itself
	Roles         []RoleRule               `yaml:"roles"` // the only roles that claims can give
	JustInTime    bool                     `yaml:"justInTime"`
	Unit          people.UnitID            `yaml:"unit"`   // of whom it makes, when the claim names none
	Update        bool                     `yaml:"update"` // unit and roles follow the claims at every sign-in
	SecondFactor  FactorProof              `yaml:"secondFactor"`

	client *http.Client
	turn   chan struct{} // held while found is read or written
	found  discovered
}

// ClaimNames say which claims hold what; a dot leads into an object.
type ClaimNames struct {
	Email  string `yaml:"email"` // default email
	Name   string `yaml:"name"`  // default name
	Unit   string `yaml:"unit"`
	Groups string `yaml:"groups"`
}

// RoleRule gives a role in a unit, empty for everything, to members of a group.
type RoleRule struct {
	Group string        `yaml:"group"`
	Role  people.Role   `yaml:"role"`
	Unit  people.UnitID `yaml:"unit"`
}

// FactorProof lists what proves a second factor: any of these in amr, or as acr.
type FactorProof struct {
	AMR []string `yaml:"amr"`
	ACR []string `yaml:"acr"`
}

const (
	knownFor  = time.Hour       // a discovery; keys that are new are fetched at once
	awayFor   = 5 * time.Second // a provider that does not answer is not asked again
	bodyLimit = 1 << 20         // bytes of an answer
)

type discovered struct {
	provider *oidc.Provider
	at       time.Time // of the last try
	err      error
}

// ReadProviders reads the file of providers, YAML or JSON. getenv gives variables that
// hold secrets. Every mistake is in the error, with its line.
func ReadProviders(path string, getenv func(string) string) ([]*Provider, error) {
	var in struct {
		Providers []*Provider `yaml:"providers"`
	}
	f, problems := source.Decode(os.DirFS(filepath.Dir(path)), filepath.Base(path), &in)
	c := &source.Checker{}
	seen := map[string]bool{}
	for i, p := range in.Providers {
		at := fmt.Sprintf("providers[%d]", i)
		if p == nil {
			c.Add(at, "missing", "the provider is empty")
			continue
		}
		c.Slug(at+".id", p.ID, seen)
		p.check(c, at, getenv)
	}
	if len(in.Providers) == 0 && len(problems) == 0 {
		c.Add("providers", "missing", "name at least one provider")
	}
	for _, p := range c.Problems {
		p.File, p.Line = f.Name, f.Line(p.Path)
		problems = append(problems, p)
	}
	var errs []error
	for _, p := range problems {
		errs = append(errs, errors.New(p.String()))
	}
	return in.Providers, errors.Join(errs...)
}

// check completes p and notes what is wrong with it.
func (p *Provider) check(c *source.Checker, at string, getenv func(string) string) {
	c.Both(at+".name", p.Name, 60)
	u, err := url.Parse(p.Issuer)
	local := err == nil && loopbackHost(u.Hostname())
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		c.Add(at+".issuer", "issuer", "%q is no issuer: an https address without query and fragment (http only on this machine)", p.Issuer)
		u, local = &url.URL{Scheme: "https"}, false
	}
	if p.ClientID == "" {
		c.Add(at+".clientId", "missing", "the client id is missing")
	}
	secrets := 0
	for _, s := range []string{p.Secret, p.SecretFile, p.SecretEnv} {
		if s != "" {
			secrets++
		}
	}
	switch {
	case secrets > 1:
		c.Add(at+".clientSecret", "twice", "give the secret in one place only")
	case p.SecretFile != "":
		b, err := os.ReadFile(p.SecretFile)
		if err != nil {
			c.Add(at+".clientSecretFile", "unreadable_file", "the secret cannot be read: %v", err)
		}
		p.Secret = strings.TrimSpace(string(b))
	case p.SecretEnv != "":
		p.Secret = getenv(p.SecretEnv)
		if p.Secret == "" {
			c.Add(at+".clientSecretEnv", "missing", "the variable %s is empty", p.SecretEnv)
		}
	}
	if len(p.Domains) == 0 {
		c.Add(at+".domains", "missing", "name the domains whose addresses may sign in")
	}
	for i, d := range p.Domains {
		p.Domains[i] = strings.ToLower(d)
		if !people.ValidEmail("x@" + d) {
			c.Add(fmt.Sprintf("%s.domains[%d]", at, i), "domain", "%q is no domain", d)
		}
	}
	for i, r := range p.Roles {
		if r.Group == "" {
			c.Add(fmt.Sprintf("%s.roles[%d].group", at, i), "missing", "the group is missing")
		}
		if !slices.Contains(people.Roles(), r.Role) {
			c.Add(fmt.Sprintf("%s.roles[%d].role", at, i), "role", "%q is no role", r.Role)
		}
	}
	if len(p.Roles) > 0 && p.Claims.Groups == "" {
		c.Add(at+".claims.groups", "missing", "say which claim names the groups of the roles")
	}
	p.Claims.Email = cmp.Or(p.Claims.Email, "email")
	p.Claims.Name = cmp.Or(p.Claims.Name, "name")
	if p.Scopes == nil {
		p.Scopes = []string{"profile", "email"}
	}
	if !slices.Contains(p.Scopes, oidc.ScopeOpenID) {
		p.Scopes = append([]string{oidc.ScopeOpenID}, p.Scopes...)
	}
	if p.SecondFactor.AMR == nil && p.SecondFactor.ACR == nil {
		p.SecondFactor.AMR = []string{"mfa", "otp", "hwk", "sc"} // RFC 8176
	}
	p.client = providerClient(u, local, p.InsideNetwork)
	p.turn = make(chan struct{}, 1)
}

func loopbackHost(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// providerClient reaches the issuer's port and 443 at public addresses, at private
// ones if inside, and at loopback only if the issuer itself is there.
func providerClient(issuer *url.URL, local, inside bool) *http.Client {
	port := cmp.Or(issuer.Port(), "443")
	c := outbound.Client(func(ap netip.AddrPort) error {
		a, there := ap.Addr(), fmt.Sprint(ap.Port())
		switch {
		case there != port && there != "443":
		case local && a.IsLoopback(), outbound.Public(a), inside && a.IsPrivate():
			return nil
		}
		return errors.New("address not allowed")
	})
	c.Transport = bounded{c.Transport, local}
	return c
}

// bounded refuses plain http and cuts long answers off.
type bounded struct {
	http.RoundTripper
	local bool
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && (!b.local || !loopbackHost(r.URL.Hostname())) {
		return nil, errors.New("only https is allowed")
	}
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, bodyLimit), res.Body}
	}
	return res, err
}

// discover returns what the provider says about itself. It is asked when somebody
// signs in, not at start, so that one that is away keeps nobody else out.
func (p *Provider) discover(ctx context.Context, now time.Time) (*oidc.Provider, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turn }()
	if p.found.provider != nil && now.Sub(p.found.at) < knownFor || p.found.err != nil && now.Sub(p.found.at) < awayFor {
		return p.found.provider, p.found.err
	}
	fresh, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil && p.found.provider != nil {
		fresh, err = p.found.provider, nil // what was known before still serves
	}
	p.found = discovered{fresh, now, err}
	return fresh, err
}

// oauth is the client of a discovered provider.
func (p *Provider) oauth(found *oidc.Provider, redirect string) (*oauth2.Config, error) {
	var more struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	end := found.Endpoint()
	end.AuthStyle = oauth2.AuthStyleInHeader // never tried both ways: a code is good once
	if p.Secret == "" || len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		end.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: end, RedirectURL: redirect, Scopes: p.Scopes}, nil
}
