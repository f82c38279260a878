package feed

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"hocso/internal/people"
)

func sample() Feed {
	at := time.Date(2026, 3, 2, 1, 2, 3, 456e6, time.UTC)
	return Feed{
		Unit: people.Unit{ID: "a", Name: people.Text{Vi: "Cục A & B", En: "Bureau <A>"}}, Organisation: "Bộ \"Thử\"", PublicURL: "https://hocso.test", UpdatedAt: at,
		Entries: []Entry{
			{
				ID: "019d0000-0000-7000-8000-000000000001", Kind: Announcement, Title: people.Text{Vi: "Nghỉ lễ </script><b>", En: "Holiday"}, Summary: people.Text{Vi: "a < b\u2028c", En: "s"},
				HTML: people.Text{Vi: "<p>a &lt; b</p>", En: "<p>x</p>"}, URL: "https://hocso.test/announcements/019d0000-0000-7000-8000-000000000001", From: "2026-03-02", Until: "2026-03-09", PublishedAt: at,
			},
			{ID: "019d0000-0000-7000-8000-000000000002", Kind: Campaign, Title: people.Text{Vi: "Tháng 3", En: "March"}, URL: "https://hocso.test/", From: "2026-03-02", Until: "2026-03-13", PublishedAt: at},
		},
	}
}

// atom is what RFC 4287 asks for, read back.
type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	ID      string   `xml:"http://www.w3.org/2005/Atom id"`
	Title   string   `xml:"http://www.w3.org/2005/Atom title"`
	Updated string   `xml:"http://www.w3.org/2005/Atom updated"`
	Author  string   `xml:"http://www.w3.org/2005/Atom author>name"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"http://www.w3.org/2005/Atom link"`
	Entries []struct {
		ID      string `xml:"http://www.w3.org/2005/Atom id"`
		Title   string `xml:"http://www.w3.org/2005/Atom title"`
		Updated string `xml:"http://www.w3.org/2005/Atom updated"`
		Summary string `xml:"http://www.w3.org/2005/Atom summary"`
		Content struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"http://www.w3.org/2005/Atom content"`
		Link struct {
			Href string `xml:"href,attr"`
		} `xml:"http://www.w3.org/2005/Atom link"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

func TestAtom(t *testing.T) {
	f := sample()
	b, err := f.Atom("vi")
	if err != nil {
		t.Fatal(err)
	}
	var got atom
	d := xml.NewDecoder(strings.NewReader(string(b)))
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	if got.Lang != "vi" || got.ID != "https://hocso.test/feed/a.atom?lang=vi" || got.Author != f.Organisation || !strings.HasPrefix(got.Title, "Cục A & B – ") {
		t.Errorf("feed %+v", got)
	}
	for _, at := range []string{got.Updated, got.Entries[0].Updated} {
		if at != "2026-03-02T01:02:03Z" {
			t.Errorf("updated %s", at)
		}
	}
	if got.Links[0].Rel != "self" || got.Links[0].Href != got.ID {
		t.Errorf("links %+v", got.Links)
	}
	e := got.Entries[0]
	if len(got.Entries) != 2 || e.ID != "urn:uuid:"+f.Entries[0].ID || e.Title != "Nghỉ lễ </script><b>" || e.Content.Type != "html" || e.Content.Text != "<p>a &lt; b</p>" || e.Link.Href != f.Entries[0].URL {
		t.Errorf("entry %+v", e)
	}
	if got.Entries[1].Content.Type != "" {
		t.Errorf("a campaign has content: %+v", got.Entries[1])
	}
	en, err := f.Atom("en")
	if err != nil || !strings.Contains(string(en), "Holiday") || strings.Contains(string(en), "Nghỉ lễ") {
		t.Errorf("in English: %s, %v", en, err)
	}
}

func TestJSON(t *testing.T) {
	b, err := sample().JSON("en")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version, Title, Language string
		Feed                     string `json:"feed_url"`
		Items                    []struct {
			ID, URL, Title string
			HTML           string `json:"content_html"`
			Text           string `json:"content_text"`
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != "https://jsonfeed.org/version/1.1" || got.Language != "en" || got.Feed != "https://hocso.test/feed/a.json?lang=en" || len(got.Items) != 2 {
		t.Errorf("feed %+v", got)
	}
	if x := got.Items[0]; x.ID != "urn:uuid:019d0000-0000-7000-8000-000000000001" || x.Title != "Holiday" || x.HTML != "<p>x</p>" || x.Text != "" {
		t.Errorf("item %+v", x)
	}
	if x := got.Items[1]; x.HTML != "" || x.Text != "March" {
		t.Errorf("item of a campaign %+v", x)
	}
	empty := sample()
	empty.Entries = nil
	if b, err := empty.JSON("vi"); err != nil || !strings.Contains(string(b), `"items":[]`) {
		t.Errorf("without entries: %s, %v", b, err)
	}
}

func TestScript(t *testing.T) {
	f := sample()
	for range 40 {
		e := f.Entries[0]
		e.Title = people.Text{Vi: strings.Repeat("ữ", 120), En: strings.Repeat("w", 120)}
		e.Summary = people.Text{Vi: strings.Repeat("ữ", 280), En: strings.Repeat("w", 280)}
		f.Entries = append(f.Entries, e)
	}
	b, err := f.Script()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); len(s) > 15_000 || strings.Contains(s, "</script>") || strings.Contains(s, "\u2028") || !strings.HasSuffix(s, "]});\n") {
		t.Errorf("%d bytes, want at most 15,000 and nothing that ends a script:\n%s", len(s), s)
	}
	for _, never := range []string{"innerHTML", "insertAdjacentHTML", "document.write", "document.cookie", "localStorage", "sessionStorage", "fetch(", "XMLHttpRequest", "sendBeacon", "eval("} {
		if strings.Contains(string(b), never) {
			t.Errorf("the script uses %s", never)
		}
	}
}
