package auth

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Length of a password in code points after NFC. Without a second factor 15 is
// what NIST 800-63B-4 asks for; there are no rules of composition.
const (
	PasswordLeast = 15
	PasswordMost  = 128
)

//go:embed common.txt
var commonWords string

// CheckPassword returns fault.Invalid with the field "password" and one of the codes
// too_short, too_long, too_common (a known password, a row of keys, the same over
// and over) or contains_name (the person's name or address, or a word of the
// organisation). Long passwords that merely contain a common word are fine.
func CheckPassword(password, name, email string, organisation []string) error {
	refuse := func(code string) error {
		f := fault.New(fault.Invalid, "invalid_fields", "choose another password")
		f.Fields = []fault.Field{{Field: "password", Code: code}}
		return f
	}
	if !utf8.ValidString(password) {
		return refuse("text")
	}
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < PasswordLeast:
		return refuse("too_short")
	case n > PasswordMost:
		return refuse("too_long")
	}
	letters := lettersOf(password)
	for _, own := range ownWords(name, email, organisation) {
		// What remains beside the word must be worth something by itself.
		if strings.Contains(letters, own) && utf8.RuneCountInString(strings.ReplaceAll(letters, own, "")) < 10 {
			return refuse("contains_name")
		}
	}
	if common(letters) {
		return refuse("too_common")
	}
	return nil
}

// lettersOf is what a guessing program reduces a password to: folded, with the
// usual digits and signs read as the letters they stand for, without punctuation.
func lettersOf(password string) string {
	leet := strings.NewReplacer("@", "a", "$", "s")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, leet.Replace(people.Fold(password)))
}

// ownWords are the words of a password that anybody would try first for this person.
func ownWords(name, email string, organisation []string) []string {
	var own []string
	add := func(w string) {
		if w = lettersOf(w); utf8.RuneCountInString(w) >= 4 {
			own = append(own, w)
		}
	}
	add(name)
	local, domain, _ := strings.Cut(email, "@")
	add(email)
	add(local)
	host, _, _ := strings.Cut(domain, ".")
	add(host)
	for _, w := range organisation {
		add(w)
	}
	slices.SortFunc(own, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return own
}

// common reports whether letters are made of nothing but common words, rows of
// keys, counting, or one short piece over and over, apart from a few characters.
func common(letters string) bool {
	for _, read := range []string{letters, unleet(letters)} {
		if repeats(read) || patchwork(read) {
			return true
		}
	}
	return false
}

func unleet(s string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t").Replace(s)
}

// repeats reports whether s is a piece of at most six characters again and again.
func repeats(s string) bool {
	r := []rune(s)
	for n := 1; n <= 6 && n*2 <= len(r); n++ {
		same := 0
		for i := n; i < len(r); i++ {
			if r[i] == r[i-n] {
				same++
			}
		}
		if len(r)-n-same <= 2 {
			return true
		}
	}
	return len(r) < 4 // hardly a letter or digit at all
}

// patchwork takes the longest known piece from the front again and again, and
// reports whether at most three pieces and three other characters make up s.
// Counting up or down and rows of keys are known pieces of any length.
func patchwork(s string) bool {
	const mostPieces, mostOthers = 3, 4
	words := strings.Fields(commonWords)
	pieces, others := map[string]bool{}, 0
	for s != "" {
		n := longestRow(s)
		for _, w := range words {
			if len(w) > n && strings.HasPrefix(s, w) {
				n = len(w)
			}
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(s)
			others++
		} else {
			pieces[s[:n]] = true
		}
		s = s[n:]
	}
	return others <= mostOthers && len(pieces) <= mostPieces
}

// longestRow returns the length of the beginning of s that counts up or down,
// repeats one character or follows a row of keys; 0 if it is shorter than three.
func longestRow(s string) int {
	const keys = "1234567890 qwertyuiop asdfghjkl zxcvbnm poiuytrewq lkjhgfdsa mnbvcxz 0987654321 1qaz2wsx3edc4rfv5tgb6yhn7ujm azertyuiop"
	best := 0
	for n := min(len(s), 20); n >= 3; n-- {
		if strings.Contains(keys, s[:n]) {
			best = n
			break
		}
	}
	for _, step := range []int{-1, 0, 1} {
		n := 1
		for n < len(s) && int(s[n])-int(s[n-1]) == step {
			n++
		}
		if n >= 3 {
			best = max(best, n)
		}
	}
	return best
}
