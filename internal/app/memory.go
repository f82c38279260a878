package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The embedded database keeps its documents in memory that costs the garbage collector nearly nothing to pass over, so
// it may run often: what it lets pile up need not be as much as what is alive.
const (
	roomForGarbage = 64 << 20 // bytes, where that is between a quarter of what is alive and all of it
	leastPercent   = 25
)

// gcPercent is how much garbage may pile up, in per cent of what is alive.
func gcPercent(alive uint64) int {
	return int(min(100, max(leastPercent, 100*roomForGarbage/max(alive, 1))))
}

// lean lets little garbage pile up, whatever is alive: for a command that makes much of
// it beside a large database.
func lean() {
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(alive)
	debug.SetGCPercent(int(min(100, max(5, 100*roomForGarbage/max(alive[0].Value.Uint64(), 1)))))
}

// boundMemory keeps the garbage in bounds until ctx ends.
func boundMemory(ctx context.Context) {
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		metrics.Read(alive)
		debug.SetGCPercent(gcPercent(alive[0].Value.Uint64()))
		select {
		case <-ctx.Done():
			return
		case <-minute.C:
		}
	}
}
