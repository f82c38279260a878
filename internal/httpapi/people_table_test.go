package httpapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

// sendFile sends the bytes of a file, whose name nobody asks for.
func (o *organisation) sendFile(t *testing.T, token string, file []byte, dry bool) people.ImportResult {
	t.Helper()
	body := map[string]string{"csvBase64": base64.StdEncoding.EncodeToString(file)}
	a := o.do(call{method: "POST", path: fmt.Sprintf("/api/v1/people/import?dryRun=%v", dry), token: token, body: body})
	a.want(t, 200, `"rows"`, "argon2")
	return decode[people.ImportResult](t, a)
}

// section is a file of these bytes.
func section(file []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
}

// workbook makes a workbook of one sheet from rows of text.
func workbook(t testing.TB, rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A workbook does what the same table as CSV does; its name is not asked for.
func TestImportWorkbook(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	rows := [][]any{
		{"Họ tên", "Thư điện tử", "Mã đơn vị", "Tên đơn vị", "Đơn vị cha", "Vai trò", "Ngày vào", "Phụ trách"},
		{"Vũ Thị Mai", "mai@bo.vn", "C", "Cục C", "bo", "", 46082, "x"},
		{},
		{"Nguyễn Thị Lan", "LAN@bo.vn", "C"},
	}
	file := workbook(t, rows)
	if res := o.sendFile(t, o.root, file, true); res.Applied || res.New != 1 || res.Moved != 1 || res.UnitsNew != 1 || res.Sheet != "Sheet1" || len(res.Errors) != 0 {
		t.Errorf("dry run: %+v", res)
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=mai", token: o.root}).want(t, 200, `{"items":[]}`, "mai@bo.vn")
	if res := o.sendFile(t, o.root, file, false); !res.Applied || res.New != 1 || res.Moved != 1 {
		t.Errorf("import: %+v", res)
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=mai", token: o.root}).want(t, 200, `"joinedOn":"2026-03-01"`, "")
	if res := o.sendFile(t, o.root, file, false); res.New+res.Moved+res.Changed+res.UnitsNew+res.UnitsChanged != 0 || res.Unchanged != 2 {
		t.Errorf("the same again: %+v, want no change", res)
	}
	rows[3][1] = "MAI@bo.vn"
	if res := o.sendFile(t, o.root, workbook(t, rows), false); res.Applied || len(res.Errors) != 1 || res.Errors[0] != (people.ImportError{Row: 4, Column: "email", Code: "duplicate", Message: "The same address is in row 2."}) {
		t.Errorf("an address twice: %+v", res.Errors)
	}
}

// exported fetches the table of who is signed in.
func (o *organisation) exported(t *testing.T, token, file string) []byte {
	t.Helper()
	a := o.do(call{method: "GET", path: "/api/v1/people/export." + file, token: token})
	a.want(t, 200, "", "argon2")
	if !strings.Contains(a.header.Get("Content-Disposition"), `filename="hocso-people-2026-03-02.`) {
		t.Errorf("Content-Disposition: %q", a.header.Get("Content-Disposition"))
	}
	return []byte(a.body)
}

// What an export says, an import knows: nothing changes, in either format and
// language, by whoever, whatever the names and addresses begin with.
func TestExportImport(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.add("=HYPERLINK(1), -2", "+plus@bo.vn", "a1")
	o.add("  Hai  Khoảng ", "hai@bo.vn", "a1", people.Grant{Role: people.Auditor, Unit: "a1"}, people.Grant{Role: people.Trainer, Unit: "a"}, people.Grant{Role: people.SecurityOfficer})
	o.add("Không Đơn Vị", "khong@bo.vn", "")
	closed := o.add("Đã Nghỉ", "nghi@bo.vn", "a1")
	o.do(call{method: "POST", path: "/api/v1/people/" + string(closed.ID) + "/disable", token: o.root}).want(t, 200, "closed", "")
	o.unit("trong", "a") // nobody is in it
	if _, err := o.People.ChangeUnit(t.Context(), people.Console(), "trong", &people.Text{Vi: "@Trống", En: "-Empty"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, who := range []struct {
		name, token string
		people      int
		has, hasNot string
	}{
		{"root", o.root, 10, "khong@bo.vn", "nghi@bo.vn"},
		{"administrator of A", o.unitAdmin, 6, "lan@bo.vn", "binh@bo.vn"},
	} {
		for _, file := range []string{"csv", "csv?lang=en", "xlsx", "xlsx?lang=en"} {
			t.Run(who.name+" "+file, func(t *testing.T) {
				table := o.exported(t, who.token, file)
				if strings.HasPrefix(file, "csv") {
					if text := string(table); !strings.Contains(text, who.has) || strings.Contains(text, who.hasNot) || strings.Contains(text, "nghi@bo.vn") {
						t.Errorf("want %s and not %s in %s", who.has, who.hasNot, text)
					}
				}
				res := o.sendFile(t, who.token, table, false)
				if !res.Applied || res.Unchanged != who.people || res.New+res.Changed+res.Moved+res.UnitsNew+res.UnitsChanged != 0 || len(res.Ignored) != 0 {
					t.Errorf("got %+v, want %d people unchanged", res, who.people)
				}
			})
		}
	}
	o.do(call{method: "GET", path: "/api/v1/people/export.csv", token: o.root}).want(t, 200, "\ufeffThư điện tử,Họ tên,Mã đơn vị,", "")
	o.do(call{method: "GET", path: "/api/v1/people/export.csv?unit=a1", token: o.root}).want(t, 200, `"'+plus@bo.vn","'=HYPERLINK(1), '-2",a1,`, "root@bo.vn")
	o.do(call{method: "GET", path: "/api/v1/people/export.csv?unit=b", token: o.unitAdmin}).want(t, 404, "unit_not_found", "binh")
	o.do(call{method: "GET", path: "/api/v1/people/export.xlsx", token: o.learner}).want(t, 403, "not_allowed", "")
}

// mapped asks what a table would do with a mapping of its headers.
func (o *organisation) mapped(t *testing.T, csv string, mapping ...string) people.ImportResult {
	t.Helper()
	a := o.do(call{method: "POST", path: "/api/v1/people/import", token: o.root, body: map[string]any{"csv": csv, "mapping": mapping}})
	a.want(t, 200, `"columns":[`, "")
	return decode[people.ImportResult](t, a)
}

// Headers that nobody foresaw are mapped by hand, by what is in their columns.
func TestImportMapping(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	const table = "Hòm thư CQ;Nhân viên;Phòng ban;STT;Email\n;;;;\nx@bo.vn;X;a;1;\ny@bo.vn;Y;a;2;\nz@bo.vn;=Z;a;3;\nw@bo.vn;W;a;4;\n"
	res := o.mapped(t, table)
	if len(res.Errors) != 1 || res.Errors[0].Code != "missing_column" || res.Errors[0].Column != "name" || len(res.Columns) != 5 {
		t.Fatalf("without a mapping: %+v", res)
	}
	if c := res.Columns[1]; c.Header != "Nhân viên" || c.Column != "" || fmt.Sprint(c.Samples) != "[X Y =Z]" {
		t.Errorf("column 2: %+v", c)
	}
	if c := res.Columns[4]; c.Column != "email" || len(c.Samples) != 0 {
		t.Errorf("column 5: %+v", c)
	}
	res = o.mapped(t, table, "email", "name", "unit", "", "")
	if len(res.Errors) != 1 || res.Errors[0].Row != 5 || res.Errors[0].Column != "name" || res.Errors[0].Code != "formula" || fmt.Sprint(res.Ignored) != "[STT Email]" {
		t.Errorf("with a mapping: %+v", res)
	}
	res = o.mapped(t, strings.Replace(table, "=Z", "Z", 1), "email", "name", "unit", "", "")
	if len(res.Errors) != 0 || res.New != 4 {
		t.Errorf("with a mapping, mended: %+v", res)
	}
	if res = o.mapped(t, table, "email", "name", "name"); len(res.Errors) == 0 || res.Errors[0].Code != "duplicate_column" {
		t.Errorf("a column twice: %+v", res)
	}
	o.do(call{method: "POST", path: "/api/v1/people/import", token: o.root, body: `{"csv":"a","mapping":["passwordHash"]}`}).want(t, 422, `"field":"mapping[0]","code":"oneof"`, "")
}

// A dry run says what a person has and will have, and who is not in the file; it
// tells nobody about people whom they do not manage.
func TestImportDifference(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	const table = "email,name,unit,role,joined\nlan@bo.vn,Nguyễn Thị Lan,a,trainer,2026-03-01\nnew@bo.vn,N,a,,\n"
	res := o.importing(t, o.unitAdmin, table, true)
	if res.Moved != 1 || res.New != 1 || res.Missing != 3 || len(res.MissingPeople) != 3 {
		t.Fatalf("got %+v", res)
	}
	for _, p := range res.MissingPeople {
		if p.Unit != "a" || p.ID == "" || p.Email != "admin-a@bo.vn" && p.Email != "head-a@bo.vn" && p.Email != "boss@bo.vn" {
			t.Errorf("missing %+v", p)
		}
	}
	got := res.Changes[0]
	want := []people.ImportField{{Column: "unit", Before: "a1", After: "a"}, {Column: "role", After: "trainer a"}, {Column: "joined", After: "2026-03-01"}}
	if got.Kind != "moved" || !slices.Equal(got.Fields, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if res := o.importing(t, o.root, "email,name\nbinh@bo.vn,Bình\n", true); res.Changed != 1 || res.Missing != 1 || res.MissingPeople[0].Email != "trainer@bo.vn" {
		t.Errorf("without a column of units: %+v, want the other one of b", res)
	}
	if res := o.importing(t, o.unitAdmin, table, false); !res.Applied || res.Missing != 0 {
		t.Errorf("applied: %+v", res)
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=boss", token: o.root}).want(t, 200, `"status":"active"`, "")
}

// The bar is 3 s for 10,000 people, with validation: for what is read, checked and
// written, for the same again, and for a dry run of it.
func BenchmarkImport(b *testing.B) {
	text := manyRows(10_000)
	var rows [][]any
	for line := range strings.Lines(text) {
		var cells []any
		for cell := range strings.SplitSeq(strings.TrimSpace(line), ",") {
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	for _, file := range []struct {
		name  string
		table []byte
	}{{"csv", []byte(text)}, {"xlsx", workbook(b, rows)}} {
		for _, again := range []string{"new", "again", "dry"} {
			b.Run(file.name+"/"+again, func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					db := mongodbtest.New(b)
					s := &people.Service{Store: db.People(), UnitStore: db.People(), Now: time.Now, NewID: uuid.NewString, Zone: time.UTC}
					if _, err := s.AddUnit(b.Context(), people.Console(), people.UnitDraft{ID: "b", Name: people.Text{Vi: "B", En: "B"}}); err != nil {
						b.Fatal(err)
					}
					if again != "new" {
						if res, err := s.Import(b.Context(), people.Console(), section(file.table), people.ImportOptions{}); err != nil || res.New != 10_000 {
							b.Fatal(res.Errors, err)
						}
					}
					b.StartTimer()
					res, err := s.Import(b.Context(), people.Console(), section(file.table), people.ImportOptions{DryRun: again == "dry"})
					if err != nil || res.New+res.Unchanged != 10_000 || res.Missing != 0 || (res.New == 0) != (again != "new") {
						b.Fatal(res.Errors, err)
					}
				}
			})
		}
	}
}
