package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
)

// testServer is a server to copy to: the one at MONGO_TEST_URI, in a database of its own
// that is dropped at the end, or else another embedded database, which can go away.
func testServer(t *testing.T) (o mongodb.Options, goAway func()) {
	t.Helper()
	o = mongodb.Options{URI: os.Getenv("MONGO_TEST_URI"), Name: "t" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	if o.URI != "" {
		t.Cleanup(func() {
			db, err := mongodb.Open(o)
			if err == nil {
				err = errors.Join(db.Drop(context.Background()), db.Close(context.Background()))
			}
			if err != nil {
				t.Error(err)
			}
		})
		return o, nil
	}
	return embeddedServer(t, filepath.Join(t.TempDir(), "server"), o.Name)
}

func embeddedServer(t *testing.T, dir, name string) (o mongodb.Options, goAway func()) {
	t.Helper()
	db, err := embedded.Open(dir, embedded.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	goAway = sync.OnceFunc(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(goAway)
	return mongodb.Options{URI: mongodb.EmbeddedURI, Name: name, Dialer: db.Dialer()}, goAway
}

func TestCopyToAServerAndBack(t *testing.T) {
	data := demoData(t)
	server, _ := testServer(t)
	log := slog.New(slog.DiscardHandler)
	term, out, _ := terminal("")
	if err := term.copyDatabase(t.Context(), data, server, true, log); err != nil || !strings.Contains(out.String(), "copied and compared") {
		t.Fatalf("to the server: %v %q", err, out)
	}
	term, _, _ = terminal("")
	err := term.copyDatabase(t.Context(), data, server, true, log)
	if !errors.Is(err, mongodb.ErrRefused) || !strings.Contains(err.Error(), "people (") || strings.Contains(err.Error(), "again") {
		t.Errorf("to the server once more: %v, want a refusal that says what is there", err)
	}
	back := filepath.Join(t.TempDir(), "back")
	term, out, _ = terminal("")
	if err := term.copyDatabase(t.Context(), back, server, false, log); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "people") {
		t.Errorf("from the server: printed %q", out)
	}
	if out, err := command(t, Fsck, "--data", back); err != nil || !strings.Contains(out, " 0 differences") {
		t.Errorf("fsck of what came back: %v %q", err, out)
	}
	_, stop := running(t, back)
	term, _, _ = terminal("")
	if err := term.copyDatabase(t.Context(), back, server, true, log); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("copy while the program is running: %v, want ErrInUse", err)
	}
	stop()
}

func TestCopyGoesOnAfterTheServerWentAway(t *testing.T) {
	data := demoData(t)
	dir := filepath.Join(t.TempDir(), "server")
	server, goAway := embeddedServer(t, dir, "copy")
	log := slog.New(slog.DiscardHandler)
	term, _, _ := terminal("")
	term.Err = stopper{goAway} // at the first report
	err := term.copyDatabase(t.Context(), data, server, true, log)
	if err == nil || !strings.Contains(err.Error(), "Run the same command again") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("a copy whose server goes away: %v, want one line that says how to go on", err)
	}
	server, _ = embeddedServer(t, dir, "copy")
	term, out, _ := terminal("")
	if err := term.copyDatabase(t.Context(), data, server, true, log); err != nil {
		t.Errorf("the copy goes on: %v %q", err, out)
	}
}

func TestTheProgramDoesNotStartOnHalfACopy(t *testing.T) {
	server, _ := embeddedServer(t, filepath.Join(t.TempDir(), "server"), "copy")
	log := slog.New(slog.DiscardHandler)
	if err := (Terminal{Err: &output{}, Out: &output{}}).copyDatabase(t.Context(), demoData(t), server, true, log); err != nil {
		t.Fatal(err)
	}
	back := filepath.Join(t.TempDir(), "back")
	ctx, cancel := context.WithCancel(t.Context())
	term, _, _ := terminal("")
	term.Err = stopper{cancel}
	if err := term.copyDatabase(ctx, back, server, false, log); err == nil {
		t.Fatal("a copy that was stopped is whole")
	}
	if _, err := command(t, Serve, "--data", back, "--listen", "127.0.0.1:0", "--metrics-listen", ""); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Errorf("serve on half a copy: %v", err)
	}
}

func TestCopyRefusals(t *testing.T) {
	data := demoData(t)
	for _, tt := range []struct {
		name, in string
		args     []string
		want     string
	}{
		{"no direction", "", []string{"--data", data}, "either --to or --from"},
		{"both", "", []string{"--to", "mongodb://a", "--from", "mongodb://b"}, "either --to or --from"},
		{"no address", "\n", []string{"--to", "-"}, "no address"},
		{"another server", "", []string{"--to", "postgres://a"}, "must start with mongodb://"},
		{"nobody there", "mongodb://lan:hidden@127.0.0.1:1/\n", []string{"--to", "-", "--data", data}, "the server does not answer"},
		{"wrong address", "", []string{"--to", "mongodb://lan:hidden@127.0.0.1:x/", "--data", data}, "database address"},
		{"no data", "", []string{"--to", "mongodb://127.0.0.1:1/", "--data", filepath.Join(data, "absent")}, "no database in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term, out, errs := terminal(tt.in)
			err := CopyDatabase(t.Context(), term, tt.args)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error()+out.String()+errs.String(), "hidden") {
				t.Errorf("db copy %q: %v, want an error with %q and without the password; printed %q %q", tt.args, err, tt.want, out, errs)
			}
		})
	}
}
