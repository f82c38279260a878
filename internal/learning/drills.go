package learning

import (
	"context"

	"hocso/internal/drill"
	"hocso/internal/people"
)

// Drills applies the ops of drills; *drill.Service satisfies it.
type Drills interface {
	// Hash is the hash of a payload with the key of the drill, so that it cannot be
	// guessed once the key is gone; fault.NotFound if there is no such drill.
	Hash(ctx context.Context, id drill.ID, payload []byte) (string, error)
	// Apply applies events of one person to one drill, in order, and returns for each
	// the code of its rejection, "" if it was applied.
	Apply(ctx context.Context, p people.ID, id drill.ID, events []drill.Event) ([]string, error)
}
