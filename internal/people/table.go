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
	sheet   string // of a workbook: the one that was read
	mapping []string
	headers []ImportColumn // nil until the header row was read
	at      []column       // what each of them is taken for
	broken  bool           // the header row cannot be used
	seen    int            // rows behind the header that hold anything
	columns []column       // known ones that are there
	ignored []string       // headers that are none of ours
	records []record
	errors  []ImportError
	date    func(cell string) string // what a workbook shows for the number in a cell of dates
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

// parseTable reads a file, a workbook or text: its first bytes say which. mapping
// may name the column of each header, in their order, where a guess would be wrong.
// Faults of the file as a whole are errors of row 1.
func parseTable(file []byte, mapping []string) *parsed {
	t := &parsed{mapping: mapping, errors: []ImportError{}}
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("PK\x05\x06")):
		t.readXLSX(file)
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		t.fail(1, "", "old_spreadsheet", "The file is an old or a locked spreadsheet. Save it as .xlsx without a password.")
	default:
		t.readCSV(file)
	}
	return t
}

func (t *parsed) readCSV(file []byte) {
	text, ok := decodeTable(file)
	if !ok {
		t.fail(1, "", "encoding", "The file is not text in UTF-8, UTF-16 or windows-1258. Save it as CSV UTF-8.")
		return
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
	for more := true; more; {
		cells, err := r.Read()
		pe := (*csv.ParseError)(nil)
		switch {
		case t.headers == nil && err != nil:
			t.fail(1+skipped, "", "empty", "The file has no header row.")
			return
		case errors.Is(err, io.EOF):
			return
		case errors.As(err, &pe):
			t.fail(pe.StartLine+skipped, "", "quotes", "A quotation mark is not closed, or stands in the middle of a cell.")
			more = len(t.errors) < mostErrors
		case err != nil:
			t.fail(0, "", "unreadable", "The file cannot be read as a table.")
			return
		case t.headers == nil:
			t.readHeader(cells, 1+skipped)
		default:
			line, _ := r.FieldPos(0)
			more = t.readRow(cells, line+skipped)
		}
	}
}

// separator returns which of the usual ones makes most known columns of the header,
// and of those the one that is there most.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', [2]int{}
	for _, c := range []rune{',', ';', '\t'} {
		parts := strings.Split(line, string(c))
		score := [2]int{0, len(parts)}
		for _, h := range parts {
			if columnOf(strings.Trim(h, "\" \r")) != "" {
				score[0]++
			}
		}
		if score[0] > most[0] || score[0] == most[0] && score[1] > most[1] {
			best, most = c, score
		}
	}
	return best
}

// readRow takes a row behind the header and reports whether more are wanted.
func (t *parsed) readRow(cells []string, row int) bool {
	if t.broken { // read on only to show what is in the columns
		if t.sample(cells) {
			t.seen++
		}
		return t.seen < samples
	}
	rec := record{row: row, cells: make(map[column]string, len(t.columns))}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case i >= len(t.at):
			t.fail(rec.row, "", "too_many_cells", "The row has more cells than the header.")
		case t.at[i] != "":
			if t.date != nil && t.at[i] == colJoined {
				cell = t.date(cell)
			}
			rec.cells[t.at[i]] = cell
			t.checkCell(rec.row, t.at[i], cell)
		}
	}
	if t.seen < samples && t.sample(cells) {
		t.seen++
	}
	if len(rec.cells) == 0 {
		return true
	}
	if len(t.records) == mostRows {
		t.fail(rec.row, "", "too_many_rows", "The file has more than 20,000 rows. Split it.")
		return false
	}
	t.records = append(t.records, rec)
	return true
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
		t.fail(row, string(c), "formula", "The cell is a formula or begins like one, with = + - or @.")
	}
}
