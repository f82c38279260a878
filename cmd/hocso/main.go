// Command hocso runs the training service and looks after its data.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"hocso/internal/app"
)

const usage = `hocso <command> [flags]

  serve             serve the app and the API
  demo              fill an empty data folder with an organisation of made-up people
  content check     check a folder of courses, paths, drills and exercises (default: the ones inside the program)
  content publish   publish what changed in it
  admin create      make an administrator: --email, --name, password on standard input
  admin reset-factor
                    take the second factor from a person who lost it: --email
  people import FILE  add and change people and units from a CSV or XLSX file of any size; --dry-run, --missing close
  mail test         send one mail and say what the server answered: --to ADDRESS
  mail bounce       read from standard input that a mail came back (RFC 3464), and write to that address no more
  backup FILE       write the embedded database into one file (- is standard output), also while serving
  restore FILE      put a backup into an empty data folder, without whom the ledger of erasures names: --ledger LEDGER|archive|none; --check only checks
  db check          check every document and index of the embedded database, also while serving
  db copy           copy the embedded database to a MongoDB server (--to mongodb://…) or back (--from mongodb://…)
  audit verify      check that the audit trail is whole and as it was written, also while serving: --head NUMBER:HASH
  fsck              compare the read model with the database, and verify the audit trail
  privacy retention what is kept how long, and what is over; answers=24 and the like change it
  db serve          let database clients on this machine read a data folder: --data, --listen, --write
  config            print the settings, secrets masked
  version           print the version

hocso <command> --help lists the flags; each is also an environment variable (HOCSO_LISTEN for --listen).
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, app.ErrProblems): // already printed, one a line
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "hocso:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	io := app.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}
	commands := []struct {
		words []string
		do    func(context.Context, app.Terminal, []string) error
	}{
		{[]string{"serve"}, app.Serve},
		{[]string{"demo"}, app.Demo},
		{[]string{"content", "check"}, app.ContentCheck},
		{[]string{"content", "publish"}, app.ContentPublish},
		{[]string{"admin", "create"}, app.AdminCreate},
		{[]string{"admin", "reset-factor"}, app.AdminResetFactor},
		{[]string{"people", "import"}, app.PeopleImport},
		{[]string{"mail", "test"}, app.MailTest},
		{[]string{"mail", "bounce"}, app.MailBounce},
		{[]string{"backup"}, app.Backup},
		{[]string{"restore"}, app.Restore},
		{[]string{"db", "check"}, app.CheckDatabase},
		{[]string{"db", "copy"}, app.CopyDatabase},
		{[]string{"audit", "verify"}, app.AuditVerify},
		{[]string{"fsck"}, app.Fsck},
		{[]string{"db", "serve"}, app.DatabaseServe},
		{[]string{"privacy", "retention"}, app.PrivacyRetention},
		{[]string{"config"}, app.PrintConfig},
		{[]string{"version"}, app.Version},
	}
	for _, c := range commands {
		if begins(args, c.words) {
			return c.do(ctx, io, args[len(c.words):])
		}
	}
	if len(args) == 0 || begins(args, []string{"help"}) || begins(args, []string{"--help"}) || begins(args, []string{"-h"}) {
		fmt.Print(usage)
		return nil
	}
	fmt.Fprint(os.Stderr, usage)
	said := args[:1]
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") { // commands of two words
		said = args[:2]
	}
	return fmt.Errorf("no command %q", strings.Join(said, " "))
}

func begins(args, words []string) bool {
	if len(args) < len(words) {
		return false
	}
	for i, w := range words {
		if args[i] != w {
			return false
		}
	}
	return true
}
