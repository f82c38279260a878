package drill

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"hocso/internal/source"
)

// Limits of a template. Sizes are in characters.
const (
	minItems   = 6
	maxItems   = 12
	minLegit   = 30 // per cent
	maxTitle   = 120
	maxSummary = 600
	maxBody    = 4000
	maxShort   = 300
	maxWhy     = 1200
)

// Check lists what is wrong with a template. Paths are those of its JSON. Lure
// topics that are denied cannot be checked by a machine: a reader must.
func Check(t Template) []source.Problem {
	k := &checker{}
	k.Both("title", t.Title, maxTitle)
	k.Both("summary", t.Summary, maxSummary)
	k.oneOf("kind", t.Kind, "inbox")
	k.oneOf("rating", t.Rating, "least", "moderately", "very", "mixed")
	k.Competences("competences", t.Competences)
	if t.Minutes < 1 || t.Minutes > 30 {
		k.Add("minutes", "out_of_range", "minutes: %d, want 1 to 30", t.Minutes)
	}
	k.Both("debrief.why", t.Debrief.Why, maxWhy)
	k.Both("debrief.do", t.Debrief.Do, maxWhy)
	k.Both("debrief.who", t.Debrief.Who, maxWhy)
	if len(t.Items) < minItems || len(t.Items) > maxItems {
		k.Add("items", "out_of_range", "%d items, want %d to %d", len(t.Items), minItems, maxItems)
	}
	legit, seen := 0, map[string]bool{}
	for i, it := range t.Items {
		path := fmt.Sprintf("items[%d]", i)
		k.Slug(path+".id", it.ID, seen)
		k.item(path, it)
		if it.Truth == Legit {
			legit++
		}
	}
	if legit*100 < minLegit*len(t.Items) {
		k.Add("items", "too_few_legitimate", "%d of %d items are legitimate, at least %d %% must be", legit, len(t.Items), minLegit)
	}
	if legit == len(t.Items) {
		k.Add("items", "nothing_to_find", "no item is phishing")
	}
	k.safe(t)
	return k.Problems
}

// checker adds the rules of drills to those of every text.
type checker struct{ source.Checker }

func (k *checker) oneOf(path, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		k.Add(path, "unknown_value", "%q is none of %s", got, strings.Join(allowed, ", "))
	}
}

func (k *checker) item(path string, it Item) {
	k.oneOf(path+".truth", string(it.Truth), string(Phish), string(Legit))
	switch {
	case it.Truth == Phish:
		k.oneOf(path+".rating", it.Rating, "least", "moderately", "very")
	case it.Rating != "":
		k.Add(path+".rating", "not_allowed", "only phishing has a rating")
	}
	k.Both(path+".from.name", it.From.Name, maxShort)
	if _, domain, ok := strings.Cut(it.From.Address, "@"); !ok || !mailAddress().MatchString(it.From.Address) || !reserved(domain) {
		k.Add(path+".from.address", "not_reserved", "%q is no address that ends in .example or .test", it.From.Address)
	}
	if !regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`).MatchString(it.Time) {
		k.Add(path+".time", "bad_time", "%q is no time such as 08:02", it.Time)
	}
	k.Both(path+".subject", it.Subject, maxShort)
	k.Both(path+".body", it.Body, maxBody)
	k.Both(path+".why", it.Why, maxWhy)
	if len(it.Links) > 4 {
		k.Add(path+".links", "out_of_range", "%d links, at most 4", len(it.Links))
	}
	for i, l := range it.Links {
		at := fmt.Sprintf("%s.links[%d]", path, i)
		k.Both(at+".text", l.Text, maxShort)
		if u, err := url.Parse(l.Real); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Port() != "" || !reserved(u.Hostname()) {
			k.Add(at+".real", "not_reserved", "%q is no web address that ends in .example or .test", l.Real)
		}
	}
	if len(it.Cues) < 1 || len(it.Cues) > 8 {
		k.Add(path+".cues", "out_of_range", "%d cues, want 1 to 8", len(it.Cues))
	}
	for i, c := range it.Cues {
		at := fmt.Sprintf("%s.cues[%d]", path, i)
		k.oneOf(at+".where", c.Where, "from", "subject", "body", "link")
		k.Both(at+".text", c.Text, maxWhy)
		if c.Where == "link" && len(it.Links) == 0 {
			k.Add(at+".where", "no_link", "the item has no link")
		}
	}
}

// safe walks every text: no mark-up that could become a field to type in or a
// script, and no address outside the reserved names.
func (k *checker) safe(t Template) {
	markup := regexp.MustCompile(`(?i)<\s*[a-z/!?]|\bon[a-z]+\s*=|javascript:|data:text/|contenteditable`)
	host := regexp.MustCompile(`(?i)(?:https?://|www\.|@)([a-z0-9.-]+)`)
	k.each(t, func(path, s string) {
		if markup.MatchString(s) {
			k.Add(path, "markup", "HTML and scripts are not allowed in a drill")
		}
		for _, m := range host.FindAllStringSubmatch(s, -1) {
			if !reserved(strings.TrimRight(m[1], ".-")) {
				k.Add(path, "not_reserved", "%q does not end in .example or .test", m[1])
			}
		}
	})
}

// each calls f for every text of t.
func (k *checker) each(t Template, f func(path, s string)) {
	both := func(path string, x Text) {
		f(path+".vi", x.Vi)
		f(path+".en", x.En)
	}
	both("title", t.Title)
	both("summary", t.Summary)
	both("debrief.why", t.Debrief.Why)
	both("debrief.do", t.Debrief.Do)
	both("debrief.who", t.Debrief.Who)
	for i, it := range t.Items {
		path := fmt.Sprintf("items[%d]", i)
		both(path+".from.name", it.From.Name)
		both(path+".subject", it.Subject)
		both(path+".body", it.Body)
		both(path+".why", it.Why)
		for j, l := range it.Links {
			both(fmt.Sprintf("%s.links[%d].text", path, j), l.Text)
		}
		for j, c := range it.Cues {
			both(fmt.Sprintf("%s.cues[%d].text", path, j), c.Text)
		}
	}
}

// reserved reports whether a host name can belong to nobody (RFC 2606).
func reserved(host string) bool {
	host = strings.ToLower(host)
	return strings.HasSuffix(host, ".example") || strings.HasSuffix(host, ".test")
}

func mailAddress() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9._+-]{0,62}@[a-z0-9][a-z0-9.-]{0,200}$`)
}
