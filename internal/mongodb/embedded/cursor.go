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

// cursorRoom is how many documents all open cursors together may hold, counting cursorCost for each cursor itself.
const (
	cursorRoom = 4_000_000
	cursorCost = 100
)

func (c *cursor) cost() int { return cursorCost + len(c.documents) }

// cursors are the open ones, by their id. When there is no room for one more, those go that were not used the longest:
// their owners have most likely forgotten them.
type cursors struct {
	mu         sync.Mutex
	all        map[int64]*cursor
	held, room int
}

func newCursors() cursors { return cursors{all: map[int64]*cursor{}, room: cursorRoom} }

func (s *cursors) add(c *cursor, now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if id := rand.Int64(); id != 0 && s.all[id] == nil {
			s.keep(id, c, now)
			return id
		}
	}
}

// keep takes a cursor in. The caller holds the lock.
func (s *cursors) keep(id int64, c *cursor, now time.Time) {
	for s.held+c.cost() > s.room && len(s.all) > 0 {
		s.drop(s.oldest())
	}
	c.used = now
	s.all[id] = c
	s.held += c.cost()
}

// drop lets go of a cursor, if there is one. The caller holds the lock.
func (s *cursors) drop(id int64) *cursor {
	c := s.all[id]
	if c != nil {
		delete(s.all, id)
		s.held -= c.cost()
	}
	return c
}

func (s *cursors) oldest() (oldest int64) {
	for id, c := range s.all {
		if oldest == 0 || c.used.Before(s.all[oldest].used) {
			oldest = id
		}
	}
	return oldest
}

// take removes a cursor, so that only one getMore at a time works with it.
func (s *cursors) take(id int64) *cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drop(id)
}

func (s *cursors) put(id int64, c *cursor, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(id, c, now)
}

// expire ends the cursors that nobody used for a while. Where the clock has gone back since, the while begins anew.
func (s *cursors) expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.all {
		if now.Before(c.used) {
			c.used = now
		} else if now.Sub(c.used) > cursorIdle {
			s.drop(id)
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
	clear(c.documents[:given]) // what was given out and is stored no more can go
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
