package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/letter"
	"hocso/internal/people"
)

const (
	peoplePage = 50
	xlsxMedia  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// peopleRoutes are the rows of people, units and oneself.
func (s *Server) peopleRoutes() []route {
	const v = "/api/v1"
	manage := can(people.ManagePeople)
	unknown := []string{"404 person_not_found"}
	return slices.Concat(s.meRoutes(), s.unitRoutes(), []route{
		{fiber.MethodGet, v + "/people", manage, shape{summary: "The people I manage", query: []string{"q", "unit", "status", "cursor"}, out: listOf[people.Person]{}, compress: true}, s.listPeople},
		{fiber.MethodPost, v + "/people", manage, shape{
			summary: "Add a person", audit: "person_added", in: addPersonRequest{}, out: people.Person{}, status: http.StatusCreated,
			problems: []string{"409 email_taken", "422 invalid_fields"},
		}, s.addPerson},
		{fiber.MethodPost, v + "/people/import", manage, shape{
			summary: "Add and change people and units from a table; dryRun=true only says what would happen", audit: "people_imported",
			query: []string{"dryRun"}, in: importRequest{}, out: people.ImportResult{}, bodyMost: importMost,
			problems: []string{"409 changed_meanwhile", "409 email_taken", "422 invalid_fields"},
		}, s.importPeople},
		{fiber.MethodGet, v + "/people/export.csv", manage, shape{
			summary: "The people I manage and their units, as a table that can be imported", query: []string{"unit", "lang"}, audit: "people_exported", media: "text/csv", problems: []string{"404 unit_not_found"},
		}, s.exportPeople},
		{fiber.MethodGet, v + "/people/export.xlsx", manage, shape{
			summary: "The same as a workbook", query: []string{"unit", "lang"}, audit: "people_exported", media: xlsxMedia, problems: []string{"404 unit_not_found"},
		}, s.exportPeople},
		{fiber.MethodGet, v + "/people/invitations", manage, shape{
			summary: "Who of a unit has no password yet", query: []string{"unit", "below"}, out: waitingAnswer{}, problems: []string{"404 unit_not_found", "422 invalid_fields"},
		}, s.listWaiting},
		{fiber.MethodPost, v + "/people/invitations", manage, shape{
			summary: "Make one-time links for them, with QR codes to print; earlier unused links of these people end",
			in:      inviteAllRequest{}, out: inviteAllAnswer{}, audit: "people_invited", problems: []string{"404 unit_not_found", "422 invalid_fields"},
		}, s.inviteAll},
		{fiber.MethodGet, v + "/people/:id", manage, shape{summary: "A person I manage", out: personView{}, problems: unknown}, s.showPerson},
		{fiber.MethodPatch, v + "/people/:id", manage, shape{
			summary: "Change a person", audit: "person_changed", in: changePersonRequest{}, out: people.Person{},
			problems: slices.Concat(unknown, []string{"403 own_roles", "403 above_your_scope", "409 last_administrator", "409 email_taken", "409 changed_meanwhile", "422 invalid_fields"}),
		}, s.changePerson},
		{fiber.MethodPost, v + "/people/:id/mail/retry", manage, shape{
			summary: "Send mail to the person again although it came back", audit: "bounce_cleared", status: http.StatusNoContent,
			problems: slices.Concat(unknown, []string{"404 bounce_not_found"}),
		}, s.retryMail},
		{fiber.MethodPost, v + "/people/:id/invite", manage, shape{
			summary: "Make a one-time link with which a person sets a password", audit: "person_invited", out: inviteAnswer{},
			problems: slices.Concat(unknown, []string{"403 above_your_scope", "409 person_closed"}),
		}, s.invite},
		{fiber.MethodPost, v + "/people/:id/invite/mail", manage, shape{
			summary: "Mail such a link to the person", audit: "person_invited", status: http.StatusAccepted,
			problems: slices.Concat(unknown, []string{"403 above_your_scope", "409 person_closed", "409 mail_off", "429 too_many_tries"}),
		}, s.inviteByMail},
		{fiber.MethodPost, v + "/people/:id/disable", manage, shape{
			summary: "Close an account; its sessions end", audit: "person_disabled", out: people.Person{},
			problems: slices.Concat(unknown, []string{"403 own_account", "403 above_your_scope", "409 last_administrator"}),
		}, s.disablePerson},
		{fiber.MethodPost, v + "/people/:id/enable", manage, shape{
			summary: "Open a closed account", audit: "person_enabled", out: people.Person{}, problems: slices.Concat(unknown, []string{"403 above_your_scope"}),
		}, s.enablePerson},
	})
}

func (s *Server) listPeople(c *fiber.Ctx) error {
	in := people.Search{Limit: peoplePage, Unit: people.UnitID(c.Query("unit")), Status: people.Status(c.Query("status"))}
	var err error
	if in.Text, err = query(c, "q", 200); err != nil {
		return err
	}
	if in.Cursor, err = query(c, "cursor", 1000); err != nil {
		return err
	}
	ps, next, err := s.People.Find(c.UserContext(), actor(c), in)
	if err != nil {
		return err
	}
	return c.JSON(listOf[people.Person]{ps, next})
}

// personView is a person with what they lead and the cohorts that they are in, as far
// as the actor manages these.
type personView struct {
	people.Person
	Leads   []people.Led `json:"leads"`
	Cohorts []cohortRef  `json:"cohorts"`
	// Bounce says that mail does not reach the address, and since when.
	Bounce *letter.Bounce `json:"bounce,omitempty"`
}

type cohortRef struct {
	ID   people.CohortID `json:"id"`
	Name people.Text     `json:"name"`
}

func (s *Server) showPerson(c *fiber.Ctx) error {
	p, err := s.People.Managed(c.UserContext(), actor(c), people.ID(c.Params("id")))
	if err != nil {
		return err
	}
	v := personView{Person: p, Cohorts: []cohortRef{}}
	if v.Leads, err = s.People.LedBy(c.UserContext(), actor(c), p.ID); err != nil {
		return err
	}
	in, err := s.People.CohortsWith(c.UserContext(), actor(c), p)
	if err != nil {
		return err
	}
	for _, x := range in {
		v.Cohorts = append(v.Cohorts, cohortRef{x.ID, x.Name})
	}
	if v.Bounce, err = s.Auth.Letters.Find(c.UserContext(), p.Email); err != nil {
		return err
	}
	return c.JSON(v)
}

func (s *Server) retryMail(c *fiber.Ctx) error {
	p, err := s.People.Managed(c.UserContext(), actor(c), people.ID(c.Params("id")))
	if err != nil {
		return err
	}
	if err := s.Auth.Letters.Retry(c.UserContext(), p.Email); err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}

type grantRequest struct {
	Role people.Role   `json:"role" validate:"required,oneof=learner trainer administrator security_officer auditor"`
	Unit people.UnitID `json:"unit" validate:"max=64"`
}

// Roles are names, granted in all of what the caller manages; grants say the unit.
type addPersonRequest struct {
	Name     string         `json:"name" validate:"required,max=200,text"`
	Email    string         `json:"email" validate:"required,mail"`
	Unit     people.UnitID  `json:"unit" validate:"max=64"`
	Roles    []people.Role  `json:"roles" validate:"max=10,dive,oneof=learner trainer administrator security_officer auditor"`
	Grants   []grantRequest `json:"grants" validate:"max=50,dive"`
	JoinedOn string         `json:"joinedOn" validate:"omitempty,datetime=2006-01-02"`
	Locale   string         `json:"locale" validate:"omitempty,oneof=vi en"`
}

func (s *Server) addPerson(c *fiber.Ctx) error {
	var req addPersonRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.People.Add(c.UserContext(), actor(c), people.Draft{
		Name: req.Name, Email: req.Email, Unit: req.Unit, JoinedOn: req.JoinedOn, Locale: req.Locale,
		Grants: grantsOf(actor(c), req.Roles, req.Grants),
	})
	if err != nil {
		return err
	}
	about(c, "person", string(p.ID))
	noteChange(c, people.Person{Status: p.Status, Name: p.Name, Email: p.Email}, p)
	return c.Status(fiber.StatusCreated).JSON(p)
}

// grantsOf joins plain role names, meant for everything the actor manages, with
// grants that name their unit.
func grantsOf(a people.Actor, roles []people.Role, grants []grantRequest) []people.Grant {
	units, all := a.Scope(people.ManagePeople)
	if all {
		units = []people.UnitID{""}
	}
	out := []people.Grant{}
	for _, r := range roles {
		for _, u := range units {
			out = append(out, people.Grant{Role: r, Unit: u})
		}
	}
	for _, g := range grants {
		out = append(out, people.Grant{Role: g.Role, Unit: g.Unit})
	}
	return out
}

type changePersonRequest struct {
	Name     *string         `json:"name" validate:"omitempty,min=1,max=200,text"`
	Email    *string         `json:"email" validate:"omitempty,mail"`
	Unit     *people.UnitID  `json:"unit" validate:"omitempty,max=64"`
	Roles    *[]people.Role  `json:"roles" validate:"omitempty,max=10,dive,oneof=learner trainer administrator security_officer auditor"`
	Grants   *[]grantRequest `json:"grants" validate:"omitempty,max=50,dive"`
	JoinedOn *string         `json:"joinedOn" validate:"omitempty,len=0|datetime=2006-01-02"`
	LeftOn   *string         `json:"leftOn" validate:"omitempty,len=0|datetime=2006-01-02"`
	Status   *people.Status  `json:"status" validate:"omitempty,oneof=active closed"`
}

func (s *Server) changePerson(c *fiber.Ctx) error {
	var req changePersonRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	change := people.Change{Name: req.Name, Email: req.Email, Unit: req.Unit, JoinedOn: req.JoinedOn, LeftOn: req.LeftOn}
	if req.Roles != nil || req.Grants != nil {
		var roles []people.Role
		var grants []grantRequest
		if req.Roles != nil {
			roles = *req.Roles
		}
		if req.Grants != nil {
			grants = *req.Grants
		}
		all := grantsOf(actor(c), roles, grants)
		change.Grants = &all
	}
	id := people.ID(c.Params("id"))
	return s.changing(c, id, func() (people.Person, error) {
		p, err := s.People.Change(c.UserContext(), actor(c), id, change)
		if err != nil || req.Status == nil {
			return p, err
		}
		if *req.Status == people.Closed {
			return s.People.Disable(c.UserContext(), actor(c), id)
		}
		return s.People.Enable(c.UserContext(), actor(c), id)
	})
}

// changing answers with a person who is changed, and notes in the trail what differs.
func (s *Server) changing(c *fiber.Ctx, id people.ID, change func() (people.Person, error)) error {
	before, err := s.People.Managed(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	after, err := change()
	if err != nil {
		return err
	}
	noteChange(c, before, after)
	return c.JSON(after)
}

// noteChange notes what differs between two states of a person: of the name and the
// address only that they do.
func noteChange(c *fiber.Ctx, before, after people.Person) {
	note(c, "unit", string(before.Unit), string(after.Unit))
	note(c, "roles", roles(before.Grants), roles(after.Grants))
	note(c, "status", string(before.Status), string(after.Status))
	note(c, "joined_on", before.JoinedOn, after.JoinedOn)
	note(c, "left_on", before.LeftOn, after.LeftOn)
	if before.Name != after.Name {
		note(c, "name", "", "changed")
	}
	if before.Email != after.Email {
		note(c, "email", "", "changed")
	}
}

// roles writes grants as the trail keeps them: trainer@so-y-te, auditor.
func roles(gs []people.Grant) string {
	words := make([]string, len(gs))
	for i, g := range gs {
		words[i] = string(g.Role)
		if g.Unit != "" {
			words[i] += "@" + string(g.Unit)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

type inviteAnswer struct {
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expiresAt"`
	Mail      bool      `json:"mail"` // whether a link can be mailed instead
}

func (s *Server) inviteByMail(c *fiber.Ctx) error {
	if err := s.Auth.InviteByMail(c.UserContext(), actor(c), people.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).Send(nil)
}

func (s *Server) invite(c *fiber.Ctx) error {
	link, until, err := s.Auth.Invite(c.UserContext(), actor(c), people.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(inviteAnswer{link, until, s.Auth.Letters.On()})
}

func (s *Server) disablePerson(c *fiber.Ctx) error {
	id := people.ID(c.Params("id"))
	return s.changing(c, id, func() (people.Person, error) { return s.People.Disable(c.UserContext(), actor(c), id) })
}

func (s *Server) enablePerson(c *fiber.Ctx) error {
	id := people.ID(c.Params("id"))
	return s.changing(c, id, func() (people.Person, error) { return s.People.Enable(c.UserContext(), actor(c), id) })
}

// exportPeople makes the whole file before it answers: what fails is a problem
// document, not a file that ends early.
func (s *Server) exportPeople(c *fiber.Ctx) error {
	unit, err := query(c, "unit", 64)
	if err != nil {
		return err
	}
	lang, err := query(c, "lang", 2)
	if err != nil {
		return err
	}
	table, err := s.People.Export(c.UserContext(), actor(c), people.UnitID(unit), lang)
	if err != nil {
		return err
	}
	about(c, "unit", unit)
	media, end, write := "text/csv; charset=utf-8", ".csv", table.CSV
	if strings.HasSuffix(c.Path(), ".xlsx") {
		media, end, write = xlsxMedia, ".xlsx", table.XLSX
	}
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="hocso-people-`+s.Now().Format(time.DateOnly)+end+`"`)
	return write(c)
}
