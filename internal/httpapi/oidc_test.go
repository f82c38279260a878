package httpapi

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hocso/internal/auth"
	"hocso/internal/auth/oidctest"
	"hocso/internal/people"
)

// withProvider adds a real provider to a site; more is YAML of its settings.
func withProvider(t *testing.T, x *site, more string) *oidctest.Provider {
	t.Helper()
	p := oidctest.New(t, x.clock.Now)
	p.Claims = map[string]any{"sub": "s-lan", "email": "lan@bo.vn", "email_verified": true, "name": "Nguyễn Thị Lan"}
	file := filepath.Join(t.TempDir(), "oidc.yaml")
	text := "providers:\n- id: bo\n  name: {vi: Cổng của Bộ, en: The ministry}\n  issuer: " + p.URL +
		"\n  clientId: hocso\n  clientSecret: geheim\n  domains: [bo.vn, xn--b-lga.vn]\n" + more
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	providers, err := auth.ReadProviders(file, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	x.Auth.Providers = providers
	return p
}

// login is one way through a provider. change may spoil it in between.
type login struct {
	cookie string // that the browser holds while it is away
	back   url.Values
}

const start = "/api/v1/auth/oidc/start?issuer=bo&device=m%C3%A1y&return="

func (x *site) begin(returnTo string) login {
	x.t.Helper()
	a := x.do(call{method: "GET", path: start + url.QueryEscape(returnTo)})
	to, err := url.Parse(a.header.Get("Location"))
	if a.status != 303 || err != nil || to.Host == "" {
		x.t.Fatalf("start: %d to %q", a.status, a.header.Get("Location"))
	}
	var l login
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == "__Host-hocso-oidc" && c.HttpOnly && c.Secure && c.SameSite == http.SameSiteLaxMode && c.Path == "/" {
			l.cookie = c.Value
		}
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(to.String())
	if err != nil {
		x.t.Fatal(err)
	}
	_ = res.Body.Close() // only its header is wanted
	back, err := res.Location()
	if err != nil || !strings.HasPrefix(back.String(), "https://hocso.test/api/v1/auth/oidc/callback?") {
		x.t.Fatalf("the provider sends back to %v, %v", back, err)
	}
	l.back = back.Query()
	return l
}

func (x *site) finish(l login) reply {
	x.t.Helper()
	return x.do(call{method: "GET", path: "/api/v1/auth/oidc/callback?" + l.back.Encode(), header: map[string]string{
		"Cookie": "__Host-hocso-oidc=" + l.cookie, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
	}})
}

// led returns where an answer leads, and checks that it signs in only when it leads into the app.
func led(t *testing.T, a reply) string {
	t.Helper()
	to := a.header.Get("Location")
	if in := strings.HasPrefix(to, "/signed-in#"); a.status != 303 || in != (cookieOf(a) != "") {
		t.Errorf("%d to %q with the cookie %q", a.status, to, cookieOf(a))
	}
	return to
}

func TestOIDC(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := withProvider(t, x, "")
	x.do(call{method: "GET", path: "/api/v1/auth/methods"}).want(t, 200, `"oidc":[{"id":"bo","name":{"vi":"Cổng của Bộ","en":"The ministry"}}]`, "geheim")
	lan, err := x.People.Add(t.Context(), people.Console(), people.Draft{Name: "Lan", Email: "lan@bo.vn"})
	if err != nil {
		t.Fatal(err)
	}
	l := x.begin("/courses/phishing-basics")
	a := x.finish(l)
	if to := led(t, a); to != "/signed-in#to=%2Fcourses%2Fphishing-basics" {
		t.Fatalf("led to %q", to)
	}
	if all := strings.Join(a.header.Values("Set-Cookie"), "\n"); !strings.Contains(all, "SameSite=Strict") || !strings.Contains(all, "__Host-hocso-oidc=;") {
		t.Errorf("cookies %s", all)
	}
	in := x.refresh(cookieOf(a))
	in.want(t, 200, `"email":"lan@bo.vn"`, "")
	token := decode[sessionAnswer](t, in).AccessToken
	x.do(call{method: "GET", path: "/api/v1/me/sessions", token: token}).want(t, 200, `"device":"máy"`, "")
	if now, err := x.People.Person(t.Context(), lan.ID); err != nil || now.Status != people.Active || now.PasswordHash != "" {
		t.Errorf("the person is %+v, %v", now, err)
	}

	t.Run("replayed", func(t *testing.T) {
		if to := led(t, x.finish(l)); to != "/sign-in#error=oidc_expired" {
			t.Errorf("led to %q", to)
		}
		other := x.begin("/")
		other.back.Set("code", l.back.Get("code"))
		if to := led(t, x.finish(other)); to != "/sign-in#error=oidc_failed" {
			t.Errorf("the code once more led to %q", to)
		}
	})
	t.Run("the subject counts, not the address", func(t *testing.T) {
		p.Set(func(p *oidctest.Provider) { p.Claims = map[string]any{"sub": "s-lan", "email": "khac@bo.vn"} })
		x.refresh(cookieOf(x.finish(x.begin("/")))).want(t, 200, `"email":"lan@bo.vn"`, "khac")
		p.Set(func(p *oidctest.Provider) {
			p.Claims = map[string]any{"sub": "s-2", "email": "lan@bo.vn", "email_verified": true}
		})
		if to := led(t, x.finish(x.begin("/"))); to != "/sign-in#error=oidc_no_account" {
			t.Errorf("another subject with the same address led to %q", to)
		}
	})
	t.Run("no password of her own", func(t *testing.T) {
		x.askReset("lan@bo.vn").want(t, 202, "", "")
		mails := x.mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text, "Cổng của Bộ") || strings.Contains(mails[0].Text, "reset#") {
			t.Errorf("mails %+v", mails)
		}
	})
	t.Run("closed, left, opened again", func(t *testing.T) {
		p.Set(func(p *oidctest.Provider) { p.Claims = map[string]any{"sub": "s-lan"} })
		if _, err := x.People.Disable(t.Context(), people.Console(), lan.ID); err != nil {
			t.Fatal(err)
		}
		if to := led(t, x.finish(x.begin("/"))); to != "/sign-in#error=oidc_no_account" {
			t.Errorf("closed: led to %q", to)
		}
		if _, err := x.People.Enable(t.Context(), people.Console(), lan.ID); err != nil {
			t.Fatal(err)
		}
		if to := led(t, x.finish(x.begin("/"))); to != "/signed-in#to=%2F" {
			t.Errorf("opened again: led to %q", to)
		}
	})
	for _, secret := range []string{"lan@bo.vn", "s-lan", l.back.Get("code"), l.back.Get("state"), "geheim"} {
		if strings.Contains(x.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// trust.md 8: what does not hold signs nobody in.
func TestOIDCAttacks(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := withProvider(t, x, "  justInTime: true\n  unit: bo\n")
	x.unit("bo", "")
	x.add("Lan", "lan@bo.vn", "bo")
	x.add("Khách", "khach@ngoai.vn", "bo")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(*oidctest.Provider) {
		return func(p *oidctest.Provider) { p.Lie = func(c jwt.MapClaims) { c[name] = v } }
	}
	sign := func(f func(jwt.MapClaims) string) func(*oidctest.Provider) {
		return func(p *oidctest.Provider) { p.Sign = f }
	}
	mail := func(address string, verified any) func(*oidctest.Provider) {
		return func(p *oidctest.Provider) {
			p.Claims = map[string]any{"sub": fmt.Sprint("of ", address), "email": address, "email_verified": verified, "name": "Ai Đó"}
		}
	}
	honest := p.Claims
	for _, tt := range []struct {
		name string
		lie  func(*oidctest.Provider)
		edit func(*login)
		code string // "": signed in
	}{
		{"honest", func(*oidctest.Provider) {}, nil, ""},
		{"another nonce", set("nonce", "x"), nil, "oidc_failed"},
		{"no nonce", func(p *oidctest.Provider) { p.Lie = func(c jwt.MapClaims) { delete(c, "nonce") } }, nil, "oidc_failed"},
		{"another audience", set("aud", "other"), nil, "oidc_failed"},
		{"two audiences, for the other", func(p *oidctest.Provider) {
			p.Lie = func(c jwt.MapClaims) { c["aud"], c["azp"] = []string{"hocso", "other"}, "other" }
		}, nil, "oidc_failed"},
		{"two audiences, for nobody", set("aud", []string{"hocso", "other"}), nil, "oidc_failed"},
		{"another issuer", set("iss", "https://accounts.example.org"), nil, "oidc_failed"},
		{"expired", set("exp", x.clock.Now().Add(-time.Second).Unix()), nil, "oidc_failed"},
		{"without an end", func(p *oidctest.Provider) { p.Lie = func(c jwt.MapClaims) { delete(c, "exp") } }, nil, "oidc_failed"},
		{"not yet", set("nbf", x.clock.Now().Add(time.Hour).Unix()), nil, "oidc_failed"},
		{"no subject", set("sub", ""), nil, "oidc_failed"},
		{"alg none", sign(oidctest.By(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)), nil, "oidc_failed"},
		{"signed with the client's secret", sign(oidctest.By(jwt.SigningMethodHS256, []byte(oidctest.Secret))), nil, "oidc_failed"},
		{"signed with another key", sign(oidctest.By(jwt.SigningMethodRS256, key)), nil, "oidc_failed"},
		{"no token", sign(func(jwt.MapClaims) string { return "" }), nil, "oidc_failed"},
		{"another state", nil, func(l *login) { l.back.Set("state", "x") }, "oidc_expired"},
		{"no state", nil, func(l *login) { l.back.Del("state") }, "oidc_expired"},
		{"another browser", nil, func(l *login) { l.cookie = strings.Repeat("A", 43) }, "oidc_expired"},
		{"a browser without the cookie", nil, func(l *login) { l.cookie = "" }, "oidc_expired"},
		{"too late", nil, func(*login) { x.clock.advance(auth.LoginTime) }, "oidc_expired"},
		{"a code of somebody else", nil, func(l *login) { l.back.Set("code", x.begin("/").back.Get("code")) }, "oidc_failed"},
		{"a made-up code", nil, func(l *login) { l.back.Set("code", "x") }, "oidc_failed"},
		{"no code", nil, func(l *login) { l.back.Del("code") }, "oidc_denied"},
		{"an answer of another provider", nil, func(l *login) { l.back.Set("iss", "https://accounts.example.org") }, "oidc_failed"},
		{"the person said no", func(p *oidctest.Provider) { p.Refuse = "access_denied" }, nil, "oidc_denied"},
		{"unverified", mail("lan@bo.vn", false), nil, "oidc_no_account"},
		{"verified as a text", mail("moi-1@bo.vn", "true"), nil, ""},
		{"nothing said of verified", mail("lan@bo.vn", nil), nil, "oidc_no_account"},
		{"a domain that is not listed", mail("khach@ngoai.vn", true), nil, "oidc_no_account"},
		{"a domain that ends alike", mail("lan@xbo.vn", true), nil, "oidc_no_account"},
		{"a domain below", mail("lan@x.bo.vn", true), nil, "oidc_no_account"},
		{"a letter that folds to another", mail("\u212Aim@bo.vn", true), nil, "oidc_no_account"},
		{"a letter that looks alike", mail("l\u0430n@bo.vn", true), nil, "oidc_no_account"},
		{"two addresses", mail("x@ngoai.vn,lan@bo.vn", true), nil, "oidc_no_account"},
		{"a line break", mail("lan@bo.vn\r\n", true), nil, "oidc_no_account"},
		{"an address that is no text", mail("", true), nil, "oidc_no_account"},
		{"honest once more", func(*oidctest.Provider) {}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p.Set(func(p *oidctest.Provider) {
				p.Claims, p.Lie, p.Sign, p.Refuse = honest, nil, nil, ""
				if tt.lie != nil {
					tt.lie(p)
				}
			})
			l := x.begin("/")
			if tt.edit != nil {
				tt.edit(&l)
			}
			want := "/signed-in#to=%2F"
			if tt.code != "" {
				want = "/sign-in#error=" + tt.code
			}
			if to := led(t, x.finish(l)); to != want {
				t.Errorf("led to %q, want %q; the log: %s", to, want, x.log.String()[max(0, x.log.Len()-300):])
			}
		})
	}
	for _, text := range []string{"signed with", "@bo.vn", "ngoai.vn"} {
		if strings.Contains(x.log.String(), text) {
			t.Errorf("the log holds %q", text)
		}
	}
}

func TestOIDCReturn(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	withProvider(t, x, "")
	x.add("Lan", "lan@bo.vn", "")
	for path, want := range map[string]string{
		"/me": "/me", "/courses/a?b=c#d": "/courses/a?b=c#d", "": "/", "me": "/", "//evil.vn": "/", "https://evil.vn": "/", "/\\evil.vn": "/",
		"/api/v1/auth/sign-out": "/", "/" + strings.Repeat("x", 500): "/", "javascript:alert(1)": "/", "/a b": "/",
	} {
		to := led(t, x.finish(x.begin(path)))
		if got, err := url.QueryUnescape(strings.TrimPrefix(to, "/signed-in#to=")); err != nil || got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}

// Claims give only what the settings list, and follow only where they are told to.
func TestOIDCRoles(t *testing.T) {
	t.Parallel()
	const settings = `  justInTime: true
  unit: khac
  update: true
  claims: {unit: org.unit, groups: realm_access.roles}
  units: {"Cục A": cuc-a}
  roles:
  - {group: hocso-trainers, role: trainer}
  - {group: hocso-admins, role: administrator}
  - {group: hocso-admins-a, role: administrator, unit: cuc-a}
`
	x := newSite(t)
	p := withProvider(t, x, settings)
	for _, u := range []people.UnitID{"khac", "cuc-a", "cuc-b"} {
		x.unit(u, "")
	}
	enter := func(sub, unit string, groups ...any) people.Person {
		t.Helper()
		email := sub + "@bo.vn"
		p.Set(func(p *oidctest.Provider) {
			p.Claims = map[string]any{
				"sub": sub, "email": strings.ToUpper(email), "email_verified": true, "name": "Người  Mới\n", "org": map[string]any{"unit": unit},
				"realm_access": map[string]any{"roles": groups}, "role": "administrator", "status": "closed",
			}
		})
		if to := led(t, x.finish(x.begin("/"))); to != "/signed-in#to=%2F" {
			t.Fatalf("led to %q: %s", to, x.log)
		}
		who, err := x.People.PersonByEmail(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	admin, trainer, adminA := people.Grant{Role: people.Administrator}, people.Grant{Role: people.Trainer}, people.Grant{Role: people.Administrator, Unit: "cuc-a"}
	for _, tt := range []struct {
		name, sub, unit string
		groups          []any
		wantUnit        people.UnitID
		want            []people.Grant
	}{
		{"the first administrator", "a", "Cục A", []any{"hocso-admins"}, "cuc-a", []people.Grant{admin}},
		{"the last one stays", "a", "Cục A", []any{}, "cuc-a", []people.Grant{admin}},
		{"a unit by its code, a role in a unit", "b", "cuc-b", []any{"hocso-admins-a", "auditor", "administrator", 7}, "cuc-b", []people.Grant{adminA}},
		{"moved, and another role", "b", "Cục A", []any{"hocso-trainers"}, "cuc-a", []people.Grant{trainer}},
		{"an unknown unit changes nothing", "b", "Cục Z", []any{"hocso-trainers"}, "cuc-a", []people.Grant{trainer}},
		{"nothing known", "c", "Cục Z", nil, "khac", []people.Grant{}},
		{"another administrator", "d", "", []any{"hocso-admins"}, "khac", []people.Grant{admin}},
		{"now the first may go", "a", "", nil, "cuc-a", []people.Grant{}},
	} {
		who := enter(tt.sub, tt.unit, tt.groups...)
		if who.Unit != tt.wantUnit || !slices.Equal(who.Grants, tt.want) || who.Name != "Người Mới" || who.Status != people.Active {
			t.Errorf("%s: %+v, want unit %s, roles %v", tt.name, who, tt.wantUnit, tt.want)
		}
	}
	// What was given by hand stays.
	who := enter("c", "")
	byHand := []people.Grant{{Role: people.Auditor}}
	if _, err := x.People.Change(t.Context(), people.Console(), who.ID, people.Change{Grants: &byHand}); err != nil {
		t.Fatal(err)
	}
	if who = enter("c", "", "hocso-trainers"); !slices.Equal(who.Grants, []people.Grant{{Role: people.Auditor}, trainer}) {
		t.Errorf("given by hand: %v", who.Grants)
	}
	if who = enter("c", ""); !slices.Equal(who.Grants, byHand) {
		t.Errorf("and taken back: %v", who.Grants)
	}
}

// Without just-in-time nobody is made, nor when the settings name a unit that is not there.
func TestOIDCStrangers(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"": "oidc_no_account", "  justInTime: true\n  unit: none\n": "oidc_failed",
		"  justInTime: true\n  claims: {groups: groups}\n  roles:\n  - {group: g, role: trainer, unit: none}\n": "oidc_failed",
	} {
		x := newSite(t)
		p := withProvider(t, x, settings)
		p.Claims["groups"] = "g"
		to := led(t, x.finish(x.begin("/")))
		_, err := x.People.PersonByEmail(t.Context(), "lan@bo.vn")
		if to != "/sign-in#error="+want || err == nil {
			t.Errorf("%q: led to %q, %v; want %s and nobody made", settings, to, err, want)
		}
	}
}

// Claims that the token lacks come from the user information, of the same subject only.
func TestOIDCUserInfo(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	x.add("Bình", "binh@bo.vn", "")
	p := withProvider(t, x, "")
	for _, tt := range []struct{ subject, want string }{{"s-2", "/sign-in#error=oidc_failed"}, {"s-1", "/signed-in#to=%2F"}} {
		p.Set(func(p *oidctest.Provider) {
			p.Claims = map[string]any{"sub": "s-1"}
			p.UserInfo = map[string]any{"sub": tt.subject, "email": "binh@bo.vn", "email_verified": true, "iss": "x", "nonce": "x"}
		})
		a := x.finish(x.begin("/"))
		if to := led(t, a); to != tt.want {
			t.Errorf("user information of %s: led to %q, want %q", tt.subject, to, tt.want)
		}
		if tt.subject == "s-1" {
			x.refresh(cookieOf(a)).want(t, 200, "binh@bo.vn", "")
		}
	}
}

// A provider that is away keeps nobody else out, is not asked again at once, and
// works again when it is back.
func TestOIDCAway(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := withProvider(t, x, "")
	x.add("Lan", "lan@bo.vn", "")
	p.Set(func(p *oidctest.Provider) { p.Down = true })
	ask := func(want string) {
		t.Helper()
		a := x.do(call{method: "GET", path: start})
		if to := a.header.Get("Location"); a.status != 303 || !strings.HasPrefix(to, want) {
			t.Errorf("%d to %q, want %q", a.status, to, want)
		}
	}
	ask("/sign-in#error=oidc_unavailable")
	x.in("lan@bo.vn")
	p.Set(func(p *oidctest.Provider) { p.Down = false })
	ask("/sign-in#error=oidc_unavailable")
	if p.Asked != 0 {
		t.Errorf("asked %d times within seconds", p.Asked)
	}
	x.clock.advance(5 * time.Second)
	l := x.begin("/")
	p.Set(func(p *oidctest.Provider) { p.Down = true })
	if to := led(t, x.finish(l)); to != "/sign-in#error=oidc_unavailable" {
		t.Errorf("away in the middle: led to %q", to)
	}
	x.clock.advance(2 * time.Hour)
	ask(p.URL + "/authorize?") // what was known still serves
	p.Set(func(p *oidctest.Provider) { p.Down = false })
	if to := led(t, x.finish(x.begin("/"))); to != "/signed-in#to=%2F" {
		t.Errorf("back again: led to %q", to)
	}
	x.do(call{method: "GET", path: "/api/v1/auth/oidc/start?issuer=x"}).want(t, 303, "", "")
	for i := range 301 {
		a := x.do(call{method: "GET", path: start})
		if over := strings.HasSuffix(a.header.Get("Location"), "#error=too_many_tries"); over && i < 290 || !over && i == 300 {
			t.Fatalf("start %d: %q", i, a.header.Get("Location"))
		}
	}
}

// Two at once who are the same person become one.
func TestOIDCAtOnce(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	withProvider(t, x, "  justInTime: true\n  unit: bo\n")
	x.unit("bo", "")
	logins := make([]login, 8)
	for i := range logins {
		logins[i] = x.begin("/")
	}
	done := make(chan string, len(logins))
	for _, l := range logins {
		go func() { done <- x.finish(l).header.Get("Location") }()
	}
	got := map[string]int{}
	for range logins {
		got[<-done]++
	}
	if got["/signed-in#to=%2F"] == 0 || got["/sign-in#error=oidc_no_account"] > 0 {
		t.Errorf("led to %v", got)
	}
	if ps, _, err := x.People.Find(t.Context(), people.Console(), people.Search{Limit: 10}); err != nil || len(ps) != 1 {
		t.Errorf("there are %s, %v; want one", fmt.Sprint(ps), err)
	}
}
