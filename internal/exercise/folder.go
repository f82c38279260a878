package exercise

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/source"
)

// ReadFolder reads every exercise below exercises/ and lists what is wrong, with file and
// line. A folder without exercises/ has none.
func ReadFolder(fsys fs.FS) (xs []Exercise, problems []source.Problem) {
	problems = source.ReadEach(fsys, "exercises", "exercise.yaml", "an exercise", func(id string) (any, func() []source.Problem) {
		xs = append(xs, Exercise{ID: ID(id)})
		x := &xs[len(xs)-1]
		return x, func() []source.Problem { return Check(*x) }
	})
	return xs, problems
}

// contentHash is the SHA-256 of the canonical JSON (RFC 8785) of what an author wrote. It
// panics if that cannot be JSON, which is a programmer's mistake.
func (x Exercise) contentHash() string {
	x.Key, x.N, x.Hash, x.PublishedAt = "", 0, "", time.Time{}
	b, err := json.Marshal(x)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", x, err))
	}
	canonical := jsontext.Value(b)
	if err := canonical.Canonicalize(); err != nil {
		panic(fmt.Sprintf("canonical JSON of %T: %v", x, err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
