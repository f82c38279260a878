package auth

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const goodProvider = `providers:
- id: bo
  name: {vi: Cổng của Bộ, en: The ministry}
  issuer: https://sso.bo.vn/realms/can-bo
  clientId: hocso
  clientSecretEnv: BO_SECRET
  domains: [Bo.vn]
`

func readProviders(t *testing.T, text string) ([]*Provider, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oidc.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadProviders(file, func(name string) string { return map[string]string{"BO_SECRET": "geheim"}[name] })
}

func TestReadProviders(t *testing.T) {
	ps, err := readProviders(t, goodProvider)
	if err != nil {
		t.Fatal(err)
	}
	p := ps[0]
	if p.Secret != "geheim" || p.Claims.Email != "email" || p.Claims.Name != "name" || !slices.Equal(p.Scopes, []string{"openid", "profile", "email"}) ||
		!slices.Equal(p.Domains, []string{"bo.vn"}) || p.JustInTime || p.Update || p.TrustEmail || p.InsideNetwork {
		t.Errorf("read %+v", p)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("aus der Datei\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ps, err = readProviders(t, strings.Replace(goodProvider, "clientSecretEnv: BO_SECRET", "clientSecretFile: "+secret, 1))
	if err != nil || ps[0].Secret != "aus der Datei" {
		t.Errorf("a secret in a file: %v", err)
	}
	if ps, err = readProviders(t, `{"providers": [{"id": "bo", "name": {"vi": "Bộ", "en": "Ministry"}, "issuer": "http://127.0.0.1:9", "clientId": "x", "domains": ["bo.vn"]}]}`); err != nil || len(ps) != 1 {
		t.Errorf("JSON: %v", err)
	}
	if _, err := ReadProviders(filepath.Join(t.TempDir(), "none.yaml"), os.Getenv); err == nil || !strings.Contains(err.Error(), "none.yaml:1: the file is missing") {
		t.Errorf("no file: %v", err)
	}
}

func TestReadProvidersProblems(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown key", "  clientId:", "  clientID:", `oidc.yaml:5: unknown key "clientID"`},
		{"no id", "id: bo", "id: ''", "oidc.yaml:2: providers[0].id: the id is missing"},
		{"bad id", "id: bo", "id: Bộ", "providers[0].id"},
		{"twice", "  domains: [Bo.vn]\n", "  domains: [Bo.vn]\n" + strings.TrimPrefix(goodProvider, "providers:\n"), "oidc.yaml:8: providers[1].id: \"bo\" is there twice"},
		{"no name", "name: {vi: Cổng của Bộ, en: The ministry}", "name: {vi: Cổng}", "providers[0].name.en: the text is missing"},
		{"plain http", "https://sso", "http://sso", "oidc.yaml:4: providers[0].issuer"},
		{"no address", "https://sso.bo.vn/realms/can-bo", "sso.bo.vn", "providers[0].issuer"},
		{"an issuer with a query", "can-bo", "can-bo?x=y", "providers[0].issuer"},
		{"an issuer with a password", "https://sso", "https://a:b@sso", "providers[0].issuer"},
		{"no client", "  clientId: hocso\n", "", "providers[0].clientId: the client id is missing"},
		{"two secrets", "  clientId:", "  clientSecret: x\n  clientId:", "providers[0].clientSecret: give the secret in one place only"},
		{"an empty variable", "BO_SECRET", "CUC_SECRET", "providers[0].clientSecretEnv: the variable CUC_SECRET is empty"},
		{"a file that is not there", "clientSecretEnv: BO_SECRET", "clientSecretFile: /none", "providers[0].clientSecretFile: the secret cannot be read"},
		{"no domains", "  domains: [Bo.vn]\n", "", "providers[0].domains: name the domains"},
		{"no domain", "[Bo.vn]", "['*']", "providers[0].domains[0]"},
		{"no role", "  clientId:", "  claims: {groups: g}\n  roles: [{group: x, role: boss}]\n  clientId:", `providers[0].roles[0].role: "boss" is no role`},
		{"a role of no group", "  clientId:", "  claims: {groups: g}\n  roles: [{role: trainer}]\n  clientId:", "providers[0].roles[0].group: the group is missing"},
		{"groups of no claim", "  clientId:", "  roles: [{group: x, role: trainer}]\n  clientId:", "providers[0].claims.groups"},
		{"nothing", goodProvider, "providers: []\n", "name at least one provider"},
		{"an empty one", goodProvider, "providers: [null]\n", "providers[0]: the provider is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readProviders(t, strings.Replace(goodProvider, tt.old, tt.new, 1))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The client of a provider reaches nothing but the provider.
func TestProviderClient(t *testing.T) {
	for _, tt := range []struct {
		name, issuer, more, url, want string
	}{
		{"loopback, when the issuer is elsewhere", "https://sso.bo.vn", "", "https://127.0.0.1/", "address not allowed"},
		{"loopback by its name", "https://sso.bo.vn", "", "https://localhost/", "address not allowed"},
		{"a private address", "https://sso.bo.vn", "", "https://10.0.0.1/", "address not allowed"},
		{"the address of a cloud's secrets", "https://sso.bo.vn", "  insideNetwork: true\n", "https://169.254.169.254/", "address not allowed"},
		{"loopback from the inside network", "https://sso.bo.vn", "  insideNetwork: true\n", "https://127.0.0.1/", "address not allowed"},
		{"another port", "https://sso.bo.vn", "", "https://1.1.1.1:22/", "address not allowed"},
		{"in the clear", "https://sso.bo.vn", "", "http://1.1.1.1/", "only https"},
		{"elsewhere in the clear, when the issuer is here", "http://127.0.0.1:9", "", "http://1.1.1.1/", "only https"},
		{"another port here", "http://127.0.0.1:9", "", "http://127.0.0.1:22/", "address not allowed"},
		{"the port here", "http://127.0.0.1:9", "", "http://127.0.0.1:9/", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ps, err := readProviders(t, strings.Replace(goodProvider, "https://sso.bo.vn/realms/can-bo", tt.issuer, 1)+tt.more)
			if err != nil {
				t.Fatal(err)
			}
			res, err := ps[0].client.Get(tt.url)
			if err == nil {
				_ = res.Body.Close() // nothing of it is wanted
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestProven(t *testing.T) {
	usual := &Provider{SecondFactor: FactorProof{AMR: []string{"mfa", "otp"}}}
	own := &Provider{SecondFactor: FactorProof{ACR: []string{"2"}}}
	for _, tt := range []struct {
		name string
		p    *Provider
		c    providerClaims
		want bool
	}{
		{"nothing said", usual, providerClaims{}, false},
		{"a password", usual, providerClaims{"amr": []any{"pwd"}}, false},
		{"a password and a code", usual, providerClaims{"amr": []any{"pwd", "otp"}}, true},
		{"one text", usual, providerClaims{"amr": "mfa"}, true},
		{"no texts", usual, providerClaims{"amr": []any{1, nil, map[string]any{"mfa": true}}}, false},
		{"a class that nobody listed", usual, providerClaims{"acr": "2"}, false},
		{"the class", own, providerClaims{"acr": "2"}, true},
		{"another class", own, providerClaims{"acr": "1", "amr": []any{"mfa"}}, false},
		{"no class", own, providerClaims{"acr": ""}, false},
	} {
		if got := tt.p.proven(tt.c); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestClaims(t *testing.T) {
	c := providerClaims{"a.b": "as written", "a": map[string]any{"c": map[string]any{"d": []any{"x", 1, "y"}}}, "n": 7.0, "name": "  Lê\u0323  Thị\tLan "}
	if c.text("a.b") != "as written" || c.text("n") != "" || c.text("a.c") != "" || c.text("none.x") != "" || !slices.Equal(c.texts("a.c.d"), []string{"x", "y"}) || c.texts("n") != nil {
		t.Errorf("read %q %q %q", c.text("a.b"), c.text("n"), c.texts("a.c.d"))
	}
	p := &Provider{Claims: ClaimNames{Name: "name"}}
	for in, want := range map[string]string{"  Lê  Thị\tLan ": "Lê Thị Lan", "": "x@bo.vn", "a\u202eb": "x@bo.vn", strings.Repeat("a", 201): "x@bo.vn", "Lan\r\nBcc": "Lan Bcc", "Tu\u0302": "Tû"} {
		if got := p.name(providerClaims{"name": in}, "x@bo.vn"); got != want {
			t.Errorf("the name %q became %q, want %q", in, got, want)
		}
	}
}

// The example of docs/operations.md is one that can be read.
func TestDocumentedProvider(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\nproviders:")
	text, _, _ := strings.Cut(rest, "```")
	ps, err := readProviders(t, "providers:"+strings.Replace(text, "clientSecretFile: /run/secrets/hocso-oidc", "clientSecretEnv: BO_SECRET", 1))
	if err != nil || len(ps) != 1 || !ps[0].JustInTime || len(ps[0].Roles) != 2 || ps[0].Units["Cục Chuyển đổi số"] != "cuc-cds" {
		t.Errorf("read %+v, %v", ps, err)
	}
}
