package app

import "testing"

func TestGCPercent(t *testing.T) {
	for _, tt := range []struct {
		alive uint64
		want  int
	}{{0, 100}, {30 << 20, 100}, {64 << 20, 100}, {128 << 20, 50}, {256 << 20, 25}, {4 << 30, 25}} {
		if got := gcPercent(tt.alive); got != tt.want {
			t.Errorf("with %d MB alive: %d per cent, want %d", tt.alive>>20, got, tt.want)
		}
	}
}
