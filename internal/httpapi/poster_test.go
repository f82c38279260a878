package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"hocso/internal/campaign"
)

func TestPoster(t *testing.T) {
	o := newOffice(t)
	x := o.announce(o.root, nil)
	path := "/announcements/" + string(x.ID) + "/poster"
	o.ask(o.root, "GET", path, nil).want(t, 409, "wrong_state", "")
	o.ask(o.root, "POST", "/announcements/"+string(x.ID)+"/publish", nil).want(t, 200, "", "")
	a := o.ask(o.root, "POST", "/campaigns", fmt.Sprintf(march, `"units":["a"]`))
	a.want(t, 201, "", "")
	id := decode[struct{ ID campaign.ID }](t, a).ID
	of := "/campaigns/" + string(id)
	o.ask(o.root, "GET", of+"/poster", nil).want(t, 409, "wrong_state", "")
	begin(t, o.Campaigns, id)
	for _, path := range []string{path, of + "/poster", "/courses/phishing/poster"} {
		for _, query := range []string{"", "?size=a5&lang=en", "?size=a4&lang=vi"} {
			a := o.ask(o.root, "GET", path+query, nil)
			if a.status != 200 || a.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.body, "%PDF-") || !strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s%s: %d %v %.80q", path, query, a.status, a.header, a.body)
			}
		}
		o.ask(o.root, "GET", path+"?size=a3", nil).want(t, 400, `"field":"size","code":"oneof"`, "")
		o.ask(o.root, "GET", path+"?lang=fr", nil).want(t, 400, `"field":"lang","code":"oneof"`, "")
	}
	o.ask(o.root, "POST", of+"/close", nil).want(t, 200, "", "")
	o.ask(o.root, "GET", of+"/poster", nil).want(t, 409, "wrong_state", "")
	if got := between("2026-03-02", "2026-03-13"); got.Vi != "Từ 2/3/2026 đến 13/3/2026" || got.En != "2 March 2026 to 13 March 2026" {
		t.Errorf("between: %+v", got)
	}
}
