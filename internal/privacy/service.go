// Package privacy owns what people may ask about their own data: the notice they
// read, the requests they make with their clocks, erasure with its ledger, and how
// long things are kept.
package privacy

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// Service does the work of package privacy. Its fields are set once, before the
// first call; its methods are safe for concurrent use, also of several copies of
// the program. Before the first call comes Load.
type Service struct {
	Notices    NoticeStore
	Requests   RequestStore
	Erasures   ErasureStore
	People     *people.Service
	Write      func(Retention) (Notice, error) // what people read, with the periods in it
	Clocks     Clocks
	Retentions RetentionStore
	Calendar   campaign.Calendar
	// Erasers are the steps of an erasure, in order: first what ends the account. What
	// this package keeps comes last by itself.
	Erasers []Eraser
	// KeepLedger writes the ledger where no backup overwrites it. Nil: nowhere.
	KeepLedger func([]Erasure) error
	// Purge takes what was deleted out of the raw files. Nil: that is the server's own matter.
	Purge func(context.Context) error
	// SweepDrills removes drill runs whose time is over, and keeps their totals.
	SweepDrills func(context.Context) (int, error)
	// PruneSittings removes sittings over exercises whose day was before a moment.
	PruneSittings func(ctx context.Context, before time.Time) (int, error)
	// PruneTrail removes the entries of the audit trail that are older than before.
	PruneTrail func(ctx context.Context, before time.Time) (int64, error)

	// Enter enters into the audit trail that somebody who left is erased, which erase does.
	Enter func(ctx context.Context, p people.ID, erase func() error) error

	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	mu     sync.Mutex
	read   map[people.ID]bool // who is known to have read the notice as it is now
	kept   Retention
	notice Notice
}
