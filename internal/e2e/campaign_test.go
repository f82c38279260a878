//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCampaign goes from a template to a campaign that runs: one person makes it on a
// phone, a second approves it on another, and who joins later gets it too.
func TestCampaign(t *testing.T) {
	t.Parallel()
	server := start(t)
	author, second := newPhone(t), newPhone(t)
	author.SignIn(server, server.SignIns["administrator"])
	author.Go("/campaigns")
	author.Tap("Chiến dịch mới")
	author.Settled()
	author.Check("campaign-template")
	began := time.Now()
	author.Tap("An toàn thông tin hằng năm…")
	author.See("60 người sẽ nhận")
	author.Tap("Tiếp")
	author.See("Hạn hoàn thành")
	author.Tap("Tiếp")
	author.See("Một người quản trị khác sẽ xem lại và duyệt")
	author.Settled()
	author.Check("campaign-goal")
	author.Tap("Gửi duyệt")
	author.See("Đang chờ một người quản trị khác duyệt")
	t.Logf("from the template to the second person: 4 taps, %v", time.Since(began).Round(100*time.Millisecond))
	author.Settled()
	author.Check("campaign-waits")
	path := author.Path()
	api := "/api/v1" + path

	var c struct {
		Hash, State string
		Version     int
		People      int
	}
	server.Get(server.SignIns["administrator"], api, &c)
	if status := server.API(server.SignIns["administrator"], http.MethodPost, api+"/approve", fmt.Sprintf(`{"hash":%q}`, c.Hash), nil); status != http.StatusForbidden {
		t.Errorf("the author approves: status %d, want 403", status)
	}

	second.SignIn(server, server.SignIns["approver"])
	second.Go(path)
	second.See("Bạn là người thứ hai")
	second.Settled()
	second.Check("campaign-approve")
	second.Tap("Duyệt")
	second.See("Duyệt chiến dịch này?")
	second.tap("Duyệt", "dialog button")
	second.See("Đã duyệt")
	second.Tap("Lên lịch chạy")
	second.See("Lên lịch chạy?")
	second.tap("Lên lịch chạy", "dialog button")
	second.See("Đang chạy")
	author.See("Đang chạy") // it looks again by itself

	second.Go("/campaigns/calendar")
	second.See("An toàn thông tin hằng năm")
	second.Settled()
	second.Check("campaign-calendar")

	server.newPerson("Nguyễn Thị Mới", "moi@hocso.example", "an-toan")
	for end := time.Now().Add(2 * time.Minute); c.People != 61; time.Sleep(time.Second) {
		if server.Get(server.SignIns["approver"], api, &c); time.Now().After(end) {
			t.Fatalf("%d people two minutes after somebody joined, want 61", c.People)
		}
	}

	// What is edited after it was approved is a draft again.
	id := server.draft(planOf("an-toan"))
	server.submit(id)
	api = "/api/v1/campaigns/" + id
	server.Get(server.SignIns["approver"], api, &c)
	if status := server.API(server.SignIns["approver"], http.MethodPost, api+"/approve", fmt.Sprintf(`{"hash":%q}`, c.Hash), nil); status != http.StatusOK {
		t.Fatalf("approve: status %d", status)
	}
	edited := strings.Replace(planOf("an-toan"), "Everybody knows", "Everybody can", 1)
	if status := server.API(server.SignIns["administrator"], http.MethodPut, fmt.Sprintf("%s?version=%d", api, c.Version+1), edited, &c); status != http.StatusOK || c.State != "draft" || c.Hash != "" {
		t.Errorf("edited after the approval: status %d, %s %q; want 200 and a draft without a seal", status, c.State, c.Hash)
	}
	if status := server.API(server.SignIns["approver"], http.MethodPost, api+"/schedule", "", nil); status != http.StatusConflict {
		t.Errorf("scheduled after the edit: status %d, want 409", status)
	}
}

// planOf is a campaign for a unit that lacks nothing.
func planOf(unit string) string {
	dueOn := time.Now().AddDate(0, 6, 0).Format(time.DateOnly)
	return fmt.Sprintf(`{"name":{"vi":"Chống lừa đảo","en":"Against scams"},"goal":{"vi":"Ai cũng nhận ra","en":"Everybody knows"},`+
		`"audience":{"units":[%q]},"items":[{"kind":"course","id":"phishing-basics","required":true}],"dueOn":%q}`, unit, dueOn)
}

// draft makes a draft as the administrator and returns its id.
func (p *program) draft(plan string) string {
	p.t.Helper()
	var made struct{ ID string }
	if status := p.API(p.SignIns["administrator"], http.MethodPost, "/api/v1/campaigns", plan, &made); status != http.StatusCreated {
		p.t.Fatalf("draft: status %d", status)
	}
	return made.ID
}

// submit sends a draft for approval.
func (p *program) submit(id string) {
	p.t.Helper()
	if status := p.API(p.SignIns["administrator"], http.MethodPost, "/api/v1/campaigns/"+id+"/submit", "", nil); status != http.StatusOK {
		p.t.Fatalf("submit: status %d", status)
	}
}

// approve lets the second administrator approve what was submitted, and schedules it.
func (p *program) approve(id string) {
	p.t.Helper()
	second, path := p.SignIns["approver"], "/api/v1/campaigns/"+id
	var c struct{ Hash string }
	p.Get(second, path, &c)
	for _, x := range []struct{ verb, body string }{{"approve", fmt.Sprintf(`{"hash":%q}`, c.Hash)}, {"schedule", ""}} {
		if status := p.API(second, http.MethodPost, path+"/"+x.verb, x.body, nil); status != http.StatusOK {
			p.t.Fatalf("%s: status %d", x.verb, status)
		}
	}
}
