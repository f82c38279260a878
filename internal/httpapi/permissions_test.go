package httpapi

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"hocso/internal/audit"
	"hocso/internal/people"
)

const permissionsIntro = `# Who may do what

Made from the program's own table by ` + "`go test ./internal/httpapi -run TestPermissionsPage -update`" + `; a test fails when it differs.
Change the code, not this page.

## The rules

1. What is not listed here is denied. There is one table of permissions, and every address of the service names what it needs.
2. A role is granted **within a unit and everything below it**, or for the whole organisation. Roles add up.
3. A new role, a role taken away, another unit, a new or past head and a closed account act at once, and within 30 seconds where several copies
   of the program run. A person whose account is closed, or whose last day is over, can neither sign in nor go on with an old sign-in.
4. Who is not signed in gets the answer **401**. Whose roles never allow it gets **403**. Whatever lies **outside of one's scope gets the same answer as
   what does not exist**, 404, or 422 where it is named inside a change: nobody learns from an answer whether it is there.
5. Lists, searches, sums and tables hold only what is in scope. Scope follows the unit in which a person is stored now, and nothing a request says.
6. Nobody changes their own roles or closes their own account. Who manages a person but not all that this person holds or leads cannot take their place:
   no link to set a password, no other address, no last day, no closing of the account, no ending of sign-ins, no removal of the second factor (403 ` + "`above_your_scope`" + `).
7. What a person did in a drill, and their answers in a quiz, no other person can see. How people rated courses is told from five ratings on, without names.
8. Administrators and security officers are learners, on every address, in a sign-in that has not proven a second factor (403 ` + "`second_factor_required`" + `),
   unless ` + "`HOCSO_SECOND_FACTOR=optional`" + `. A test asks every address.

Three things are unique in the whole organisation, so that taking one that is in use is refused and thereby tells that it is in use, and nothing
else: an e-mail address (` + "`email_taken`" + `, ` + "`taken`" + ` in an import), the id of a unit (` + "`unit_taken`" + `) and of a course (` + "`course_exists`" + `).
A published course can be read by everybody.

A test asks every address as every kind of person (nobody, signed out, disabled, left, learner, trainers, heads of the unit, of a sibling and of
the parent, a former head, administrators and auditors of everything and of one unit, security officer), compares each answer with a table,
what is out of scope with what does not exist, and looks for planted names, addresses, devices and drafts in every answer: ` + "`internal/httpapi/matrix_test.go`" + `.

Every refusal can be counted and traced. ` + "`/metrics`" + ` counts answers by address and status (` + "`hocso_http_requests_total`" + ` with ` + "`status`" + ` 401, 403 or 404) and by
reason (` + "`hocso_http_problems_total`" + ` by ` + "`code`" + `). The log has a line ` + "`refused`" + ` with the address, the reason and the id of who asked, never with what they asked for.
Refusals of those who are signed in are in the audit trail as well, the same at most once a minute.
`

// permissionsPage is docs/permissions.md.
func permissionsPage(rows []route) []byte {
	b := bytes.NewBufferString(permissionsIntro)
	roles := append(people.Roles(), people.Head)
	all := people.Permissions()
	b.WriteString("\n## Roles\n\n| role | in the app | who has it |\n|---|---|---|\n")
	for _, r := range roles {
		fmt.Fprintf(b, "| `%s` | %s · %s | %s |\n", r, r.Title().Vi, r.Title().En, r.Sentence())
	}
	b.WriteString("\n## Permissions\n\n| permission | what it allows | how far it reaches |\n|---|---|---|\n")
	for _, p := range all {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", p, p.Sentence(), p.Within())
	}
	b.WriteString("\n## Roles and permissions\n\nEverybody is a learner as well.\n\n| |")
	for _, r := range roles {
		fmt.Fprintf(b, " %s |", r.Title().En)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(roles)) + "\n")
	for _, p := range all {
		fmt.Fprintf(b, "| `%s` |", p)
		for _, r := range roles {
			if slices.Contains(people.Allowed(r), p) {
				b.WriteString(" yes |")
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(visibilityTable())
	b.WriteString("\n## Addresses\n\n| address | what it is | who | what it reaches |\n|---|---|---|---|\n")
	used := map[people.Permission]bool{}
	for _, r := range rows {
		who := "everybody, also without signing in"
		if !r.need.public {
			var ps []string
			for _, p := range r.need.any {
				used[p] = true
				ps = append(ps, "`"+string(p)+"`")
			}
			who = strings.Join(ps, " or ")
		}
		if r.need.cookie {
			who += ", also by the sign-in cookie alone"
		}
		fmt.Fprintf(b, "| `%s %s` | %s | %s | %s |\n", r.method, r.path, r.shape.summary, who, reach(r))
	}
	for _, p := range all {
		if !used[p] {
			fmt.Fprintf(b, "\nNo address asks for `%s` yet.", p)
		}
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

// reach says in a few words what scope means at a route.
func reach(r route) string {
	switch {
	case r.need.public && strings.HasPrefix(r.path, "/api/v1/auth/"):
		return "whomever the password, link or cookie belongs to"
	case r.need.public:
		return "nothing about anybody"
	case len(r.need.any) > 1:
		return "units that one manages or answers for"
	case strings.HasPrefix(r.path, "/api/v1/courses"):
		return "published courses, the same for everybody"
	}
	switch r.need.any[0] {
	case people.TakeCourses:
		return "one's own"
	case people.WriteCourses:
		return "courses that one may write"
	case people.ManagePeople:
		return "units that one manages"
	case people.ManageCampaigns:
		return "campaigns wholly within what one manages"
	case people.ManageOperations:
		return "the whole organisation"
	case people.HandleRequests:
		return "people of units that one looks after, without oneself"
	case people.TrackCompletion:
		return "units that one answers for"
	case people.RunExercises:
		return "units that one runs exercises in"
	case people.ReadAudit:
		return "the whole organisation, for who holds the role for all of it"
	}
	return ""
}

// The page is complete, calls roles as the app does, and is the golden copy.
func TestPermissionsPage(t *testing.T) {
	t.Parallel()
	rows := documented().routes()
	for _, p := range people.Permissions() {
		if p.Sentence() == "" || p.Within() == "" {
			t.Errorf("%s: nothing says what it is", p)
		}
	}
	for _, r := range append(people.Roles(), people.Head) {
		if r.Sentence() == "" {
			t.Errorf("%s: nothing says who has it", r)
		}
		for _, p := range people.Allowed(r) {
			if !slices.Contains(people.Permissions(), p) {
				t.Errorf("%s may %s, which is not in the list of permissions", r, p)
			}
		}
		for lang, name := range map[string]string{"vi": r.Title().Vi, "en": r.Title().En} {
			words, err := os.ReadFile("../../pwa/src/i18n/desk.people." + lang + ".ts")
			if err != nil {
				t.Fatal(err)
			}
			if line := fmt.Sprintf("'role.%s': '%s',", r, name); !strings.Contains(string(words), line) {
				t.Errorf("the app does not say %s", line)
			}
		}
	}
	for _, r := range rows {
		if r.method != "GET" && (r.shape.audit == "") == (r.shape.noAudit == "") {
			t.Errorf("%s %s: says neither what the audit trail calls it nor why it is not there, or both", r.method, r.path)
		}
		if r.shape.audit != "" && !slices.Contains(audit.Actions(), r.shape.audit) {
			t.Errorf("%s %s: %s is in no group of internal/audit/action.go", r.method, r.path, r.shape.audit)
		}
		if reach(r) == "" {
			t.Errorf("%s %s: nothing says what it reaches", r.method, r.path)
		}
		for _, p := range r.need.any {
			if !slices.Contains(people.Permissions(), p) {
				t.Errorf("%s %s: %s is not in the list of permissions", r.method, r.path, p)
			}
		}
	}
	const golden = "../../docs/permissions.md"
	page := permissionsPage(rows)
	if *update {
		if err := os.WriteFile(golden, page, 0o644); err != nil { //nolint:gosec // it is for everybody to read
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, page) {
		t.Errorf("%s is not what the code says; look at the change and run go test ./internal/httpapi -run TestPermissionsPage -update", golden)
	}
}

// A refusal leaves a number and a line that says who was refused where, and not
// whom or what they asked for.
func TestRefusalsLeaveATrace(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	person := "/api/v1/people/" + string(o.id["binh@bo.vn"])
	const pattern = "/api/v1/people/:id"
	for _, tt := range []struct {
		name, token, email, code string
		status                   int
	}{
		{"nobody", "", "", "sign_in_required", 401},
		{"a head, whose role never may", o.head, "head-a@bo.vn", "not_allowed", 403},
		{"an administrator of another unit", o.unitAdmin, "admin-a@bo.vn", "person_not_found", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.log.Reset()
			o.do(call{method: "GET", path: person, token: tt.token}).want(t, tt.status, tt.code, "binh")
			line := fmt.Sprintf("msg=refused route=%s", pattern)
			log := o.log.String()
			if !strings.Contains(log, line) || !strings.Contains(log, "code="+tt.code) || !strings.Contains(log, "person="+string(o.id[tt.email])) {
				t.Errorf("the log is %q, want %q, the code %s and the person %s", log, line, tt.code, o.id[tt.email])
			}
			if strings.Contains(log, string(o.id["binh@bo.vn"])) {
				t.Errorf("the log names who was asked for: %s", log)
			}
			rec := httptest.NewRecorder()
			o.Metrics().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
			for _, want := range []string{
				fmt.Sprintf(`hocso_http_requests_total{method="GET",route=%q,status="%d"} 1`, pattern, tt.status),
				fmt.Sprintf(`hocso_http_problems_total{code=%q} 1`, tt.code),
			} {
				if !strings.Contains(rec.Body.String(), want+"\n") {
					t.Errorf("/metrics lacks %s", want)
				}
			}
		})
	}
}
