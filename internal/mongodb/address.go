package mongodb

import "strings"

// Address names a server by its hosts: the address without name, password and options.
func Address(uri string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest = rest[strings.LastIndex(rest, "@")+1:]
	hosts, _, _ := strings.Cut(rest, "/")
	hosts, _, _ = strings.Cut(hosts, "?")
	return scheme + "://" + hosts + "/"
}

// withoutSecrets takes what an address says of a person out of a text, which may hold any
// piece of an address that could not be read.
func withoutSecrets(uri, text string) string {
	_, rest, _ := strings.Cut(uri, "://")
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return text
	}
	for _, piece := range strings.FieldsFunc(rest[:at], func(r rune) bool { return strings.ContainsRune(":/@?&=,", r) }) {
		if len(piece) > 2 {
			text = strings.ReplaceAll(text, piece, "…")
		}
	}
	return text
}
