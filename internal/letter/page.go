package letter

import (
	"html/template"
	"strings"

	"hocso/internal/people"
)

// Page is what a letter says, in one language. Text and HTML say the same.
type Page struct {
	Locale string
	Hello  string
	Before []string // paragraphs before the button
	Action string   // what the button says, empty for none
	Link   string   // where it leads
	After  []string
	Foot   string

	Leave    string // what the link to leave such mail says, empty for none
	LeaveURL string
}

// Text is the page as plain text.
func (p Page) Text() string {
	parts := append([]string{p.Hello}, p.Before...)
	if p.Action != "" {
		parts = append(parts, p.Action+":\n"+p.Link)
	}
	parts = append(parts, p.After...)
	if p.Leave != "" {
		return strings.Join(append(parts, "-- \n"+p.Foot+"\n"+p.Leave+":\n"+p.LeaveURL), "\n\n") + "\n"
	}
	return strings.Join(append(parts, "-- \n"+p.Foot), "\n\n") + "\n"
}

// HTML is the page as a document without pictures, scripts or anything to be fetched.
func (p Page) HTML() (string, error) {
	var b strings.Builder
	err := sheet.Execute(&b, p)
	return b.String(), err
}

// Mail makes the mail to a person that says p.
func (p Page) Mail(to people.Person, subject string) (Mail, error) {
	html, err := p.HTML()
	return Mail{To: to.Email, Name: to.Name, Subject: subject, Text: p.Text(), HTML: html}, err
}

var sheet = template.Must(template.New("letter").Parse(page)) // never assigned again

const page = `<!doctype html>
<html lang="{{.Locale}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:24px;background:#f6f5f0;color:#1d2a24;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:32rem;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">
<p>{{.Hello}}</p>
{{range .Before}}<p>{{.}}</p>
{{end}}{{if .Action}}<p><a href="{{.Link}}" style="display:inline-block;padding:12px 20px;background:#0b6b4f;color:#ffffff;border-radius:8px;text-decoration:none;font-weight:600">{{.Action}}</a></p>
<p style="font-size:14px;word-break:break-all">{{.Link}}</p>
{{end}}{{range .After}}<p>{{.}}</p>
{{end}}<p style="color:#55625b;font-size:14px">{{.Foot}}{{if .Leave}}<br><a href="{{.LeaveURL}}" style="color:#55625b">{{.Leave}}</a>{{end}}</p>
</div>
</body>
</html>
`
