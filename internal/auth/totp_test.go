package auth

import (
	"strings"
	"testing"
	"time"
)

// The vectors of RFC 6238 appendix B, the last six of their eight digits.
func TestCodeAt(t *testing.T) {
	key := []byte("12345678901234567890")
	for _, tt := range []struct {
		unix int64
		want string
	}{
		{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
	} {
		if got := codeAt(key, tt.unix/30); got != tt.want {
			t.Errorf("at %d: %s, want %s", tt.unix, got, tt.want)
		}
	}
}

func TestStepOf(t *testing.T) {
	key, now := newTOTPKey(), time.Unix(1_772_438_400, 0)
	step := now.Unix() / 30
	for _, tt := range []struct {
		name  string
		code  string
		after int64
		want  int64
	}{
		{"of now", codeAt(key, step), 0, step},
		{"of the step before", codeAt(key, step-1), 0, step - 1},
		{"of the step after", codeAt(key, step+1), 0, step + 1},
		{"too old", codeAt(key, step-2), 0, 0},
		{"too early", codeAt(key, step+2), 0, 0},
		{"used", codeAt(key, step), step, 0},
		{"before a used one", codeAt(key, step-1), step, 0},
		{"after a used one", codeAt(key, step+1), step, step + 1},
		{"of another key", codeAt(newTOTPKey(), step), 0, 0},
		{"empty", "", 0, 0},
		{"longer", codeAt(key, step) + "0", 0, 0},
	} {
		if got := stepOf(key, tt.code, now, tt.after); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestShowTOTP(t *testing.T) {
	got, err := showTOTP([]byte("12345678901234567890"), "Học số", "lan@bo.vn")
	if err != nil {
		t.Fatal(err)
	}
	if want := "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"; got.Key != want {
		t.Errorf("key %q, want %q", got.Key, want)
	}
	if want := "otpauth://totp/H%E1%BB%8Dc%20s%E1%BB%91:lan@bo.vn?issuer=H%E1%BB%8Dc+s%E1%BB%91&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; got.URI != want {
		t.Errorf("uri %q, want %q", got.URI, want)
	}
	// The finder pattern at the top left begins four units from the edge and is seven wide.
	if !strings.HasPrefix(got.QR.Path, "M4 4h7v1h-7z") || got.QR.Size < 21+8 {
		t.Errorf("QR %d %.40s", got.QR.Size, got.QR.Path)
	}
}
