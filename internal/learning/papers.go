package learning

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
)

// papersKept is how many encoded papers stay in memory: about 10 MB.
const papersKept = 2000

// papers remembers papers as JSON by their ticket. A phone that opens its app
// again is sent the same ones.
type papers struct {
	mu   sync.Mutex
	json map[string][]byte
}

func (p *papers) get(wire string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.json[wire]
}

func (p *papers) put(wire string, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.json == nil {
		p.json = map[string][]byte{}
	}
	for old := range p.json { // any will do: it can be made again
		if len(p.json) < papersKept {
			break
		}
		delete(p.json, old)
	}
	p.json[wire] = b
}

// PaperJSON is Paper as JSON. It is shared and must not be changed.
func (s *Service) PaperJSON(ctx context.Context, i Issued) ([]byte, error) {
	if b := s.papers.get(i.Wire); b != nil {
		return b, nil
	}
	p, err := s.Paper(ctx, i)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode paper: %w", err)
	}
	s.papers.put(i.Wire, b)
	return b, nil
}
