package httpapi

import (
	"strings"
	"testing"

	"hocso/internal/people"
	"hocso/internal/signoff"
)

// It is Monday 2 March 2026.
func TestSignoff(t *testing.T) {
	o := newOffice(t)
	o.running()
	for _, tt := range []struct {
		name, token, body string
		status            int
		want              string
	}{
		{"an administrator", o.root, `{"month":"2026-02"}`, 403, "not_accountable"},
		{"no month", o.head, `{"comment":"x"}`, 422, `"field":"month","code":"required"`},
		{"a day", o.head, `{"month":"2026-02-01"}`, 422, `"field":"month","code":"max"`},
		{"no month of the calendar", o.head, `{"month":"2026-13"}`, 422, `"field":"month","code":"date"`},
		{"this month", o.head, `{"month":"2026-03"}`, 422, `"field":"month","code":"not_over"`},
		{"long ago", o.head, `{"month":"2025-12"}`, 422, `"field":"month","code":"past"`},
		{"a long comment", o.head, `{"month":"2026-02","comment":"` + strings.Repeat("ấ", 1001) + `"}`, 422, `"field":"comment","code":"max"`},
		{"an unseen character", o.head, `{"month":"2026-02","comment":"a\u202eb"}`, 422, `"field":"comment","code":"text"`},
		{"who answers for it", o.head, `{"month":"2026-02","comment":"Hai người mới"}`, 201, `"comment":"Hai người mới","people":4,"assigned":4,"completed":0,"overdue":0`},
		{"again", o.head, `{"month":"2026-02"}`, 409, "already_signed"},
		{"the month before", o.head, `{"month":"2026-01"}`, 201, ""},
	} {
		if a := o.ask(tt.token, "POST", "/units/a/signoffs", tt.body); a.status != tt.status || !strings.Contains(string(a.body), tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", tt.name, a.status, a.body, tt.status, tt.want)
		}
	}
	months := ""
	for _, x := range decode[listOf[signoff.Signoff]](t, o.ask(o.root, "GET", "/units/a/signoffs", nil)).Items {
		months += x.Month + " "
	}
	if months != "2026-02 2026-01 " {
		t.Errorf("signed %q, the newest first", months)
	}
	signed := map[people.UnitID]bool{}
	for _, l := range decode[listOf[signoff.Line]](t, o.ask(o.root, "GET", "/signoffs?month=2026-02", nil)).Items {
		signed[l.Unit.ID] = l.Signed != nil
	}
	if !signed["a"] || len(signed) == 0 {
		t.Errorf("of February: %v, want a signed", signed)
	}
	o.ask(o.root, "GET", "/signoffs?month=march", nil).want(t, 422, `"field":"month"`, "")
}
