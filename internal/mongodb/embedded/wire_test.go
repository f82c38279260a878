package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// message frames a body with a header.
func message(op uint32, body []byte) []byte {
	b := make([]byte, headerSize)
	binary.LittleEndian.PutUint32(b, uint32(headerSize+len(body)))
	binary.LittleEndian.PutUint32(b[4:], 7)
	binary.LittleEndian.PutUint32(b[12:], op)
	return append(b, body...)
}

// msg makes an OP_MSG of flags, a body and whole sections after it.
func msg(flags uint32, body []byte, sections ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, flags)
	if body != nil {
		b = append(append(b, 0), body...)
	}
	for _, s := range sections {
		b = append(b, s...)
	}
	return message(opMsg, b)
}

func sequence(name string, docs ...[]byte) []byte {
	b := append([]byte(name), 0)
	for _, d := range docs {
		b = append(b, d...)
	}
	s := binary.LittleEndian.AppendUint32([]byte{1}, uint32(len(b)+4))
	return append(s, b...)
}

func command1(name string) []byte { return newBuilder().int32(name, 1).string("$db", "test").bytes() }

func queryMessage(body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0)
	b = append(b, "admin.$cmd\x00"...)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 0xffffffff)
	return message(opQuery, append(b, body...))
}

func TestReadRequest(t *testing.T) {
	ping := command1("ping")
	doc := newBuilder().string("_id", "a").bytes()
	deep := newBuilder().bytes()
	for range maxDepth + 5 {
		deep = newBuilder().raw("d", deep).bytes()
	}
	decimal := []byte{0x13, 'd', 0}
	decimal = append(decimal, make([]byte, 16)...)
	decimal = append(binary.LittleEndian.AppendUint32(nil, uint32(len(decimal)+5)), append(decimal, 0)...)
	header := func(n uint32) []byte {
		b := make([]byte, headerSize)
		binary.LittleEndian.PutUint32(b, n)
		binary.LittleEndian.PutUint32(b[12:], opMsg)
		return b
	}
	tests := []struct {
		name  string
		bytes []byte
		ends  bool  // the connection
		code  int32 // what the command answers
	}{
		{"body", msg(0, ping), false, 0},
		{"body and sequence", msg(0, ping, sequence("documents", doc, doc)), false, 0},
		{"empty sequence", msg(0, ping, sequence("documents")), false, 0},
		{"exhaust allowed", msg(1<<16, ping), false, 0},
		{"query", queryMessage(ping), false, 0},
		{"too deep", msg(0, deep), false, codeOverflow},
		{"unknown type", msg(0, decimal), false, codeNotImplemented},
		{"unknown type in a sequence", msg(0, ping, sequence("documents", decimal)), false, codeNotImplemented},
		{"checksum", msg(flagChecksum, ping), true, 0},
		{"unknown flag", msg(1<<5, ping), true, 0},
		{"two bodies", msg(0, ping, append([]byte{0}, ping...)), true, 0},
		{"no body", msg(0, nil, sequence("documents", doc)), true, 0},
		{"two sequences of a name", msg(0, ping, sequence("d", doc), sequence("d", doc)), true, 0},
		{"unknown section", msg(0, ping, append([]byte{2}, ping...)), true, 0},
		{"bytes at the end", msg(0, ping, []byte{0, 1}), true, 0},
		{"section too long", msg(0, ping, []byte{1, 0xff, 0xff, 0xff, 0x7f, 'd', 0}), true, 0},
		{"document too long", msg(0, ping, sequence("d", []byte{0xff, 0, 0, 0, 0})), true, 0},
		{"sequence without a name", msg(0, ping, []byte{1, 5, 0, 0, 0, 'd'}), true, 0},
		{"broken body", msg(0, append(bytes.Clone(ping[:len(ping)-1]), 1)), true, 0},
		{"unknown operation", message(1, ping), true, 0},
		{"length of the header alone", header(16), true, 0},
		{"length 0", header(0), true, 0},
		{"length above the limit", header(maxMessage + 1), true, 0},
		{"length above 2 GB", header(0xffffffff), true, 0},
		{"cut short", msg(0, ping)[:20], true, 0},
		{"short query", message(opQuery, []byte("\x00\x00\x00\x00a\x00\x00")), true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := readRequest(bytes.NewReader(tt.bytes))
			if (err != nil) != tt.ends {
				t.Fatalf("error %v, want one: %v", err, tt.ends)
			}
			if err == nil && (q.err != nil) != (tt.code != 0) || err == nil && q.err != nil && asCommandError(q.err).code != tt.code {
				t.Errorf("refused with %v, want code %d", q.err, tt.code)
			}
		})
	}
}

func TestNothingAllocatedForALength(t *testing.T) {
	// 48 MB are announced and nothing comes: what is over the limit must not be waited for.
	b := make([]byte, headerSize)
	binary.LittleEndian.PutUint32(b, maxMessage+1)
	binary.LittleEndian.PutUint32(b[12:], opMsg)
	n := testing.AllocsPerRun(10, func() {
		if _, err := readRequest(bytes.NewReader(b)); !errors.Is(err, errWire) {
			t.Errorf("error %v, want errWire", err)
		}
	})
	if n > 20 {
		t.Errorf("%v allocations", n)
	}
}

// dial opens a connection past the driver.
func dial(t *testing.T, db *Database) net.Conn {
	t.Helper()
	c, err := db.Dialer().DialContext(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func readReply(t *testing.T, c io.Reader) (op uint32, doc bson.Raw) {
	t.Helper()
	h := make([]byte, headerSize)
	if _, err := io.ReadFull(c, h); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.LittleEndian.Uint32(h)-headerSize)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	if op = binary.LittleEndian.Uint32(h[12:]); op == opReply {
		return op, b[20:]
	}
	return op, b[5:]
}

func TestMoreToComeGetsNoAnswer(t *testing.T) {
	db := openTest(t, Options{})
	c := dial(t, db)
	insert := newBuilder().string("insert", "c").string("$db", "test").bytes()
	doc := newBuilder().string("_id", "a").bytes()
	if _, err := c.Write(msg(flagMoreToCome, insert, sequence("documents", doc))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(msg(0, newBuilder().string("count", "c").string("$db", "test").bytes())); err != nil {
		t.Fatal(err)
	}
	if _, reply := readReply(t, c); reply.Lookup("n").Int32() != 1 {
		t.Errorf("the first answer is %s, want that of count", reply)
	}
}

func TestQueryForHelloOnly(t *testing.T) {
	c := dial(t, openTest(t, Options{}))
	for name, want := range map[string]float64{"isMaster": 1, "hello": 1, "ping": 0} {
		if _, err := c.Write(queryMessage(newBuilder().int32(name, 1).bytes())); err != nil {
			t.Fatal(err)
		}
		op, reply := readReply(t, c)
		if op != opReply || reply.Lookup("ok").Double() != want {
			t.Errorf("OP_QUERY %s: operation %d, %s; want ok %v", name, op, reply, want)
		}
	}
}

func TestMalformedEndsConnection(t *testing.T) {
	c := dial(t, openTest(t, Options{}))
	go func() { _, _ = c.Write(message(99, make([]byte, 10))) }() // the reader may be gone before the end
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes answered, want the end", n)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	db := openTest(t, Options{})
	c := dial(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlived Close")
	}
	if _, err := db.Dialer().DialContext(t.Context(), "", ""); !errors.Is(err, ErrClosed) {
		t.Errorf("dial after Close: %v, want ErrClosed", err)
	}
}

func TestServe(t *testing.T) {
	db := openTest(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- db.Serve(l, ServeOptions{}) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(msg(0, command1("ping"))); err != nil {
		t.Fatal(err)
	}
	if _, reply := readReply(t, c); reply.Lookup("ok").Double() != 1 {
		t.Errorf("ping by TCP: %s", reply)
	}
	l.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve ended with %v", err)
	}
}

// FuzzServe gives a whole connection's bytes to the server: it must neither fall over nor answer something malformed.
func FuzzServe(f *testing.F) {
	f.Add(msg(0, command1("ping")))
	f.Add(queryMessage(command1("hello")))
	f.Add(msg(0, newBuilder().string("insert", "c").string("$db", "t").bytes(), sequence("documents", newBuilder().string("_id", "a").bytes())))
	f.Add(append(msg(flagMoreToCome, command1("ping")), msg(0, command1("buildInfo"))...))
	for _, c := range []string{
		`{"find":"c","$db":"t","filter":{"a":{"$gt":1,"$in":[1,2]},"$or":[{"b.0":null}]},"sort":{"a":-1},"projection":{"a.b":1},"limit":2}`,
		`{"update":"c","$db":"t","updates":[{"q":{"_id":1},"u":{"$push":{"a.b":{"$each":[1,{"x":2}],"$sort":{"x":1},"$slice":-1}}},"upsert":true}]}`,
		`{"findAndModify":"c","$db":"t","query":{"a":{"$elemMatch":{"b":1}}},"update":{"$inc":{"n":1}},"new":true,"upsert":true}`,
		`{"aggregate":"c","$db":"t","cursor":{},"pipeline":[{"$match":{"a":1}},{"$group":{"_id":"$a.b","n":{"$sum":"$x"}}}]}`,
		`{"createIndexes":"c","$db":"t","indexes":[{"key":{"a.b":1,"c":-1},"name":"x","unique":true}]}`,
		`{"explain":{"find":"c","filter":{"a":1}},"$db":"t"}`,
	} {
		var d bson.D
		if err := bson.UnmarshalExtJSON([]byte(c), false, &d); err != nil {
			f.Fatal(err)
		}
		b, err := bson.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(msg(0, b))
	}
	db := openTest(f, Options{})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bytes.NewReader(stream)
		for {
			q, err := readRequest(r)
			if err != nil {
				return
			}
			reply := db.answer(q)
			if n := binary.LittleEndian.Uint32(reply); int(n) != len(reply) {
				t.Fatalf("a reply of %d bytes says %d", len(reply), n)
			}
			at := headerSize + 5
			if q.op == opQuery {
				at = headerSize + 20
			}
			if err := bson.Raw(reply[at:]).Validate(); err != nil {
				t.Fatalf("the reply is no BSON: %v", err)
			}
			if !q.noReply && len(reply) > maxMessage {
				t.Fatalf("a reply of %d bytes", len(reply))
			}
		}
	})
}
