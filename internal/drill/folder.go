package drill

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

// ReadFolder reads every drill below drills/ and lists what is wrong, with file and
// line. A folder without drills/ has none.
func ReadFolder(fsys fs.FS) (ts []Template, problems []source.Problem) {
	problems = source.ReadEach(fsys, "drills", "drill.yaml", "a drill", func(id string) (any, func() []source.Problem) {
		ts = append(ts, Template{ID: ID(id)})
		t := &ts[len(ts)-1]
		return t, func() []source.Problem { return Check(*t) }
	})
	for i, t := range ts {
		ts[i] = t.normal()
	}
	return ts, problems
}

// normal returns t with empty lists instead of missing ones.
func (t Template) normal() Template {
	if t.Competences == nil {
		t.Competences = []string{}
	}
	items := make([]Item, len(t.Items))
	copy(items, t.Items)
	for i := range items {
		if items[i].Links == nil {
			items[i].Links = []Link{}
		}
		if items[i].Cues == nil {
			items[i].Cues = []Cue{}
		}
	}
	t.Items = items
	return t
}

// contentHash is the SHA-256 of the canonical JSON (RFC 8785) of what an author
// wrote. It panics if that cannot be JSON, which is a programmer's mistake.
func (t Template) contentHash() string {
	t = t.normal()
	t.Key, t.N, t.Hash, t.PublishedAt = "", 0, "", time.Time{}
	b, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", t, err))
	}
	canonical := jsontext.Value(b)
	if err := canonical.Canonicalize(); err != nil {
		panic(fmt.Sprintf("canonical JSON of %T: %v", t, err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
