package people

import (
	"strings"
	"time"
)

// day reads a date as people in Vietnam and programs write it; "" stays "".
func day(cell string) (string, bool) {
	if cell == "" {
		return "", true
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if d, err := time.Parse(layout, cell); err == nil && d.Year() >= 1900 && d.Year() <= 2200 {
			return d.Format(time.DateOnly), true
		}
	}
	return "", false
}

// rolesOf reads role names in Vietnamese or English, several with | or , between.
func rolesOf(cell string) ([]Role, bool) {
	var roles []Role
	for _, w := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("|,;", r) }) {
		switch strings.ReplaceAll(Fold(w), "_", " ") {
		case "learner", "hoc vien", "nguoi hoc":
		case "trainer", "nguoi viet bai", "giang vien", "nguoi soan", "nguoi day":
			roles = append(roles, Trainer)
		case "administrator", "nguoi quan tri", "quan tri", "quan tri vien":
			roles = append(roles, Administrator)
		case "security officer", "an toan thong tin", "can bo an toan thong tin":
			roles = append(roles, SecurityOfficer)
		case "auditor", "nguoi kiem tra", "giam sat", "kiem toan":
			roles = append(roles, Auditor)
		default:
			return nil, false
		}
	}
	return roles, true
}

// marked reads the head column: empty, an x, or yes or no in either language.
func marked(cell string) (head, ok bool) {
	switch Fold(cell) {
	case "", "no", "khong", "0":
		return false, true
	case "x", "yes", "co", "1":
		return true, true
	}
	return false, false
}
