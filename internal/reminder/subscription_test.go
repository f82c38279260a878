package reminder

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func device(t *testing.T, name string) Device {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return Device{
		Endpoint: "https://push.example/" + name, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)), Name: name,
	}
}

func TestSubscribeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Device)
		want   string
	}{
		{"fine", func(*Device) {}, ""},
		{"padded", func(d *Device) { d.Auth += "=="; d.P256dh += "=" }, ""},
		{"inside", func(d *Device) { d.Endpoint = "https://169.254.169.254/x" }, "push_endpoint_not_allowed"},
		{"no key", func(d *Device) { d.P256dh = "" }, "keys.p256dh"},
		{"a point that is not on the curve", func(d *Device) {
			d.P256dh = base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...))
		}, "keys.p256dh"},
		{"a short secret", func(d *Device) { d.Auth = "AAAA" }, "keys.auth"},
		{"not base64", func(d *Device) { d.Auth = "$$$" }, "keys.auth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			clear(w.mem.devices)
			d := device(t, "phone")
			tt.change(&d)
			_, err := w.Subscribe(t.Context(), people.Actor{ID: "lan"}, d)
			var f *fault.Error
			errors.As(err, &f)
			if (err == nil) != (tt.want == "") || err != nil && (f == nil || !strings.Contains(fmt.Sprint(f.Code, f.Fields), tt.want)) {
				t.Errorf("subscribe %+v: %v, want %q", d, err, tt.want)
			}
			if n := len(w.mem.devices); (n == 1) != (tt.want == "") {
				t.Errorf("subscribe %+v: %d devices stored", d, n)
			}
		})
	}
}

func TestSubscribeMovesAndReplaces(t *testing.T) {
	w := newWorld(t)
	clear(w.mem.devices)
	lan, mai := people.Actor{ID: "lan", Session: "s1"}, people.Actor{ID: "mai", Session: "s2"}
	have := func(want ...string) {
		t.Helper()
		got := map[string]people.ID{}
		for _, s := range w.mem.devices {
			got[strings.TrimPrefix(s.Endpoint, "https://push.example/")] = s.Person
		}
		if len(got) != len(want) {
			t.Errorf("devices %v, want %v", got, want)
		}
		for _, x := range want {
			name, person, _ := strings.Cut(x, " ")
			if got[name] != people.ID(person) {
				t.Errorf("devices %v, want %v", got, want)
			}
		}
	}
	subscribe := func(a people.Actor, d Device) {
		t.Helper()
		if _, err := w.Subscribe(t.Context(), a, d); err != nil {
			t.Fatal(err)
		}
	}
	one := device(t, "one")
	subscribe(lan, one)
	subscribe(lan, one)
	have("one lan")
	subscribe(mai, one) // a shared phone: mai signed in after lan
	have("one mai")
	two := device(t, "two")
	two.Replaces = one.Endpoint
	subscribe(lan, two) // it is not lan's to replace
	have("one mai", "two lan")
	three := device(t, "three")
	three.Replaces = SubscriptionID(two.Endpoint)
	subscribe(lan, three)
	have("one mai", "three lan")
	if err := w.Unsubscribe(t.Context(), lan, SubscriptionID(one.Endpoint), SignedOut); fault.KindOf(err) != fault.NotFound {
		t.Errorf("lan removes mai's device: %v, want not found", err)
	}
	if err := w.Forget(t.Context(), "mai", "another session"); err != nil {
		t.Fatal(err)
	}
	have("one mai", "three lan")
	if err := w.Forget(t.Context(), "mai", "s2"); err != nil {
		t.Fatal(err)
	}
	have("three lan")
	if err := w.Unsubscribe(t.Context(), lan, SubscriptionID(three.Endpoint), TurnedOff); err != nil {
		t.Error(err)
	}
	have()
}

func TestAtMostSixteenDevices(t *testing.T) {
	w := newWorld(t)
	clear(w.mem.devices)
	for i := range 20 {
		w.now = w.now.Add(time.Hour)
		if _, err := w.Subscribe(t.Context(), people.Actor{ID: "lan"}, device(t, fmt.Sprint("phone", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.mem.devices); n != 16 {
		t.Errorf("%d devices, want 16", n)
	}
	if _, ok := w.mem.devices[SubscriptionID("https://push.example/phone3")]; ok {
		t.Error("a device not seen for long is still there, the newest should stay")
	}
}

func TestTestPush(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*world)
		want    int
		refused fault.Kind
	}{
		{"one device", func(*world) {}, 1, ""},
		{"two devices", func(w *world) { w.device("lan", "2") }, 2, ""},
		{"none", func(w *world) { clear(w.mem.devices) }, 0, fault.Conflict},
		{"gone", func(w *world) { w.answers(Answer{Outcome: Gone}) }, 0, fault.Conflict},
		{"away", func(w *world) { w.answers(Answer{Outcome: Later}) }, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(w)
			n, err := w.Test(t.Context(), people.Actor{ID: "lan"})
			if n != tt.want || (err != nil) != (tt.refused != "") || err != nil && fault.KindOf(err) != tt.refused {
				t.Errorf("sent %d, %v; want %d, %q", n, err, tt.want, tt.refused)
			}
		})
	}
}

func TestDeviceName(t *testing.T) {
	for in, want := range map[string]string{
		" Điện thoại của Lan ": "Điện thoại của Lan", "a\r\nb": "ab", "a\u202eb": "ab", strings.Repeat("x", 100): strings.Repeat("x", 79) + "…",
	} {
		if got := deviceName(in); got != want {
			t.Errorf("deviceName(%q) = %q, want %q", in, got, want)
		}
	}
}
