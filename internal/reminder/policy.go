package reminder

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// The channels of this package. What is due is always shown in the app as well.
const (
	Push  = "push"
	Email = "email"
)

// Policy is how a campaign reminds.
type Policy struct {
	Offsets  []int    // days from the due day, ascending
	Channels []string // Push, Email; none: only the app shows what is due
	HoldOut  int      // per cent of its people who get no reminder, to see what reminders do
}

// policyOf reads how c reminds.
func policyOf(c campaign.Campaign) Policy {
	y := Policy{Offsets: c.Reminders.Offsets, HoldOut: c.Reminders.HoldOut}
	for _, way := range c.Channels {
		if way == campaign.Push || way == campaign.Email {
			y.Channels = append(y.Channels, string(way))
		}
	}
	return y
}

// first is the channel that is tried first, empty for none.
func (y Policy) first() string {
	for _, c := range []string{Push, Email} {
		if slices.Contains(y.Channels, c) {
			return c
		}
	}
	return ""
}

// heldOut reports whether p is one of those whom a campaign does not remind: by a hash
// of both, so that it is the same on every copy of the program and another choice in
// every campaign.
func heldOut(c campaign.ID, p people.ID, percent int) bool {
	sum := sha256.Sum256([]byte(string(c) + "\x00" + string(p)))
	return binary.BigEndian.Uint64(sum[:8])%100 < uint64(max(percent, 0))
}
