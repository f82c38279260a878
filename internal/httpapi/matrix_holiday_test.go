package httpapi

import (
	"context"

	"hocso/internal/people"
)

// holidayRows are about the calendar: it is the whole organisation's.
func holidayRows() []matrixRow {
	const whole = "admin:200 *:403"
	anew := func(ask func(*world, *kind) call) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			_, err := w.Holidays.Reset(context.Background(), people.Console())
			w.must(err)
			return ask(w, k)
		}
	}
	return []matrixRow{
		{route: "GET /api/v1/holidays", expect: whole, ask: at("/holidays"), has: `"on":"2026-01-01"`},
		{route: "POST /api/v1/holidays", expect: "admin:201 *:403", ask: anew(send("/holidays", `{"from":"2027-03-01","to":"2027-03-03","name":{"vi":"Nghỉ","en":"Off"}}`))},
		{route: "POST /api/v1/holidays/file", expect: "admin:201 *:403", ask: anew(send("/holidays/file", `{"text":"2027-03-01,Nghỉ,Off"}`))},
		{route: "POST /api/v1/holidays/reset", expect: whole, ask: at("/holidays/reset")},
		{route: "DELETE /api/v1/holidays/:day", expect: whole, ask: anew(at("/holidays/2026-01-01"))},
	}
}
