package mail

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"

	"hocso/internal/letter"
)

// What is read of a report: servers send a mail back whole, which need not be read.
const (
	mostReport = 1 << 20
	mostParts  = 8

	mostAddresses = 8
)

// ErrNoReport reports a mail that is not a report of a failed delivery.
var ErrNoReport = errors.New("not a report that a mail could not be delivered (RFC 3464)")

// ReadReport reads the mail by which a server says that a mail could not be delivered
// (multipart/report of RFC 3464). Errors hold no address. ErrNoReport for every other
// mail, also for a report of a delay.
func ReadReport(r io.Reader) (letter.Report, error) {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, mostReport)))
	if err != nil {
		return letter.Report{}, fmt.Errorf("%w: no headers", ErrNoReport)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") || params["boundary"] == "" {
		return letter.Report{}, ErrNoReport
	}
	var out letter.Report
	failed := false
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range mostParts {
		part, err := parts.NextPart()
		if err != nil {
			break // also a report that was cut off: what was read counts
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/delivery-status", "message/global-delivery-status":
			failed = readStatus(part, &out) || failed
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			h, _ := textproto.NewReader(bufio.NewReader(part)).ReadMIMEHeader() // what can be read of it
			out.MessageID = strings.Trim(h.Get("Message-Id"), "<> \t")
			if to, err := mail.ParseAddress(h.Get("To")); err == nil {
				out.Addresses = append(out.Addresses, to.Address)
			}
		}
	}
	out.Addresses = out.Addresses[:min(len(out.Addresses), mostAddresses)]
	if !failed || out.MessageID == "" || len(out.MessageID) > 300 {
		return letter.Report{}, ErrNoReport
	}
	return out, nil
}

// readStatus reads blocks of fields, of which each but the first is about a recipient,
// and reports whether one of them failed for good.
func readStatus(r io.Reader, out *letter.Report) (failed bool) {
	lines := textproto.NewReader(bufio.NewReader(r))
	for range 64 {
		h, err := lines.ReadMIMEHeader()
		status := strings.TrimSpace(h.Get("Status"))
		if strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed") && strings.HasPrefix(status, "5.") && len(status) <= 12 {
			failed = true
			out.Status = cmp.Or(out.Status, status)
			for _, field := range []string{"Original-Recipient", "Final-Recipient"} {
				if _, address, ok := strings.Cut(h.Get(field), ";"); ok {
					out.Addresses = append(out.Addresses, strings.Trim(address, "<> \t"))
				}
			}
		}
		if err != nil {
			return failed
		}
	}
	return failed
}
