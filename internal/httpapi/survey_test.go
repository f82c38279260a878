package httpapi

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/survey"
)

// From the draft to the table: six people answer, and what they said is told from the fifth on, without
// a name, a time or a unit.
func TestSurvey(t *testing.T) {
	s := newSchool(t)
	s.add("Quản trị", "admin@bo.vn", "bo", people.Grant{Role: people.Administrator})
	admin, _ := s.in("admin@bo.vn")
	ask := func(token, method, path string, body any) reply {
		return s.do(call{method: method, path: v1 + path, token: token, body: body})
	}
	var tokens []string
	for i := range 6 {
		email := fmt.Sprintf("nguoi%d@bo.vn", i)
		s.add(fmt.Sprint("Người ", i), email, "vu-a")
		token, _ := s.in(email)
		tokens = append(tokens, token)
	}
	body := strings.Replace(surveyBody(`"vu-a"`), `"options":[]}]`, `"options":[]},{"kind":"text","prompt":{"vi":"Góp ý","en":"Comment"},"options":[]}]`, 1)
	made := decode[surveyView](t, ask(admin, "POST", "/surveys", body))
	path := "/surveys/" + string(made.ID)
	s.get(tokens[0], "/me/surveys").want(t, 200, `"items":[]`, "")
	ask(admin, "POST", path+"/publish", `{"version":7}`).want(t, 409, "changed_meanwhile", "")
	ask(admin, "POST", path+"/publish", `{"version":1}`).want(t, 200, `"stateNow":"published"`, "")
	ask(admin, "PUT", path, `{"version":2,"content":`+body+`}`).want(t, 409, "not_a_draft", "")
	s.get(tokens[0], "/sync").want(t, 200, `"kind":"survey"`, "")
	s.get(s.trainer, "/sync").want(t, 200, "", `"kind":"survey"`) // is in bo
	answer := func(token string, op, phone int, more string) reply {
		return ask(token, "POST", "/ops", fmt.Sprintf(`{"ops":[{"id":"00000000-0000-7000-8000-%012d","kind":"survey.answer","at":"2026-03-02T08:00:00Z","survey":%q,"secret":"%064x","answers":[{"question":"q1","rating":%d}%s]}]}`,
			op, made.ID, phone, 1+phone%5, more))
	}
	answer(tokens[0], 1, 1, `,{"question":"q3","rating":1}`).want(t, 200, "survey_answers", "applied")
	for i, token := range tokens {
		answer(token, 10+i, 10+i, fmt.Sprintf(`,{"question":"q2","text":"Lời %d"}`, i)).want(t, 200, "applied", "")
		if i == 3 {
			s.get(admin, path+"/results").want(t, 200, `"answered":4`, "Lời")
			s.get(admin, path+"/results.csv").want(t, 200, "Câu hỏi", "Hài lòng?")
		}
	}
	answer(tokens[0], 10, 10, `,{"question":"q2","text":"Lời 0"}`).want(t, 200, "duplicate", "")
	answer(tokens[0], 30, 30, "").want(t, 200, "survey_answered", "applied")
	s.get(tokens[0], "/sync").want(t, 200, "", `"kind":"survey"`)
	s.get(tokens[0], "/me/data").want(t, 200, `"surveys":[{"survey":"`+string(made.ID)+`"}]`, "Lời")
	s.get(admin, path+"/results").want(t, 200, `"answers":6`, "nguoi")
	ask(admin, "POST", path+"/close", nil).want(t, 200, `"stateNow":"closed"`, "")
	s.get(admin, path+"/results").want(t, 200, `"final":true`, "")
	s.get(admin, path+"/results.csv?lang=en").want(t, 200, "Satisfied?,Everybody,Satisfied (4 or 5),,6,", "Lời")
	answer(s.lan, 40, 40, "").want(t, 200, "survey_closed", "")
	if log := s.log.String(); strings.Contains(log, "Lời") || strings.Contains(log, fmt.Sprintf("%064x", 10)) {
		t.Error("the log has an answer or a secret")
	}
}

// A campaign with a survey asks it of its own people while it runs, a drill and a survey that open later later.
func TestSurveyOfCampaign(t *testing.T) {
	o := newOffice(t)
	o.add("Người Năm", "nam@bo.vn", "a") // a survey asks five people at least
	var ids []string
	for range 2 {
		made := decode[surveyView](t, o.ask(o.root, "POST", "/surveys", surveyBody(`"a"`)))
		o.ask(o.root, "POST", "/surveys/"+string(made.ID)+"/publish", `{"version":1}`).want(t, 200, `"stateNow":"published"`, "")
		ids = append(ids, string(made.ID))
	}
	binh, _ := o.in("binh@bo.vn")
	o.ask(binh, "GET", "/me/surveys", nil).want(t, 200, `"items":[]`, "")
	now := o.clock.Now()
	err := o.db.Campaigns().InsertCampaign(t.Context(), campaign.Campaign{
		ID: "c", Plan: campaign.Plan{Audience: campaign.Audience{Units: []people.UnitID{"b"}}, Items: []campaign.Item{
			{Kind: campaign.Survey, ID: ids[0]}, {Kind: campaign.Survey, ID: ids[1], OpensAfter: campaign.Opening{Days: 1}},
		}},
		State: campaign.Running, Live: true, StartsAt: now, DueAt: now.AddDate(0, 0, 7), EndsAt: now.AddDate(0, 0, 9), Version: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Surveys.InCampaign = func(_ context.Context, id survey.ID, p people.Person, _ []people.UnitID) (bool, error) {
		return string(id) == ids[0] && p.Unit == "b", nil
	}
	o.clock.advance(6 * time.Second) // another copy of the program has made it
	for _, path := range []string{"/me/surveys", "/sync"} {
		o.ask(binh, "GET", path, nil).want(t, 200, ids[0], ids[1])
	}
	answer := func(id string) reply {
		return o.ask(binh, "POST", "/ops", fmt.Sprintf(`{"ops":[{"id":%q,"kind":"survey.answer","at":"2026-03-02T08:00:00Z","survey":%q,"secret":"%064x","answers":[{"question":"q1","rating":4}]}]}`,
			uuid.NewString(), id, 7))
	}
	answer(ids[1]).want(t, 200, "survey_not_found", "applied")
	answer(ids[0]).want(t, 200, "applied", "")
	o.ask(binh, "GET", "/me/surveys", nil).want(t, 200, `"items":[]`, ids[0])
}
