package people

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// exportPage is how many people are read at once for an export.
const exportPage = 1000

// exportWords are the texts of an exported table in one language: all of them are
// words that an import knows.
type exportWords struct {
	sheet  string
	header []string
	role   map[Role]string
}

func exportWordsIn(lang string) exportWords {
	if lang == "en" {
		return exportWords{
			"People",
			[]string{"Email", "Name", "Unit", "Unit name", "Unit name (en)", "Parent unit", "Role", "Joined", "Head"},
			map[Role]string{Trainer: "trainer", Administrator: "administrator", SecurityOfficer: "security officer", Auditor: "auditor"},
		}
	}
	return exportWords{
		"Danh sách",
		[]string{"Thư điện tử", "Họ tên", "Mã đơn vị", "Tên đơn vị", "Tên đơn vị (en)", "Đơn vị cha", "Vai trò", "Ngày vào", "Phụ trách"},
		map[Role]string{Trainer: "người viết bài", Administrator: "người quản trị", SecurityOfficer: "cán bộ an toàn thông tin", Auditor: "người kiểm tra"},
	}
}

// Table is people and units in the shape that Import reads: to import it again
// changes nothing.
type Table struct {
	sheet string
	rows  [][]string // the first is the header
}

// Export returns the people whom a manages in unit and below it, by name, with
// headers in lang, "vi" or "en"; then the units without people. An empty unit is all
// that a manages. Closed accounts are left out, since an import does not change them,
// and so are roles that are not for all of what a manages: an import would widen
// them. fault.NotFound unit_not_found for a unit outside.
func (s *Service) Export(ctx context.Context, a Actor, unit UnitID, lang string) (Table, error) {
	words := exportWordsIn(lang)
	out := Table{words.sheet, [][]string{words.header}}
	t, err := s.units(ctx)
	if err != nil {
		return Table{}, err
	}
	filled := map[UnitID]bool{}
	for in := (Search{Unit: unit, Limit: exportPage}); ; {
		ps, next, err := s.Find(ctx, a, in)
		if err != nil {
			return Table{}, err
		}
		for _, p := range ps {
			if p.Status.Ended() {
				continue
			}
			u, _ := t.unit(p.Unit)
			filled[p.Unit] = true
			head := ""
			if today := s.Today(); u.HeadOn(today) == p.ID && !deputises(u, p.ID, today) {
				head = "x"
			}
			out.rows = append(out.rows, slices.Concat(
				[]string{p.Email, p.Name}, unitCells(u), []string{words.roles(a, p), p.JoinedOn, head},
			))
		}
		if next == "" {
			break
		}
		in.Cursor = next
	}
	for _, u := range t.list {
		within := unit == "" || u.ID == unit || slices.Contains(u.Path, unit)
		if within && !filled[u.ID] && a.Covers(ManagePeople, u.ID, u.Path) {
			out.rows = append(out.rows, slices.Concat([]string{"", ""}, unitCells(u), []string{"", "", ""}))
		}
	}
	return out, nil
}

func unitCells(u Unit) []string {
	en := u.Name.En
	if en == u.Name.Vi {
		en = "" // so that who renames the unit in the table renames both
	}
	return []string{string(u.ID), u.Name.Vi, en, string(u.Parent)}
}

// roles names the roles of p that an import by a would give.
func (w exportWords) roles(a Actor, p Person) string {
	within := p.Unit
	if a.Covers(ManagePeople, "", nil) {
		within = ""
	}
	var names []string
	for _, r := range Roles() {
		if name := w.role[r]; name != "" && slices.Contains(p.Grants, Grant{r, within}) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// CSV writes the table in UTF-8, with the mark that Excel needs.
func (t Table) CSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	for _, row := range t.rows {
		if _, err := io.WriteString(w, CSVLine(row)); err != nil {
			return err
		}
	}
	return nil
}

// XLSX writes the table as a workbook of one sheet. Every cell is text.
func (t Table) XLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName("Sheet1", t.sheet); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("style header: %w", err)
	}
	sw, err := f.NewStreamWriter(t.sheet)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	err = errors.Join(
		sw.SetColWidth(1, 2, 30),
		sw.SetColWidth(3, len(t.rows[0]), 18),
		sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	)
	for i, row := range t.rows {
		cells := make([]any, len(row))
		for j, cell := range row {
			switch {
			case i == 0:
				cells[j] = excelize.Cell{StyleID: bold, Value: cell}
			case cell != "":
				cells[j] = neutral(cell) // a text is no formula here, but it may be copied elsewhere
			}
		}
		err = errors.Join(err, sw.SetRow("A"+strconv.Itoa(i+1), cells))
	}
	if err = errors.Join(err, sw.Flush()); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return f.Write(w)
}

// exported reports whether cell is what an export writes for stored, spaces aside.
func exported(cell, stored string) bool {
	tidy := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return tidy(cell) == tidy(stored) || tidy(cell) == tidy(neutral(stored))
}

// importedEmail is the address in a cell, also when an export had to put an
// apostrophe before it.
func importedEmail(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && neutral(rest) == cell {
		cell = rest
	}
	return FoldEmail(cell)
}
