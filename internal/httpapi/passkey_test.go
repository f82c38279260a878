package httpapi

import (
	"maps"
	"strings"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/people"
)

// register adds a passkey of a to the person of token.
func (x *site) register(token string, a *authenticator, name string) reply {
	x.t.Helper()
	offer := x.as(token, "POST", "/me/passkeys/options", map[string]any{"password": password})
	offer.want(x.t, 200, `"challenge":"`, "")
	return x.as(token, "POST", "/me/passkeys", a.made(offer, name))
}

func (x *site) ask(path string, body any) reply {
	x.t.Helper()
	return x.as("", "POST", path, body)
}

func TestPasskeySignIn(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "", people.Grant{Role: people.Administrator})
	x.add("Bình", "binh@bo.vn", "", people.Grant{Role: people.Administrator})
	x.Auth.SecondFactor = true
	x.as("", "GET", "/auth/methods", nil).want(t, 200, `"passkey":true`, "")
	token, _ := x.in("lan@bo.vn")
	phone := newAuthenticator(t)
	x.register(token, phone, "Điện thoại").want(t, 201, "recoveryCodes", "")
	x.as(token, "GET", "/people", nil).want(t, 200, "Lan", "") // this sign-in counts from now on
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"name":"Điện thoại"`, "publicKey")

	in := func() map[string]any {
		return phone.signed(x.ask("/auth/passkeys/options", map[string]any{"device": "Chrome"}))
	}
	answer := in()
	a := x.ask("/auth/passkeys/sign-in", answer)
	a.want(t, 200, `"needed":false,"set":true`, "secondFactor\":{\"token")
	if cookieOf(a) == "" {
		t.Error("no cookie after signing in with a passkey")
	}
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"lastUsedAt":"2026-`, "")
	x.as(decode[sessionAnswer](t, a).AccessToken, "GET", "/people", nil).want(t, 200, "Lan", "")
	const refused = "passkey_refused"
	x.ask("/auth/passkeys/sign-in", answer).want(t, 401, refused, "") // a challenge is good once

	// Whatever is wrong, the answer is the same.
	changed := func(field string, value any) map[string]any {
		m := maps.Clone(in())
		m[field] = value
		return m
	}
	other := newAuthenticator(t)
	other.id, other.handle = phone.id, phone.handle
	stranger := newAuthenticator(t)
	stranger.handle = b64([]byte(nowhere))
	bodies := map[string]map[string]any{
		"of nobody":       stranger.signed(x.ask("/auth/passkeys/options", map[string]any{})),
		"another key":     other.signed(x.ask("/auth/passkeys/options", map[string]any{})),
		"another id":      changed("id", b64([]byte("none"))),
		"no handle":       changed("userHandle", ""),
		"not base64":      changed("signature", "!!!"),
		"not a signed":    changed("signature", b64([]byte("x"))),
		"nonsense inside": changed("authenticatorData", b64([]byte("x"))),
	}
	phone.origin = "https://hocso.test.evil.example"
	bodies["another origin"] = in()
	phone.origin, phone.rp = "https://hocso.test", "evil.example"
	bodies["another service"] = in()
	phone.rp, phone.flags = "hocso.test", present
	bodies["not unlocked"] = in()
	phone.flags = present | verified
	phone.count = 0
	bodies["a counter that goes back"] = in()
	phone.count = 50
	for name, body := range bodies {
		if a := x.ask("/auth/passkeys/sign-in", body); a.status != 401 || !strings.Contains(a.body, refused) {
			t.Errorf("%s: %d %s, want 401 %s", name, a.status, a.body, refused)
		}
	}
	x.ask("/auth/passkeys/sign-in", changed("token", "x")).want(t, 401, "step_ended", "")
	x.ask("/auth/passkeys/sign-in", changed("token", "")).want(t, 422, `"field":"token","code":"required"`, "")
	late := in()
	x.clock.advance(auth.StepLifetime + time.Second)
	x.ask("/auth/passkeys/sign-in", late).want(t, 401, "step_ended", "")
	x.clock.advance(15 * time.Minute)
	x.ask("/auth/passkeys/sign-in", in()).want(t, 200, "accessToken", "")
	if _, err := x.People.Disable(t.Context(), people.Console(), p.ID); err != nil {
		t.Fatal(err)
	}
	x.ask("/auth/passkeys/sign-in", in()).want(t, 401, refused, "")
}

func TestPasskeyAsSecondStep(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	x.add("Bình", "binh@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	phone := newAuthenticator(t)
	x.register(token, phone, "Điện thoại").want(t, 201, "", "")
	binh, _ := x.in("binh@bo.vn")
	others := newAuthenticator(t)
	x.register(binh, others, "Máy của Bình").want(t, 201, "", "")

	step := x.step("lan@bo.vn")
	ask := func() reply {
		a := x.ask("/auth/second-factor/options", map[string]any{"token": step})
		a.want(t, 200, `"id":"`+b64(phone.id)+`"`, "")
		return a
	}
	with := func(a map[string]any) reply {
		return x.ask("/auth/second-factor", map[string]any{"token": step, "passkey": a})
	}
	with(others.signed(ask())).want(t, 401, "second_factor_wrong", "")
	with(phone.signed(x.ask("/auth/passkeys/options", map[string]any{}))).want(t, 401, "second_factor_wrong", "") // a challenge of another kind
	answer := phone.signed(ask())
	with(answer).want(t, 200, "accessToken", "")
	with(answer).want(t, 401, "second_factor_wrong", "")
	x.ask("/auth/second-factor/options", map[string]any{"token": "x"}).want(t, 401, "step_ended", "")

	// It also proves who is there before a change.
	proof := phone.signed(x.as(token, "POST", "/me/factors/proof", nil))
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"passkey": proof}).want(t, 200, "recoveryCodes", "")
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"passkey": proof}).want(t, 403, "proof_wrong", "")
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"passkey": others.signed(x.as(binh, "POST", "/me/factors/proof", nil))}).want(t, 403, "proof_wrong", "")
}

func TestPasskeyRegistration(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	x.add("Bình", "binh@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	binh, _ := x.in("binh@bo.vn")
	offer := func() reply {
		return x.as(token, "POST", "/me/passkeys/options", map[string]any{"password": password})
	}
	phone := newAuthenticator(t)
	for _, tt := range []struct {
		name   string
		change func(a *authenticator, m map[string]any)
		status int
		want   string
	}{
		{"another origin", func(a *authenticator, _ map[string]any) { a.origin = "https://evil.example" }, 422, `"field":"passkey","code":"refused"`},
		{"another service", func(a *authenticator, _ map[string]any) { a.rp = "evil.example" }, 422, `"field":"passkey","code":"refused"`},
		{"not unlocked", func(a *authenticator, _ map[string]any) { a.flags = present }, 422, `"field":"passkey","code":"refused"`},
		{"no name", func(_ *authenticator, m map[string]any) { m["name"] = "" }, 422, `"field":"name","code":"required"`},
		{"a name that reads otherwise", func(_ *authenticator, m map[string]any) { m["name"] = "a\u202eb" }, 422, `"field":"name","code":"text"`},
		{"unreadable", func(_ *authenticator, m map[string]any) { m["attestationObject"] = "!" }, 422, `"field":"passkey","code":"unreadable"`},
		{"nonsense", func(_ *authenticator, m map[string]any) { m["attestationObject"] = "AAAA" }, 422, `"field":"passkey","code":"unreadable"`},
		{"made up token", func(_ *authenticator, m map[string]any) { m["token"] = "x" }, 409, "setup_ended"},
		{"an unknown field", func(_ *authenticator, m map[string]any) { m["role"] = "x" }, 400, `"field":"role","code":"unknown_field"`},
	} {
		a := newAuthenticator(t)
		tt.change(a, map[string]any{})
		m := a.made(offer(), "Máy")
		tt.change(a, m)
		if got := x.as(token, "POST", "/me/passkeys", m); got.status != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, got.status, got.body, tt.status, tt.want)
		}
	}
	body := phone.made(offer(), "Máy")
	x.as(binh, "POST", "/me/passkeys", body).want(t, 409, "setup_ended", "") // an offer is one person's
	x.as(token, "POST", "/me/passkeys", body).want(t, 201, "recoveryCodes", "")
	x.as(token, "POST", "/me/passkeys", body).want(t, 409, "setup_ended", "")
	x.as(token, "POST", "/me/passkeys", phone.made(offer(), "Máy")).want(t, 409, "passkey_known", "")
	offer().want(t, 200, `"excludeCredentials":[{"type":"public-key","id":"`+b64(phone.id)+`"`, "")

	id := b64(phone.id)
	x.as(token, "PATCH", "/me/passkeys/"+id, map[string]any{"name": "Máy cũ"}).want(t, 204, "", "")
	x.as(token, "GET", "/me/factors", nil).want(t, 200, "Máy cũ", "")
	x.as(token, "PATCH", "/me/passkeys/"+id, map[string]any{"name": ""}).want(t, 422, `"field":"name","code":"required"`, "")
	x.as(binh, "PATCH", "/me/passkeys/"+id, map[string]any{"name": "x"}).want(t, 404, "passkey_not_found", "")
	x.as(binh, "POST", "/me/passkeys/"+id+"/removal", map[string]any{"password": password}).want(t, 404, "passkey_not_found", "")
	for range 9 {
		a := newAuthenticator(t)
		x.as(token, "POST", "/me/passkeys", a.made(offer(), "Máy")).want(t, 201, `"recoveryCodes":[]`, "")
	}
	offer().want(t, 409, "too_many_passkeys", "")
	x.as(token, "POST", "/me/passkeys/"+id+"/removal", map[string]any{}).want(t, 403, "proof_wrong", "")
	x.as(token, "POST", "/me/passkeys/"+id+"/removal", map[string]any{"password": password}).want(t, 204, "", "")
	x.ask("/auth/passkeys/sign-in", phone.signed(x.ask("/auth/passkeys/options", map[string]any{}))).want(t, 401, "passkey_refused", "")
}

// At an address that is no domain, or not https, browsers know no passkeys.
func TestPasskeysNeedADomain(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://hoc.bo.vn": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "https://10.0.0.7": false, "http://hoc.bo.vn": false,
	} {
		s := &auth.Service{Issuer: url}
		if err := s.UsePasskeys("Học số"); err != nil || s.Passkeys() != want {
			t.Errorf("%s: passkeys %v, %v, want %v", url, s.Passkeys(), err, want)
		}
	}
	x := newSite(t, func(d *Deps) {
		d.Auth.Issuer = "http://127.0.0.1:8080"
		if err := d.Auth.UsePasskeys("x"); err != nil {
			t.Fatal(err)
		}
	})
	x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	x.as("", "GET", "/auth/methods", nil).want(t, 200, `"passkey":false`, "")
	x.as("", "POST", "/auth/passkeys/options", map[string]any{}).want(t, 409, "passkeys_unavailable", "")
	x.as(token, "POST", "/me/passkeys/options", map[string]any{"password": password}).want(t, 409, "passkeys_unavailable", "")
}
