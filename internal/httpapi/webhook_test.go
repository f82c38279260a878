package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"hocso/internal/audit"
	"hocso/internal/people"
)

// The secret is shown when it is made and never again; what is in the trail holds neither it nor a path.
func TestWebhooks(t *testing.T) {
	s := newSchool(t)
	s.add("Quản trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
	admin, _ := s.in("admin@bo.vn")
	ask := func(method, path string, body any) reply {
		return s.do(call{method: method, path: v1 + "/webhooks" + path, token: admin, body: body})
	}
	body := `{"name":"Cổng tin nhắn","url":"http://127.0.0.1:9/in?token=abc","events":["enrolment.completed"],"personalData":false,"on":true}`
	for field, bad := range map[string]string{
		`"field":"url","code":"private"`:         strings.Replace(body, "http://127.0.0.1:9", "https://127.0.0.1", 1),
		`"field":"url","code":"https"`:           strings.Replace(body, "127.0.0.1:9", "sms.example", 1),
		`"field":"events[0]","code":"unknown"`:   strings.Replace(body, "enrolment.completed", "enrolment.begun", 1),
		`"field":"name","code":"required"`:       strings.Replace(body, "Cổng tin nhắn", " ", 1),
		`"field":"secret","code":"unknown_field`: strings.Replace(body, `"on"`, `"secret":"x","on"`, 1),
	} {
		if a := ask("POST", "", bad); a.status != 422 && a.status != 400 || !strings.Contains(a.body, field) {
			t.Errorf("%s: %d %s", field, a.status, a.body)
		}
	}
	made := decode[webhookChange](t, ask("POST", "", body))
	at := "/" + string(made.ID)
	if !strings.HasPrefix(made.Secret, "whsec_") {
		t.Fatalf("made %+v", made)
	}
	ask("GET", at, nil).want(t, 200, `"state":"on"`, "whsec_")
	ask("GET", "", nil).want(t, 200, "Cổng tin nhắn", "whsec_")
	fresh := decode[webhookChange](t, ask("POST", at+"/secret", nil))
	if fresh.Secret == "" || fresh.Secret == made.Secret {
		t.Errorf("a new secret: %q", fresh.Secret)
	}
	ask("PUT", at, strings.Replace(strings.Replace(body, `"personalData":false`, `"personalData":true`, 1), `"on":true`, `"on":false`, 1)).want(t, 200, `"reason":"by_hand"`, "whsec_")
	ask("POST", at+"/test", nil).want(t, 200, `"problem":"refused"`, "")
	ask("GET", at+"/deliveries?cursor=x", nil).want(t, 400, "bad_query", "")
	ask("POST", at+"/deliveries/none/again", nil).want(t, 404, "webhook_delivery_not_found", "")
	trail := ""
	err := s.db.Audit().Each(t.Context(), 0, func(e audit.Entry, _ bool) error {
		trail += fmt.Sprintf("%+v\n", e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"webhook_added", "webhook_secret_renewed", "personal_data", "webhook_tested"} {
		if !strings.Contains(trail, want) {
			t.Errorf("%s is not in the trail:\n%s", want, trail)
		}
	}
	for _, secret := range []string{made.Secret, fresh.Secret, "token=abc"} {
		if strings.Contains(trail+s.log.String(), secret) {
			t.Errorf("%s is in the trail or the log", secret)
		}
	}
	ask("DELETE", at, nil).want(t, 204, "", "x")
	ask("GET", at, nil).want(t, 404, "webhook_not_found", "")
}
