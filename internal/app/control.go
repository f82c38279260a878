package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hocso/internal/audit"
	"hocso/internal/letter"
	"hocso/internal/mongodb/embedded"
	"hocso/internal/people"
)

// controlFile lies in the data folder while a program serves from it, and says where its
// door is. checkpoints is the folder for copies of the database that commands asked for.
const (
	controlFile = "control"
	checkpoints = "checkpoints"
)

// door lets commands on the same machine ask the running program for what only the one who
// has the database open can do. It listens on loopback, wants the token that only those
// know who may read the data folder, and can do four things: make a copy of the database in
// the data folder, check it, verify the audit trail, and note that a mail came back.
type door struct {
	data, token string
	db          *embedded.Database
	trail       *audit.Service
	bounced     func(context.Context, letter.Report) (people.ID, error)
	srv         *http.Server
	closing     context.Context
	close       func()
	open        sync.WaitGroup // the server
}

// control is what the control file says.
type control struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// said is one line of an answer. The answer ends with Done or Problem; that of a copy when
// the one who asked hangs up, and then the copy is removed.
type said struct {
	Folder   string             `json:"folder,omitempty"` // the copy, in the folder checkpoints
	Progress *embedded.Progress `json:"progress,omitempty"`
	Checked  int64              `json:"checked,omitempty"` // entries of the audit trail so far
	Trail    *audit.Report      `json:"trail,omitempty"`
	Person   people.ID          `json:"person,omitempty"` // whose mail came back
	Done     bool               `json:"done,omitempty"`
	Problem  string             `json:"problem,omitempty"`
}

// errNobody reports that no program serves from a data folder.
var errNobody = errors.New("no running program answers")

// openDoor opens the door of a database and writes the control file.
func openDoor(data string, db *embedded.Database, trail *audit.Service, bounced func(context.Context, letter.Report) (people.ID, error), log *slog.Logger) (*door, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	d := &door{data: data, db: db, trail: trail, bounced: bounced, token: hex.EncodeToString(secret)}
	d.closing, d.close = context.WithCancel(context.Background())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for commands: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", d.backup)
	mux.HandleFunc("POST /check", d.check)
	mux.HandleFunc("POST /audit", d.verify)
	mux.HandleFunc("POST /bounce", d.bounce)
	d.srv = &http.Server{
		Handler: d.guard(mux), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 4 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	text, err := json.Marshal(control{ln.Addr().String(), d.token})
	if err == nil {
		err = replaceFile(filepath.Join(data, controlFile), text)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("say where commands find the program: %w", err), ln.Close())
	}
	d.open.Go(func() {
		if err := d.srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the door for commands ended", "err", err)
		}
	})
	return d, nil
}

// shut closes the door after those inside have left.
func (d *door) shut() error {
	d.close()
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	err := os.Remove(filepath.Join(d.data, controlFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	err = errors.Join(err, d.srv.Shutdown(ctx))
	d.open.Wait()
	return err
}

// guard lets nobody in without the token.
func (d *door) guard(next http.Handler) http.Handler {
	want := []byte("Bearer " + d.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// backup makes a copy of the database, and removes it when the one who asked hangs up. When
// the program ends before, the copy is left to the one who asked.
func (d *door) backup(w http.ResponseWriter, r *http.Request) {
	say := answering(w)
	dir, err := newCheckpoint(d.data)
	if err == nil {
		err = d.db.Backup(dir)
	}
	if err != nil {
		_ = os.RemoveAll(dir) // what is left goes at the next start
		say(said{Problem: err.Error()})
		return
	}
	say(said{Folder: filepath.Base(dir)})
	select {
	case <-r.Context().Done():
		_ = os.RemoveAll(dir) // as above
	case <-d.closing.Done():
	}
}

// check compares what is on disk with what is in memory.
func (d *door) check(w http.ResponseWriter, r *http.Request) {
	say := answering(w)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(d.closing, cancel)()
	every := newTicks()
	err := d.db.CheckAll(ctx, func(p embedded.Progress) {
		if every.due() {
			say(said{Progress: &p})
		}
	})
	if err != nil {
		say(said{Problem: err.Error()})
		return
	}
	say(said{Done: true})
}

// verify verifies the audit trail, with the heads that were noted.
func (d *door) verify(w http.ResponseWriter, r *http.Request) {
	say := answering(w)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(d.closing, cancel)()
	noted, err := parseHeads(r.URL.Query()["head"])
	if err != nil {
		say(said{Problem: err.Error()})
		return
	}
	every := newTicks()
	report, err := d.trail.Verify(ctx, 0, noted, func(n int64) {
		if every.due() {
			say(said{Checked: n})
		}
	})
	if err != nil {
		say(said{Problem: err.Error()})
		return
	}
	say(said{Trail: &report, Done: true})
}

// bounce notes that a mail came back.
func (d *door) bounce(w http.ResponseWriter, r *http.Request) {
	say := answering(w)
	q := r.URL.Query()
	p, err := d.bounced(r.Context(), letter.Report{Addresses: q["address"], Status: q.Get("status"), MessageID: q.Get("id")})
	if err != nil {
		say(said{Problem: err.Error()})
		return
	}
	say(said{Person: p, Done: true})
}

// answering begins an answer and gives what adds a line to it.
func answering(w http.ResponseWriter) func(said) {
	flush := http.NewResponseController(w).Flush
	w.WriteHeader(http.StatusOK)
	_ = flush() // the one who asked has gone, which the request's context tells
	lines := json.NewEncoder(w)
	return func(s said) {
		_ = lines.Encode(s) // as above
		_ = flush()
	}
}

// newCheckpoint gives the name of a new folder for a copy of the database.
func newCheckpoint(data string) (string, error) {
	if err := os.MkdirAll(filepath.Join(data, checkpoints), 0o700); err != nil {
		return "", fmt.Errorf("make room for a copy of the database: %w", err)
	}
	return filepath.Join(data, checkpoints, rand.Text()), nil
}

// replaceFile writes a file that is there as a whole or not at all.
func replaceFile(name string, text []byte) error {
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// conversation is an answer of the running program, line by line.
type conversation struct {
	resp  *http.Response
	lines *json.Decoder
}

// knock asks the program that serves from a data folder. The error wraps errNobody when
// none answers: the control file is left from one that was killed, or was never there.
func knock(ctx context.Context, data, what string) (*conversation, error) {
	text, err := os.ReadFile(filepath.Join(data, controlFile))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNobody, err)
	}
	var c control
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&c); err != nil {
		return nil, fmt.Errorf("%w: its control file cannot be read: %w", errNobody, err)
	}
	if a, err := netip.ParseAddrPort(c.Address); err != nil || !a.Addr().IsLoopback() {
		return nil, fmt.Errorf("%w: its control file names %q", errNobody, c.Address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Address+what, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	// A transport of its own: no proxy, nothing kept.
	resp, err := (&http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: 10 * time.Second}).RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNobody, err)
	}
	if resp.StatusCode != http.StatusOK { // somebody else has the address now
		return nil, errors.Join(fmt.Errorf("%w: status %d", errNobody, resp.StatusCode), resp.Body.Close())
	}
	return &conversation{resp, json.NewDecoder(resp.Body)}, nil
}

// next reads a line. What the program says of its problems is an error.
func (c *conversation) next() (s said, err error) {
	if err := c.lines.Decode(&s); err != nil {
		return s, fmt.Errorf("the running program ended: %w", err)
	}
	if s.Problem != "" {
		return s, errors.New(s.Problem)
	}
	return s, nil
}

// hangUp ends the conversation.
func (c *conversation) hangUp() { _ = c.resp.Body.Close() } // nothing more is expected
