package qr

import (
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	got, err := Draw("https://hocso.test/")
	if err != nil || got.Size < 21+2*quiet || !strings.HasPrefix(got.Path, "M4 4h7v1h-7z") {
		t.Errorf("Draw = %d %.40q, %v", got.Size, got.Path, err)
	}
	if _, err := Draw(strings.Repeat("x", 2400)); err == nil {
		t.Error("a text that no code holds was drawn")
	}
}
