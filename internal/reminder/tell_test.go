package reminder

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"hocso/internal/people"
)

func TestTell(t *testing.T) {
	note := Note{people.Text{Vi: "Đơn vị đang chậm", En: "The unit is behind"}, "/my-unit", "unit"}
	over, end := context.WithCancel(t.Context())
	end()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		answer Answer
		want   Told
		left   int // devices
	}{
		{"taken", t.Context(), Answer{Outcome: Accepted}, ToldYes, 1},
		{"away", t.Context(), Answer{Outcome: Later, Status: 503}, ToldLater, 1},
		{"away, and the program ends", over, Answer{Outcome: Later}, ToldYes, 1},
		{"gone", t.Context(), Answer{Outcome: Gone, Status: 410}, ToldLater, 0},
		{"refused", t.Context(), Answer{Outcome: Refused, Status: 403}, ToldRefused, 1},
	} {
		w := newWorld(t)
		w.answers(tt.answer)
		if got, err := w.Tell(tt.ctx, w.mem.people["lan"], note, w.now); err != nil || got != tt.want || len(w.mem.devices) != tt.left {
			t.Errorf("%s: %s, %v, %d devices; want %s, %d", tt.name, got, err, len(w.mem.devices), tt.want, tt.left)
		}
	}
	w := newWorld(t)
	p := w.mem.people["lan"]
	p.Settings.Locale = "en"
	if _, err := w.Tell(t.Context(), p, note, w.now); err != nil {
		t.Fatal(err)
	}
	var got declarative
	if err := json.Unmarshal(w.pusher.took[0].message.Payload, &got); err != nil {
		t.Fatal(err)
	}
	want := declarative{8030, notification{Title: "Hocso", Body: "The unit is behind", Navigate: "https://hocso.example/my-unit", Lang: "en", Tag: "unit"}}
	if ttl := w.pusher.took[0].message.TTL; !reflect.DeepEqual(got, want) || ttl != 9*time.Hour {
		t.Errorf("said %+v for %v, want %+v until 17:00", got, ttl, want)
	}
	if told, err := w.Tell(t.Context(), people.Person{ID: "mai"}, note, w.now); err != nil || told != ToldLater {
		t.Errorf("without a device: %s, %v", told, err)
	}
}
