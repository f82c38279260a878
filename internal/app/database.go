package app

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"

	"hocso/internal/config"
	"hocso/internal/mongodb/embedded"
)

// databaseListen is where DatabaseServe listens unless another address is given.
const databaseListen = "127.0.0.1:27018"

// DatabaseServe lets database clients on this machine look into the embedded database of a data folder, without the
// rest of the program, until ctx ends. They may change it only with --write.
func DatabaseServe(ctx context.Context, t Terminal, args []string) error {
	cfg, log, err := t.load("db serve", nil, nil) // what the environment says
	if err != nil {
		return err
	}
	f := flag.NewFlagSet("db serve", flag.ContinueOnError)
	f.SetOutput(t.Err)
	data := f.String("data", cfg.Data, "folder of the program's data (HOCSO_DATA)")
	address := f.String("listen", cmp.Or(cfg.DatabaseListen, databaseListen), "loopback address to serve at (HOCSO_DATABASE_LISTEN)")
	write := f.Bool("write", cfg.DatabaseWrite, "clients may change the data too (HOCSO_DATABASE_LISTEN_WRITE)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("db serve: unexpected argument %q", f.Arg(0))
	}
	if err := config.Loopback(*address); err != nil {
		return fmt.Errorf("db serve: --listen %q: %w", *address, err)
	}
	ln, err := listen(*address, "--listen")
	if err != nil {
		return err
	}
	db, err := openData(*data, embedded.Options{Now: nowMillis, Log: log, MustExist: true, KeepExpired: !*write})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	served := make(chan error, 1)
	go func() { served <- db.Serve(ln, embedded.ServeOptions{Write: *write, WriteSetting: "--write"}) }()
	t.sayDatabase(ln, *write)
	select {
	case err = <-served:
	case <-ctx.Done():
	case <-db.Failed():
		err = fmt.Errorf("the data could not be written, so the program ends; nothing acknowledged is lost: %w", db.Err())
	}
	return errors.Join(err, db.Close())
}

// sayDatabase says where clients find the database.
func (t Terminal) sayDatabase(ln net.Listener, write bool) {
	may := "read-only"
	if write {
		may = "also for changes"
	}
	t.say("The database is open to every program on this machine, %s: mongodb://%s/?directConnection=true", may, ln.Addr())
}

// serveDatabase lets database clients on this machine in, if an address for them is set. It ends with the database.
func (a *App) serveDatabase(t Terminal) error {
	if a.cfg.DatabaseListen == "" {
		return nil
	}
	ln, err := listen(a.cfg.DatabaseListen, "--database-listen or HOCSO_DATABASE_LISTEN (empty: none)")
	if err != nil {
		return err
	}
	o := embedded.ServeOptions{Write: a.cfg.DatabaseWrite, WriteSetting: "--database-listen-write"}
	go func() {
		if err := a.embedded.Serve(ln, o); !errors.Is(err, embedded.ErrClosed) {
			a.log.Error("the address of the database is served no more", "err", err)
		}
	}()
	t.sayDatabase(ln, o.Write)
	return nil
}
