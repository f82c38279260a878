package people

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// PlainText reports whether s is one line of valid UTF-8 in NFC without control
// characters and without those that reorder or hide text.
func PlainText(s string) bool {
	return utf8.ValidString(s) && norm.NFC.IsNormalString(s) && !strings.ContainsFunc(s, hidden)
}

// hidden are control characters and those that reorder or hide text. The joiners
// U+200C and U+200D are not among them: emoji and some scripts need them.
func hidden(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u061c', r == '\u200b', r == '\u200e', r == '\u200f', r == '\u2028', r == '\u2029', r == '\ufeff', r == utf8.RuneError:
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f':
		return true
	}
	return unicode.IsControl(r)
}

// The parts of an address; never assigned again.
var (
	mailLocal = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	mailHost  = regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
)

// ValidEmail takes plain ASCII addresses of at most 254 characters with a dotted
// host: what mail servers agree on.
func ValidEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at <= 64 && len(s) <= 254 && mailLocal.MatchString(s[:at]) && mailHost.MatchString(s[at+1:])
}
