//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"hocso/internal/people"
)

// Tests speak Vietnamese. On a phone set to English the words of the app are looked
// up in its own texts, so that one way through the app serves both languages.

var entry = regexp.MustCompile(`(?m)^  (?:'([^']+)'|(\w+)):\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),$`)

// english is every Vietnamese text of the app with its English ones.
var english = sync.OnceValues(func() (map[string][]string, error) {
	all := map[string][]string{}
	files, err := filepath.Glob("../../pwa/src/i18n/*vi.ts")
	if err != nil {
		return nil, err
	}
	for _, vi := range files {
		from, err := texts(vi)
		if err != nil {
			return nil, err
		}
		to, err := texts(strings.TrimSuffix(vi, "vi.ts") + "en.ts")
		if err != nil {
			return nil, err
		}
		for key, text := range from {
			all[text] = append(all[text], to[key])
		}
	}
	return all, nil
})

func texts(file string) (map[string]string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, m := range entry.FindAllStringSubmatch(string(source), -1) {
		text := m[3][1 : len(m[3])-1]
		if unquoted, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`); err == nil {
			text = unquoted
		}
		all[m[1]+m[2]] = text
	}
	return all, nil
}

// words are what a text of the app may be in the phone's language, as JavaScript;
// what is no text of the app stays.
func (p *phone) words(vi string) string {
	p.t.Helper()
	all, err := english()
	if err != nil {
		p.t.Fatal(err)
	}
	start := strings.TrimSuffix(vi, "…")
	list := all[start]
	if p.Lang != "en" || len(list) == 0 {
		return quote(vi)
	}
	var js []string
	for _, en := range list {
		js = append(js, quote(en+strings.TrimPrefix(vi, start)))
	}
	return "[" + strings.Join(js, ", ") + "]"
}

// filled is a text of the app with values put into it: a name, its value, and so on.
func (p *phone) filled(vi string, values ...any) string {
	p.t.Helper()
	if p.Lang == "en" {
		all, err := english()
		if err != nil || len(all[vi]) != 1 {
			p.t.Fatalf("%q has not one English text: %v, %v", vi, all[vi], err)
		}
		vi = all[vi][0]
	}
	for i := 0; i < len(values); i += 2 {
		value := fmt.Sprint(values[i+1])
		vi = strings.ReplaceAll(vi, fmt.Sprintf("{%v}", values[i]), value)
		byNumber := regexp.MustCompile(fmt.Sprintf(`\{%v\|([^|}]*)\|([^|}]*)\}`, values[i]))
		vi = byNumber.ReplaceAllString(vi, map[bool]string{true: "$1", false: "$2"}[value == "1"])
	}
	return vi
}

// in is a text of the content in the phone's language.
func (p *phone) in(text people.Text) string {
	if p.Lang == "en" {
		return plain(text.En)
	}
	return plain(text.Vi)
}

// Speak chooses the language on a screen that offers it before sign-in.
func (p *phone) Speak(lang string) {
	p.t.Helper()
	if lang == "en" && p.Lang != "en" {
		p.Settled() // what comes late moves the button
		p.Tap("English")
		p.Lang = lang
		asked := time.Now()
		p.wait("the other language", func() bool {
			if p.holds(`document.documentElement.lang === "en"`) {
				return true
			}
			if time.Since(asked) > 5*time.Second && p.Has("English") { // touched while the screen was still moving: touch again
				p.Settled() // what comes late moves the button
				p.Tap("English")
				asked = time.Now()
			}
			return false
		})
	}
}
