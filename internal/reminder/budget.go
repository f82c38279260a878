package reminder

import (
	"slices"
	"time"
)

const rememberSends = 8 * 24 * time.Hour

// begin returns b with a push that is on its way; begun again it is the same one.
// What no cap looks at any more is left out.
func (b Budget) begin(d Delivery, with []string, now time.Time) Budget {
	b.Sends = slices.DeleteFunc(slices.Clone(b.Sends), func(s Send) bool {
		return s.Delivery == d.ID || now.Sub(s.At) > rememberSends
	})
	b.Person = d.Person
	b.Sends = append(b.Sends, Send{Delivery: d.ID, At: now, With: with})
	b.ExpiresAt = now.Add(2 * rememberSends)
	return b
}

// done returns b with the push of a delivery accepted.
func (b Budget) done(id string) Budget {
	b.Sends = slices.Clone(b.Sends)
	for i := range b.Sends {
		if b.Sends[i].Delivery == id {
			b.Sends[i].Done = true
		}
	}
	return b
}

// without returns b as if the push of a delivery had not begun.
func (b Budget) without(id string) Budget {
	b.Sends = slices.DeleteFunc(slices.Clone(b.Sends), func(s Send) bool { return s.Delivery == id })
	return b
}
