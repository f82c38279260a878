package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// listenTest serves a database at an address until it is closed.
func listenTest(t *testing.T, db *Database, o ServeOptions) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = db.Serve(l, o) }() // TestServeEndsWithTheDatabase looks at its error
	return l.Addr().String()
}

// enter opens a connection to an address.
func enter(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the server may have ended it
	return c.(*net.TCPConn)
}

// wantEnd waits until the server has ended a connection, which must send nothing before.
func wantEnd(t *testing.T, what string, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if n > 0 || err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s: %d bytes and %v, want the end of the connection", what, n, err)
	}
}

// wantPing asks for an answer.
func wantPing(t *testing.T, what string, c io.ReadWriter) {
	t.Helper()
	if _, err := c.Write(msg(0, command1("ping"))); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if _, reply := readReply(t, c); reply.Lookup("ok").Double() != 1 {
		t.Errorf("%s: ping: %s", what, reply)
	}
}

// patient is a timeout that no test waits for, hasty one that every test may, which suffices for a prompt message.
const (
	patient = time.Hour
	hasty   = 300 * time.Millisecond
)

// logs collects what a database logs.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// wantLine waits until something was logged.
func (l *logs) wantLine(t *testing.T, part string) {
	t.Helper()
	for range 2000 {
		if strings.Contains(l.String(), part) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("logged %q, want a line with %q", l.String(), part)
}

// announced is the head of a message of n bytes.
func announced(n, op uint32) []byte {
	b := make([]byte, headerSize)
	binary.LittleEndian.PutUint32(b, n)
	binary.LittleEndian.PutUint32(b[12:], op)
	return b
}

func TestStrangersAreTurnedAwayAtOnce(t *testing.T) {
	log := &logs{}
	db := openTest(t, Options{Log: log.logger()})
	address := listenTest(t, db, ServeOptions{Timeout: patient})
	insert := append([]byte("\x00\x00\x00\x00t.c\x00"), newBuilder().string("_id", "a").bytes()...)
	strangers := map[string][]byte{
		"a message of 2 GB":         append(announced(2<<30-1, opMsg), 0),
		"a negative length":         announced(0xffffffff, opMsg),
		"OP_UPDATE":                 message(2001, insert),
		"OP_INSERT":                 message(2002, insert),
		"OP_DELETE":                 message(2006, insert),
		"OP_KILL_CURSORS":           message(2007, make([]byte, 16)),
		"TLS 1.2 hello":             append([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, bytes.Repeat([]byte{0xa5}, 506)...),
		"TLS hello of all lengths":  append([]byte{0x16, 3, 1, 0, 0x40, 1, 0, 0, 0x3c, 3, 3}, bytes.Repeat([]byte{0x5a}, 64)...),
		"SSH":                       []byte("SSH-2.0-OpenSSH_9.2p1\r\n"),
		"PROXY protocol":            []byte("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
		"zeros":                     make([]byte, 64),
		"two bodies without answer": msg(flagMoreToCome, command1("ping"), append([]byte{0}, command1("ping")...)),
	}
	for _, method := range []string{"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PRI"} {
		strangers["HTTP "+method] = []byte(method + " / HTTP/1.1\r\nHost: 127.0.0.1:27018\r\nContent-Length: 3\r\n\r\nabc")
	}
	for name, sends := range strangers {
		t.Run(name, func(t *testing.T) {
			c := enter(t, address)
			if _, err := c.Write(sends); err != nil {
				t.Fatal(err)
			}
			wantEnd(t, name, c)
		})
	}
	log.wantLine(t, "malformed message: operation 2002")
	if got, err := db.databases(true, limits{}); len(got) > 0 || err != nil {
		t.Errorf("a stranger made %v %v", got, err)
	}
}

func TestStrangersAreAnsweredWhereTheyUnderstand(t *testing.T) {
	db := openTest(t, Options{})
	address := listenTest(t, db, ServeOptions{Timeout: patient, Write: true})
	ping := command1("ping")
	old := func(collection string, doc []byte) []byte {
		b := append(append([]byte{0, 0, 0, 0}, collection...), 0, 0, 0, 0, 0, 0, 0, 0, 0)
		return message(opQuery, append(b, doc...))
	}
	tests := []struct {
		name  string
		sends []byte
		op    uint32
		code  int32
		text  string // of the error
		goes  bool   // the connection goes on
	}{
		{"OP_QUERY of a command", old("test.$cmd", ping), opReply, codeNotImplemented, "OP_QUERY", true},
		{"OP_QUERY of documents", old("test.c", newBuilder().bytes()), opReply, codeNotImplemented, "OP_QUERY", true},
		{"OP_QUERY of documents like a greeting", old("test.c", newBuilder().int32("hello", 1).bytes()), opReply, codeNotImplemented, "OP_QUERY", true},
		{"OP_GET_MORE", message(opGetMore, make([]byte, 30)), opReply, codeNotImplemented, "operation 2005", false},
		{"OP_COMPRESSED", message(opCompressed, make([]byte, 100_000)), opMsg, codeNotImplemented, "operation 2012", false},
		{"a checksum", msg(flagChecksum, ping, []byte{1, 2, 3, 4}), opMsg, codeProtocolError, "flags 0x1", false},
		{"two bodies", msg(0, ping, append([]byte{0}, ping...)), opMsg, codeProtocolError, "two bodies", false},
		{"an unknown command", msg(0, command1("replSetGetStatus")), opMsg, codeNotImplemented, "'replSetGetStatus'", true},
		{"signing in", msg(0, newBuilder().int32("saslStart", 1).string("mechanism", "PLAIN").string("$db", "admin").bytes()), opMsg, codeNotImplemented, "'saslStart'", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := enter(t, address)
			if _, err := c.Write(tt.sends); err != nil {
				t.Fatal(err)
			}
			op, reply := readReply(t, c)
			if err := reply.Validate(); err != nil {
				t.Fatal(err)
			}
			if op != tt.op || reply.Lookup("ok").Double() != 0 || reply.Lookup("code").Int32() != tt.code || !strings.Contains(reply.Lookup("errmsg").StringValue(), tt.text) {
				t.Errorf("operation %d, %s; want operation %d and error %d with %q", op, reply, tt.op, tt.code, tt.text)
			}
			if tt.goes {
				wantPing(t, "afterwards", c)
			} else {
				wantEnd(t, "afterwards", c)
			}
		})
	}
}

func TestOldSearchesAreAnsweredWithAFailure(t *testing.T) {
	c := enter(t, listenTest(t, openTest(t, Options{}), ServeOptions{}))
	b := append([]byte("\x00\x00\x00\x00t.c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), newBuilder().bytes()...)
	if _, err := c.Write(message(opQuery, b)); err != nil {
		t.Fatal(err)
	}
	h := make([]byte, headerSize+20)
	if _, err := io.ReadFull(c, h); err != nil {
		t.Fatal(err)
	}
	doc, err := bson.ReadDocument(c)
	if err != nil || h[headerSize]&replyFailed == 0 || doc.Lookup("$err").StringValue() == "" {
		t.Errorf("flags %d, %s %v; want the flag of a failed query and $err", h[headerSize], doc, err)
	}
}

func TestSlowClientsAreEnded(t *testing.T) {
	ping := msg(0, command1("ping"))
	for name, sends := range map[string][]byte{
		"nothing at all":            nil,
		"a byte":                    ping[:1],
		"half a header":             ping[:headerSize/2],
		"a header":                  ping[:headerSize],
		"half a message":            ping[:len(ping)-3],
		"half a message after one":  append(bytes.Clone(ping), ping[:20]...),
		"the start of 48 MB":        announced(maxMessage, opMsg),
		"the start of 48 MB packed": announced(maxMessage, opCompressed),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &logs{}
			db := openTest(t, Options{Log: log.logger()})
			c := enter(t, listenTest(t, db, ServeOptions{Timeout: hasty}))
			if _, err := c.Write(sends); err != nil {
				t.Fatal(err)
			}
			if len(sends) > len(ping) {
				readReply(t, c)
			}
			wantEnd(t, name, c)
			log.wantLine(t, errSlow.Error())
			wantPing(t, "somebody within the program", dial(t, db))
		})
	}
}

func TestIdleClientsStay(t *testing.T) {
	db := openTest(t, Options{})
	address := listenTest(t, db, ServeOptions{Timeout: hasty})
	idle := enter(t, address)
	wantPing(t, "at first", idle)
	wantEnd(t, "one that says nothing", enter(t, address)) // by then the time is over for both
	wantPing(t, "after being silent", idle)
}

// TestClientThatStopsReading lets replies pile up that are larger than what the system keeps for a connection.
func TestClientThatStopsReading(t *testing.T) {
	log := &logs{}
	db := openTest(t, Options{Log: log.logger()})
	insert(t, connect(t, db).Database("test").Collection("c"), bson.M{"_id": "a", "v": strings.Repeat("x", 12<<20)})
	address := listenTest(t, db, ServeOptions{Timeout: hasty})
	c := enter(t, address)
	find := msg(0, newBuilder().string("find", "c").string("$db", "test").bytes())
	go func() {
		for range 10 { // until the connection ends
			if _, err := c.Write(find); err != nil {
				return
			}
		}
	}()
	log.wantLine(t, errSlow.Error()+" for taking a reply")
	wantPing(t, "another client", enter(t, address))
	wantPing(t, "somebody within the program", dial(t, db))
}

func TestClientThatDisappears(t *testing.T) {
	db := openTest(t, Options{})
	address := listenTest(t, db, ServeOptions{Timeout: patient, MaxConnections: 1})
	for i := range 20 {
		c := enter(t, address)
		if _, err := c.Write(msg(0, command1("ping"))[:5+i]); err != nil {
			t.Fatal(err)
		}
		if err := c.SetLinger(0); err != nil { // a reset, not a goodbye
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		wantRoom(t, address)
	}
}

// wantRoom waits until a connection is let in again, and leaves it.
func wantRoom(t *testing.T, address string) {
	t.Helper()
	for range 2000 {
		c := enter(t, address)
		_, err := c.Write(msg(0, command1("ping")))
		if err == nil {
			_, err = io.ReadFull(c, make([]byte, headerSize))
		}
		if closed := c.Close(); err == nil && closed == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("nobody is let in any more")
}

func TestTooManyConnections(t *testing.T) {
	log := &logs{}
	clock := &settableClock{now: fixedNow()}
	db := openTest(t, Options{Log: log.logger(), Now: clock.Now})
	address := listenTest(t, db, ServeOptions{Timeout: patient, MaxConnections: 3})
	var inside []*net.TCPConn
	for i := range 3 {
		c := enter(t, address)
		wantPing(t, fmt.Sprint("client ", i), c)
		inside = append(inside, c)
	}
	for range 200 {
		wantEnd(t, "one too many", enter(t, address))
	}
	if n := strings.Count(log.String(), "too many connections"); n != 1 {
		t.Errorf("%d lines for 200 refusals within a minute, want 1: %s", n, log)
	}
	clock.add(time.Minute)
	wantEnd(t, "one too many, later", enter(t, address))
	log.wantLine(t, "limit=3 refused=200")
	for i, c := range inside {
		wantPing(t, fmt.Sprint("client ", i, " afterwards"), c)
	}
	wantPing(t, "somebody within the program", dial(t, db))
	if err := inside[0].Close(); err != nil {
		t.Fatal(err)
	}
	wantRoom(t, address)
}

// settableClock is a clock that a test moves on.
type settableClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *settableClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *settableClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestSilentCrowd opens many connections that say nothing; they make room when their time is over.
func TestSilentCrowd(t *testing.T) {
	db := openTest(t, Options{})
	address := listenTest(t, db, ServeOptions{Timeout: hasty, MaxConnections: 20})
	var crowd []net.Conn
	for range 300 {
		crowd = append(crowd, enter(t, address))
	}
	for _, c := range crowd {
		wantEnd(t, "one of a crowd", c)
	}
	wantRoom(t, address)
}

// TestAnAnnouncedMessageCostsWhatComes lets a hundred clients announce the largest message and send little of it.
func TestAnAnnouncedMessageCostsWhatComes(t *testing.T) {
	const clients = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range clients {
		sent := append(announced(maxMessage, opMsg), make([]byte, 1000)...)
		if _, err := readRequest(bytes.NewReader(sent)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("a message cut short: %v, want io.ErrUnexpectedEOF", err)
		}
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) / clients; used > 2*readStep {
		t.Errorf("a message of 1000 bytes that says it has %d costs %d bytes", maxMessage, used)
	}
}

func TestReadBodyInSteps(t *testing.T) {
	for _, n := range []int{5, readStep - 1, readStep, readStep + 1, 5*readStep + 7} {
		want := bytes.Repeat([]byte("0123456"), n/7+1)[:n]
		got, err := readBody(bytes.NewReader(want), n)
		if err != nil || !bytes.Equal(got, want) || cap(got) != n {
			t.Errorf("readBody of %d bytes: %d bytes in %d, %v", n, len(got), cap(got), err)
		}
		if _, err := readBody(bytes.NewReader(want[:n-1]), n); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("readBody of %d bytes where one is missing: %v", n, err)
		}
	}
}

func TestServeEndsWithTheDatabase(t *testing.T) {
	db := openTest(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- db.Serve(l, ServeOptions{Timeout: patient}) }()
	idle, busy := enter(t, l.Addr().String()), enter(t, l.Addr().String())
	wantPing(t, "before", idle)
	wantPing(t, "before", busy)
	if _, err := busy.Write(announced(1000, opMsg)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; !errors.Is(err, ErrClosed) {
		t.Errorf("Serve ended with %v, want ErrClosed", err)
	}
	wantEnd(t, "idle", idle)
	wantEnd(t, "in the middle of a message", busy)
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the address is still open after Close")
	}
	l, err = net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Serve(l, ServeOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Serve after Close: %v, want ErrClosed", err)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve after Close left its listener open: %v", err)
	}
}

// failingListener answers errors before it is closed.
type failingListener struct {
	net.Listener
	errs chan error
}

func (l failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.errs:
		return nil, &net.OpError{Op: "accept", Err: err}
	default:
		return l.Listener.Accept()
	}
}

func TestAcceptErrors(t *testing.T) {
	log := &logs{}
	db := openTest(t, Options{Log: log.logger()})
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := failingListener{inner, make(chan error, 2)}
	l.errs <- syscall.EMFILE
	l.errs <- syscall.ECONNABORTED
	served := make(chan error, 1)
	go func() { served <- db.Serve(l, ServeOptions{}) }()
	c := enter(t, l.Addr().String())
	wantPing(t, "after errors that pass", c)
	log.wantLine(t, syscall.EMFILE.Error())
	l.errs <- io.ErrNoProgress
	if last, err := net.Dial("tcp", l.Addr().String()); err == nil { // it wakes Serve, unless that has ended already
		defer last.Close()
	}
	if err := <-served; !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("Serve ended with %v, want the listener's error", err)
	}
	wantPing(t, "a client after the listener's end", c)
}
