package httpapi

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	x.add("Nguyễn Thị Lan", "lan@bo.vn", "bo")
	gone := x.add("Trần Văn Bình", "binh@bo.vn", "bo")
	if _, err := x.People.Disable(t.Context(), people.Console(), gone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.People.Add(t.Context(), people.Console(), people.Draft{Name: "Lê Mới", Email: "moi@bo.vn", Unit: "bo"}); err != nil {
		t.Fatal(err)
	}
	failed := map[string]string{}
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"right", `{"email":"lan@bo.vn","password":"` + password + `"}`, 200, `"name":"Nguyễn Thị Lan"`},
		{"address in another case, with space", `{"email":" LAN@bo.vn ","password":"` + password + `"}`, 200, `"accessToken"`},
		{"decomposed password", `{"email":"lan@bo.vn","password":"mo\u0323\u0302t c\u00e2u \u0111u\u0309 da\u0300i \u0111\u00ea\u0309 nho\u031b\u0301"}`, 200, `"accessToken"`},
		{"wrong password", `{"email":"lan@bo.vn","password":"` + password + `!"}`, 401, "sign_in_failed"},
		{"unknown", `{"email":"ai@bo.vn","password":"` + password + `"}`, 401, "sign_in_failed"},
		{"disabled", `{"email":"binh@bo.vn","password":"` + password + `"}`, 401, "sign_in_failed"},
		{"no password yet", `{"email":"moi@bo.vn","password":"` + password + `"}`, 401, "sign_in_failed"},
		{"nothing", `{}`, 422, `{"field":"email","code":"required"},{"field":"password","code":"required"}`},
		{"unknown field", `{"email":"lan@bo.vn","password":"x","role":"administrator"}`, 400, `"field":"role","code":"unknown_field"`},
		{"an operator for the address", `{"email":{"$ne":""},"password":"x"}`, 400, `"field":"email","code":"wrong_type"`},
		{"device with a control character", `{"email":"lan@bo.vn","password":"x","device":"a\u202eb"}`, 422, `"field":"device","code":"text"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: tt.body})
			a.want(t, tt.status, tt.want, "argon2")
			if (a.status == 200) != (cookieOf(a) != "") {
				t.Errorf("status %d with cookie %q", a.status, cookieOf(a))
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q, want no-store", a.header.Get("Cache-Control"))
			}
			if a.status == 401 {
				failed[tt.name] = strings.Replace(a.body, a.header.Get("X-Request-Id"), "", 1)
			}
		})
	}
	if bodies := slices.Compact(slices.Sorted(maps.Values(failed))); len(failed) != 4 || len(bodies) != 1 {
		t.Errorf("refusals tell accounts apart: %v", failed)
	}
	for _, secret := range []string{"lan@bo.vn", password, "Lan"} {
		if strings.Contains(x.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, x.log.String())
		}
	}
}

func TestCookie(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		insecure bool
		want     []string
	}{
		{"as it should be", false, []string{"__Host-hocso=", "path=/", "HttpOnly", "secure", "SameSite=Strict"}},
		{"for development", true, []string{"hocso=", "path=/", "HttpOnly", "SameSite=Strict"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newSite(t, func(d *Deps) { d.InsecureCookie = tt.insecure })
			x.add("Lan", "lan@bo.vn", "")
			a := x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": "lan@bo.vn", "password": password}})
			got := a.header.Get("Set-Cookie")
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("Set-Cookie %q lacks %q", got, w)
				}
			}
			if strings.Contains(got, "domain") || tt.insecure && strings.Contains(got, "secure") {
				t.Errorf("Set-Cookie %q", got)
			}
		})
	}
}

// refresh sends a cookie as the app does.
func (x *site) refresh(cookie string) reply {
	x.t.Helper()
	return x.do(call{method: "POST", path: "/api/v1/auth/refresh", header: map[string]string{
		"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test", "Sec-Fetch-Site": "same-origin",
	}})
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	_, first := x.in("lan@bo.vn")

	t.Run("a lost answer: the same token again gives the same next one", func(t *testing.T) {
		a, b := x.refresh(first), x.refresh(first)
		a.want(t, 200, `"accessToken"`, "successor")
		b.want(t, 200, `"accessToken"`, "")
		if cookieOf(a) == first || cookieOf(a) != cookieOf(b) || cookieOf(a) == "" {
			t.Errorf("cookies %q, then %q and %q", first, cookieOf(a), cookieOf(b))
		}
	})
	t.Run("32 at once", func(t *testing.T) {
		_, c := x.in("lan@bo.vn")
		var mu sync.Mutex
		next := map[string]int{}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				a := x.refresh(c)
				mu.Lock()
				defer mu.Unlock()
				next[cookieOf(a)]++
			})
		}
		wg.Wait()
		if len(next) != 1 || next[""] > 0 {
			t.Errorf("next tokens %v, want one for all", next)
		}
	})
	t.Run("a replay after the grace ends the session", func(t *testing.T) {
		_, old := x.in("lan@bo.vn")
		a := x.refresh(old)
		token := decode[sessionAnswer](t, a).AccessToken
		x.clock.advance(16 * time.Second)
		x.refresh(old).want(t, 401, "session_ended", "accessToken")
		x.refresh(cookieOf(a)).want(t, 401, "session_ended", "accessToken")
		x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 401, "sign_in_required", "Lan")
	})
	t.Run("an older token within the grace ends it too", func(t *testing.T) {
		_, one := x.in("lan@bo.vn")
		two := cookieOf(x.refresh(one))
		three := cookieOf(x.refresh(two))
		x.refresh(one).want(t, 401, "session_ended", "")
		x.refresh(three).want(t, 401, "session_ended", "")
	})
	t.Run("idle and absolute ends", func(t *testing.T) {
		_, idle := x.in("lan@bo.vn")
		_, busy := x.in("lan@bo.vn")
		for day := 0; day < 90; day += 10 {
			busy = cookieOf(x.refresh(busy))
			if busy == "" {
				t.Fatalf("no longer after %d days", day)
			}
			x.clock.advance(10 * 24 * time.Hour)
			if day == 20 {
				x.refresh(idle).want(t, 401, "session_ended", "")
			}
		}
		x.refresh(busy).want(t, 401, "session_ended", "")
	})
	for _, bad := range []string{"", "x", "a.b", strings.Repeat("a", 36) + "." + strings.Repeat("A", 43), strings.Repeat(".", 5000)} {
		if a := x.refresh(bad); a.status != 401 && a.status != 431 {
			t.Errorf("cookie %q: got %d %s", bad, a.status, a.body)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, cookie := x.in("lan@bo.vn")
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, "Lan", "")
	header := map[string]string{"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Sec-Fetch-Site": "same-origin"}
	a := x.do(call{method: "POST", path: "/api/v1/auth/sign-out", header: header})
	a.want(t, 204, "", "Lan")
	if got := a.header.Get("Set-Cookie"); !strings.Contains(got, "__Host-hocso=;") || !strings.Contains(got, "1970") {
		t.Errorf("Set-Cookie %q does not take the cookie away", got)
	}
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 401, "sign_in_required", "Lan")
	x.refresh(cookie).want(t, 401, "session_ended", "")
	x.do(call{method: "POST", path: "/api/v1/auth/sign-out", header: header}).want(t, 204, "", "")
	x.do(call{method: "POST", path: "/api/v1/auth/sign-out"}).want(t, 204, "", "")
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	x.add("Bình", "binh@bo.vn", "")
	here, _ := x.in("lan@bo.vn")
	there, _ := x.in("lan@bo.vn")
	other, _ := x.in("binh@bo.vn")
	a := x.do(call{method: "GET", path: "/api/v1/me/sessions", token: here})
	var remote string
	for _, s := range decode[listOf[sessionView]](t, a).Items {
		if !s.Current {
			remote = s.ID
		}
	}
	if strings.Count(a.body, `"current":true`) != 1 || strings.Count(a.body, `"current":false`) != 1 {
		t.Fatalf("sessions %s, want this one and one other", a.body)
	}
	x.do(call{method: "DELETE", path: "/api/v1/me/sessions/" + remote, token: other}).want(t, 404, "session_not_found", "")
	x.do(call{method: "GET", path: "/api/v1/me", token: there}).want(t, 200, "Lan", "")
	x.do(call{method: "DELETE", path: "/api/v1/me/sessions/" + remote, token: here}).want(t, 204, "", "")
	x.do(call{method: "GET", path: "/api/v1/me", token: there}).want(t, 401, "sign_in_required", "Lan")
	x.do(call{method: "GET", path: "/api/v1/me", token: here}).want(t, 200, "Lan", "")
}

// A session that another copy of the program ended, or a person whom it closed, is
// refused within 30 s here.
func TestOtherCopyEnds(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "")
	for _, tt := range []struct {
		name string
		end  func(session string) error
	}{
		{"signed out there", func(id string) error { return x.db.Auth().EndSession(context.Background(), id, x.clock.Now()) }},
		{"disabled there", func(string) error {
			p, err := x.db.People().Person(context.Background(), p.ID)
			if err != nil {
				return err
			}
			p.Status, p.Epoch = people.Closed, p.Epoch+1
			return x.db.People().ReplacePeople(context.Background(), []people.Person{p})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token, cookie := x.in("lan@bo.vn")
			x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, "Lan", "")
			id, _, _ := strings.Cut(cookie, ".")
			if err := tt.end(id); err != nil {
				t.Fatal(err)
			}
			x.clock.advance(30 * time.Second)
			x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 401, "sign_in_required", "Lan")
			x.refresh(cookie).want(t, 401, "session_ended", "")
		})
	}
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, _ := x.in("lan@bo.vn")
	head, rest, _ := strings.Cut(token, ".")
	for _, tt := range []struct{ name, token string }{
		{"none", ""},
		{"nonsense", "x"},
		{"another algorithm", "eyJhbGciOiJub25lIn0." + rest},
		{"another signature", token[:len(token)-4] + "AAAA"},
		{"another claim", head + "." + strings.Replace(rest, rest[10:14], "AAAA", 1)},
	} {
		x.do(call{method: "GET", path: "/api/v1/me", token: tt.token}).want(t, 401, "sign_in_required", "Lan")
	}
	x.do(call{method: "GET", path: "/api/v1/me", header: map[string]string{"Authorization": "bearer " + token}}).want(t, 200, "Lan", "")
	x.do(call{method: "GET", path: "/api/v1/me", header: map[string]string{"Authorization": "Basic " + token}}).want(t, 401, "sign_in_required", "")
	x.clock.advance(auth.AccessLifetime)
	a := x.do(call{method: "GET", path: "/api/v1/me", token: token})
	a.want(t, 401, "sign_in_required", "Lan")
	if a.header.Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate")
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	x.add("Bình", "binh@bo.vn", "")
	try := func(email, password, from string) reply {
		return x.do(call{
			method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": email, "password": password},
			header: map[string]string{"X-Forwarded-For": from},
		})
	}
	x.TrustedProxies = prefixes(t, "0.0.0.0/32") // app.Test has this peer
	try("lan@bo.vn", password, "10.0.0.9").want(t, 200, "accessToken", "")
	for range 10 {
		try("lan@bo.vn", "wrong", "10.0.0.1").want(t, 401, "sign_in_failed", "")
	}
	a := try("lan@bo.vn", password, "10.0.0.1")
	a.want(t, 429, "too_many_tries", "accessToken")
	if a.header.Get("Retry-After") != "900" {
		t.Errorf("Retry-After %q, want 900", a.header.Get("Retry-After"))
	}
	try("lan@bo.vn", password, "6.6.6.6, 10.0.0.1").want(t, 429, "too_many_tries", "")
	try("binh@bo.vn", password, "10.0.0.1").want(t, 200, "accessToken", "") // others behind the same address
	try("lan@bo.vn", password, "10.0.0.2").want(t, 200, "accessToken", "")  // the same person elsewhere
	x.clock.advance(15 * time.Minute)
	try("lan@bo.vn", password, "10.0.0.1").want(t, 200, "accessToken", "")

	// Many right ones at once are fine; many wrong ones at once are still few.
	counts := func(password string) map[int]int {
		var mu sync.Mutex
		statuses := map[int]int{}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				a := try("binh@bo.vn", password, "10.0.0.3")
				mu.Lock()
				defer mu.Unlock()
				statuses[a.status]++
			})
		}
		wg.Wait()
		return statuses
	}
	if got := counts(password); got[200] != 32 {
		t.Errorf("32 right at once: %v", got)
	}
	for range 3 {
		counts("wrong")
	}
	if got := counts("wrong"); got[429] != 32 {
		t.Errorf("32 wrong at once after 96 others: %v", got)
	}

	// A guess spread over many addresses stops, except where she usually is.
	for i := range 130 {
		try("lan@bo.vn", "wrong", fmt.Sprintf("10.1.%d.1", i))
	}
	try("lan@bo.vn", password, "10.2.0.1").want(t, 429, "too_many_tries", "")
	try("lan@bo.vn", password, "10.0.0.9").want(t, 200, "accessToken", "")
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	x.add("Quản Trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
	admin, _ := x.in("admin@bo.vn")
	a := x.do(call{method: "POST", path: "/api/v1/people", token: admin, body: map[string]any{"name": "Lê Mới", "email": "moi@bo.vn", "unit": "bo"}})
	a.want(t, 201, `"status":"invited"`, "passwordHash")
	p := decode[people.Person](t, a)
	invite := func() string {
		a := x.do(call{method: "POST", path: "/api/v1/people/" + string(p.ID) + "/invite", token: admin})
		a.want(t, 200, `"link":"https://hocso.test/invitation#`, "")
		_, token, _ := strings.Cut(decode[inviteAnswer](t, a).Link, "#")
		return token
	}
	accept := func(token, password string) reply {
		return x.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: map[string]string{"password": password, "device": "điện thoại"}})
	}
	second, first := invite(), invite()
	for _, tt := range []struct{ name, password, code string }{
		{"short", "mười bốn ký tự", "too_short"},
		{"long", strings.Repeat("dài quá ", 17), "too_long"},
		{"the name", "lê mới lê mới lê mới", "contains_name"},
		{"the address", "moi@bo.vn moi@bo.vn", "contains_name"},
		{"the organisation", "cục chuyển đổi số 26", "contains_name"},
		{"one letter", strings.Repeat("a", 30), "too_common"},
		{"counting", "123456789012345", "too_common"},
		{"common words", "Password1234567890", "too_common"},
		{"common words in Vietnamese", "matkhau123456789", "too_common"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			accept(first, tt.password).want(t, 422, `{"field":"password","code":"`+tt.code+`"}`, "accessToken")
		})
	}
	accept(second, password).want(t, 410, "invitation_used", "accessToken") // a newer one was made
	accept("unknown", password).want(t, 404, "invitation_unknown", "")
	accept(strings.Repeat("A", 43), password).want(t, 404, "invitation_unknown", "")

	// Of 32 at once one is right, with a password that then works.
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			a := accept(first, fmt.Sprintf("%s %d", password, i))
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	wg.Wait()
	if statuses[200] != 1 || statuses[410] != 31 {
		t.Errorf("statuses %v, want one 200 and 31 times 410", statuses)
	}
	accept(first, password).want(t, 410, "invitation_used", "accessToken")

	third := invite()
	x.clock.advance(24 * time.Hour)
	accept(third, password).want(t, 410, "invitation_used", "accessToken")
	admin, _ = x.in("admin@bo.vn")
	fourth := invite()
	accept(fourth, password).want(t, 200, `"name":"Lê Mới"`, "")
	x.in("moi@bo.vn")
	for _, secret := range []string{first, second, third, fourth} {
		if strings.Contains(x.log.String(), secret) {
			t.Errorf("the log holds an invitation: %s", x.log.String())
		}
	}
}

func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	link, err := x.Auth.InviteFirst(t.Context())
	if err != nil || !strings.HasPrefix(link, "https://hocso.test/setup#") {
		t.Fatalf("InviteFirst: %q, %v", link, err)
	}
	_, token, _ := strings.Cut(link, "#")
	accept := func(body map[string]string) reply {
		return x.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: body})
	}
	accept(map[string]string{"password": password}).want(t, 422, `{"field":"name","code":"required"},{"field":"email","code":"required"}`, "accessToken")
	accept(map[string]string{"password": password, "name": "A", "email": "nobody"}).want(t, 422, `{"field":"email","code":"mail"}`, "accessToken")
	a := accept(map[string]string{"password": password, "name": "Quản Trị", "email": "Admin@bo.vn"})
	a.want(t, 200, `"roles":["learner","administrator"]`, "")
	accept(map[string]string{"password": password, "name": "Kẻ Khác", "email": "khac@bo.vn"}).want(t, 410, "invitation_used", "accessToken")
	if link, err := x.Auth.InviteFirst(t.Context()); link != "" || err != nil {
		t.Errorf("InviteFirst with an administrator: %q, %v", link, err)
	}
	me := x.do(call{method: "GET", path: "/api/v1/people", token: decode[sessionAnswer](t, a).AccessToken})
	me.want(t, 200, "admin@bo.vn", "")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	x.add("Lan", "lan@bo.vn", "bo")
	token, _ := x.in("lan@bo.vn")
	patch := func(body string) reply {
		return x.do(call{method: "PATCH", path: "/api/v1/me/settings", token: token, body: body})
	}
	patch(`{"locale":"en"}`).want(t, 200, `"locale":"en"`, "")
	patch(`{"timeZone":"Asia/Ho_Chi_Minh"}`).want(t, 200, `"settings":{"locale":"en","timeZone":"Asia/Ho_Chi_Minh"}`, "")
	patch(`{"locale":"fr"}`).want(t, 422, `{"field":"locale","code":"oneof"}`, "")
	patch(`{"timeZone":"../../etc/passwd"}`).want(t, 422, `{"field":"timeZone","code":"unknown"}`, "")
	patch(`{"roles":["administrator"]}`).want(t, 400, "unknown_field", "")
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, `"unit":{"id":"bo","name":{"vi":"Đơn vị bo","en":"Unit bo"}}`, "")
}

// The hash's cost rises: at the next sign-in the hash is made anew.
func TestRehash(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "")
	x.Auth.Hasher = auth.NewHasher(auth.Cost{Memory: 128, Passes: 1, Threads: 1}, 1)
	token, _ := x.in("lan@bo.vn")
	q, err := x.db.People().Person(t.Context(), p.ID)
	if err != nil || q.PasswordHash == p.PasswordHash || !strings.Contains(q.PasswordHash, "m=128,") {
		t.Errorf("hash %q, %v, want one of 128 KiB", q.PasswordHash, err)
	}
	x.in("lan@bo.vn")
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, "Lan", "")
}

func TestBusy(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := auth.NewHasher(auth.Cost{Memory: 64, Passes: 1, Threads: 1}, 0) // no turn ever
	if _, err := h.Hash(ctx, password); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Hash without a turn: %v, want unavailable", err)
	}
	x.Auth.Hasher, x.Timeout = h, time.Millisecond
	a := x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": "a@b.vn", "password": password}})
	a.want(t, http.StatusServiceUnavailable, `"code":`, "accessToken")
	if a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}
