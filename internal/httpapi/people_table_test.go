package httpapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"

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
