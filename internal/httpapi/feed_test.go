package httpapi

import (
	"context"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

func (o *office) publish(f func(map[string]any)) {
	o.t.Helper()
	x := o.announce(o.root, f)
	o.ask(o.root, "POST", "/announcements/"+string(x.ID)+"/publish", nil).want(o.t, 200, "", "")
}

func (o *office) feed(path string, header map[string]string) reply {
	o.t.Helper()
	return o.do(call{method: "GET", path: "/feed/" + path, header: header})
}

func TestFeed(t *testing.T) {
	o := newOffice(t)
	say := func(title string, portal bool, units ...string) {
		if units == nil {
			units = []string{}
		}
		o.publish(func(x map[string]any) {
			x["title"], x["portal"], x["units"] = people.Text{Vi: title, En: title + " (en)"}, portal, units
		})
	}
	say("Cho tất cả", true)
	say("Cho A", true, "a")
	say("Cho B", true, "b")
	say("Nội bộ A", false, "a")
	say("Riêng A1", true, "a1")
	o.announce(o.root, func(x map[string]any) { x["title"], x["portal"] = people.Text{Vi: "Nháp", En: "Draft"}, true })

	// Off until an administrator of the unit switches it on.
	for _, form := range []string{"atom", "json", "js"} {
		o.feed("a."+form, nil).want(t, 404, "feed_not_found", "Cho")
		o.feed("none."+form, nil).want(t, 404, "feed_not_found", "Cho")
	}
	o.ask(o.unitAdmin, "PUT", "/units/b/portal", `{"on":true}`).want(t, 404, "unit_not_found", "")
	o.ask(o.unitAdmin, "PUT", "/units/a/portal", `{}`).want(t, 422, `"field":"on","code":"required"`, "")
	o.ask(o.unitAdmin, "PUT", "/units/a/portal", `{"on":1}`).want(t, 400, `"field":"on","code":"wrong_type"`, "")
	o.ask(o.unitAdmin, "PUT", "/units/a/portal", `{"on":true}`).want(t, 200, `"portal":true`, "")
	o.ask(o.unitAdmin, "PUT", "/units/a/portal", `{"on":true}`).want(t, 200, `"portal":true`, "")
	o.ask(o.unitAdmin, "PATCH", "/units/a", `{"name":{"vi":"Cục A","en":"Bureau A"}}`).want(t, 200, `"portal":true`, "")

	for _, form := range []string{"atom", "json", "js"} {
		a := o.feed("a."+form, nil)
		a.want(t, 200, "Cho A", "Cho B")
		for _, never := range []string{"Nội bộ", "Nháp", "Riêng A1", "@bo.vn", "Quản Trị", string(o.id["root@bo.vn"])} {
			if strings.Contains(a.body, never) {
				t.Errorf("%s: %q is public", form, never)
			}
		}
		if !strings.Contains(a.body, "Cho tất cả") {
			t.Errorf("%s: what is for everybody is missing", form)
		}
		h := a.header
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Cache-Control") != "public, max-age=300" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s: headers %v", form, h)
		}
		o.feed("a."+form, map[string]string{"If-None-Match": h.Get("Etag")}).want(t, 304, "", "x")
		o.feed("a."+form+"?lang=fr", nil).want(t, 400, `"field":"lang","code":"oneof"`, "")
	}
	a := o.feed("a.atom?lang=en", nil)
	a.want(t, 200, "Cho A (en)", "<title type=\"text\">Cho A</title>")
	var doc struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	}
	if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Errorf("no Atom: %v in %s", err, a.body)
	}
	if api := o.ask(o.root, "GET", "/units", nil); api.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another site may read the API")
	}
	if post := o.do(call{method: "POST", path: "/feed/a.json", body: "{}"}); post.status != 405 {
		t.Errorf("POST: %d", post.status)
	}

	// Campaigns that ask for it are told with their dates.
	o.Feeds.Campaigns = func(ctx context.Context) ([]campaign.Campaign, error) { return o.Campaigns.Running(ctx) }
	for _, units := range []string{`"a"`, `"b"`} {
		plan := strings.Replace(fmt.Sprintf(march, `"units":[`+units+`]`), "Tháng 3", "Tháng "+units[1:2], 1)
		a := o.ask(o.root, "POST", "/campaigns", plan)
		a.want(t, 201, "", "")
		begin(t, o.Campaigns, decode[campaign.Campaign](t, a).ID)
	}
	o.feed("a.js", nil).want(t, 200, `"kind":"campaign","title":{"en":"March","vi":"Tháng a"},"summary":{"en":"Everybody knows","vi":"Ai cũng biết"},"url":"https://hocso.test/","from":"2026-03-02","until":"2026-03-13"`, "Tháng b")
	o.ask(o.unitAdmin, "PUT", "/units/a/portal", `{"on":false}`).want(t, 200, `"portal":false`, "")
	o.feed("a.json", nil).want(t, 404, "feed_not_found", "Cho")
}
