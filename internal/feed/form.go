package feed

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"time"
)

// Atom writes the feed by RFC 4287, in one language.
func (f Feed) Atom(lang string) ([]byte, error) {
	type link struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	type text struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	type entry struct {
		ID        string `xml:"id"`
		Title     text   `xml:"title"`
		Link      link   `xml:"link"`
		Published string `xml:"published"`
		Updated   string `xml:"updated"`
		Summary   text   `xml:"summary"`
		Content   *text  `xml:"content"`
	}
	doc := struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string   `xml:"xml:lang,attr"`
		ID      string   `xml:"id"`
		Title   text     `xml:"title"`
		Updated string   `xml:"updated"`
		Author  string   `xml:"author>name"`
		Links   []link   `xml:"link"`
		Entries []entry  `xml:"entry"`
	}{
		Lang: lang, ID: f.address("atom", lang), Title: text{"text", f.Title(lang)}, Updated: stamp(f.UpdatedAt), Author: f.Organisation,
		Links: []link{{"self", "application/atom+xml", f.address("atom", lang)}, {"alternate", "text/html", f.PublicURL + "/"}},
	}
	for _, e := range f.Entries {
		x := entry{
			ID: "urn:uuid:" + e.ID, Title: text{"text", e.Title.In(lang)}, Link: link{"alternate", "text/html", e.URL},
			Published: stamp(e.PublishedAt), Updated: stamp(e.PublishedAt), Summary: text{"text", e.Summary.In(lang)},
		}
		if html := e.HTML.In(lang); html != "" {
			x.Content = &text{"html", html}
		}
		doc.Entries = append(doc.Entries, x)
	}
	b, err := xml.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write Atom: %w", err)
	}
	return append([]byte(xml.Header), b...), nil
}

// JSON writes the feed as JSON Feed 1.1, in one language.
func (f Feed) JSON(lang string) ([]byte, error) {
	type item struct {
		ID        string `json:"id"`
		URL       string `json:"url"`
		Title     string `json:"title"`
		HTML      string `json:"content_html,omitempty"`
		Text      string `json:"content_text,omitempty"`
		Summary   string `json:"summary,omitempty"`
		Published string `json:"date_published"`
		Modified  string `json:"date_modified"`
		Language  string `json:"language"`
	}
	type author struct {
		Name string `json:"name"`
	}
	doc := struct {
		Version  string   `json:"version"`
		Title    string   `json:"title"`
		Home     string   `json:"home_page_url"`
		Feed     string   `json:"feed_url"`
		Language string   `json:"language"`
		Authors  []author `json:"authors"`
		Items    []item   `json:"items"`
	}{"https://jsonfeed.org/version/1.1", f.Title(lang), f.PublicURL + "/", f.address("json", lang), lang, []author{{f.Organisation}}, []item{}}
	for _, e := range f.Entries {
		x := item{
			ID: "urn:uuid:" + e.ID, URL: e.URL, Title: e.Title.In(lang), HTML: e.HTML.In(lang), Summary: e.Summary.In(lang),
			Published: stamp(e.PublishedAt), Modified: stamp(e.PublishedAt), Language: lang,
		}
		if x.HTML == "" { // the format wants one of the two
			x.Text = x.Title
		}
		doc.Items = append(doc.Items, x)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write JSON Feed: %w", err)
	}
	return b, nil
}

//go:embed widget.js
var widget []byte // never assigned again

// Script is a script for web pages, which shows what is in it, in both languages. It asks
// for nothing and keeps nothing.
func (f Feed) Script() ([]byte, error) {
	type item struct {
		Kind    Kind              `json:"kind"`
		Title   map[string]string `json:"title"`
		Summary map[string]string `json:"summary"`
		URL     string            `json:"url"`
		From    string            `json:"from"`
		Until   string            `json:"until"`
	}
	both := func(in func(string) string) map[string]string {
		return map[string]string{"vi": in("vi"), "en": in("en")}
	}
	doc := struct {
		Name  map[string]string `json:"name"`
		Items []item            `json:"items"`
	}{both(f.Unit.Name.In), []item{}}
	for _, e := range f.Entries[:min(len(f.Entries), shown)] {
		doc.Items = append(doc.Items, item{e.Kind, both(e.Title.In), both(e.Summary.In), e.URL, e.From, e.Until})
	}
	data, err := json.Marshal(doc) // with < > & and line separators escaped: nothing in it ends a script
	if err != nil {
		return nil, fmt.Errorf("write the script: %w", err)
	}
	return slices.Concat(bytes.TrimSpace(widget), []byte("("), data, []byte(");\n")), nil
}

// shown is how many entries the script has, so that it stays small.
const shown = 6

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }
