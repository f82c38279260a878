package httpapi

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/people"
)

// as asks below /api/v1 with a token.
func (x *site) as(token, method, path string, body any) reply {
	x.t.Helper()
	return x.do(call{method: method, path: "/api/v1" + path, token: token, body: body})
}

// withApp gives the person of token an authenticator app and returns its key and the recovery codes.
func (x *site) withApp(token string) (key string, codes []string) {
	x.t.Helper()
	a := x.as(token, "POST", "/me/factors/totp", map[string]any{"password": password})
	a.want(x.t, 200, `"key":"`, "")
	key = decode[auth.TOTPSetUp](x.t, a).Key
	a = x.as(token, "POST", "/me/factors/totp/confirmation", map[string]any{"code": oneTimeCode(x.t, key, x.clock.Now())})
	a.want(x.t, 200, "recoveryCodes", "")
	x.clock.advance(time.Minute) // the code is used, the next one is not
	return key, decode[codesAnswer](x.t, a).RecoveryCodes
}

// step is the first half of signing in with a second factor.
func (x *site) step(email string) string {
	x.t.Helper()
	a := x.as("", "POST", "/auth/sign-in", map[string]any{"email": email, "password": password, "device": "điện thoại"})
	a.want(x.t, 200, `"secondFactor":{`, "accessToken")
	if cookieOf(a) != "" {
		x.t.Errorf("a cookie before the second factor: %s", a.body)
	}
	return decode[signInAnswer](x.t, a).SecondFactor.Token
}

func (x *site) code(step, code string) reply {
	x.t.Helper()
	return x.as("", "POST", "/auth/second-factor", map[string]any{"token": step, "code": code})
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	elsewhere, _ := x.in("lan@bo.vn")
	token, _ := x.in("lan@bo.vn")
	x.as(token, "GET", "/me", nil).want(t, 200, `"secondFactor":{"needed":false,"set":false}`, "")
	x.as(token, "POST", "/me/factors/totp/confirmation", map[string]any{"code": "123456"}).want(t, 409, "setup_ended", "")
	a := x.as(token, "POST", "/me/factors/totp", map[string]any{})
	a.want(t, 200, `"uri":"otpauth://totp/`, "")
	setUp := decode[auth.TOTPSetUp](t, a)
	x.as(token, "POST", "/me/factors/totp/confirmation", map[string]any{"code": "000000"}).want(t, 422, `"field":"code","code":"wrong"`, "")
	x.in("lan@bo.vn") // it does not count yet
	x.as(token, "POST", "/me/factors/totp/confirmation", map[string]any{"code": oneTimeCode(t, setUp.Key, x.clock.Now())}).want(t, 200, "recoveryCodes", setUp.Key)
	x.as(token, "GET", "/me", nil).want(t, 200, `"secondFactor":{"needed":false,"set":true}`, "")
	x.as(elsewhere, "GET", "/me", nil).want(t, 401, "sign_in_required", "") // set up by whom?
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"totp":true,"passkeys":[],"recoveryCodes":10`, strings.ReplaceAll(setUp.Key, " ", ""))

	// The code that confirmed it is used. So is every code after its first use.
	step := x.step("lan@bo.vn")
	x.code(step, oneTimeCode(t, setUp.Key, x.clock.Now())).want(t, 401, "second_factor_wrong", "")
	x.clock.advance(time.Minute)
	code := oneTimeCode(t, setUp.Key, x.clock.Now())
	a = x.code(step, code[:3]+" "+code[3:])
	a.want(t, 200, `"set":true`, "")
	if cookieOf(a) == "" {
		t.Error("no cookie after the second factor")
	}
	x.code(step, code).want(t, 401, "second_factor_wrong", "")
	x.clock.advance(time.Minute)
	x.code(step, oneTimeCode(t, setUp.Key, x.clock.Now())).want(t, 401, "step_ended", "") // and so is the step

	// 32 at once with one code: one gets in.
	x.clock.advance(time.Minute)
	code = oneTimeCode(t, setUp.Key, x.clock.Now())
	var steps []string
	for range 32 {
		steps = append(steps, x.step("lan@bo.vn"))
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	in := 0
	for _, s := range steps {
		wg.Go(func() {
			if a := x.code(s, code); a.status == 200 {
				mu.Lock()
				defer mu.Unlock()
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d of 32 got in with one code, want 1", in)
	}
}

func TestStepTokens(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	key, _ := x.withApp(token)
	code := func() string { return oneTimeCode(t, key, x.clock.Now()) }
	step := x.step("lan@bo.vn")
	x.as(step, "GET", "/me", nil).want(t, 401, "sign_in_required", "") // no access token
	x.code(token, code()).want(t, 401, "step_ended", "")               // and an access token is no step
	ask := decode[auth.PasskeyAsk](t, x.as("", "POST", "/auth/passkeys/options", map[string]any{}))
	x.code(ask.Token, code()).want(t, 401, "step_ended", "")
	x.code("", code()).want(t, 422, `"field":"token","code":"required"`, "")
	x.code(step, "").want(t, 422, `"field":"code"`, "")
	x.code(step, "12345").want(t, 401, "second_factor_wrong", "")
	x.code(step, "mã của tôi").want(t, 401, "second_factor_wrong", "")
	x.clock.advance(auth.StepLifetime + time.Second)
	x.code(step, code()).want(t, 401, "step_ended", "")

	// A new password, or the end of the account, ends the step too.
	step = x.step("lan@bo.vn")
	if _, err := x.People.Disable(t.Context(), people.Console(), p.ID); err != nil {
		t.Fatal(err)
	}
	x.code(step, code()).want(t, 401, "step_ended", "")
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	_, codes := x.withApp(token)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes, want 10", len(codes))
	}
	x.code(x.step("lan@bo.vn"), codes[3]).want(t, 200, "accessToken", "")
	x.code(x.step("lan@bo.vn"), codes[3]).want(t, 401, "second_factor_wrong", "")
	x.code(x.step("lan@bo.vn"), "9AAA-BBBB-CCCC").want(t, 401, "second_factor_wrong", "")
	x.code(x.step("lan@bo.vn"), strings.ToLower(strings.ReplaceAll(codes[4], "-", " "))).want(t, 200, "accessToken", "")
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"recoveryCodes":8`, codes[0])

	// New ones need the password, once a factor is there, and end the old ones.
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{}).want(t, 403, "proof_wrong", "recoveryCodes")
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"password": "sai"}).want(t, 403, "proof_wrong", "recoveryCodes")
	a := x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"password": password})
	a.want(t, 200, "recoveryCodes", codes[0])
	x.code(x.step("lan@bo.vn"), codes[0]).want(t, 401, "second_factor_wrong", "")
	fresh := decode[codesAnswer](t, a).RecoveryCodes

	// Of 8 at once with one code one gets in.
	var steps []string
	for range 8 {
		steps = append(steps, x.step("lan@bo.vn"))
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	in := 0
	for _, s := range steps {
		wg.Go(func() {
			if a := x.code(s, fresh[9]); a.status == 200 {
				mu.Lock()
				defer mu.Unlock()
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d of 8 got in with one recovery code, want 1", in)
	}
	x.as(token, "POST", "/me/factors/totp/removal", map[string]any{"password": password}).want(t, 204, "", "")
	x.in("lan@bo.vn") // without a factor the password is enough again
	x.as(token, "POST", "/me/factors/recovery-codes", map[string]any{"password": password}).want(t, 409, "no_factor", "")
}

// Wrong codes are counted for the account and the address, in the database; tries of
// strangers, who have no password, do not count.
func TestSecondFactorThrottle(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	key, _ := x.withApp(token)
	x.TrustedProxies = prefixes(t, "0.0.0.0/32") // app.Test has this peer
	other := newCopy(x)
	other.TrustedProxies = x.TrustedProxies
	try := func(x *site, step, code, from string) reply {
		return x.do(call{method: "POST", path: "/api/v1/auth/second-factor", body: map[string]any{"token": step, "code": code}, header: map[string]string{"X-Forwarded-For": from}})
	}
	for range 30 {
		try(x, "made up", "000000", "10.0.0.1").want(t, 401, "step_ended", "")
	}
	step := x.step("lan@bo.vn")
	for i := range 10 {
		try([]*site{x, other}[i%2], step, "000000", "10.0.0.1").want(t, 401, "second_factor_wrong", "")
	}
	right := oneTimeCode(t, key, x.clock.Now())
	try(x, step, right, "10.0.0.1").want(t, 429, "too_many_tries", "accessToken")
	try(other, step, right, "10.0.0.1").want(t, 429, "too_many_tries", "accessToken")
	try(x, step, right, "10.0.0.2").want(t, 200, "accessToken", "") // where nobody guesses, she gets in
}

// Changes of how somebody signs in ask for the password or a passkey, but for the first
// factor right after the sign-in.
func TestProof(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"askProof":false`, "")
	x.clock.advance(9 * time.Minute)
	_, cookie := x.in("lan@bo.vn")
	x.clock.advance(11 * time.Minute)
	a := x.do(call{method: "POST", path: "/api/v1/auth/refresh", header: map[string]string{"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test"}})
	token = decode[sessionAnswer](t, a).AccessToken
	x.as(token, "GET", "/me/factors", nil).want(t, 200, `"askProof":true`, "")
	for _, path := range []string{"/me/factors/totp", "/me/factors/totp/removal", "/me/factors/recovery-codes", "/me/passkeys/options", "/me/passkeys/x/removal"} {
		x.as(token, "POST", path, map[string]any{}).want(t, 403, "proof_wrong", "")
		x.as(token, "POST", path, map[string]any{"password": strings.Repeat("x", 513)}).want(t, 422, `"field":"password","code":"max"`, "")
	}
	for range 5 {
		x.as(token, "POST", "/me/factors/totp", map[string]any{"password": "đoán"}).want(t, 403, "proof_wrong", "")
	}
	x.as(token, "POST", "/me/factors/totp", map[string]any{"password": password}).want(t, 429, "too_many_tries", "key")
}

// An administrator without a second factor is a learner on every route.
func TestSecondFactorRequired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Auth.SecondFactor = true
	for _, name := range []string{"admin", "adminA", "security"} {
		k := w.by[name]
		a := w.as(k.token, "GET", "/me", nil)
		a.want(t, 200, `"secondFactor":{"needed":true,"set":false}`, `"administrator"`)
		for _, r := range w.routes() {
			if r.need.public || slices.Contains(r.need.any, people.TakeCourses) {
				continue
			}
			path := strings.NewReplacer(":id", nowhere, ":", "").Replace(r.path)
			w.do(call{method: r.method, path: path, token: k.token}).want(t, 403, "second_factor_required", "")
		}
	}
	w.as(w.by["learner"].token, "GET", "/me", nil).want(t, 200, `"needed":false`, "")
	w.as(w.by["learner"].token, "GET", "/people", nil).want(t, 403, "not_allowed", "")
	w.as(w.by["headA"].token, "GET", "/tracking/overview", nil).want(t, 200, "", "") // heads are not asked for one

	admin := w.by["admin"]
	w.withApp(admin.token)
	w.as(admin.token, "GET", "/people", nil).want(t, 200, "Dấu-", "")
	w.as(admin.token, "GET", "/me", nil).want(t, 200, `"secondFactor":{"needed":false,"set":true}`, "")
	w.as(admin.token, "POST", "/me/factors/totp/removal", map[string]any{"password": password}).want(t, 409, "last_factor", "")
	w.as(admin.token, "GET", "/me/factors", nil).want(t, 200, `"required":true`, "")
}

// Who lost the phone asks an administrator, who takes the factors away.
func TestRemoveFactors(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	x.add("Quản Trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
	lan := x.add("Lan", "lan@bo.vn", "bo", people.Grant{Role: people.Administrator})
	admin, _ := x.in("admin@bo.vn")
	token, cookie := x.in("lan@bo.vn")
	x.withApp(token)
	me := decode[me](t, x.as(admin, "GET", "/me", nil))
	x.as(admin, "DELETE", "/people/"+string(me.ID)+"/factors", nil).want(t, 403, "own_factors", "")
	step := x.step("lan@bo.vn")
	x.as(admin, "DELETE", "/people/"+string(lan.ID)+"/factors", nil).want(t, 204, "", "")
	x.as(token, "GET", "/me", nil).want(t, 401, "sign_in_required", "")
	x.do(call{method: "POST", path: "/api/v1/auth/refresh", header: map[string]string{"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test"}}).want(t, 401, "session_ended", "")
	x.code(step, "000000").want(t, 401, "step_ended", "")
	x.in("lan@bo.vn")
	x.as(admin, "DELETE", "/people/"+string(lan.ID)+"/factors", nil).want(t, 204, "", "") // again
}

// A link to set the password again does not stand in for the second factor.
func TestInvitationAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	key, _ := x.withApp(token)
	link, _, err := x.Auth.Invite(t.Context(), people.Console(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(link, "#")
	a := x.as("", "POST", "/auth/invitations/"+secret, map[string]any{"password": "một câu khác dài để nhớ"})
	a.want(t, 200, `"methods":["totp","recovery"]`, "accessToken")
	x.code(decode[signInAnswer](t, a).SecondFactor.Token, oneTimeCode(t, key, x.clock.Now())).want(t, 200, "accessToken", "")
}
