package embedded

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// dialer gives the driver connections to the database in this process.
type dialer struct{ db *Database }

// DialContext answers one end of a pipe whose other end is served until either is closed. Network and address do not
// matter. After Close it answers ErrClosed.
func (d dialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	if !d.db.accept(far) {
		return nil, errors.Join(ErrClosed, near.Close(), far.Close())
	}
	return near, nil
}

// Dialer is for the driver's options.Client().SetDialer. Use it with the address "mongodb://embedded/?directConnection=true".
func (db *Database) Dialer() options.ContextDialer { return dialer{db} }

// Serve lets other programs in through a listener, whose owner sees to it that only the right ones can reach it: nobody
// is asked for a password. It returns when the listener is closed, with its error, or with ErrClosed after Close.
func (db *Database) Serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		if !db.accept(c) {
			return errors.Join(ErrClosed, c.Close())
		}
	}
}

// accept starts serving a connection, unless the database is closed.
func (db *Database) accept(c net.Conn) bool {
	db.connMu.Lock()
	defer db.connMu.Unlock()
	if db.conns == nil {
		return false
	}
	db.conns[c] = struct{}{}
	db.serving.Go(func() {
		err := db.serve(c)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			db.log.Debug("embedded database: connection ended", "error", err)
		}
		db.connMu.Lock()
		delete(db.conns, c)
		db.connMu.Unlock()
	})
	return true
}

// serve answers the requests of one connection, one after the other. A pipe has no buffer: a request is read to its
// end before its answer is written. Any error ends the connection.
func (db *Database) serve(c net.Conn) error {
	defer func() { _ = c.Close() }() // the other end may be gone already
	r := bufio.NewReaderSize(c, 16<<10)
	for {
		q, err := readRequest(r)
		if err != nil {
			return err
		}
		reply := db.answer(q)
		if q.noReply {
			continue
		}
		if _, err := c.Write(reply); err != nil {
			return err
		}
	}
}

// answer runs a request and gives the whole message of its reply.
func (db *Database) answer(q *request) []byte {
	head := q.replyHead()
	w := resumeBuilder(head)
	err := db.run(q, w)
	if err != nil {
		w = resumeBuilder(head)
		errorReply(w, err)
	} else {
		w.float64("ok", 1)
	}
	return finishReply(w.bytes())
}
