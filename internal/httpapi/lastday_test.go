package httpapi

import (
	"strings"
	"testing"
	"time"

	"hocso/internal/people"
)

// A person's last day is the last on which anything opens, without anybody closing
// the account; and whoever manages it can open it again.
func TestLastDay(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	lan := "/api/v1/people/" + string(o.id["lan@bo.vn"])
	signIn := call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": "lan@bo.vn", "password": password}}
	me := func() reply { return o.do(call{method: "GET", path: "/api/v1/me", token: o.learner}) }
	o.do(call{method: "PATCH", path: lan, token: o.unitAdmin, body: `{"leftOn":"2026-03-02"}`}).want(t, 200, `"status":"active"`, "")
	me().want(t, 200, "lan@bo.vn", "")
	o.clock.advance(9*time.Hour - time.Second) // 23:59:59 in Ha Noi
	var cookie string
	o.learner, cookie = o.in("lan@bo.vn")
	me().want(t, 200, "lan@bo.vn", "")
	o.clock.advance(time.Second)
	me().want(t, 401, "sign_in_required", "lan@")
	o.refresh(cookie).want(t, 401, "session_ended", "lan@")
	o.do(signIn).want(t, 401, "sign_in_failed", "lan@")
	if _, err := o.Auth.AuthenticateRefresh(t.Context(), cookie); err == nil {
		t.Error("the cookie alone still opens something")
	}
	admin, _ := o.in("admin-a@bo.vn")
	o.do(call{method: "POST", path: lan + "/invite", token: admin}).want(t, 409, "person_closed", "")
	o.do(call{method: "POST", path: lan + "/enable", token: admin}).want(t, 200, `"status":"active"`, "leftOn")
	o.in("lan@bo.vn")
}

// An invitation that is still open is worth nothing after the last day.
func TestInvitationAfterTheLastDay(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	id := o.id["lan@bo.vn"]
	link, _, err := o.Auth.Invite(t.Context(), people.Console(), id)
	if err != nil {
		t.Fatal(err)
	}
	yesterday := "2026-03-01"
	if _, err := o.People.Change(t.Context(), people.Console(), id, people.Change{LeftOn: &yesterday}); err != nil {
		t.Fatal(err)
	}
	token := link[len("https://hocso.test/invitation#"):]
	o.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: map[string]string{"password": password}}).want(t, 410, "invitation_used", "accessToken")
}

// Nobody sends themselves away by a date, and nobody the last administrator.
func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	root := "/api/v1/people/" + string(o.id["root@bo.vn"])
	o.do(call{method: "PATCH", path: root, token: o.root, body: `{"leftOn":"2026-03-01"}`}).want(t, 403, "own_account", "")
	yesterday := "2026-03-01"
	_, err := o.People.Change(t.Context(), people.Console(), o.id["root@bo.vn"], people.Change{LeftOn: &yesterday})
	if err == nil || !strings.Contains(err.Error(), "last_administrator") {
		t.Errorf("from the console: %v, want last_administrator", err)
	}
	o.do(call{method: "GET", path: "/api/v1/people", token: o.root}).want(t, 200, "lan@bo.vn", "leftOn")
}
