package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The operations of MongoDB's wire protocol that are known here.
const (
	opReply      = 1
	opQuery      = 2004
	opGetMore    = 2005
	opCompressed = 2012
	opMsg        = 2013
)

// maxMessage is the most bytes a message may have, maxReply what a reply's batch of documents may reach.
const (
	maxMessage = 48_000_000
	maxReply   = 16 << 20
	headerSize = 16
)

// readStep is how much of a message is made room for before any of it has come.
const readStep = 64 << 10

// The flags of OP_MSG. The lower 16 must be understood.
const (
	flagChecksum    = 1 << 0
	flagMoreToCome  = 1 << 1
	flagsUnderstood = flagMoreToCome
	flagsRequired   = 0xffff
)

// replyFailed is the flag of OP_REPLY that tells an error from a found document.
const replyFailed = 1 << 1

// errWire is wrapped by every error for which a connection ends: what follows in the stream cannot be understood.
var errWire = errors.New("malformed message")

// request is one command as it came.
type request struct {
	id        uint32
	op        uint32
	body      []byte
	sequences map[string][][]byte
	noReply   bool
	failed    bool  // the reply to an old query has a mark for failures
	err       error // why the documents cannot be used, which the command answers
	from      *peer // nil within the program
}

// readRequest reads one whole message. Lengths are checked before anything is allocated. A request that comes with an
// error that wraps errWire was read to its end: the error can be answered before the connection ends.
func readRequest(r io.Reader) (*request, error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(h[:])
	q := &request{id: binary.LittleEndian.Uint32(h[4:]), op: binary.LittleEndian.Uint32(h[12:])}
	if n < headerSize+5 || n > maxMessage {
		return nil, fmt.Errorf("%w: length %d", errWire, n)
	}
	switch q.op {
	case opMsg, opQuery:
	case opGetMore, opCompressed: // known not to be understood, and their senders wait for an answer
		if _, err := io.CopyN(io.Discard, r, int64(n-headerSize)); err != nil {
			return nil, cutShort(err)
		}
		return q, fmt.Errorf("%w: %w", errWire, notImplemented("the operation %d of the wire protocol", q.op))
	default:
		return nil, fmt.Errorf("%w: operation %d", errWire, q.op)
	}
	b, err := readBody(r, int(n-headerSize))
	if err != nil {
		return nil, err
	}
	if q.op == opQuery {
		return q, q.parseQuery(b)
	}
	return q, q.parseMsg(b)
}

// readBody reads n bytes in steps, so that a length that is only announced costs nothing.
func readBody(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, min(n, readStep))
	for read := 0; ; {
		if _, err := io.ReadFull(r, b[read:]); err != nil {
			return nil, cutShort(err)
		}
		if read = len(b); read == n {
			return b, nil
		}
		larger := make([]byte, min(n, 2*read))
		copy(larger, b)
		b = larger
	}
}

// cutShort tells the end in the middle of a message from the end between two.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseMsg reads the sections of an OP_MSG: one body, and any number of document sequences.
func (q *request) parseMsg(b []byte) error {
	flags := binary.LittleEndian.Uint32(b)
	q.noReply = flags&flagMoreToCome != 0
	if flags&flagsRequired&^flagsUnderstood != 0 {
		return fmt.Errorf("%w: flags %#x", errWire, flags)
	}
	q.sequences = map[string][][]byte{}
	b = b[4:]
	for len(b) > 0 {
		kind := b[0]
		section, rest, err := prefixed(b[1:])
		if err != nil {
			return err
		}
		b = rest
		switch kind {
		case 0:
			if q.body != nil {
				return fmt.Errorf("%w: two bodies", errWire)
			}
			q.body = section
			q.check(section)
		case 1:
			if err := q.parseSequence(section[4:]); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: section %d", errWire, kind)
		}
	}
	if q.body == nil {
		return fmt.Errorf("%w: no body", errWire)
	}
	return q.malformed()
}

// prefixed cuts off what an int32 at the start gives the length of.
func prefixed(b []byte) (part, rest []byte, err error) {
	if len(b) < 5 {
		return nil, nil, fmt.Errorf("%w: a section is cut short", errWire)
	}
	n := binary.LittleEndian.Uint32(b)
	if n < 5 || uint64(n) > uint64(len(b)) {
		return nil, nil, fmt.Errorf("%w: a section of %d bytes in %d", errWire, n, len(b))
	}
	return b[:n:n], b[n:], nil
}

func (q *request) parseSequence(b []byte) error {
	end := bytes.IndexByte(b, 0)
	if end < 0 {
		return fmt.Errorf("%w: a sequence without a name", errWire)
	}
	name := string(b[:end])
	if _, twice := q.sequences[name]; twice {
		return fmt.Errorf("%w: two sequences '%s'", errWire, name)
	}
	docs := [][]byte{}
	for b = b[end+1:]; len(b) > 0; {
		doc, rest, err := prefixed(b)
		if err != nil {
			return err
		}
		docs, b = append(docs, doc), rest
		q.check(doc)
	}
	q.sequences[name] = docs
	return nil
}

// check keeps the first reason why a document cannot be used.
func (q *request) check(doc []byte) {
	if q.err == nil {
		q.err = validate(doc)
	}
}

// malformed tells broken bytes, which end the connection, from documents that are only refused.
func (q *request) malformed() error {
	if q.err != nil && asCommandError(q.err).code == codeInvalidBSON {
		return fmt.Errorf("%w: %w", errWire, q.err)
	}
	return nil
}

// parseQuery reads an OP_QUERY, which drivers send for the first hello only. Before OP_MSG it was for searches too.
func (q *request) parseQuery(b []byte) error {
	end := bytes.IndexByte(b[4:], 0)
	if end < 0 || len(b) < 4+end+1+8+5 {
		return fmt.Errorf("%w: a query is cut short", errWire)
	}
	doc, rest, err := prefixed(b[4+end+1+8:])
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: bytes after the query", errWire)
	}
	q.check(doc)
	db, coll, _ := bytes.Cut(b[4:4+end], []byte("."))
	if q.failed = string(coll) != "$cmd"; q.failed && q.err == nil {
		q.err = notImplemented("OP_QUERY for another command than hello")
	}
	if q.body = doc; q.err == nil && lookup(doc, "$db").missing() {
		w := newBuilder()
		f := fieldsOf(doc)
		for {
			name, v, ok := f.next()
			if !ok {
				break
			}
			w.value(string(name), v)
		}
		q.body = w.string("$db", string(db)).bytes()
	}
	return q.malformed()
}

// replyHead is what goes before the document of a reply; the length is filled in by finishReply.
func (q *request) replyHead() []byte {
	if q.op == opMsg || q.op == opCompressed {
		b := make([]byte, headerSize+5, 512)
		binary.LittleEndian.PutUint32(b[8:], q.id)
		binary.LittleEndian.PutUint32(b[12:], opMsg)
		return b
	}
	b := make([]byte, headerSize+20, 512)
	binary.LittleEndian.PutUint32(b[8:], q.id)
	binary.LittleEndian.PutUint32(b[12:], opReply)
	if q.failed || q.op == opGetMore {
		binary.LittleEndian.PutUint32(b[headerSize:], replyFailed)
	}
	binary.LittleEndian.PutUint32(b[headerSize+16:], 1)
	return b
}

func finishReply(b []byte) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// errorReply is the document for a command that failed.
func errorReply(w *builder, err error) {
	e := asCommandError(err)
	w.float64("ok", 0).string("errmsg", e.message).int32("code", e.code).string("codeName", codeName(e.code))
	if e.pattern != nil {
		w.raw("keyPattern", e.pattern).raw("keyValue", e.key)
	}
}

// command gives the name of the command and the value beside it.
func (q *request) command() (string, value) {
	name, v, _ := firstField(q.body)
	return name, v
}
