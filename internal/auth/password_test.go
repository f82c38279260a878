package auth

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
)

func codeOf(err error) string {
	var f *fault.Error
	if err == nil {
		return ""
	}
	if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Field != "password" || f.Kind != fault.Invalid {
		return err.Error()
	}
	return f.Fields[0].Code
}

func TestCheckPassword(t *testing.T) {
	organisation := []string{"Cục Chuyển đổi số", "Hocso"}
	for _, tt := range []struct{ password, want string }{
		{"", "too_short"},
		{"mười bốn ký tự", "too_short"},
		{norm.NFD.String("mười bốn ký tự"), "too_short"}, // more code points, the same password
		{"mười lăm ký tự!", ""},
		{strings.Repeat("một con vịt xòe ra hai cái cánh ", 4), ""}, // 128 characters
		{strings.Repeat("ab cd ef gh ij", 10), "too_long"},
		{"con mèo con ngồi trèo cây cau", ""},
		{"đồng hồ treo tường màu xanh", ""},
		{"purple lamp eats slow rivers", ""},
		{"x9!kQ2#vB7$mZ4&w", ""},
		{"my password is about a green otter", ""},
		{"aaaaaaaaaaaaaaaa", "too_common"},
		{"abababababababab", "too_common"},
		{"abc123abc123abc123", "too_common"},
		{"                    ", "too_common"},
		{"!!!!!!!!!!!!!!!!!!!!", "too_common"},
		{"1234567890123456", "too_common"},
		{"9876543210987654", "too_common"},
		{"abcdefghijklmnopq", "too_common"},
		{"qwertyuiopasdfghjkl", "too_common"},
		{"1qaz2wsx3edc4rfv", "too_common"},
		{"passwordpassword", "too_common"},
		{"Password!!!!!!!2026", "too_common"},
		{"P@ssw0rd12345678", "too_common"},
		{"iloveyouiloveyou", "too_common"},
		{"matkhaucuatoi2026", "too_common"},
		{"Mật khẩu 123456789", "too_common"},
		{"correct horse battery staple", "too_common"},
		{"Nguyễn Thị Lan 1", "contains_name"},
		{"nguyenthilan2026", "contains_name"},
		{"lan.nguyen@bo.vn", "contains_name"},
		{"hocsohocso123456", "contains_name"},
		{"cucchuyendoiso26", "contains_name"},
		{"hocso dạy con mèo trèo cây", ""},
		{"bad \xff bad bad bad", "text"},
	} {
		if got := codeOf(CheckPassword(tt.password, "Nguyễn Thị Lan", "lan.nguyen@bo.vn", organisation)); got != tt.want {
			t.Errorf("CheckPassword(%q): got %q, want %q", tt.password, got, tt.want)
		}
	}
}

// What people put after a word to make it long enough does not make it good: at
// least 3,000 passwords that are long enough are refused for being common (trust,
// requirement 1).
func TestCommonPasswords(t *testing.T) {
	refused := 0
	for _, w := range strings.Fields(commonWords) {
		for _, tail := range []string{"123456789", "1234567890123", "2025!!", "@2026", "11111111", "qwertyuiop", "abc123", w, w + w, "!@#$%^&*()"} {
			for _, p := range []string{w + tail, strings.ToUpper(w[:1]) + w[1:] + tail} {
				if utf8.RuneCountInString(p) < PasswordLeast {
					continue
				}
				if got := codeOf(CheckPassword(p, "", "", nil)); got != "too_common" {
					t.Errorf("CheckPassword(%q): got %q, want too_common", p, got)
				}
				refused++
			}
		}
	}
	if refused < 3000 {
		t.Errorf("%d common passwords tried, want at least 3000", refused)
	}
}

func TestHasher(t *testing.T) {
	h := NewHasher(Cost{Memory: 64, Passes: 1, Threads: 1}, 2)
	encoded, err := h.Hash(t.Context(), "mo\u0323\u0302t câu đủ dài")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Hash(t.Context(), "mo\u0323\u0302t câu đủ dài")
	if err != nil || again == encoded {
		t.Errorf("two hashes %q and %q, %v: the salt is not new", encoded, again, err)
	}
	dearer := NewHasher(Cost{Memory: 128, Passes: 1, Threads: 1}, 2)
	for _, tt := range []struct {
		name              string
		h                 *Hasher
		encoded, password string
		ok, outdated      bool
	}{
		{"right, composed", h, encoded, "một câu đủ dài", true, false},
		{"wrong", h, encoded, "một câu đủ dàì", false, false},
		{"another cost", dearer, encoded, "một câu đủ dài", true, true},
		{"no hash", h, "", "", false, false},
		{"no hash, the dummy's password", h, "", strings.Repeat("\x00", hashBytes), false, false},
	} {
		ok, outdated, err := tt.h.Check(t.Context(), tt.encoded, tt.password)
		if err != nil || ok != tt.ok || outdated != tt.outdated {
			t.Errorf("%s: got %v, %v, %v, want %v, %v", tt.name, ok, outdated, err, tt.ok, tt.outdated)
		}
	}
	for _, damaged := range []string{"x", "$argon2id$v=19$m=9999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$2a$10$abc", encoded[:len(encoded)-40]} {
		if ok, _, err := h.Check(t.Context(), damaged, "x"); ok || err == nil {
			t.Errorf("Check(%q): got %v, %v, want an error", damaged, ok, err)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(DefaultCost(), 1)
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "một câu đủ dài để nhớ"); err != nil {
			b.Fatal(err)
		}
	}
}
