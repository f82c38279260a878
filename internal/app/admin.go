package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"hocso/internal/audit"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// AdminCreate makes an administrator of the whole organisation, whose password is
// the first line of standard input.
func AdminCreate(ctx context.Context, t Terminal, args []string) error {
	var email, name string
	var stdin bool
	cfg, log, err := t.load("admin create", args, func(f *flag.FlagSet) {
		f.StringVar(&email, "email", "", "e-mail address")
		f.StringVar(&name, "name", "Quản trị viên", "name")
		f.BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	})
	if err != nil {
		return err
	}
	if email == "" || !stdin {
		return errors.New("admin create: --email and --password-stdin are needed")
	}
	if !people.ValidEmail(people.FoldEmail(email)) {
		return fmt.Errorf("admin create: email: %q is not an e-mail address", email)
	}
	password, err := bufio.NewReader(t.In).ReadString('\n')
	if err != nil && password == "" {
		return errors.New("admin create: no password on standard input")
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // every write was acknowledged
	err = a.audit.Do(ctx, audit.Entry{Command: "admin create", Action: "administrator_created"}, func(e *audit.Entry) error {
		p, err := a.auth.CreateAdministrator(ctx, name, email, strings.TrimRight(password, "\r\n"))
		e.Object = audit.Object{Kind: "person", ID: string(p.ID)}
		return err
	})
	if err != nil {
		return explain("admin create", err)
	}
	t.say("%s is an administrator now", people.FoldEmail(email))
	return nil
}

// AdminResetFactor takes the second factor from a person who lost it, and ends their
// sign-ins: for the last administrator, whom nobody else can help.
func AdminResetFactor(ctx context.Context, t Terminal, args []string) error {
	var email string
	cfg, log, err := t.load("admin reset-factor", args, func(f *flag.FlagSet) {
		f.StringVar(&email, "email", "", "e-mail address")
	})
	if err != nil {
		return err
	}
	if email == "" {
		return errors.New("admin reset-factor: --email is needed")
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // every write was acknowledged
	err = a.audit.Do(ctx, audit.Entry{Command: "admin reset-factor", Action: "factors_reset"}, func(e *audit.Entry) error {
		p, err := a.auth.ResetFactors(ctx, email)
		e.Object = audit.Object{Kind: "person", ID: string(p.ID)}
		return err
	})
	if err != nil {
		return explain("admin reset-factor: email", err)
	}
	t.say("%s signs in with the password alone now, and sets up a second factor again", people.FoldEmail(email))
	return nil
}

// Fsck compares the read model of completion with the enrolments, and verifies the audit trail.
func Fsck(ctx context.Context, t Terminal, args []string) error {
	cfg, log, err := t.load("fsck", args, nil)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // nothing was written
	if a.embedded != nil {
		if err := a.embedded.Check(); err != nil {
			return err
		}
		t.say("database: every document and index is as it was written")
	}
	if err := a.reports.Build(ctx); err != nil {
		return err
	}
	differences, err := a.reports.Check(ctx)
	if err != nil {
		return err
	}
	for _, d := range differences {
		t.say("%s", d)
	}
	t.say("read model: %d differences", len(differences))
	report, err := a.audit.Verify(ctx, 0, nil, nil)
	if err != nil {
		return err
	}
	err = t.sayTrail(report)
	if len(differences) > 0 {
		return ErrProblems
	}
	return err
}

// explain names the fields of a domain error, for the terminal.
func explain(doing string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	text := f.Message
	for _, x := range f.Fields {
		text += fmt.Sprintf("; %s: %s", x.Field, x.Code)
	}
	return fmt.Errorf("%s: %s", doing, text)
}
