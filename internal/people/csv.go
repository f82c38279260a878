package people

import "strings"

// CSVLine is a record of RFC 4180 whose cells no spreadsheet takes for formulas.
func CSVLine(cells []string) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		safe := neutral(c)
		if safe != c || strings.ContainsAny(safe, "\",;\t\r\n") || strings.TrimSpace(safe) != safe {
			safe = `"` + strings.ReplaceAll(safe, `"`, `""`) + `"`
		}
		b.WriteString(safe)
	}
	return b.String() + "\r\n"
}

// neutral puts an apostrophe before whatever a spreadsheet would read as a formula:
// at the start of the cell, and behind each separator inside it, where a program
// that splits the line differently would see a start (design: trust, 34). Spaces and
// quotes before it do not help. Full-width signs count as well.
func neutral(s string) string {
	const formula, separators, blank = "=+-@\t\r＝＋－＠", ",;|\t\r\n", " \"'\u00a0\u3000"
	var b strings.Builder
	start := true
	for _, r := range s {
		if start && strings.ContainsRune(formula, r) {
			b.WriteByte('\'')
		}
		b.WriteRune(r)
		start = strings.ContainsRune(separators, r) || start && strings.ContainsRune(blank, r)
	}
	return b.String()
}
