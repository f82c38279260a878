package embedded

import (
	"bytes"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// change runs a change under the database's lock and returns when all that it did, and all that it may have seen, is
// on disk: an answer such as "there is one already" must not depend on a write that a power cut takes back.
func (db *Database) change(f func() error) error {
	db.mu.Lock()
	err := f()
	n := db.disk.mark()
	db.mu.Unlock()
	if failed := db.disk.wait(n); failed != nil {
		return failed
	}
	return err
}

// ensure gives a collection, which it makes when it is not there. The caller holds the lock.
func (db *Database) ensure(ns namespace) *collection {
	if c := db.collections[ns]; c != nil {
		return c
	}
	number := uint32(1)
	for _, c := range db.collections {
		number = max(number, c.number+1)
	}
	c := newCollection(ns, number)
	db.collections[ns] = c
	db.saveCatalogue(c)
	return c
}

func (db *Database) saveCatalogue(c *collection) {
	db.disk.add(write{key: catalogueKey(c.number), value: c.catalogueDocument()})
}

// store puts new in the place of old, in memory and in the queue for the disk. The caller holds the lock.
func (db *Database) store(c *collection, old, new *record) error {
	if err := c.exchange(old, new); err != nil {
		return err
	}
	if new == nil {
		db.disk.add(write{key: documentKey(c.number, old.id)})
	} else {
		db.disk.add(write{key: documentKey(c.number, new.id), value: new.raw})
	}
	return nil
}

// writeErrors collects the statements of a command that failed.
type writeErrors struct {
	ordered bool
	list    []indexedError
}

type indexedError struct {
	index int
	err   *commandError
}

// add keeps an error; it tells whether the command must end.
func (e *writeErrors) add(index int, err error) bool {
	e.list = append(e.list, indexedError{index, asCommandError(err)})
	return e.ordered
}

// write puts the errors into a reply. When they are so many that it would become too large, the last ones are told by
// their codes alone.
func (e *writeErrors) write(w *builder) {
	if len(e.list) == 0 {
		return
	}
	w.array("writeErrors")
	for _, x := range e.list {
		w.doc("").int32("index", int32(x.index)).int32("code", x.err.code)
		if len(w.b)+len(x.err.message)+len(x.err.key) > maxReply {
			w.string("errmsg", "").end()
			continue
		}
		w.string("errmsg", x.err.message)
		if x.err.pattern != nil {
			w.raw("keyPattern", x.err.pattern).raw("keyValue", x.err.key)
		}
		w.end()
	}
	w.end()
}

// writeErrors reads whether the first error ends a write command; it does unless the driver says otherwise.
func (c *call) writeErrors() *writeErrors {
	ordered := c.is("ordered", "a boolean", rankBoolean)
	return &writeErrors{ordered: ordered.missing() || ordered.truth()}
}

func (c *call) insert() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	errs := c.writeErrors()
	docs, err := c.statements("documents")
	if err != nil {
		return err
	}
	records := make([]*record, len(docs))
	wrong := make([]error, len(docs))
	for i, doc := range docs {
		records[i], wrong[i] = newRecord(doc)
	}
	n := 0
	err = c.db.change(func() error {
		coll := c.db.ensure(ns)
		for i, r := range records {
			err := wrong[i]
			if err == nil {
				err = c.db.store(coll, nil, r)
			}
			if err == nil {
				n++
			} else if errs.add(i, err) {
				break
			}
		}
		return nil
	})
	c.w.int32("n", int32(n))
	errs.write(c.w)
	return err
}

// updateFields and deleteFields are the fields of one statement.
func updateFields() []string { return []string{"q", "u", "upsert", "multi", "hint"} }
func deleteFields() []string { return []string{"q", "limit", "hint"} }

// updateStatement is one of an update command, or a findAndModify.
type updateStatement struct {
	*query
	update        *update
	base          []filter // the fields that an upsert takes from the filter
	upsert, multi bool
	err           error
}

func parseUpdateStatement(doc []byte) *updateStatement {
	a := newArgs("an update statement", doc, updateFields()...)
	a.needs("q", "u")
	s := &updateStatement{query: a.query("q"), upsert: a.bool("upsert"), multi: a.bool("multi")}
	if !s.multi {
		s.limit = 1
	}
	s.parse(a, lookup(doc, "u"))
	return s
}

// parse reads the update itself and what an upsert needs.
func (s *updateStatement) parse(a *args, u value) {
	var err error
	if s.update, err = parseUpdate(u); err != nil {
		a.fail(err)
	} else if s.multi && s.update.replacement != nil {
		a.fail(fail(codeFailedToParse, "multi update is not supported for replacement-style update"))
	}
	if s.upsert && a.err == nil {
		if s.base, err = s.filter.equalities(); err != nil {
			a.fail(err)
		}
	}
	s.err = a.err
}

// updated is what a statement did.
type updated struct {
	matched, modified int
	before, after     bson.Raw // of the last document
	upserted          bool
}

// runUpdate carries out one statement. The caller holds the lock.
func (db *Database) runUpdate(ns namespace, s *updateStatement, l limits) (updated, error) {
	if s.err != nil {
		return updated{}, s.err
	}
	coll := db.collections[ns]
	var found []bson.Raw
	if coll != nil {
		var err error
		if found, _, err = coll.live.search(s.query, l); err != nil {
			return updated{}, err
		}
	}
	if len(found) == 0 && s.upsert {
		return db.runUpsert(ns, s)
	}
	var did updated
	now := db.opts.Now()
	for _, old := range found {
		did.matched++
		did.before, did.after = old, old
		doc, err := s.update.apply(old, false, now)
		if err != nil {
			return did, err
		}
		if bytes.Equal(doc, old) {
			continue
		}
		new, err := newRecord(doc)
		if err != nil {
			return did, err
		}
		if err := db.store(coll, stored(old), new); err != nil {
			return did, err
		}
		did.modified++
		did.after = new.raw
	}
	return did, nil
}

func (db *Database) runUpsert(ns namespace, s *updateStatement) (updated, error) {
	base := newDocNode()
	for _, eq := range s.base {
		parent, err := descend(base, eq.path, true, true)
		if err != nil {
			return updated{}, err
		}
		if err := parent.set(eq.path[len(eq.path)-1], newNode(eq.pred.operand)); err != nil {
			return updated{}, err
		}
	}
	doc, err := s.update.apply(base.value().b, true, db.opts.Now())
	if err != nil {
		return updated{}, err
	}
	new, err := newRecord(doc)
	if err != nil {
		return updated{}, err
	}
	if err := db.store(db.ensure(ns), nil, new); err != nil {
		return updated{}, err
	}
	return updated{after: new.raw, upserted: true}, nil
}

func (c *call) update() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	errs := c.writeErrors()
	docs, err := c.statements("updates")
	if err != nil {
		return err
	}
	statements := make([]*updateStatement, len(docs))
	for i, doc := range docs {
		statements[i] = parseUpdateStatement(doc)
	}
	n, modified := 0, 0
	type upsert struct {
		index int
		id    value
	}
	var upserts []upsert
	err = c.db.change(func() error {
		for i, s := range statements {
			did, err := c.db.runUpdate(ns, s, c.limits)
			n += did.matched
			modified += did.modified
			if did.upserted {
				n++
				upserts = append(upserts, upsert{i, lookup(did.after, "_id")})
			}
			if err != nil && errs.add(i, err) {
				break
			}
		}
		return nil
	})
	c.w.int32("n", int32(n)).int32("nModified", int32(modified))
	if len(upserts) > 0 {
		c.w.array("upserted")
		for _, u := range upserts {
			c.w.doc("").int32("index", int32(u.index)).value("_id", u.id).end()
		}
		c.w.end()
	}
	errs.write(c.w)
	return err
}

// deleteStatement is one of a delete command.
type deleteStatement struct {
	*query
	err error
}

func parseDeleteStatement(doc []byte) *deleteStatement {
	a := newArgs("a delete statement", doc, deleteFields()...)
	a.needs("q", "limit")
	s := &deleteStatement{query: a.query("q")}
	limit, _ := a.natural("limit")
	if limit > 1 {
		a.fail(fail(codeFailedToParse, "the limit of a delete statement must be 0 or 1"))
	}
	s.limit, s.err = limit, a.err
	return s
}

// runDelete removes what a search finds. The caller holds the lock.
func (db *Database) runDelete(ns namespace, q *query, l limits) ([]bson.Raw, error) {
	coll := db.collections[ns]
	if coll == nil {
		return nil, nil
	}
	found, _, err := coll.live.search(q, l)
	if err != nil {
		return nil, err
	}
	for _, doc := range found {
		if err := db.store(coll, stored(doc), nil); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *call) delete() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	errs := c.writeErrors()
	docs, err := c.statements("deletes")
	if err != nil {
		return err
	}
	statements := make([]*deleteStatement, len(docs))
	for i, doc := range docs {
		statements[i] = parseDeleteStatement(doc)
	}
	n := 0
	err = c.db.change(func() error {
		for i, s := range statements {
			err := s.err
			var gone []bson.Raw
			if err == nil {
				gone, err = c.db.runDelete(ns, s.query, c.limits)
			}
			n += len(gone)
			if err != nil && errs.add(i, err) {
				break
			}
		}
		return nil
	})
	c.w.int32("n", int32(n))
	errs.write(c.w)
	return err
}

// findAndModify changes or removes the first document in the order of its sort and answers it as it was, or as it is.
func (c *call) findAndModify() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	s := &updateStatement{query: c.query("query"), upsert: c.bool("upsert")}
	s.sort, s.limit = c.ordering("sort"), 1
	remove, wantNew := c.bool("remove"), c.bool("new")
	proj := c.projection("fields")
	u := lookup(c.doc, "update")
	switch {
	case remove && (!u.missing() || s.upsert || wantNew):
		c.fail(fail(codeFailedToParse, "Cannot specify both an update, upsert or new and remove=true"))
	case !remove && u.missing():
		c.fail(fail(codeFailedToParse, "Either an update or remove=true must be specified"))
	case !remove:
		s.parse(c.args, u)
	}
	if c.err != nil {
		return c.err
	}
	var did updated
	err = c.db.change(func() (err error) {
		if !remove {
			did, err = c.db.runUpdate(ns, s, c.limits)
			return err
		}
		gone, err := c.db.runDelete(ns, s.query, c.limits)
		if len(gone) > 0 {
			did = updated{matched: 1, before: gone[0]}
		}
		return err
	})
	if err != nil {
		return err
	}
	c.answerModify(did, remove, wantNew, proj)
	return nil
}

func (c *call) answerModify(did updated, remove, wantNew bool, proj *projection) {
	n := did.matched
	if did.upserted {
		n = 1
	}
	c.w.doc("lastErrorObject").int32("n", int32(n))
	if !remove {
		c.w.bool("updatedExisting", did.matched > 0)
	}
	if did.upserted {
		c.w.value("upserted", lookup(did.after, "_id"))
	}
	c.w.end()
	r := did.before
	if wantNew {
		r = did.after
	}
	v := nullValue()
	if r != nil {
		v = value{bson.TypeEmbeddedDocument, r}
		if proj != nil {
			v.b = proj.apply(r)
		}
	}
	c.w.value("value", v)
}
