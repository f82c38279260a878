package webpush

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
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

// newClient returns a client for requests to addresses that strangers chose: no
// redirects, no proxy from the environment, time limits, and the address is checked
// after it was resolved, at the moment of dialling, so a name that resolves
// differently the second time gains nothing. Loopback is dialled on the given ports
// only; there are none outside tests.
func newClient(loopback []uint16) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err == nil && ap.Addr().IsLoopback() && slices.Contains(loopback, ap.Port()) {
			return nil
		}
		if err != nil || ap.Port() != 443 || !public(ap.Addr()) {
			return fmt.Errorf("dial %s: %w", address, ErrEndpoint)
		}
		return nil
	}}
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.DialContext, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 128, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// notPublic are ranges that netip calls global unicast although the public
// Internet does not route them, and the NAT64 and 6to4 ranges that hide another address.
func notPublic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
		netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2001::/32"),
	}
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() &&
		!slices.ContainsFunc(notPublic(), func(p netip.Prefix) bool { return p.Contains(a) })
}
