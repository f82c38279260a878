package httpapi

import (
	"fmt"
	"strings"
	"testing"
)

// Through no door comes an address that would begin another header of a mail, or end
// what a program reads of it: added by hand, changed, imported, given at the first set-up.
func TestAddressesAtEveryDoor(t *testing.T) {
	o := newOffice(t)
	id := string(o.id["lan@bo.vn"])
	for _, address := range []string{
		"a@bo.vn\r\nBcc: b@bo.vn", "a@bo.vn\nBcc: b@bo.vn", "a\r@bo.vn", "a\x00@bo.vn", "a@bo.vn\x00", "a@bo.vn\u2028", "a@bo.vn\u202e", "a@bo.vn, b@bo.vn", "<a@bo.vn>", "a b@bo.vn", "a@bo.vn>", "a@b\to.vn",
		"\"a\nb\"@bo.vn", "a@", "@bo.vn", "a",
	} {
		quoted := jsonText(t, address)
		for _, door := range []struct{ name, method, path, body, want string }{
			{"added", "POST", "/people", fmt.Sprintf(`{"name":"A","email":%s,"unit":"a1"}`, quoted), `{"field":"email","code":"mail"}`},
			{"changed", "PATCH", "/people/" + id, fmt.Sprintf(`{"email":%s}`, quoted), `{"field":"email","code":"mail"}`},
			{"given at the set-up", "POST", "/auth/invitations/none", fmt.Sprintf(`{"password":"mot cau du dai de nho","email":%s}`, quoted), `{"field":"email","code":"mail"}`},
			{"imported", "POST", "/people/import?dryRun=false", fmt.Sprintf(`{"csv":%s}`, jsonText(t, "email,name\n\""+strings.ReplaceAll(address, `"`, `""`)+"\",A\n")), `"applied":false`},
		} {
			got := o.ask(o.root, door.method, door.path, door.body)
			refused := got.status == 422 && strings.Contains(got.body, door.want) || got.status == 200 && strings.Contains(got.body, door.want) || got.status == 422 && door.name == "imported"
			if !refused {
				t.Errorf("%s %q: %d %.200s", door.name, address, got.status, got.body)
			}
		}
	}
	if got := o.ask(o.root, "GET", "/people?q=bcc", nil); strings.Contains(got.body, "Bcc") {
		t.Errorf("one came in: %s", got.body)
	}
}

// jsonText writes any text as JSON.
func jsonText(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	b.WriteByte('"')
	return b.String()
}
