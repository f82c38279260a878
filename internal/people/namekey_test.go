package people

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Names as a Vietnamese list has them: An before Ân before Bình, d before đ, tones last.
func TestNameKey(t *testing.T) {
	want := []string{
		"", "Đỗ An", "Lê An", "Nguyễn An", "Nguyễn Văn An", "Trần Thị An", "Nguyễn Thị Án", "Lê Ân", "Lê Bình", "Lê Dung", "Lê Duy", "Bùi Đức", "Lê Ơn",
	}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, func(a, b string) int {
		x, y := NameKey(a), NameKey(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	if !slices.Equal(got, want) {
		t.Errorf("sorted: %q\nwant: %q", got, want)
	}
	for _, same := range [][2]string{{"Nguyễn Văn An", "NGUYỄN  văn an "}, {"Trần Thị Đào", norm.NFD.String("Trần Thị Đào")}} {
		if NameKey(same[0]) != NameKey(same[1]) {
			t.Errorf("%q and %q have different keys", same[0], same[1])
		}
	}
}

func BenchmarkNameKey(b *testing.B) {
	for b.Loop() {
		NameKey("Nguyễn Thị Phương Thảo")
	}
}
