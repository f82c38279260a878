package poster

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

var noon = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

func sample(size Size, lang string) Poster {
	p := Poster{
		Size: size, Lang: lang, Organisation: "Bộ Khoa học và Công nghệ", Title: "Nhận biết lừa đảo: dừng lại, kiểm tra, báo ngay",
		Text: "Mỗi ngày có người nhận được cuộc gọi giả danh. Học mười phút để nhận ra, ở bất cứ đâu, cả khi không có mạng. Ữ ở ệ ặ ợ ỹ.", Dates: "2/3/2026 – 13/3/2026", URL: "https://hocso.bo.vn/announcements/019d0000-0000-7000-8000-000000000001",
	}
	if lang == "en" {
		p.Title, p.Text = "Spot the scam: stop, check, report", "Ten minutes, anywhere, also without a network."
	}
	return p
}

// streams are the unpacked contents of a PDF.
func streams(t *testing.T, pdf []byte) (all []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue // not packed
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}

// escapes are how fpdf writes bytes that mean something in a string.
var escapes = strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r")

// words is the text of a page: fpdf writes UTF-16 with escapes.
func words(page string) string {
	var out []string
	for _, m := range regexp.MustCompile(`(?s)\(((?:[^()\\]|\\.)*)\) ?Tj`).FindAllStringSubmatch(page, -1) {
		raw := escapes.Replace(m[1])
		var units []uint16
		for i := 0; i+1 < len(raw); i += 2 {
			units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
		}
		out = append(out, string(utf16.Decode(units)))
	}
	return strings.Join(out, " ")
}

// scan paints the black bars of a page and reads the code in the picture as a camera would.
func scan(t *testing.T, page string, scale float64) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, int(600*scale), int(850*scale)))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	_, after, ok := strings.Cut(page, "0.000 g")
	if !ok {
		t.Fatalf("nothing black in %.200s", page)
	}
	for _, m := range regexp.MustCompile(`([\d.-]+) ([\d.-]+) ([\d.-]+) (-?[\d.]+) re f`).FindAllStringSubmatch(after, -1) {
		var v [4]float64
		for i := range v {
			v[i], _ = strconv.ParseFloat(m[i+1], 64)
		}
		for y := int((842 - v[1]) * scale); y < int((842-v[1]-v[3])*scale); y++ {
			for x := int(v[0] * scale); x < int((v[0]+v[2])*scale); x++ {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	res, err := qrcode.NewQRCodeReader().Decode(bmp, nil)
	if err != nil {
		t.Fatalf("the code cannot be read: %v", err)
	}
	return res.GetText()
}

func TestPDF(t *testing.T) {
	for size, box := range map[Size]string{A4: "595.28 841.89", A5: "419.53 593.33"} {
		for _, lang := range []string{"vi", "en"} {
			t.Run(fmt.Sprint(size, " ", lang), func(t *testing.T) {
				p := sample(size, lang)
				pdf, err := p.PDF(noon)
				if err != nil {
					t.Fatal(err)
				}
				if dir := os.Getenv("POSTERS"); dir != "" { // to look at them
					if err := os.WriteFile(fmt.Sprintf("%s/%s-%s.pdf", dir, size, lang), pdf, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				again, err := p.PDF(noon)
				if err != nil || !bytes.Equal(pdf, again) {
					t.Errorf("the same poster is another file, %v", err)
				}
				if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || !bytes.Contains(pdf, []byte(box)) || !bytes.Contains(pdf, []byte("/FontFile2")) {
					t.Errorf("no PDF of %s with a font in it: %.60q", box, pdf)
				}
				if len(pdf) > 200_000 {
					t.Errorf("%d bytes: the whole font is in it", len(pdf))
				}
				page := streams(t, pdf)[0]
				got := strings.Join(strings.Fields(words(page)), " ")
				for _, want := range []string{p.Organisation, p.Title, p.Text, p.Dates} {
					if !strings.Contains(got, want) {
						t.Errorf("%q is not in %q", want, got)
					}
				}
				if url := scan(t, page, 3); url != p.URL {
					t.Errorf("the code leads to %q, want %q", url, p.URL)
				}
			})
		}
	}
}

func TestPDFOfTooMuch(t *testing.T) {
	p := sample(A5, "vi")
	p.Title, p.Text, p.URL = strings.Repeat("Đường dài vô tận ", 40), strings.Repeat("chữ ", 2000), "https://hocso.bo.vn/"+strings.Repeat("a", 300)
	pdf, err := p.PDF(noon)
	if err != nil {
		t.Fatal(err)
	}
	page := streams(t, pdf)[0]
	if n := strings.Count(words(page), "…"); n != 3 {
		t.Errorf("%d texts are cut, want title, text and address", n)
	}
	for _, m := range regexp.MustCompile(`BT ([\d.-]+) ([\d.-]+) Td`).FindAllStringSubmatch(page, -1) {
		if y, err := strconv.ParseFloat(m[2], 64); err != nil || y < 20 {
			t.Errorf("text at %s: below the sheet", m[0])
		}
	}
	if url := scan(t, page, 3); url != p.URL {
		t.Errorf("the code leads to %q", url)
	}
	p.URL = strings.Repeat("x", 3000)
	if _, err := p.PDF(noon); err == nil {
		t.Error("an address that no code holds was drawn")
	}
}
