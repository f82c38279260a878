package webpush

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"hocso/internal/outbound"
)

// ErrEndpoint reports an endpoint that push must never be sent to.
var ErrEndpoint = errors.New("push endpoint not allowed")

// Hosts are the push services allowed by default; an operator may add more. A
// name that starts with a dot allows its sub-domains.
func Hosts() []string {
	return []string{"fcm.googleapis.com", ".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"}
}

// origin returns scheme://host:port of u, the port left out if it is the scheme's own.
func origin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// match returns what allows an endpoint: one of origins, exactly, or the entry of
// hosts that covers it, if it is https, on the default port and without user
// information. The URL is parsed: a pattern over the whole text can be satisfied by
// a path. Empty means that it is not allowed.
func match(endpoint string, hosts, origins []string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || u.Fragment != "" || len(endpoint) > 2048 {
		return ""
	}
	if slices.Contains(origins, origin(u)) {
		return origin(u)
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return ""
	}
	name := strings.ToLower(u.Hostname())
	for _, h := range hosts {
		if name == h || strings.HasPrefix(h, ".") && strings.HasSuffix(name, h) && len(name) > len(h) {
			return h
		}
	}
	return ""
}

// loopbackPorts checks that origins are on this machine and returns their ports.
func loopbackPorts(origins []string) ([]uint16, error) {
	var ports []uint16
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || origin(u) != o {
			return nil, fmt.Errorf("push origin %q: want scheme://host:port and nothing else", o)
		}
		ap, err := netip.ParseAddrPort(u.Host)
		if err != nil || !ap.Addr().IsLoopback() || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("push origin %q: only loopback addresses with a port may be named", o)
		}
		ports = append(ports, ap.Port())
	}
	return ports, nil
}

// newClient returns a client for requests to addresses that strangers chose. Loopback
// is dialled on the given ports only; there are none outside tests.
func newClient(loopback []uint16) *http.Client {
	return outbound.Client(func(ap netip.AddrPort) error {
		if ap.Addr().IsLoopback() && slices.Contains(loopback, ap.Port()) || ap.Port() == 443 && outbound.Public(ap.Addr()) {
			return nil
		}
		return ErrEndpoint
	})
}
