package embedded

import (
	"math/rand/v2"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// firstBatch is how many documents the first batch has when the driver does not say.
const firstBatch = 101

// cursorIdle is how long a cursor lives after its last use.
const cursorIdle = 10 * time.Minute

// cursor holds what a search found and has not yet given out: a consistent picture of the moment of the search.
type cursor struct {
	ns         namespace
	projection *projection
	documents  []bson.Raw
	used       time.Time
}

// cursors are the open ones, by their id.
type cursors struct {
	mu  sync.Mutex
	all map[int64]*cursor
}

func (s *cursors) add(c *cursor, now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if id := rand.Int64(); id != 0 && s.all[id] == nil {
			c.used = now
			s.all[id] = c
			return id
		}
	}
}

// take removes a cursor, so that only one getMore at a time works with it.
func (s *cursors) take(id int64) *cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[id]
	delete(s.all, id)
	return c
}

func (s *cursors) put(id int64, c *cursor, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.used = now
	s.all[id] = c
}

// expire ends the cursors that nobody used for a while.
func (s *cursors) expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.all {
		if now.Sub(c.used) > cursorIdle {
			delete(s.all, id)
		}
	}
}

// batch writes up to n documents, as many as fit a reply, and drops them from the cursor.
func (c *cursor) batch(w *builder, name string, n int64) {
	w.array(name)
	given := 0
	for _, doc := range c.documents {
		if c.projection != nil {
			doc = c.projection.apply(doc)
		}
		if int64(given) >= n || given > 0 && len(w.b)+len(doc) > maxReply {
			break
		}
		w.raw("", doc)
		given++
	}
	c.documents = c.documents[given:]
	w.end()
}

// reply writes the first batch and keeps the rest for getMore, if keep.
func (db *Database) reply(w *builder, c *cursor, name string, n int64, keep bool) {
	w.doc("cursor")
	c.batch(w, name, n)
	id := int64(0)
	if keep && len(c.documents) > 0 {
		id = db.cursors.add(c, db.opts.Now())
	}
	w.int64("id", id).string("ns", c.ns.String()).end()
}

func (c *call) getMore() error {
	id, whole := c.target.whole()
	if !whole {
		return fail(codeTypeMismatch, "getMore needs the id of a cursor")
	}
	coll := c.string("collection")
	n, given := c.natural("batchSize")
	if !given || n == 0 {
		n = 1 << 31
	}
	if c.err != nil {
		return c.err
	}
	cur := c.db.cursors.take(id)
	if cur == nil {
		return fail(codeCursorNotFound, "cursor id %d not found", id)
	}
	if cur.ns.db != c.dbName || cur.ns.coll != coll {
		c.db.cursors.put(id, cur, c.db.opts.Now())
		return fail(codeCursorNotFound, "cursor id %d was not made in %s.%s", id, c.dbName, coll)
	}
	c.w.doc("cursor")
	cur.batch(c.w, "nextBatch", n)
	if len(cur.documents) > 0 {
		c.db.cursors.put(id, cur, c.db.opts.Now())
	} else {
		id = 0
	}
	c.w.int64("id", id).string("ns", cur.ns.String()).end()
	return nil
}

func (c *call) killCursors() error {
	ids := c.is("cursors", "an array", rankArray)
	if c.err != nil {
		return c.err
	}
	var killed, unknown []value
	for _, v := range elements(ids.b) {
		id, whole := v.whole()
		if !whole {
			return fail(codeTypeMismatch, "killCursors needs the ids of cursors")
		}
		if c.db.cursors.take(id) != nil {
			killed = append(killed, v)
		} else {
			unknown = append(unknown, v)
		}
	}
	for _, part := range []struct {
		name string
		ids  []value
	}{{"cursorsKilled", killed}, {"cursorsNotFound", unknown}, {"cursorsAlive", nil}, {"cursorsUnknown", nil}} {
		c.w.array(part.name)
		for _, v := range part.ids {
			c.w.value("", v)
		}
		c.w.end()
	}
	return nil
}
