package httpapi

import (
	"strings"
	"testing"
	"time"

	"hocso/internal/people"
)

const newPassword = "một câu khác cũng đủ dài"

func TestOwnPassword(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	p := x.add("Nguyễn Thị Lan", "lan@bo.vn", "bo")
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"wrong", `{"current":"sai","new":"` + newPassword + `"}`, 422, `"field":"current","code":"wrong"`},
		{"too short", `{"current":"` + password + `","new":"ngắn"}`, 422, `"field":"new","code":"too_short"`},
		{"too common", `{"current":"` + password + `","new":"passwordpassword"}`, 422, `"field":"new","code":"too_common"`},
		{"the own name", `{"current":"` + password + `","new":"nguyenthilan 123"}`, 422, `"field":"new","code":"contains_name"`},
		{"the same", `{"current":"` + password + `","new":"` + password + `"}`, 422, `"field":"new","code":"same"`},
		{"none", `{}`, 422, `{"field":"current","code":"required"},{"field":"new","code":"required"}`},
		{"an unknown field", `{"current":"x","new":"x","person":"x"}`, 400, `"field":"person","code":"unknown_field"`},
	} {
		token, _ := x.in("lan@bo.vn")
		if a := x.as(token, "PUT", "/me/password", tt.body); a.status != tt.status || !strings.Contains(a.body, tt.want) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.want)
		}
	}
	link, _, err := x.Auth.Invite(t.Context(), people.Console(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	other, otherCookie := x.in("lan@bo.vn")
	token, cookie := x.in("lan@bo.vn")
	a := x.as(token, "PUT", "/me/password", map[string]any{"current": password, "new": newPassword})
	a.want(t, 200, "accessToken", "argon2")
	refresh := func(cookie string) reply {
		return x.do(call{method: "POST", path: "/api/v1/auth/refresh", header: map[string]string{"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test"}})
	}
	x.as(decode[sessionAnswer](t, a).AccessToken, "GET", "/me", nil).want(t, 200, "Lan", "")
	x.as(token, "GET", "/me", nil).want(t, 401, "sign_in_required", "") // of before; the cookie gives a new one
	refresh(cookie).want(t, 200, "accessToken", "")
	x.as(other, "GET", "/me", nil).want(t, 401, "sign_in_required", "")
	refresh(otherCookie).want(t, 401, "session_ended", "")
	_, secret, _ := strings.Cut(link, "#")
	x.as("", "POST", "/auth/invitations/"+secret, map[string]any{"password": password}).want(t, 410, "invitation_used", "")
	x.as("", "POST", "/auth/sign-in", map[string]any{"email": "lan@bo.vn", "password": password}).want(t, 401, "sign_in_failed", "")
	x.as("", "POST", "/auth/sign-in", map[string]any{"email": "lan@bo.vn", "password": newPassword}).want(t, 200, "accessToken", "")

	// Guessing the current password is throttled like signing in.
	x.clock.advance(time.Hour)
	token = decode[sessionAnswer](t, x.as("", "POST", "/auth/sign-in", map[string]any{"email": "lan@bo.vn", "password": newPassword})).AccessToken
	for range 10 {
		x.as(token, "PUT", "/me/password", map[string]any{"current": "đoán", "new": password}).want(t, 422, "wrong", "")
	}
	x.as(token, "PUT", "/me/password", map[string]any{"current": newPassword, "new": password}).want(t, 429, "too_many_tries", "accessToken")
}

// What ends sign-ins acts here at once, and in another copy of the program within 30 s.
func TestEndingSignInsActsEverywhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(x *site, admin string, lan people.ID, token, session string) reply
		ok   int
	}{
		{"one session, by an administrator", func(x *site, admin string, lan people.ID, _, session string) reply {
			return x.as(admin, "DELETE", "/people/"+string(lan)+"/sessions/"+session, nil)
		}, 204},
		{"all sessions, by an administrator", func(x *site, admin string, lan people.ID, _, _ string) reply {
			return x.as(admin, "DELETE", "/people/"+string(lan)+"/sessions", nil)
		}, 204},
		{"the second factor taken", func(x *site, admin string, lan people.ID, _, _ string) reply {
			return x.as(admin, "DELETE", "/people/"+string(lan)+"/factors", nil)
		}, 204},
		{"disabled", func(x *site, admin string, lan people.ID, _, _ string) reply {
			return x.as(admin, "POST", "/people/"+string(lan)+"/disable", nil)
		}, 200},
		{"another password", func(x *site, _ string, _ people.ID, _, _ string) reply {
			mine, _ := x.in("lan@bo.vn")
			return x.as(mine, "PUT", "/me/password", map[string]any{"current": password, "new": newPassword})
		}, 200},
		{"the first second factor, elsewhere", func(x *site, _ string, _ people.ID, _, _ string) reply {
			mine, _ := x.in("lan@bo.vn")
			return x.register(mine, newAuthenticator(x.t), "x")
		}, 201},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newSite(t)
			x.unit("bo", "")
			lan := x.add("Lan", "lan@bo.vn", "bo")
			x.add("Quản Trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
			admin, _ := x.in("admin@bo.vn")
			token, _ := x.in("lan@bo.vn")
			other := newCopy(x)
			there := func() reply { return other.as(token, "GET", "/me", nil) }
			there().want(t, 200, "Lan", "")
			sessions := decode[listOf[sessionView]](t, x.as(token, "GET", "/me/sessions", nil))
			tt.end(x, admin, lan.ID, token, sessions.Items[0].ID).want(t, tt.ok, "", "x y")
			x.as(token, "GET", "/me", nil).want(t, 401, "sign_in_required", "")
			x.clock.advance(10 * time.Second)
			there().want(t, 401, "sign_in_required", "")
		})
	}
}

// A role that was taken away, and one that was given, too.
func TestChangedRoleActsEverywhere(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	lan := x.add("Lan", "lan@bo.vn", "bo")
	token, _ := x.in("lan@bo.vn")
	other := newCopy(x)
	other.as(token, "GET", "/people", nil).want(t, 403, "not_allowed", "")
	for _, tt := range []struct {
		grants []people.Grant
		status int
	}{{[]people.Grant{{Role: people.Administrator, Unit: "bo"}}, 200}, {nil, 403}} {
		if _, err := x.People.Change(t.Context(), people.Console(), lan.ID, people.Change{Grants: &tt.grants}); err != nil {
			t.Fatal(err)
		}
		x.as(token, "GET", "/people", nil).want(t, tt.status, "", "")
		x.clock.advance(10 * time.Second)
		other.as(token, "GET", "/people", nil).want(t, tt.status, "", "")
	}
}

func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.unit("bo", "")
	lan := x.add("Lan", "lan@bo.vn", "bo")
	x.add("Quản Trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
	admin, _ := x.in("admin@bo.vn")
	list := func() reply { return x.as(admin, "GET", "/people/"+string(lan.ID)+"/sessions", nil) }
	list().want(t, 200, `"items":[]`, "")
	first, _ := x.in("lan@bo.vn")
	x.clock.advance(time.Minute)
	second, _ := x.in("lan@bo.vn")
	items := decode[listOf[sessionView]](t, list()).Items
	if len(items) != 2 || items[0].Device != "test" || !items[0].LastSeenAt.Equal(x.clock.Now()) {
		t.Fatalf("sessions %+v", items)
	}
	list().want(t, 200, "lastSeenAt", "127.0.0.1") // no addresses
	x.as(admin, "DELETE", "/people/"+string(lan.ID)+"/sessions/"+items[1].ID, nil).want(t, 204, "", "")
	x.as(first, "GET", "/me", nil).want(t, 401, "", "")
	x.as(second, "GET", "/me", nil).want(t, 200, "", "")
	if n := len(decode[listOf[sessionView]](t, list()).Items); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	mine := decode[listOf[sessionView]](t, x.as(admin, "GET", "/me/sessions", nil)).Items[0].ID
	x.as(admin, "DELETE", "/people/"+string(lan.ID)+"/sessions/"+mine, nil).want(t, 404, "session_not_found", "")
	x.as(admin, "DELETE", "/people/"+string(lan.ID)+"/sessions", nil).want(t, 204, "", "")
	x.as(second, "GET", "/me", nil).want(t, 401, "", "")
	list().want(t, 200, `"items":[]`, "")
}
