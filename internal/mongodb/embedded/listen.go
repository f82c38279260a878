package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// ServeOptions say what clients may do that come through a listener, and how much of the program they may take. The
// zero value lets them read.
type ServeOptions struct {
	// Write lets clients change data too.
	Write bool
	// WriteSetting names what would let them, for the error that a change is answered with.
	WriteSetting string
	// Timeout is how long a client may take to begin its first message, to complete one that it has begun, and to take
	// a reply; a minute if 0. Between two messages it may be silent as long as it likes.
	Timeout time.Duration
	// MaxConnections is how many there may be at a time, 200 if 0. Further ones are closed at once.
	MaxConnections int
}

// errSlow is why a connection ends whose client does not go on with what it began.
var errSlow = errors.New("the client took too long")

// server is a listener that lets clients in.
type server struct {
	ServeOptions
	db *Database

	mu      sync.Mutex
	clients int
	refused int       // that nothing was logged about yet
	logged  time.Time // when a refusal was logged last
}

// peer is a client that came through a listener.
type peer struct {
	*server
	address string
	greeted bool // it has sent a message
}

// Serve lets other programs in through a listener, and owns it from then on: it is closed when Serve returns. The caller
// sees to it that only the right ones can reach it: nobody is asked for a password. It answers ErrClosed after Close,
// else the listener's error.
func (db *Database) Serve(l net.Listener, o ServeOptions) error {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 200
	}
	if !db.opened(l) {
		return errors.Join(ErrClosed, l.Close())
	}
	defer db.serving.Done()
	s := &server{ServeOptions: o, db: db}
	err := s.accept(l)
	if closed := l.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	db.connMu.Lock()
	defer db.connMu.Unlock()
	if db.conns == nil {
		return ErrClosed
	}
	delete(db.listeners, l)
	return err
}

// opened takes a listener that Close closes and waits for; it answers false after Close.
func (db *Database) opened(l net.Listener) bool {
	db.connMu.Lock()
	defer db.connMu.Unlock()
	if db.conns == nil {
		return false
	}
	db.listeners[l] = struct{}{}
	db.serving.Add(1)
	return true
}

// accept lets clients in until the listener is closed. When the system has no room for another connection it waits for
// a moment, as those that are open may end.
func (s *server) accept(l net.Listener) error {
	pause := 5 * time.Millisecond
	for {
		c, err := l.Accept()
		if err != nil && !passes(err) {
			return err
		}
		if err != nil {
			s.db.log.Warn("embedded database: accept a connection", "error", err)
			select {
			case <-s.db.stop:
				return err
			case <-time.After(pause):
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 5 * time.Millisecond
		if !s.admit() {
			_ = c.Close() // nothing was said yet
			continue
		}
		p := &peer{server: s, address: c.RemoteAddr().String()}
		if !s.db.accept(c, p) {
			p.gone()
			return errors.Join(ErrClosed, c.Close())
		}
	}
}

// passes tells the errors of Accept that may be over in a moment: no room, or a client that left at once.
func passes(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// admit counts a client in, unless there are too many, which is logged once a minute.
func (s *server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients < s.MaxConnections {
		s.clients++
		return true
	}
	s.refused++
	if now := s.db.opts.Now(); s.logged.IsZero() || now.Sub(s.logged) >= time.Minute {
		s.db.log.Warn("embedded database: too many connections", "limit", s.MaxConnections, "refused", s.refused)
		s.logged, s.refused = now, 0
	}
	return false
}

// gone counts a client out.
func (p *peer) gone() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients--
}

// read reads the next message. The clock runs from its first byte on; for the first message, from the start.
func (p *peer) read(c net.Conn, r *bufio.Reader) (q *request, err error) {
	if p == nil {
		return readRequest(r)
	}
	if p.greeted {
		if _, err := r.Peek(1); err != nil {
			return nil, err
		}
	}
	p.greeted = true
	err = p.within(c, "a message", func() error {
		q, err = readRequest(r)
		return err
	})
	return q, err
}

// write sends a reply.
func (p *peer) write(c io.WriteCloser, reply []byte) error {
	if p == nil {
		_, err := c.Write(reply)
		return err
	}
	return p.within(c, "taking a reply", func() error {
		_, err := c.Write(reply)
		return err
	})
}

// within ends a connection when something takes longer than the time limit. A connection's own deadlines are of no use,
// as they need the time of day, which tests make up.
func (p *peer) within(c io.Closer, what string, do func() error) error {
	timer := time.AfterFunc(p.Timeout, func() { _ = c.Close() }) // which ends do
	err := do()
	if !timer.Stop() {
		return fmt.Errorf("%w for %s: over %s", errSlow, what, p.Timeout)
	}
	return err
}

// mayWrite refuses a command that changes something, for those who may only read. The error is what MongoDB answers
// somebody with the role "read" for the same command. Drivers hand it on and do nothing else: the errors about servers
// that cannot be written to (10107 NotWritablePrimary and the like) make them look for another server and try again.
func (p *peer) mayWrite(command string) error {
	if p == nil || p.Write {
		return nil
	}
	text := "the command '" + command + "' changes data and this connection may only read"
	if p.WriteSetting != "" {
		text += ": start the program with " + p.WriteSetting + " to allow it"
	}
	return fail(codeUnauthorized, "%s", text)
}
