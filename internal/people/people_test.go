package people

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Nguyễn Thị Lan", "nguyen thi lan"},
		{norm.NFD.String("Nguyễn Thị Lan"), "nguyen thi lan"},
		{"ĐẶNG  VĂN\tBÌNH ", "dang van binh"},
		{"đường", "duong"},
		{"Ơn Ưng", "on ung"},
		{"Zoë O’Neil-Straße", "zoe o’neil-straße"},
		{"", ""},
		{"   ", ""},
	} {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Nguyễn Thị Lan")
	f.Add("İ ǰ ẞ")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		once := Fold(s)
		if !utf8.ValidString(once) || strings.Contains(once, "  ") {
			t.Errorf("Fold(%q) = %q", s, once)
		}
		if twice := Fold(once); twice != once {
			t.Errorf("Fold(%q) = %q, folded again %q", s, once, twice)
		}
	})
}

func TestValidEmail(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"lan@bo.gov.vn", true},
		{"lan.nguyen+hoc@so-tttt.bo.gov.vn", true},
		{"o'neil@bo.vn", true},
		{"lan", false},
		{"lan@", false},
		{"@bo.vn", false},
		{"lan@bo", false},
		{"lan@bo.1", false},
		{"lan@127.0.0.1", false},
		{"lan@-bo.vn", false},
		{"lan..a@bo.vn", false},
		{".lan@bo.vn", false},
		{"\"l an\"@bo.vn", false},
		{"lan@bo.vn ", false},
		{"lan@bo.vn\r\nBcc: x@y.vn", false},
		{"lân@bo.vn", false},
		{"lan@bộ.vn", false},
		{strings.Repeat("a", 65) + "@bo.vn", false},
		{"a@" + strings.Repeat("a.", 130) + "vn", false},
	} {
		if got := ValidEmail(tt.in); got != tt.want {
			t.Errorf("ValidEmail(%q): got %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestPlainText(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"Nguyễn Thị Lan", true},
		{"👩‍💻 học", true},
		{norm.NFD.String("ễ"), false},
		{"a\nb", false},
		{"a\x00b", false},
		{"a\u202eb", false},
		{"a\u2066b", false},
		{"a\u200bb", false},
		{"\ufeffa", false},
		{"\xff", false},
	} {
		if got := PlainText(tt.in); got != tt.want {
			t.Errorf("PlainText(%q): got %v, want %v", tt.in, got, tt.want)
		}
	}
}

// The table of permissions, spelled out: a change of it is a change here too.
func TestPermissions(t *testing.T) {
	all := []Permission{TakeCourses, WriteCourses, ManagePeople, ManageCampaigns, TrackCompletion, ReadAudit, ManageOperations}
	for role, want := range map[Role][]Permission{
		Learner:         {TakeCourses},
		Trainer:         {WriteCourses},
		Administrator:   {ManagePeople, ManageCampaigns, TrackCompletion, ManageOperations},
		SecurityOfficer: nil,
		Auditor:         {TrackCompletion, ReadAudit},
		Head:            {TrackCompletion},
		"root":          nil,
	} {
		a := Actor{Grants: []Grant{{Role: role}}}
		for _, p := range all {
			if got := a.Can(p); got != slices.Contains(want, p) {
				t.Errorf("%s can %s: %v", role, p, got)
			}
		}
	}
	if (Actor{}).Can(TakeCourses) || (Actor{}).Covers(ManagePeople, "", nil) {
		t.Error("the zero actor can do something")
	}
}

func TestCovers(t *testing.T) {
	ofA := Actor{Grants: []Grant{{Role: Learner}, {Role: Administrator, Unit: "a"}, {Role: Head, Unit: "b"}}}
	for _, tt := range []struct {
		p    Permission
		unit UnitID
		path []UnitID
		want bool
	}{
		{ManagePeople, "a", []UnitID{"bo"}, true},
		{ManagePeople, "a1", []UnitID{"bo", "a"}, true},
		{ManagePeople, "b", []UnitID{"bo"}, false},
		{ManagePeople, "bo", nil, false},
		{ManagePeople, "", nil, false},
		{TrackCompletion, "b1", []UnitID{"bo", "b"}, true},
		{TrackCompletion, "c", []UnitID{"bo"}, false},
	} {
		if got := ofA.Covers(tt.p, tt.unit, tt.path); got != tt.want {
			t.Errorf("Covers(%s, %s, %v): got %v, want %v", tt.p, tt.unit, tt.path, got, tt.want)
		}
	}
	if !Console().Covers(ManagePeople, "", nil) || Console().Can(TakeCourses) {
		t.Error("the console manages everybody and takes no courses")
	}
}

func TestHeadOn(t *testing.T) {
	u := Unit{ID: "a", Heads: []Headship{
		{Person: "old", From: "2025-01-01", To: "2026-02-28"},
		{Person: "new", From: "2026-03-10"},
		{Person: "deputy", From: "2025-01-01", Deputy: true},
	}}
	tr := newTree([]Unit{u}, clockTime)
	for _, tt := range []struct {
		day  string
		want ID
		led  map[ID]bool
	}{
		{"2024-12-31", "", nil},
		{"2026-02-28", "old", map[ID]bool{"old": true, "deputy": true}},
		{"2026-03-01", "deputy", map[ID]bool{"deputy": true}},
		{"2026-03-10", "new", map[ID]bool{"new": true, "deputy": true}},
	} {
		if got := u.HeadOn(tt.day); got != tt.want {
			t.Errorf("HeadOn(%s): got %q, want %q", tt.day, got, tt.want)
		}
		for _, p := range []ID{"old", "new", "deputy", "stranger"} {
			if got := len(tr.headOf(p, tt.day)) == 1; got != tt.led[p] {
				t.Errorf("%s leads on %s: %v", p, tt.day, got)
			}
		}
	}
}

func TestAppoint(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before []Headship
		want   []Headship
	}{
		{"nobody before", nil, []Headship{{Person: "p", From: "2026-03-02"}}},
		{"after another", []Headship{{Person: "x", From: "2025-01-01"}}, []Headship{{Person: "x", From: "2025-01-01", To: "2026-03-01"}, {Person: "p", From: "2026-03-02"}}},
		{"the other began today", []Headship{{Person: "x", From: "2026-03-02"}}, []Headship{{Person: "p", From: "2026-03-02"}}},
		{"deputies stay", []Headship{{Person: "x", From: "2025-01-01", Deputy: true}}, []Headship{{Person: "x", From: "2025-01-01", Deputy: true}, {Person: "p", From: "2026-03-02"}}},
		{"the past stays", []Headship{{Person: "x", From: "2025-01-01", To: "2025-06-30"}}, []Headship{{Person: "x", From: "2025-01-01", To: "2025-06-30"}, {Person: "p", From: "2026-03-02"}}},
	} {
		if got := appoint(tt.before, "p", "2026-03-02"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestPathsOf(t *testing.T) {
	paths := pathsOf([]Unit{{ID: "bo"}, {ID: "a", Parent: "bo"}, {ID: "a1", Parent: "a"}, {ID: "x", Parent: "y"}, {ID: "y", Parent: "x"}, {ID: "z", Parent: "gone"}})
	for id, want := range map[UnitID][]UnitID{"bo": {}, "a": {"bo"}, "a1": {"bo", "a"}, "x": {"y"}, "y": {"x"}, "z": {}} {
		if !slices.Equal(paths[id], want) {
			t.Errorf("path of %s: got %v, want %v", id, paths[id], want)
		}
	}
}

func TestUnitSlug(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want UnitID
	}{
		{"Sở TT&TT / Văn phòng", "so-tt-tt-van-phong"},
		{"P.01.02", "p-01-02"},
		{"Đ", "d"},
		{"...", ""},
		{strings.Repeat("ab-", 40), UnitID(strings.TrimSuffix(strings.Repeat("ab-", 21), "-")) + "-a"},
	} {
		if got := UnitSlug(tt.in); got != tt.want {
			t.Errorf("UnitSlug(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}
