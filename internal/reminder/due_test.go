package reminder

import (
	"context"
	"slices"
	"testing"

	"hocso/internal/learning"
	"hocso/internal/people"
)

// Whoever listens hears of what went to a device, and of what had none to go to; not of
// what was done before.
func TestDue(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(w *world)
		want   []string
	}{
		{"sent", func(*world) {}, []string{"lan: Còn 7 ngày: Nhận biết lừa đảo, 18 phút, https://hocso.example/?delivery=" + short(d7)}},
		{"no device", func(w *world) { clear(w.mem.devices) }, []string{"lan: Còn 7 ngày: Nhận biết lừa đảo, 18 phút, https://hocso.example/?delivery=" + short(d7)}},
		{"done before", func(w *world) { w.set(learning.Completed) }, nil},
	} {
		w := newWorld(t)
		var heard []string
		w.Due = func(_ context.Context, _ Delivery, p people.Person, text, link string) error {
			heard = append(heard, string(p.ID)+": "+text+", "+link)
			return nil
		}
		w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
		tt.change(w)
		w.tick(t, "2026-03-06 16:59")
		if !slices.Equal(heard, tt.want) {
			t.Errorf("%s: heard %q, want %q", tt.name, heard, tt.want)
		}
	}
}
