package people

import (
	"slices"
	"strings"
	"unicode"
)

// column is one of the columns that an import knows.
type column string

// The columns.
const (
	colEmail    column = "email"
	colName     column = "name"
	colUnit     column = "unit"
	colUnitName column = "unitName"
	colUnitEn   column = "unitNameEn"
	colParent   column = "parentUnit"
	colRole     column = "role"
	colJoined   column = "joined"
	colHead     column = "head"
)

// ImportColumns lists the columns that an import knows.
func ImportColumns() []string {
	var names []string
	for _, c := range []column{colEmail, colName, colUnit, colUnitName, colUnitEn, colParent, colRole, colJoined, colHead} {
		names = append(names, string(c))
	}
	return names
}

// columnOf recognises a header cell in Vietnamese or English, whatever its marks,
// case and punctuation; "" if it is none of ours.
func columnOf(header string) column {
	words := strings.FieldsFunc(Fold(header), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch strings.Join(words, " ") {
	case "email", "e mail", "mail", "thu dien tu", "dia chi email", "dia chi thu dien tu", "hop thu":
		return colEmail
	case "name", "full name", "fullname", "ho ten", "ho va ten":
		return colName
	case "unit", "unit id", "unit code", "ma don vi":
		return colUnit
	case "unit name", "ten don vi", "don vi":
		return colUnitName
	case "unit name en", "unit name english", "ten don vi en", "ten don vi tieng anh":
		return colUnitEn
	case "parent unit", "parent", "parent unit code", "don vi cha", "ma don vi cha":
		return colParent
	case "role", "roles", "vai tro":
		return colRole
	case "joined", "joined on", "start date", "ngay vao", "ngay vao lam":
		return colJoined
	case "head", "head of unit", "phu trach", "phu trach don vi", "truong don vi":
		return colHead
	}
	return ""
}

// What is kept of a header row.
const (
	mostColumns = 200
	samples     = 3  // values of a column that are shown
	mostRunes   = 60 // of a header or a value that is shown
)

// ImportColumn is one column of an imported file: its header, what it is taken for,
// and the first values in it.
type ImportColumn struct {
	Header  string   `json:"header"`
	Column  string   `json:"column"` // email, name, unit, unitName, unitNameEn, parentUnit, role, joined, head, or empty: left out
	Samples []string `json:"samples"`
}

// readHeader takes the header row: what each column is, by its header or by what
// mapping says of it.
func (t *parsed) readHeader(header []string, row int) {
	t.headers = []ImportColumn{}
	if len(header) > mostColumns {
		t.broken = true
		t.fail(row, "", "too_many_columns", "The file has more than 200 columns.")
		return
	}
	t.at = make([]column, len(header))
	for i, h := range header {
		h = strings.TrimSpace(h)
		c := columnOf(h)
		if i < len(t.mapping) {
			c = column(t.mapping[i])
		}
		t.headers = append(t.headers, ImportColumn{Header: shown(h), Column: string(c), Samples: []string{}})
		switch {
		case c == "" && h != "":
			t.ignored = append(t.ignored, shown(h))
		case c != "" && slices.Contains(t.columns, c):
			t.fail(row, string(c), "duplicate_column", "The column "+string(c)+" is there twice.")
		case c != "":
			t.columns = append(t.columns, c)
			t.at[i] = c
		}
	}
	for _, need := range []column{colEmail, colName} {
		if !slices.Contains(t.columns, need) {
			t.fail(row, string(need), "missing_column", "The file has no column "+string(need)+".")
		}
	}
	t.broken = len(t.errors) > 0
}

// sample keeps what is shown of a row, and reports whether there was anything.
func (t *parsed) sample(cells []string) (any bool) {
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		any = any || cell != ""
		if i < len(t.headers) && cell != "" {
			t.headers[i].Samples = append(t.headers[i].Samples, shown(cell))
		}
	}
	return any
}

// shown is the beginning of a text, without what hides or reorders it.
func shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > mostRunes {
			b.WriteRune('…')
			break
		}
		if hidden(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
