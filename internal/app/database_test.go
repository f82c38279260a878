package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hocso/internal/mongodb/embedded"
)

// wireMessage is a message of the wire protocol: a command whose value is a string or 1, for the database hocso. Package
// mongodb alone may import the driver.
func wireMessage(name, value string) []byte {
	doc := append([]byte{2}, name...)
	if value == "" {
		doc[0] = 16
		doc = append(doc, 0, 1, 0, 0, 0)
	} else {
		doc = append(append(binary.LittleEndian.AppendUint32(append(doc, 0), uint32(len(value)+1)), value...), 0)
	}
	doc = append(doc, "\x02$db\x00\x06\x00\x00\x00hocso\x00\x00"...)
	doc = append(binary.LittleEndian.AppendUint32(nil, uint32(len(doc)+4)), doc...)
	b := make([]byte, 16, 100)
	binary.LittleEndian.PutUint32(b[12:], 2013)
	b = append(append(b, 0, 0, 0, 0, 0), doc...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// ask sends a command to a database and returns the bytes of its reply.
func ask(t *testing.T, address string, message []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // all was read
	if _, err := c.Write(message); err != nil {
		t.Fatal(err)
	}
	h := make([]byte, 16)
	if _, err := io.ReadFull(c, h); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.LittleEndian.Uint32(h)-16)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// opened finds the address in the line about the database, and whether it may be changed.
func opened(t *testing.T, out string) (address string, write bool) {
	t.Helper()
	m := regexp.MustCompile(`The database is open .*, (read-only|also for changes): mongodb://(127\.0\.0\.1:\d+)/`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("printed %q, want where the database is", out)
	}
	return m[2], m[1] != "read-only"
}

// wantDatabase asks a database for its collections and tries to make one.
func wantDatabase(t *testing.T, address string, write bool, setting string) {
	t.Helper()
	if got := ask(t, address, wireMessage("listCollections", "")); !strings.Contains(got, "people") {
		t.Errorf("listCollections answers %q, want people among them", got)
	}
	got := ask(t, address, wireMessage("create", "made_by_a_test"))
	if refused := strings.Contains(got, "Unauthorized") && strings.Contains(got, setting); refused == write {
		t.Errorf("create answers %q, to write to: %v", got, write)
	}
	got = ask(t, address, wireMessage("listCollections", ""))
	if there := strings.Contains(got, "made_by_a_test"); there != write {
		t.Errorf("listCollections answers %q after create, to write to: %v", got, write)
	}
}

func TestServeLetsDatabaseClientsIn(t *testing.T) {
	data := t.TempDir()
	for _, write := range []bool{false, true} {
		args := []string{"--database-listen", "127.0.0.1:0"}
		if write {
			args = append(args, "--database-listen-write")
		}
		out, stop := serving(t, data, args...)
		address, may := opened(t, out.String())
		if may != write {
			t.Errorf("printed %q, to write to: %v", out, write)
		}
		wantDatabase(t, address, write, "--database-listen-write")
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close() // it should not be there
			t.Error("the database is open after the program's end")
		}
	}
	out, stop := serving(t, data)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "database") {
		t.Errorf("without the setting the start printed %q", out)
	}
}

func TestServeRefusesAnAddressOfTheDatabaseInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it served nobody
	term, _, _ := terminal("")
	err = Serve(t.Context(), term, []string{
		"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--metrics-listen", "",
		"--database-listen", ln.Addr().String(),
	})
	if err == nil || !strings.Contains(err.Error(), ln.Addr().String()+" is in use") || !strings.Contains(err.Error(), "HOCSO_DATABASE_LISTEN") {
		t.Errorf("Serve with an address of the database in use: %v", err)
	}
}

// servingDatabase starts DatabaseServe and returns what it printed and how to stop it.
func servingDatabase(t *testing.T, args ...string) (out *output, stop func() error) {
	t.Helper()
	term, out, _ := terminal("")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- DatabaseServe(ctx, term, args) }()
	for !strings.Contains(out.String(), "is open") {
		select {
		case err := <-done:
			t.Fatalf("DatabaseServe ended with %v after printing %q", err, out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return out, func() error {
		cancel()
		return <-done
	}
}

func TestDatabaseServe(t *testing.T) {
	data := t.TempDir()
	_, stop := serving(t, data)
	term, _, _ := terminal("")
	if err := DatabaseServe(t.Context(), term, []string{"--data", data, "--listen", "127.0.0.1:0"}); !errors.Is(err, embedded.ErrInUse) || !strings.Contains(err.Error(), data) {
		t.Errorf("db serve of a folder in use: %v, want ErrInUse that names it", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, write := range []bool{false, true} {
		args := []string{"--data", data, "--listen", "127.0.0.1:0"}
		if write {
			args = append(args, "--write")
		}
		out, stop := servingDatabase(t, args...)
		address, may := opened(t, out.String())
		if may != write {
			t.Errorf("printed %q, to write to: %v", out, write)
		}
		wantDatabase(t, address, write, "--write")
		if err := stop(); err != nil {
			t.Errorf("db serve ended with %v", err)
		}
	}
	_, stop = serving(t, data) // the folder is free and whole again
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseServeRefuses(t *testing.T) {
	empty := t.TempDir()
	absent := filepath.Join(empty, "absent")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it served nobody
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"no folder", []string{"--data", absent, "--listen", "127.0.0.1:0"}, []string{"no database", absent}},
		{"no database", []string{"--data", empty, "--listen", "127.0.0.1:0"}, []string{"no database", empty}},
		{"other machines", []string{"--data", empty, "--listen", "0.0.0.0:0"}, []string{"--listen", "loopback"}},
		{"a name", []string{"--data", empty, "--listen", "localhost:0"}, []string{"--listen", "loopback"}},
		{"an address in use", []string{"--data", empty, "--listen", ln.Addr().String()}, []string{ln.Addr().String() + " is in use", "--listen"}},
		{"an argument", []string{"--data", empty, "extra"}, []string{`unexpected argument "extra"`}},
		{"a flag", []string{"--wirte"}, []string{"wirte"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term, _, _ := terminal("")
			err := DatabaseServe(t.Context(), term, tt.args)
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("db serve %q: %v, want one line", tt.args, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("db serve %q: %v, want %q in it", tt.args, err, part)
				}
			}
		})
	}
	if files, err := os.ReadDir(empty); err != nil || len(files) > 0 {
		t.Errorf("db serve left %v in the folder: %v", files, err)
	}
}

func TestDatabaseServeReadsTheEnvironment(t *testing.T) {
	var log bytes.Buffer
	term := Terminal{Out: &log, Err: &log, Getenv: func(k string) string {
		return map[string]string{"HOCSO_DATABASE_LISTEN": "10.0.0.1:1"}[k]
	}}
	if err := DatabaseServe(t.Context(), term, nil); err == nil || !strings.Contains(err.Error(), "HOCSO_DATABASE_LISTEN") {
		t.Errorf("db serve with a wrong address in the environment: %v", err)
	}
}
