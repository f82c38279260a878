// Package qr draws QR codes.
package qr

import (
	"fmt"

	"rsc.io/qr"
)

// quiet is how many units around a code stay white, as the standard asks.
const quiet = 4

// Code is a code to scan, as one SVG path on a square of Size units, its quiet zone included.
type Code struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

// Bar is a black bar, one unit high.
type Bar struct{ X, Y, Width int }

// Draw draws text, at most 2,300 bytes.
func Draw(text string) (Code, error) {
	size, bars, err := Bars(text)
	var path []byte
	for _, b := range bars {
		path = fmt.Appendf(path, "M%d %dh%dv1h-%dz", b.X, b.Y, b.Width, b.Width)
	}
	return Code{Size: size, Path: string(path)}, err
}

// Bars are the black bars of text, from the top, on a square of size units, its quiet zone included.
func Bars(text string) (size int, bars []Bar, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return 0, nil, fmt.Errorf("draw a QR code: %w", err)
	}
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for code.Black(x, y) { // outside of the code nothing is black
				x++
			}
			if x > start {
				bars = append(bars, Bar{start + quiet, y + quiet, x - start})
			}
		}
	}
	return code.Size + 2*quiet, bars, nil
}
