package people

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// Limits of an imported table.
const (
	mostRows   = 20_000 // unless whoever imports says otherwise
	batchRows  = 1_000  // in memory at once
	mostErrors = 500    // reported; more are counted
	mostBytes  = 2_000  // in a cell
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

// parsed is one reading of a table, from its beginning to its end, in batches.
type parsed struct {
	take     func([]record) error // is given the next rows, for as long as it does not return
	most     int                  // rows
	unpacked int64                // bytes of a workbook, at most
	encoding encoding             // of text, once it is known
	formulas map[place]bool       // of a workbook, once they are known

	sheet   string // of a workbook: the one that was read
	mapping []string
	headers []ImportColumn // nil until the header row was read
	at      []column       // what each of them is taken for
	broken  bool           // the header row cannot be used
	seen    int            // rows behind the header that hold anything
	columns []column       // known ones that are there
	ignored []string       // headers that are none of ours
	rows    int            // that hold anything we know
	records []record       // that were read and not handed over yet
	stopped error          // by take, or by the disk
	errors  []ImportError
	wrong   int                      // errors, also those that are not reported
	date    func(cell string) string // what a workbook shows for the number in a cell of dates
}

func (t *parsed) fail(row int, column, code, message string) {
	if t.wrong++; len(t.errors) < mostErrors {
		t.errors = append(t.errors, ImportError{row, column, code, message})
	}
}

// read reads a file, a workbook or text: its first bytes say which. Faults of the file
// as a whole are errors of row 1.
func (t *parsed) read(file *io.SectionReader) error {
	var head [8]byte
	n, err := file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch begins := func(magic string) bool { return bytes.HasPrefix(head[:n], []byte(magic)) }; {
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		t.readXLSX(file)
	case begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		t.fail(1, "", "old_spreadsheet", "The file is an old or a locked spreadsheet. Save it as .xlsx without a password.")
	default:
		t.readCSV(file)
	}
	t.flush()
	return t.stopped
}

// readCSV reads text, of which it never has more in memory than one row.
func (t *parsed) readCSV(file *io.SectionReader) {
	if t.encoding == nil {
		t.encoding = encodingOf(file)
	}
	if t.encoding == nil {
		t.fail(1, "", "encoding", "The file is not text in UTF-8, UTF-16 or windows-1258. Save it as CSV UTF-8.")
		return
	}
	one := &oneRow{from: t.encoding(file)}
	text := bufio.NewReaderSize(one, 64<<10)
	beginning, err := text.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		t.stopped = err
		return
	}
	comma, skipped := ',', 0
	if rest, ok := strings.CutPrefix(string(beginning), "sep="); ok && len(rest) > 1 { // a line that spreadsheets write for each other
		comma, skipped = rune(rest[0]), 1
		_, _ = text.ReadSlice('\n') // without an end of line there is no header either
	} else {
		comma = separator(string(beginning))
	}
	r := csv.NewReader(text)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	for last, more := 0, true; more; {
		one.n = 0
		cells, err := r.Read()
		pe := (*csv.ParseError)(nil)
		switch {
		case errors.Is(err, errLongRow):
			t.fail(last+1, "", "too_long", "The row is longer than 16 MB. Perhaps a quotation mark is not closed.")
			return
		case t.headers == nil && err != nil:
			t.fail(1+skipped, "", "empty", "The file has no header row.")
			return
		case errors.Is(err, io.EOF):
			return
		case errors.As(err, &pe):
			t.fail(pe.StartLine+skipped, "", "quotes", "A quotation mark is not closed, or stands in the middle of a cell.")
			more = len(t.errors) < mostErrors
		case err != nil:
			t.stopped = err
			return
		case t.headers == nil:
			t.readHeader(cells, 1+skipped)
		default:
			line, _ := r.FieldPos(0)
			last = line + skipped
			more = t.readRow(cells, last)
		}
	}
}

// oneRow refuses to read more than mostRow bytes without n being set back.
type oneRow struct {
	from io.Reader
	n    int
}

const mostRow = 16 << 20

var errLongRow = errors.New("the row is too long") // never assigned again

func (o *oneRow) Read(p []byte) (int, error) {
	if o.n > mostRow {
		return 0, errLongRow
	}
	n, err := o.from.Read(p)
	o.n += n
	return n, err
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
	if t.rows == t.most {
		t.fail(rec.row, "", "too_many_rows", "The file has more than "+itoa(t.most)+" rows. Split it.")
		return false
	}
	t.rows++
	if t.records = append(t.records, rec); len(t.records) == batchRows {
		t.flush()
	}
	return t.stopped == nil
}

// flush hands over the rows that were read since the last time.
func (t *parsed) flush() {
	if len(t.records) == 0 || t.stopped != nil {
		return
	}
	t.stopped = t.take(t.records)
	t.records = t.records[:0]
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
