package httpapi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hocso/internal/people"
)

// importFull sends a table with what becomes of those whom it does not name.
func (o *organisation) importFull(token, csv string, dry bool, more map[string]any) reply {
	body := map[string]any{"csv": csv, "missing": "close"}
	maps.Copy(body, more)
	return o.do(call{method: "POST", path: fmt.Sprintf("/api/v1/people/import?dryRun=%v", dry), token: token, body: body})
}

func (o *organisation) status(t *testing.T, email string) people.Status {
	t.Helper()
	p, err := o.People.PersonByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return p.Status
}

// kept says of each missing person why their account stays open, "" if it is closed.
func kept(res people.ImportResult) map[string]string {
	why := map[string]string{}
	for _, p := range res.MissingPeople {
		why[p.Email] = p.Kept
	}
	return why
}

// A full file of a unit closes the accounts of those who are not in it: not one's own,
// not that of somebody above, and nobody elsewhere. The second time there is nothing to
// do; who comes back is let in only when that was said.
func TestImportFull(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	var told []people.ID
	o.People.Closing = closing(o.People.Closing, &told)
	const full = "email,name,unit\nhead-a@bo.vn,Trưởng A,a\n"
	below := map[string]any{"everybodyIn": "a"}

	res := decode[people.ImportResult](t, o.importFull(o.unitAdmin, full, true, below))
	want := map[string]string{"admin-a@bo.vn": "own_account", "boss@bo.vn": "above_your_scope", "lan@bo.vn": ""}
	if res.Covered != 4 || res.Missing != 3 || res.Closing != 1 || res.Many || !maps.Equal(kept(res), want) {
		t.Errorf("dry run: %+v", res)
	}
	if res := decode[people.ImportResult](t, o.importFull(o.unitAdmin, full, true, nil)); res.Closing != 0 || res.Missing != 2 {
		t.Errorf("only the units that the file names: %+v", res)
	}
	if o.status(t, "lan@bo.vn") != people.Active || len(told) != 0 {
		t.Fatal("a dry run closed an account")
	}
	o.importFull(o.unitAdmin, full, false, map[string]any{"everybodyIn": "a", "closeAtMost": 0}).want(t, 422, `"field":"closeAtMost","code":"exceeded"`, "lan@")
	o.importFull(o.unitAdmin, full, false, map[string]any{"everybodyIn": "b"}).want(t, 422, `"field":"everybodyIn","code":"unknown"`, "binh")
	o.importFull(o.unitAdmin, full, false, map[string]any{"everybodyIn": "zzz"}).want(t, 422, `"field":"everybodyIn","code":"unknown"`, "")
	o.importFull(o.unitAdmin, full, false, map[string]any{"missing": "delete"}).want(t, 422, `"field":"missing","code":"oneof"`, "")
	o.importFull(o.unitAdmin, full, false, map[string]any{"closeAtMost": -1}).want(t, 422, `"field":"closeAtMost","code":"min"`, "")
	if o.status(t, "lan@bo.vn") != people.Active {
		t.Fatal("a refused import closed an account")
	}

	res = decode[people.ImportResult](t, o.importFull(o.unitAdmin, full, false, below))
	if !res.Applied || res.Closing != 1 || o.status(t, "lan@bo.vn") != people.Closed || o.status(t, "boss@bo.vn") != people.Active || o.status(t, "admin-a@bo.vn") != people.Active || o.status(t, "binh@bo.vn") != people.Active {
		t.Errorf("import: %+v", res)
	}
	if !slices.Equal(told, []people.ID{o.id["lan@bo.vn"], o.id["lan@bo.vn"]}) {
		t.Errorf("told of %v, want the one whose account was closed, before and after", told)
	}
	o.do(call{method: "GET", path: "/api/v1/me", token: o.learner}).want(t, 401, "sign_in_required", "lan@")
	if p, err := o.People.PersonByEmail(t.Context(), "lan@bo.vn"); err != nil || p.LeftOn != "2026-03-02" {
		t.Errorf("last day %q, %v", p.LeftOn, err)
	}
	if res := decode[people.ImportResult](t, o.importFull(o.unitAdmin, full, false, below)); res.Closing != 0 || res.Missing != 2 || !res.Applied || len(told) != 2 {
		t.Errorf("the second time: %+v", res)
	}

	const back = full + "lan@bo.vn,Nguyễn Thị Lan,a1\n"
	if res := o.importing(t, o.unitAdmin, back, false); res.Applied || len(res.Errors) != 1 || res.Errors[0].Code != "closed" || res.Errors[0].Row != 3 {
		t.Errorf("back without a word: %+v", res)
	}
	reopen := map[string]any{"missing": "keep", "reopen": true}
	res = decode[people.ImportResult](t, o.importFull(o.unitAdmin, back, true, reopen))
	if res.Returned != 1 || len(res.Changes) != 1 || res.Changes[0].Kind != "returned" || o.status(t, "lan@bo.vn") != people.Closed {
		t.Errorf("back, dry run: %+v", res)
	}
	if res = decode[people.ImportResult](t, o.importFull(o.unitAdmin, back, false, reopen)); !res.Applied || o.status(t, "lan@bo.vn") != people.Active {
		t.Errorf("back: %+v", res)
	}
	o.in("lan@bo.vn")
	if res = decode[people.ImportResult](t, o.importFull(o.unitAdmin, back, false, reopen)); res.Returned+res.Changed != 0 || res.Unchanged != 2 {
		t.Errorf("back a second time: %+v", res)
	}
}

func closing(before func(ctx context.Context, id people.ID) error, told *[]people.ID) func(ctx context.Context, id people.ID) error {
	return func(ctx context.Context, id people.ID) error {
		*told = append(*told, id)
		if before == nil {
			return nil
		}
		return before(ctx, id)
	}
}

// Closing many accounts at once is confirmed by their number.
func TestImportFullBrake(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	rows := func(from, to int) string {
		var b strings.Builder
		b.WriteString("email,name,unit,unit name,parent unit\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "n%d@bo.vn,N %d,m,Mới,a\n", i, i)
		}
		return b.String()
	}
	o.importing(t, o.root, rows(0, 60), false)
	dry := decode[people.ImportResult](t, o.importFull(o.root, rows(0, 40), true, nil))
	if !dry.Many || dry.Closing != 20 || dry.Covered != 60 {
		t.Errorf("20 of 60: %+v", dry)
	}
	if dry := decode[people.ImportResult](t, o.importFull(o.root, rows(0, 48), true, nil)); dry.Many || dry.Closing != 12 {
		t.Errorf("12 of 60 are a fifth: %+v", dry)
	}
	o.importFull(o.root, rows(0, 40), false, nil).want(t, 422, `"field":"closeAtMost","code":"required"`, "")
	o.importFull(o.root, rows(0, 40), false, map[string]any{"closeAtMost": 19}).want(t, 422, `"field":"closeAtMost","code":"exceeded"`, "")
	if o.status(t, "n59@bo.vn") != people.Invited {
		t.Error("a refused import closed an account")
	}
	if res := decode[people.ImportResult](t, o.importFull(o.root, rows(0, 40), false, map[string]any{"closeAtMost": 20})); !res.Applied || res.Closing != 20 {
		t.Errorf("confirmed: %+v", res)
	}
	for i := range 60 {
		if got := o.status(t, fmt.Sprintf("n%d@bo.vn", i)); (got == people.Closed) != (i >= 40) {
			t.Errorf("n%d is %s", i, got)
		}
	}
}

// Of the administrators of everything one stays, whoever imports.
func TestImportFullLastAdministrator(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.add("Quản Trị 2", "root2@bo.vn", "bo", people.Grant{Role: people.Administrator})
	all, many := people.UnitID(""), 100
	full := func(csv string, dry bool) people.ImportResult {
		t.Helper()
		res, err := o.People.Import(t.Context(), people.Console(), section([]byte(csv)), people.ImportOptions{DryRun: dry, Close: true, EverybodyIn: &all, CloseAtMost: &many})
		if err != nil || len(res.Errors) > 0 {
			t.Fatal(res.Errors, err)
		}
		return res
	}
	if res := full("email,name\nlan@bo.vn,\n", true); kept(res)["root@bo.vn"] != "last_administrator" || kept(res)["root2@bo.vn"] != "last_administrator" || res.Closing != 5 {
		t.Errorf("no administrator in the file: %v", kept(res))
	}
	if res := full("email,name\nlan@bo.vn,\nroot2@bo.vn,\n", false); !res.Applied || o.status(t, "root@bo.vn") != people.Closed || o.status(t, "root2@bo.vn") != people.Active {
		t.Errorf("one in the file: %v", kept(res))
	}
	if res := full("email,name\nlan@bo.vn,\n", false); o.status(t, "root2@bo.vn") != people.Active || o.status(t, "binh@bo.vn") != people.Closed || res.Closing != 0 {
		t.Errorf("the last one: %v", kept(res))
	}
}

// A full file with an error closes nobody, and neither does one that only moves people.
func TestImportFullNothing(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	res := decode[people.ImportResult](t, o.importFull(o.root, "email,name,unit\nx,X,a\n", false, map[string]any{"everybodyIn": "", "closeAtMost": 100}))
	if res.Applied || len(res.Errors) != 1 || o.status(t, "lan@bo.vn") != people.Active {
		t.Errorf("with an error: %+v", res)
	}
	res = decode[people.ImportResult](t, o.importFull(o.root, "email,name,unit\nlan@bo.vn,,b\nbinh@bo.vn,,b\ntrainer@bo.vn,,b\n", false, nil))
	if !res.Applied || res.Moved != 1 || res.Closing != 0 || res.Missing != 0 {
		t.Errorf("moved away: %+v, want nobody closed where she was", res)
	}
}

// Addresses that differ only in case, in full width or in how letters are composed are
// one address, or none at all.
func TestImportSameAddress(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	for name, tt := range map[string]struct{ second, code string }{
		"case":       {"X@BO.vn", "duplicate"},
		"full width": {"ｘ@bo.vn", "mail"},
		"NFD":        {"xe\u0302@bo.vn", "mail"},
		"NFC":        {"x\u00ea@bo.vn", "mail"},
		"spaces":     {"  x@bo.vn ", "duplicate"},
	} {
		res := o.importing(t, o.root, "email,name,unit\nx@bo.vn,X,a\n"+tt.second+",Y,a\n", true)
		if len(res.Errors) != 1 || res.Errors[0].Row != 3 || res.Errors[0].Column != "email" || res.Errors[0].Code != tt.code {
			t.Errorf("%s: %+v, want %s in row 3", name, res.Errors, tt.code)
		}
	}
}
