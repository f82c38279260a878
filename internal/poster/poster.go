// Package poster makes sheets to hang up, as PDF: what it is about, and a QR code that leads there.
package poster

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-pdf/fpdf"

	"hocso/internal/qr"
)

// Size is a size of paper.
type Size string

// The sizes.
const (
	A4 Size = "a4"
	A5 Size = "a5"
)

// Sizes lists the sizes.
func Sizes() []Size { return []Size{A4, A5} }

// Poster is what is on a sheet, in one language.
type Poster struct {
	Size         Size
	Lang         string // vi or en
	Organisation string
	Title        string
	Text         string // may be empty
	Dates        string // may be empty
	URL          string // where the code leads
}

// The sheet in millimetres and points, for A4; A5 is the same, smaller.
const (
	width, height = 210.0, 297.0
	margin        = 18.0
	code          = 118.0 // side of the code with its quiet zone
	foot          = 26.0  // below the code: how to scan it, and its address
	green         = 0x0b<<16 | 0x6b<<8 | 0x4f
)

// PDF makes the sheet. The same poster at the same time is the same file. Titles and
// texts that are too long for the sheet end with an ellipsis.
func (p Poster) PDF(at time.Time) ([]byte, error) {
	size, bars, err := qr.Bars(p.URL)
	if err != nil {
		return nil, err
	}
	k := 1.0
	if p.Size == A5 {
		k = 148.0 / width
	}
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: width * k, Ht: height * k}})
	f.SetCatalogSort(true)
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetLang(p.Lang)
	f.SetTitle(p.Title, true)
	f.SetAuthor(p.Organisation, true)
	f.SetCreator("Hocso", true)
	f.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	f.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetAutoPageBreak(false, 0)
	f.AddPage()
	s := sheet{f, k}

	f.SetFillColor(green>>16, green>>8&0xff, green&0xff)
	f.Rect(0, 0, width*k, 9*k, "F")
	y := s.lines(20, "", 15, 0x55, []string{s.fit(p.Organisation, "", 15, width-2*margin, 1)[0]})
	title, points := s.title(p.Title)
	y = s.lines(y+7, "B", points, 0x15, title)
	bottom := height - margin - foot - code
	if p.Dates != "" {
		y = s.lines(y+4, "B", 16, 0x33, s.fit(p.Dates, "B", 16, width-2*margin, 1))
	}
	if room := int((bottom - y - 6) / lead(15)); p.Text != "" && room > 0 {
		s.lines(y+5, "", 15, 0x33, s.fit(p.Text, "", 15, width-2*margin, room))
	}

	unit, left := code/float64(size), (width-code)/2
	f.SetFillColor(0, 0, 0)
	for _, b := range bars { // a hair higher than a unit, so that no viewer leaves white lines between rows
		f.Rect((left+float64(b.X)*unit)*k, (bottom+float64(b.Y)*unit)*k, float64(b.Width)*unit*k, unit*1.02*k, "F")
	}
	scan := "Quét mã bằng máy ảnh của điện thoại"
	if p.Lang == "en" {
		scan = "Scan the code with your phone’s camera"
	}
	y = s.lines(bottom+code+1, "B", 17, 0x15, []string{scan})
	s.lines(y+1, "", 11, 0x33, s.fit(p.URL, "", 11, width-2*margin, 2))

	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("write the poster: %w", err)
	}
	return out.Bytes(), nil
}

// sheet draws on a page with the measures of A4, k times as large.
type sheet struct {
	f *fpdf.Fpdf
	k float64
}

// lead is from one line to the next, in millimetres.
func lead(points float64) float64 { return points * 1.32 * 25.4 / 72 }

// lines writes centred lines from y down, and returns where they end.
func (s sheet) lines(y float64, style string, points float64, grey int, lines []string) float64 {
	s.f.SetFont("sans", style, points*s.k)
	s.f.SetTextColor(grey, grey, grey)
	for _, line := range lines {
		s.f.SetXY(margin*s.k, y*s.k)
		s.f.CellFormat((width-2*margin)*s.k, lead(points)*s.k, line, "", 0, "CM", false, 0, "")
		y += lead(points)
	}
	return y
}

// title breaks a title, as large as it fits in four lines.
func (s sheet) title(text string) (lines []string, points float64) {
	for points = 40; ; points -= 4 {
		s.f.SetFont("sans", "B", points*s.k)
		lines = s.f.SplitText(text, (width-2*margin)*s.k)
		if len(lines) <= 3 || points <= 24 {
			return s.fit(text, "B", points, width-2*margin, 4), points
		}
	}
}

// fit breaks a text into at most most lines.
func (s sheet) fit(text, style string, points, wide float64, most int) []string {
	s.f.SetFont("sans", style, points*s.k)
	lines := s.f.SplitText(text, wide*s.k)
	if len(lines) == 0 {
		return []string{""}
	}
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most]
	last := []rune(lines[most-1])
	for len(last) > 0 && s.f.GetStringWidth(string(last)+"…") > wide*s.k {
		last = last[:len(last)-1]
	}
	lines[most-1] = string(last) + "…"
	return lines
}
