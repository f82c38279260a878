package people

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook makes a file; change fills its only sheet, "S".
func workbook(t testing.TB, change func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", "S"); err != nil {
		t.Fatal(err)
	}
	change(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, v any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, v); err != nil {
		t.Fatal(err)
	}
}

func headed(t testing.TB, f *excelize.File) {
	for cell, v := range map[string]string{"A1": "Thư điện tử", "B1": "Họ tên", "C1": "Mã đơn vị", "D1": "Ngày vào", "E1": "Ghi chú"} {
		set(t, f, "S", cell, v)
	}
}

// Numbers, dates and letters come as a person reads them in the sheet.
func TestWorkbook(t *testing.T) {
	tab := parseTable(workbook(t, func(f *excelize.File) {
		headed(t, f)
		set(t, f, "S", "A3", "a@b.vn")
		set(t, f, "S", "B3", "Tra\u0302\u0300n A") // letters and marks apart
		set(t, f, "S", "C3", 1234567)
		set(t, f, "S", "D3", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		set(t, f, "S", "A4", "b@b.vn")
		set(t, f, "S", "B4", "B")
		set(t, f, "S", "C4", 7.0)
		set(t, f, "S", "D4", "31/12/2025")
		if err := f.SetCellFormula("S", "E4", "=1+1"); err != nil { // nobody reads this column
			t.Fatal(err)
		}
	}), nil)
	if len(tab.errors) != 0 || len(tab.records) != 2 || tab.sheet != "S" || !slices.Equal(tab.ignored, []string{"Ghi chú"}) {
		t.Fatalf("errors %+v, records %+v, sheet %q, ignored %q", tab.errors, tab.records, tab.sheet, tab.ignored)
	}
	for i, want := range []record{
		{3, map[column]string{colEmail: "a@b.vn", colName: "Trần A", colUnit: "1234567", colJoined: "2026-03-01"}},
		{4, map[column]string{colEmail: "b@b.vn", colName: "B", colUnit: "7", colJoined: "31/12/2025"}},
	} {
		got := tab.records[i]
		for c, v := range want.cells {
			if got.cells[c] != v || got.row != want.row {
				t.Errorf("row %d, %s: got %q in row %d, want %q", want.row, c, got.cells[c], got.row, v)
			}
		}
	}
}

func TestWorkbookErrors(t *testing.T) {
	person := func(f *excelize.File) {
		headed(t, f)
		set(t, f, "S", "A2", "a@b.vn")
		set(t, f, "S", "B2", "A")
	}
	good := workbook(t, person)
	for _, tt := range []struct {
		name   string
		file   []byte
		row    int
		column string
		code   string
	}{
		{"a formula", workbook(t, func(f *excelize.File) {
			person(f)
			if err := f.SetCellFormula("S", "B3", `=HYPERLINK("http://e")`); err != nil {
				t.Fatal(err)
			}
		}), 3, "name", "formula"},
		{"text like a formula", workbook(t, func(f *excelize.File) { person(f); set(t, f, "S", "B2", "=1") }), 2, "name", "formula"},
		{"a long cell", longCell(t, good), 2, "name", "too_long"},
		{"a line break", workbook(t, func(f *excelize.File) { person(f); set(t, f, "S", "B2", "a\nb") }), 2, "name", "text"},
		{"more cells than headers", workbook(t, func(f *excelize.File) { person(f); set(t, f, "S", "H2", "x") }), 2, "", "too_many_cells"},
		{"an empty sheet", workbook(t, func(*excelize.File) {}), 1, "", "empty"},
		{"too many columns", workbook(t, func(f *excelize.File) { person(f); set(t, f, "S", "XFD1", "x") }), 1, "", "too_many_columns"},
		{"no address column", workbook(t, func(f *excelize.File) { set(t, f, "S", "B2", "name") }), 2, "email", "missing_column"},
		{"cut off", good[:len(good)/2], 1, "", "bad_workbook"},
		{"a byte is wrong", flip(good), 1, "", "bad_workbook"},
		{"another zip", pack(t, map[string]string{"a.txt": "a"}), 1, "", "bad_workbook"},
		{"a zip of a workbook", pack(t, map[string]string{"a.xlsx": string(good)}), 1, "", "bad_workbook"},
		{"an empty zip", pack(t, nil), 1, "", "bad_workbook"},
		{"a zip bomb", pack(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat(" ", mostUnpacked+1)}), 1, "", "too_large"},
		{"a sheet that ends in the middle", repack(t, good, "xl/worksheets/sheet1.xml", func(s string) string { return s[:len(s)*2/3] }), 1, "", "bad_workbook"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab := parseTable(tt.file, nil)
			if len(tab.errors) == 0 {
				t.Fatalf("no error, want %s; records %+v", tt.code, tab.records)
			}
			if e := tab.errors[0]; e.Row != tt.row || e.Column != tt.column || e.Code != tt.code || e.Message == "" {
				t.Errorf("got %+v, want row %d, column %q, code %q", e, tt.row, tt.column, tt.code)
			}
		})
	}
}

// Hidden sheets are none that anybody meant to send.
func TestWorkbookSheets(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		for _, name := range []string{"Danh sách", "Khác"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			set(t, f, name, "A1", "email")
			set(t, f, name, "B1", "name")
			set(t, f, name, "A2", "a@b.vn")
			set(t, f, name, "B2", name)
		}
		f.SetActiveSheet(1)
		if err := f.SetSheetVisible("S", false, true); err != nil {
			t.Fatal(err)
		}
	})
	tab := parseTable(file, nil)
	if tab.sheet != "Danh sách" || len(tab.errors) != 0 || len(tab.records) != 1 || tab.records[0].cells[colName] != "Danh sách" {
		t.Errorf("sheet %q, errors %+v, records %+v", tab.sheet, tab.errors, tab.records)
	}
}

func TestDateOf(t *testing.T) {
	for _, tt := range []struct {
		in   string
		old  bool
		want string
	}{
		{"46082", false, "2026-03-01"},
		{"46082.75", false, "2026-03-01"},
		{"44620", true, "2026-03-01"},
		{"2026", false, "2026"},
		{"2026-03-01T00:00:00", false, "2026-03-01"},
		{"01/03/2026", false, "01/03/2026"},
		{"NaN", false, "NaN"},
		{"1e300", false, "1e300"},
	} {
		if got := dateOf(tt.in, tt.old); got != tt.want {
			t.Errorf("dateOf(%q, %v): got %q, want %q", tt.in, tt.old, got, tt.want)
		}
	}
}

// Whatever the sheet, its strings and its relations: no panic, and every error says
// what it is.
func FuzzWorkbook(f *testing.F) {
	good := workbook(f, func(x *excelize.File) {
		headed(f, x)
		set(f, x, "S", "A2", "a@b.vn")
		set(f, x, "S", "D2", 46082)
	})
	sheet, shared := part(f, good, "xl/worksheets/sheet1.xml"), part(f, good, "xl/sharedStrings.xml")
	f.Add(sheet, shared)
	f.Add(`<worksheet><sheetData><row r="9"><c r="XFD9" t="s"><v>99</v></c><c t="s"><v>-1</v></c><c><f>1</f></c></row></sheetData></worksheet>`, `<sst><si><t>a</t></si></sst>`)
	f.Add(`<worksheet><sheetData><row r="-1"><c r="A" t="inlineStr"><is><t>email</t></is></c></row></sheetData></worksheet>`, "")
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		file := repack(t, good, "xl/worksheets/sheet1.xml", func(string) string { return sheet })
		tab := parseTable(repack(t, file, "xl/sharedStrings.xml", func(string) string { return shared }), nil)
		for _, e := range tab.errors {
			if e.Code == "" || e.Message == "" || e.Row < 0 {
				t.Errorf("error %+v", e)
			}
		}
		for _, r := range tab.records {
			for c, cell := range r.cells {
				if len(tab.errors) == 0 && !PlainText(cell) {
					t.Errorf("cell %s %q passed", c, cell)
				}
			}
		}
	})
}

// pack makes a zip.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpack reads a zip.
func unpack(t testing.TB, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[p.Name] = string(text)
	}
	return parts
}

func part(t testing.TB, file []byte, name string) string { return unpack(t, file)[name] }

// repack changes one part of a zip.
func repack(t testing.TB, file []byte, name string, change func(string) string) []byte {
	t.Helper()
	parts := unpack(t, file)
	parts[name] = change(parts[name])
	return pack(t, parts)
}

// longCell puts 10 MB into the name of the first person.
func longCell(t testing.TB, file []byte) []byte {
	return repack(t, file, "xl/sharedStrings.xml", func(s string) string {
		return strings.Replace(s, ">A<", ">"+strings.Repeat("A", 10<<20)+"<", 1)
	})
}

// flip damages a byte in the middle of what is packed.
func flip(file []byte) []byte {
	bad := slices.Clone(file)
	bad[80] ^= 0xff
	return bad
}
