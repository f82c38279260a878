package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// Limits of an imported table.
const (
	mostRows   = 20_000
	mostErrors = 500   // reported; more are cut off
	mostBytes  = 2_000 // in a cell
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

// record is one row of a table: its number as a spreadsheet shows it, and its cells.
type record struct {
	row   int
	cells map[column]string
}

// has reports whether any of the columns has something in this row.
func (r record) has(cols ...column) bool {
	return slices.ContainsFunc(cols, func(c column) bool { return r.cells[c] != "" })
}

// parsed is a table as it was read, before anything was looked up.
type parsed struct {
	columns []column // known ones that are there
	ignored []string // headers that are none of ours
	records []record
	errors  []ImportError
}

func (t *parsed) fail(row int, column, code, message string) {
	if len(t.errors) < mostErrors {
		t.errors = append(t.errors, ImportError{row, column, code, message})
	}
}

// decodeTable turns the bytes of a file into text: UTF-8 or UTF-16 with or without
// a mark at the beginning, else windows-1258, the old Vietnamese code page, which
// is recognised by its making sense. ok is false when it is none of these.
func decodeTable(file []byte) (text string, ok bool) {
	switch {
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		file = file[3:]
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		return decodeUTF16(file, textunicode.LittleEndian)
	case len(file) >= 4 && file[0] != 0 && file[1] == 0 && file[3] == 0:
		return decodeUTF16(file, textunicode.LittleEndian)
	case len(file) >= 4 && file[0] == 0 && file[1] != 0 && file[2] == 0:
		return decodeUTF16(file, textunicode.BigEndian)
	}
	if utf8.Valid(file) {
		return norm.NFC.String(string(file)), true
	}
	out, err := charmap.Windows1258.NewDecoder().Bytes(file)
	if err != nil || bytes.ContainsFunc(out, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r)
	}) {
		return "", false
	}
	return norm.NFC.String(string(out)), true
}

func decodeUTF16(file []byte, order textunicode.Endianness) (string, bool) {
	out, err := textunicode.UTF16(order, textunicode.UseBOM).NewDecoder().Bytes(file)
	if err != nil || len(file)%2 != 0 || bytes.ContainsRune(out, utf8.RuneError) {
		return "", false
	}
	return norm.NFC.String(string(out)), true
}

// parseTable reads a file. Faults of the file as a whole are errors of row 1.
func parseTable(file []byte) *parsed {
	t := &parsed{}
	text, ok := decodeTable(file)
	if !ok {
		t.fail(1, "", "encoding", "The file is not text in UTF-8, UTF-16 or windows-1258. Save it as CSV UTF-8.")
		return t
	}
	comma, skipped := ',', 0
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 { // a line that spreadsheets write for each other
		_, after, _ := strings.Cut(text, "\n")
		comma, text, skipped = rune(rest[0]), after, 1
	} else {
		comma = separator(text)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	header, err := r.Read()
	if err != nil {
		t.fail(1+skipped, "", "empty", "The file has no header row.")
		return t
	}
	at := t.readHeader(header, 1+skipped)
	for _, need := range []column{colEmail, colName} {
		if !slices.Contains(t.columns, need) {
			t.fail(1+skipped, string(need), "missing_column", "The file has no column "+string(need)+".")
		}
	}
	if len(t.errors) > 0 {
		return t
	}
	t.readRows(r, at, skipped)
	return t
}

// separator returns which of the usual ones makes most known columns of the header.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		known := 0
		for _, h := range strings.Split(line, string(c)) {
			if columnOf(strings.Trim(h, "\" \r")) != "" {
				known++
			}
		}
		if known > most {
			best, most = c, known
		}
	}
	return best
}

func (t *parsed) readHeader(header []string, row int) []column {
	at := make([]column, len(header))
	for i, h := range header {
		c := columnOf(h)
		switch {
		case c == "" && strings.TrimSpace(h) != "":
			t.ignored = append(t.ignored, strings.TrimSpace(h))
		case c != "" && slices.Contains(t.columns, c):
			t.fail(row, string(c), "duplicate_column", "The column "+string(c)+" is there twice.")
		case c != "":
			t.columns = append(t.columns, c)
			at[i] = c
		}
	}
	return at
}

func (t *parsed) readRows(r *csv.Reader, at []column, skipped int) {
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if pe := (*csv.ParseError)(nil); errors.As(err, &pe) {
			t.fail(pe.StartLine+skipped, "", "quotes", "A quotation mark is not closed, or stands in the middle of a cell.")
			if len(t.errors) >= mostErrors {
				return
			}
			continue
		}
		if err != nil {
			t.fail(0, "", "unreadable", "The file cannot be read as a table.")
			return
		}
		line, _ := r.FieldPos(0)
		rec := record{row: line + skipped, cells: make(map[column]string, len(t.columns))}
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			switch {
			case i >= len(at) && cell != "":
				t.fail(rec.row, "", "too_many_cells", "The row has more cells than the header.")
			case i < len(at) && at[i] != "" && cell != "":
				rec.cells[at[i]] = cell
				t.checkCell(rec.row, at[i], cell)
			}
		}
		if len(rec.cells) == 0 {
			continue
		}
		if len(t.records) == mostRows {
			t.fail(rec.row, "", "too_many_rows", "The file has more than 20,000 rows. Split it.")
			return
		}
		t.records = append(t.records, rec)
	}
}

// checkCell refuses what no cell may hold. A cell that begins like a formula would
// run in the spreadsheet of whoever exports it again.
func (t *parsed) checkCell(row int, c column, cell string) {
	switch {
	case len(cell) > mostBytes:
		t.fail(row, string(c), "too_long", "The cell is too long.")
	case strings.ContainsFunc(cell, hidden):
		t.fail(row, string(c), "text", "The cell holds line breaks or invisible characters.")
	case strings.ContainsRune("=+-@", rune(cell[0])):
		t.fail(row, string(c), "formula", "The cell begins like a formula, with = + - or @.")
	}
}
