package webpush

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		in string
		ok bool
	}{
		{"https://fcm.googleapis.com/fcm/send/abc", true},
		{"https://FCM.googleapis.com/fcm/send/abc", true},
		{"https://updates.push.services.mozilla.com/wpush/v2/abc", true},
		{"https://web.push.apple.com:443/abc", true},
		{"https://wns2-by3p.notify.windows.com/w/?token=x", true},
		{"http://127.0.0.1:9911/wpush/v2/x", true},
		{"http://127.0.0.1:9912/wpush/v2/x", false},
		{"https://127.0.0.1:9911/wpush/v2/x", false},
		{"http://a@127.0.0.1:9911/wpush/v2/x", false},
		{"http://127.0.0.1:9911.evil.example/x", false},
		{"http://fcm.googleapis.com/x", false},
		{"https://fcm.googleapis.com:8443/x", false},
		{"https://a@fcm.googleapis.com/x", false},
		{"https://fcm.googleapis.com.evil.example/x", false},
		{"https://evilpush.apple.com/x", false},
		{"https://push.apple.com/x", false},
		{"https://evil.example/?x.googleapis.com/", false},
		{"https://evil.example/#fcm.googleapis.com", false},
		{"https://169.254.169.254/a.google.com/", false},
		{"https://[::1]/x", false},
		{"::::", false},
		{"", false},
	} {
		if got := match(tt.in, Hosts(), []string{"http://127.0.0.1:9911"}) != ""; got != tt.ok {
			t.Errorf("match(%q): allowed %v, want %v", tt.in, got, tt.ok)
		}
	}
}

// The client refuses loopback even when nobody checked the URL, but for the ports
// that were named.
func TestClientRefusesLoopback(t *testing.T) {
	hits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer srv.Close()
	ap := netip.MustParseAddrPort(srv.Listener.Addr().String())
	for _, tt := range []struct {
		ports []uint16
		hits  int
	}{{nil, 0}, {[]uint16{1}, 0}, {[]uint16{ap.Port()}, 1}} {
		hits = 0
		res, err := newClient(tt.ports).Post(srv.URL, "application/octet-stream", nil)
		if err == nil {
			_ = res.Body.Close() // nothing is in it
		}
		if errors.Is(err, ErrEndpoint) != (tt.hits == 0) || hits != tt.hits {
			t.Errorf("post to %s with ports %v: error %v, %d requests arrived; want %d", srv.URL, tt.ports, err, hits, tt.hits)
		}
	}
}

func TestAllowedOriginsAreLoopback(t *testing.T) {
	for in, ok := range map[string]bool{
		"http://127.0.0.1:9911": true, "https://[::1]:9911": true,
		"http://10.0.0.1:9911": false, "http://127.0.0.1": false, "http://localhost:9911": false, "http://127.0.0.1:9911/": false,
		"ftp://127.0.0.1:9911": false, "127.0.0.1:9911": false, "": false, "https://push.example:443": false,
	} {
		if _, err := loopbackPorts([]string{in}); (err == nil) != ok {
			t.Errorf("allowed origin %q: %v, want allowed %v", in, err, ok)
		}
	}
}
