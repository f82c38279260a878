package webhook

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

// errAddress reports an address that must not be dialled.
var errAddress = errors.New("address not allowed")

// Guard knows which addresses may be called: public ones by https, and the exact loopback origins
// that tests name.
type Guard struct {
	origins []string
	ports   []uint16
}

// NewGuard makes one. Every origin must be scheme://host:port on a loopback address.
func NewGuard(origins []string) (Guard, error) {
	g := Guard{origins: origins}
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme+"://"+u.Host != o {
			return g, fmt.Errorf("webhook origin %q: want scheme://host:port and nothing else", o)
		}
		ap, err := netip.ParseAddrPort(u.Host)
		if err != nil || !ap.Addr().IsLoopback() {
			return g, fmt.Errorf("webhook origin %q: only loopback addresses with a port may be named", o)
		}
		g.ports = append(g.ports, ap.Port())
	}
	return g, nil
}

// Check returns the code of what is wrong with an address, "" if nothing is. Names are looked at
// again when they are dialled.
func (g Guard) Check(address string) (code string) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return "required"
	case len(address) > 2000:
		return "max"
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "url"
	case slices.Contains(g.origins, u.Scheme+"://"+u.Host):
		return ""
	case u.Scheme != "https":
		return "https"
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if a, err := netip.ParseAddr(host); err == nil && !outbound.Public(a) || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "private"
	}
	return ""
}

// Client makes the client that calls them: without redirects, and asking about every address after
// it was resolved.
func (g Guard) Client() *http.Client {
	return outbound.Client(func(ap netip.AddrPort) error {
		if ap.Addr().IsLoopback() && slices.Contains(g.ports, ap.Port()) || outbound.Public(ap.Addr()) {
			return nil
		}
		return errAddress
	})
}
