package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mistake in the file of providers stops the start and is told with its line; a
// provider that is away does not.
func TestServeWithProviders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "oidc.yaml")
	write := func(issuer string) {
		text := "providers:\n- id: bo\n  name: {vi: Bộ, en: Ministry}\n  issuer: " + issuer + "\n  clientId: x\n  domains: [bo.vn]\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("http://sso.bo.vn")
	term, _, _ := terminal("")
	err := Serve(t.Context(), term, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--metrics-listen", "", "--oidc", file})
	if err == nil || !strings.Contains(err.Error(), "HOCSO_OIDC") || !strings.Contains(err.Error(), "oidc.yaml:4: providers[0].issuer") {
		t.Errorf("a wrong issuer: %v", err)
	}
	write("https://127.0.0.1:1")
	_, stop := serving(t, t.TempDir(), "--oidc", file)
	if err := stop(); err != nil {
		t.Error(err)
	}
}
