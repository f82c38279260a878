package auth

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/people"
)

// claims of a provider about a person. Only texts are ever taken out of it.
type providerClaims map[string]any

// at returns the claim called name: as it is written, else along its dots.
func (c providerClaims) at(name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	first, rest, deep := strings.Cut(name, ".")
	inner, ok := c[first].(map[string]any)
	if !deep || !ok {
		return nil
	}
	return providerClaims(inner).at(rest)
}

func (c providerClaims) text(name string) string {
	s, _ := c.at(name).(string) // anything else is no text
	return s
}

// texts returns a list of texts, or one text as a list.
func (c providerClaims) texts(name string) []string {
	switch v := c.at(name).(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// email returns the address if the provider may speak for it, else why not. Only
// plain ASCII is taken, before case is folded: some letters fold to others.
func (p *Provider) email(c providerClaims) (address, why string) {
	address = c.text(p.Claims.Email)
	if !people.ValidEmail(address) {
		return "", "no usable address"
	}
	address = people.FoldEmail(address)
	if !slices.Contains(p.Domains, address[strings.LastIndexByte(address, '@')+1:]) {
		return "", "the domain of the address is not listed"
	}
	if v := c.at("email_verified"); !p.TrustEmail && v != true && v != "true" {
		return "", "the address is not verified"
	}
	return address, ""
}

// name returns what the person is called; an address when nothing better is said.
func (p *Provider) name(c providerClaims, address string) string {
	name := strings.Join(strings.Fields(norm.NFC.String(c.text(p.Claims.Name))), " ")
	if name == "" || len(name) > 200 || !people.PlainText(name) {
		return address
	}
	return name
}

// grants returns the roles that the groups give.
func (p *Provider) grants(c providerClaims) []people.Grant {
	groups, out := c.texts(p.Claims.Groups), []people.Grant{}
	for _, r := range p.Roles {
		if g := (people.Grant{Role: r.Role, Unit: r.Unit}); slices.Contains(groups, r.Group) && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// merged replaces those of a person's roles that this provider gives and takes;
// roles given by hand stay.
func (p *Provider) merged(have, given []people.Grant) []people.Grant {
	out := []people.Grant{}
	for _, g := range have {
		ours := slices.ContainsFunc(p.Roles, func(r RoleRule) bool { return r.Role == g.Role && r.Unit == g.Unit })
		if !ours || slices.Contains(given, g) {
			out = append(out, g)
		}
	}
	for _, g := range given {
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// proven reports whether the provider says that a second factor was used.
func (p *Provider) proven(c providerClaims) bool {
	return slices.ContainsFunc(c.texts("amr"), func(m string) bool { return slices.Contains(p.SecondFactor.AMR, m) }) ||
		slices.Contains(p.SecondFactor.ACR, c.text("acr"))
}
