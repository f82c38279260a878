package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"hocso/internal/audit"
	"hocso/internal/people"
)

// shownErrors is how many errors and changes a command prints; all are counted.
const shownErrors = 50

// PeopleImport adds and changes people and units from a file of any size, as the app
// does from smaller ones.
func PeopleImport(ctx context.Context, t Terminal, args []string) (err error) {
	o := people.ImportOptions{Large: true}
	missing := "keep"
	cfg, log, name, err := t.loadFile("people import", "file: CSV or XLSX", args, func(f *flag.FlagSet) {
		f.BoolVar(&o.DryRun, "dry-run", false, "only say what would happen")
		f.BoolVar(&o.Reopen, "reopen", false, "open the closed accounts of people who are in the file")
		f.StringVar(&missing, "missing", "keep", "keep or close the accounts of people who should be in the file and are not")
		f.Func("everybody-in", "`unit` whose people, with those below it, should all be in the file; empty: everybody; without this flag: the units that the file names", func(unit string) error {
			id := people.UnitID(unit)
			o.EverybodyIn = &id
			return nil
		})
		f.Func("close-at-most", "confirm that so many accounts may be closed", func(text string) error {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return errors.New("not a number")
			}
			o.CloseAtMost = &n
			return nil
		})
		f.Func("columns", "what each column is, in their order, such as email,name,unit,,joined; empty: leave it out", func(text string) error {
			o.Mapping = strings.Split(text, ",")
			for _, c := range o.Mapping {
				if c != "" && !slices.Contains(people.ImportColumns(), c) {
					return fmt.Errorf("no column %q: %s", c, strings.Join(people.ImportColumns(), ", "))
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	if missing != "keep" && missing != "close" {
		return fmt.Errorf("people import: --missing %q: write keep or close", missing)
	}
	o.Close = missing == "close"
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("people import: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	about, err := file.Stat()
	if err != nil {
		return fmt.Errorf("people import: %w", err)
	}
	if !about.Mode().IsRegular() {
		return fmt.Errorf("people import: %s is no file: it is read three times, so it cannot be a pipe", name)
	}
	bound := func() {}
	if t.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(leastPercent)) // while the documents are read
		bound = lean
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return fmt.Errorf("people import: %w", stopped(ctx, err))
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	bound()
	every := newTicks()
	o.Progress = func(p people.ImportProgress) error {
		if every.due() {
			bound() // the database grows
			t.note("%s: %s", p.Doing, progressOf(p))
		}
		return ctx.Err()
	}
	// The import ends between two batches, by its Progress, not in the middle of one.
	var res people.ImportResult
	whole := context.WithoutCancel(ctx)
	err = a.audit.Do(whole, audit.Entry{Command: "people import", Action: "people_imported"}, func(e *audit.Entry) (err error) {
		res, err = a.people.Import(whole, people.Console(), io.NewSectionReader(file, 0, about.Size()), o)
		for _, x := range res.RoleChanges { // also of an import that was cut off
			d := audit.Detail{What: "role_of", After: x.Words()}
			if x.Taken {
				d = audit.Detail{What: "role_of", Before: x.Words()}
			}
			e.Detail = append(e.Detail, d)
		}
		if res.MoreRoleChanges > 0 {
			e.Detail = append(e.Detail, audit.Detail{What: "more_roles", After: strconv.Itoa(res.MoreRoleChanges)})
		}
		for _, n := range res.Counts(o.Close) {
			e.Detail = append(e.Detail, audit.Detail{What: n.What, After: strconv.Itoa(n.N)})
		}
		return err
	})
	if ctx.Err() != nil && err != nil {
		return errors.New("people import: stopped between two batches. Run the same command again to go on")
	}
	if now, statErr := file.Stat(); err == nil && (statErr != nil || now.ModTime() != about.ModTime() || now.Size() != about.Size()) {
		return errors.New("people import: somebody changed the file meanwhile. Run the command again")
	}
	if err != nil {
		return explain("people import", err)
	}
	return t.sayImport(res, o.Close)
}

// progressOf says how far an import is.
func progressOf(p people.ImportProgress) string {
	if p.Of == 0 {
		return fmt.Sprintf("%d rows", p.Rows)
	}
	return fmt.Sprintf("%d of %d (%d %%)", p.Rows, p.Of, p.Rows*100/p.Of)
}

// sayImport prints what an import did, or what is wrong with its file.
func (t Terminal) sayImport(res people.ImportResult, closing bool) error {
	for _, e := range res.Errors[:min(len(res.Errors), shownErrors)] {
		t.say("row %d, %s: %s (%s)", e.Row, orFile(e.Column), e.Message, e.Code)
	}
	if res.ErrorCount > 0 {
		t.say("%d errors in %d rows: nothing was written", res.ErrorCount, res.Rows)
		return ErrProblems
	}
	did := "imported"
	if res.DryRun {
		did = "would import"
	}
	t.say("%s %d rows: %d new, %d changed, %d moved, %d returned, %d unchanged; units: %d new, %d changed",
		did, res.Rows, res.New, res.Changed, res.Moved, res.Returned, res.Unchanged, res.UnitsNew, res.UnitsChanged)
	if !res.DryRun && !closing {
		return nil
	}
	for _, p := range res.MissingPeople[:min(len(res.MissingPeople), shownErrors)] {
		t.say("not in the file: %s, %s, in %s%s", p.Name, p.Email, p.Unit, keptBecause(p.Kept))
	}
	what := "they stay as they are"
	if closing {
		what = fmt.Sprintf("accounts closed: %d", res.Closing)
		if res.DryRun {
			what = fmt.Sprintf("accounts that would be closed: %d", res.Closing)
			if res.Many {
				what += fmt.Sprintf(", which --close-at-most %d has to confirm", res.Closing)
			}
		}
	}
	t.say("of %d people in the units that the file speaks for, %d are not in it; %s", res.Covered, res.Missing, what)
	return nil
}

func orFile(column string) string {
	if column == "" {
		return "the row"
	}
	return column
}

func keptBecause(why string) string {
	if why == "" {
		return ""
	}
	return ", kept: " + why
}
