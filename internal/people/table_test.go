package people

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// parseTable reads a file as an import does, and keeps all its rows.
func parseTable(file []byte, mapping []string) *parsed {
	var all []record
	t := &parsed{mapping: mapping, errors: []ImportError{}, most: mostRows, unpacked: mostUnpacked}
	t.take = func(records []record) error {
		all = append(all, records...)
		return nil
	}
	if err := t.read(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))); err != nil {
		panic(err) // memory can be read
	}
	t.records = all
	return t
}

var clockTime = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func TestColumnOf(t *testing.T) {
	for header, want := range map[string]column{
		"Email": colEmail, "E-mail": colEmail, "Thư điện tử": colEmail, "THƯ  ĐIỆN TỬ": colEmail,
		"Họ tên": colName, "Họ và tên": colName, "Full name": colName,
		"Mã đơn vị": colUnit, "unit": colUnit, "Tên đơn vị": colUnitName, "unit name": colUnitName, "Unit name (en)": colUnitEn,
		"Đơn vị cha": colParent, "parent unit": colParent, "Vai trò": colRole, "role": colRole,
		"Ngày vào": colJoined, "joined": colJoined, "Phụ trách": colHead, "head": colHead,
		"Ghi chú": "", "": "",
	} {
		if got := columnOf(header); got != want {
			t.Errorf("columnOf(%q): got %q, want %q", header, got, want)
		}
	}
}

// The row in an error is the one a spreadsheet shows, also after blank lines.
func TestRows(t *testing.T) {
	tab := parseTable([]byte("email,name,Ghi chú\n\na@b.vn,A,x\n  ,\nb@b.vn,=B,\n"), nil)
	if len(tab.records) != 2 || tab.records[0].row != 3 || tab.records[1].row != 5 {
		t.Errorf("records %+v, want rows 3 and 5", tab.records)
	}
	if !slices.Equal(tab.ignored, []string{"Ghi chú"}) {
		t.Errorf("ignored %v", tab.ignored)
	}
	if len(tab.errors) != 1 || tab.errors[0].Row != 5 || tab.errors[0].Code != "formula" {
		t.Errorf("errors %+v, want formula in row 5", tab.errors)
	}
}

func TestTooManyRows(t *testing.T) {
	tab := parseTable([]byte("email,name\n"+strings.Repeat("a@b.vn,A\n", mostRows+1)), nil)
	if len(tab.records) != mostRows || len(tab.errors) != 1 || tab.errors[0].Code != "too_many_rows" {
		t.Errorf("%d records, errors %+v", len(tab.records), tab.errors)
	}
	tab = parseTable([]byte("email,name\n"+strings.Repeat("=,=\n", mostErrors)), nil)
	if len(tab.errors) != mostErrors {
		t.Errorf("%d errors, want them cut at %d", len(tab.errors), mostErrors)
	}
}

// A cell of 10 MB is refused where it stands, in text as in a workbook.
func TestLongCell(t *testing.T) {
	tab := parseTable([]byte("email,name\na@b.vn,A\nb@b.vn,"+strings.Repeat("A", 10<<20)+"\n"), nil)
	if len(tab.errors) != 1 || tab.errors[0].Row != 3 || tab.errors[0].Column != "name" || tab.errors[0].Code != "too_long" {
		t.Errorf("errors %+v, want too_long in row 3", tab.errors)
	}
}

func TestDay(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		ok       bool
	}{
		{"", "", true},
		{"2026-03-01", "2026-03-01", true},
		{"01/03/2026", "2026-03-01", true},
		{"1/3/2026", "2026-03-01", true},
		{"31/02/2026", "", false},
		{"2026-13-01", "", false},
		{"tomorrow", "", false},
		{"1/3/26", "", false},
	} {
		if got, ok := day(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("day(%q): got %q, %v, want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

// Whatever the bytes: no panic, every cell is clean text under a known column, and
// every error names a code.
func FuzzParseTable(f *testing.F) {
	for _, s := range []string{
		"email,name\na@b.vn,A\n", "Thư điện tử;Họ tên\r\n\"a@b.vn\";\"A\nB\"\r\n", "sep=;\nemail;name\n", "sep=", "\xff\xfee\x00m\x00",
		"\xef\xbb\xbfemail\tname\n=1\t\"", "email,name\n\"", "PK\x03\x04\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tab := parseTable(file, nil)
		for _, e := range tab.errors {
			if e.Code == "" || e.Message == "" || e.Row < 0 {
				t.Errorf("error %+v", e)
			}
		}
		for _, r := range tab.records {
			for c, cell := range r.cells {
				if columnOf(string(c)) == "" && c != colUnitEn && c != colParent && c != colUnitName && c != colJoined && c != colHead {
					t.Errorf("column %q", c)
				}
				if !utf8.ValidString(cell) {
					t.Errorf("cell %q", cell)
				}
				if len(tab.errors) == 0 && !PlainText(cell) {
					t.Errorf("cell %q passed", cell)
				}
			}
		}
	})
}
