package people

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns name as it is searched: NFC, lower case, without Vietnamese marks
// (and đ as d), with single spaces. Two spellings of one name that differ in
// marks, case or composition fold to the same text.
func Fold(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	space := false
	for _, r := range norm.NFD.String(strings.ToLower(norm.NFC.String(name))) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == 'đ':
			r = 'd'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// FoldEmail returns the form in which an e-mail address is stored and compared:
// NFC, lower case, without space around it.
func FoldEmail(email string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(email)))
}

// SearchKeys returns what a person can be found by: the words of the folded name
// and the address. A search matches the beginning of each.
func SearchKeys(name, email string) []string {
	return append(strings.Fields(Fold(name)), FoldEmail(email))
}
