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
	if !d.db.accept(far, nil) {
		return nil, errors.Join(ErrClosed, near.Close(), far.Close())
	}
	return near, nil
}

// Dialer is for the driver's options.Client().SetDialer. Use it with the address "mongodb://embedded/?directConnection=true".
func (db *Database) Dialer() options.ContextDialer { return dialer{db} }

// accept starts serving a connection, unless the database is closed. A peer is who came through a listener; it is nil
// for the program's own connections, which may do everything and are waited for as long as they like.
func (db *Database) accept(c net.Conn, p *peer) bool {
	db.connMu.Lock()
	defer db.connMu.Unlock()
	if db.conns == nil {
		return false
	}
	db.conns[c] = struct{}{}
	db.serving.Go(func() {
		err := db.serve(c, p)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, net.ErrClosed) {
			db.log.Debug("embedded database: connection ended", "from", c.RemoteAddr().String(), "error", err)
		}
		db.connMu.Lock()
		delete(db.conns, c)
		db.connMu.Unlock()
		p.gone()
	})
	return true
}

// serve answers the requests of one connection, one after the other. A pipe has no buffer: a request is read to its
// end before its answer is written. Any error ends the connection.
func (db *Database) serve(c net.Conn, p *peer) error {
	defer func() { _ = c.Close() }() // the other end may be gone already
	r := bufio.NewReaderSize(c, 16<<10)
	for {
		q, err := p.read(c, r)
		if q == nil {
			return err
		}
		var reply []byte
		if q.from = p; err != nil {
			reply = q.refusal(err)
		} else {
			reply = db.answer(q)
		}
		if !q.noReply {
			err = errors.Join(err, p.write(c, reply))
		}
		if err != nil {
			return err
		}
	}
}

// answer runs a request and gives the whole message of its reply.
func (db *Database) answer(q *request) []byte {
	w := resumeBuilder(q.replyHead())
	if err := db.run(q, w); err != nil {
		return q.refusal(err)
	}
	return finishReply(w.float64("ok", 1).bytes())
}

// refusal gives the whole message of a reply that says why a request failed.
func (q *request) refusal(err error) []byte {
	w := resumeBuilder(q.replyHead())
	errorReply(w, err)
	if q.failed {
		w.string("$err", err.Error())
	}
	return finishReply(w.bytes())
}
