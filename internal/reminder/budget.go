package reminder

import (
	"slices"
	"time"
)

const rememberSends = 8 * 24 * time.Hour

// begin returns b with a message that is on its way, for the claim that d is.
// What no cap looks at any more is left out.
func (b Budget) begin(d Delivery, with []string, now time.Time) Budget {
	b.Sends = slices.DeleteFunc(slices.Clone(b.Sends), func(s Send) bool {
		return s.Delivery == d.ID || now.Sub(s.At) > rememberSends
	})
	b.Person = d.Person
	b.Sends = append(b.Sends, Send{Delivery: d.ID, Channel: d.Channel, At: now, With: with, Fence: d.Fence})
	b.ExpiresAt = now.Add(2 * rememberSends)
	return b
}

// of returns the message of a delivery, nil if there is none.
func (b Budget) of(id string) *Send {
	for i := range b.Sends {
		if b.Sends[i].Delivery == id {
			return &b.Sends[i]
		}
	}
	return nil
}

// done returns b with the message of a delivery accepted.
func (b Budget) done(id string) Budget {
	b.Sends = slices.Clone(b.Sends)
	for i := range b.Sends {
		if b.Sends[i].Delivery == id {
			b.Sends[i].Done = true
		}
	}
	return b
}

// carrier returns the message that spoke for a delivery, empty for none.
func carrier(sends []Send, id string) string {
	for _, s := range sends {
		if s.Done && slices.Contains(s.With, id) {
			return s.Delivery
		}
	}
	return ""
}

// without returns b as if the message of a delivery had not begun.
func (b Budget) without(id string) Budget {
	b.Sends = slices.DeleteFunc(slices.Clone(b.Sends), func(s Send) bool { return s.Delivery == id })
	return b
}
