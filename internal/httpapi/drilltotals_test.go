package httpapi

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/drill"
	"hocso/internal/people"
)

// How drills of the past went is told of ten people together, and to nobody whose scope is a part of the organisation.
func TestDrillOutcomes(t *testing.T) {
	x := newOffice(t)
	ctx := t.Context()
	template := drill.Template{ID: "hop-thu", Title: drill.Text{Vi: "Hộp thư", En: "Inbox"}, Items: []drill.Item{{ID: "a", Truth: drill.Phish}, {ID: "b", Truth: drill.Legit}}}
	if _, err := x.Drills.Publish(ctx, []drill.Template{template}); err != nil {
		t.Fatal(err)
	}
	begin := func(p int) {
		_, err := x.Drills.Apply(ctx, people.ID(fmt.Sprint("p", p)), "hop-thu", []drill.Event{
			{Action: drill.Answer, N: 1, Item: "a", Choice: drill.Report, At: x.clock.Now()}, {Action: drill.Done, N: 1, At: x.clock.Now()},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sweep := func() {
		x.clock.advance(181 * 24 * time.Hour)
		if _, err := x.Drills.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for p := range 9 {
		begin(p)
	}
	sweep()
	admin := func() string { token, _ := x.in("root@bo.vn"); return token }
	x.do(call{method: "GET", path: v1 + "/tracking/drills", token: admin()}).want(t, 200, `"items":[]`, "hop-thu")
	begin(9)
	sweep()
	x.do(call{method: "GET", path: v1 + "/tracking/drills", token: admin()}).want(t, 200,
		`{"drill":"hop-thu","n":1,"title":{"vi":"Hộp thư","en":"Inbox"},"runs":10,"completed":10,"phish":10,"hits":10,"legit":10,"falseAlarms":0,`, "")
}
