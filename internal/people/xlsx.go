package people

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"
)

// Limits of a workbook. What is unpacked stays in memory up to mostUnpacked: of a
// larger one, which only a command takes, excelize keeps the parts in temporary files.
const (
	mostUnpacked = 24 << 20 // bytes; 20,000 rows of all columns need 14 MB
	mostParts    = 2000
	mostFormulas = 100_000
)

var errTooLarge = errors.New("the workbook is too large unpacked") // never assigned again

// readXLSX reads the first visible sheet of a workbook. Numbers are read as they are
// stored, not as the sheet rounds or decorates them.
func (t *parsed) readXLSX(file *io.SectionReader) {
	var err error
	if t.formulas == nil { // the first time
		err = checkZip(file, t.unpacked)
	}
	if err == nil {
		err = t.readWorkbook(file)
	}
	switch {
	case errors.Is(err, errTooLarge):
		t.fail(1, "", "too_large", "The workbook is too large. Delete other sheets and pictures, or split it.")
	case err != nil:
		t.fail(1, "", "bad_workbook", "The file is damaged, or no .xlsx workbook.")
	case t.headers == nil:
		t.fail(1, "", "empty", "The file has no header row.")
	}
}

// checkZip unpacks everything once: excelize takes what it gets from a damaged part.
func checkZip(file *io.SectionReader, most int64) error {
	z, err := zip.NewReader(file, file.Size())
	if err != nil {
		return err
	}
	if len(z.File) > mostParts {
		return errTooLarge
	}
	left := most
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		if left -= n; left < 0 {
			return errTooLarge
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
	return nil
}

func (t *parsed) readWorkbook(file *io.SectionReader) (err error) {
	defer func() {
		if p := recover(); p != nil { // excelize trusts the indexes in a workbook
			err = fmt.Errorf("read workbook: %v", p)
		}
	}()
	f, err := excelize.OpenReader(io.NewSectionReader(file, 0, file.Size()), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: t.unpacked, UnzipXMLSizeLimit: mostUnpacked,
	})
	if err != nil {
		return fmt.Errorf("open workbook: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	name, target, err := firstVisible(f, file)
	if err != nil {
		return err
	}
	if t.formulas == nil {
		if t.formulas, err = formulasOf(file, target); err != nil {
			return fmt.Errorf("read sheet: %w", err)
		}
	}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return err
	}
	t.sheet = shown(name)
	t.date = func(cell string) string { return dateOf(cell, props.Date1904 != nil && *props.Date1904) }
	rows, err := f.Rows(name)
	if err != nil {
		return err
	}
	return errors.Join(t.readSheet(rows), rows.Close())
}

func (t *parsed) readSheet(rows *excelize.Rows) error {
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return err
		}
		filled := 0
		for i, cell := range cells {
			if whole, ok := strings.CutSuffix(cell, ".0"); ok && whole != "" && strings.Trim(whole, "0123456789") == "" {
				cell = whole
			}
			cells[i] = norm.NFC.String(cell)
			if t.formulas[place{n, i + 1}] {
				cells[i] = "=" + cells[i] // what it is, whatever it came to
			}
			if strings.TrimSpace(cells[i]) != "" {
				filled = i + 1
			}
		}
		switch {
		case filled == 0:
		case t.headers == nil:
			t.readHeader(cells[:filled], n)
		case !t.readRow(cells[:filled], n):
			return nil
		}
	}
	return rows.Error()
}

// dateOf reads the number of a day as spreadsheets keep it, from 1950 on; anything
// else stays as it is, and is refused if it is no date.
func dateOf(cell string, from1904 bool) string {
	if day, _, ok := strings.Cut(cell, "T"); ok && len(day) == len(time.DateOnly) {
		return day
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || n < 16_800 || n > 200_000 {
		return cell
	}
	d, err := excelize.ExcelDateToTime(n, from1904)
	if err != nil || d.Year() < 1950 {
		return cell
	}
	return d.Format(time.DateOnly)
}

// firstVisible returns the first sheet with cells that is not hidden: its name and
// the name of its part of the file.
func firstVisible(f *excelize.File, file *io.SectionReader) (name, target string, err error) {
	z, err := zip.NewReader(file, file.Size())
	if err != nil {
		return "", "", err
	}
	var rels struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	raw, _ := f.Pkg.Load("xl/_rels/workbook.xml.rels")
	text, _ := raw.([]byte)
	if err := xml.Unmarshal(text, &rels); err != nil {
		return "", "", fmt.Errorf("read relations: %w", err)
	}
	for _, s := range f.WorkBook.Sheets.Sheet {
		for _, r := range rels.Relationship {
			if r.ID != s.ID || !strings.HasSuffix(r.Type, "/worksheet") || s.State == "hidden" || s.State == "veryHidden" {
				continue
			}
			target := strings.TrimPrefix(r.Target, "/")
			if target == r.Target {
				target = path.Join("xl", target)
			}
			if slices.ContainsFunc(z.File, func(p *zip.File) bool { return p.Name == target }) {
				return s.Name, target, nil
			}
		}
	}
	return "", "", errors.New("no visible sheet")
}

// place is a cell: row and column, from 1.
type place struct{ row, col int }

// formulasOf is formulasIn of a part of a workbook.
func formulasOf(file *io.SectionReader, name string) (found map[place]bool, err error) {
	z, err := zip.NewReader(file, file.Size())
	if err != nil {
		return nil, err
	}
	part, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	return formulasIn(part)
}

// formulasIn returns the cells of a sheet that hold a formula, of which excelize
// gives only the last result. A sheet that ends too early or is no XML is an error:
// excelize would give the rows before that.
func formulasIn(sheet io.Reader) (map[place]bool, error) {
	found := map[place]bool{}
	var at place
	d := xml.NewDecoder(bufio.NewReader(sheet))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "row":
			at = place{row: at.row + 1}
			if n, err := strconv.Atoi(attr(start, "r")); err == nil {
				at.row = n
			}
		case "c":
			at.col++
			if col, _, err := excelize.CellNameToCoordinates(attr(start, "r")); err == nil {
				at.col = col
			}
		case "f":
			if found[at] = true; len(found) > mostFormulas {
				return nil, errTooLarge
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
