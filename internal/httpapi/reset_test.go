package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// post is the mail server of a site: it keeps what is sent.
type post struct {
	mu    sync.Mutex
	mails []letter.Mail
}

// Send implements letter.Sender.
func (p *post) Send(_ context.Context, m letter.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

// mails sends what is due and returns what arrived since the last call.
func (x *site) mails() []letter.Mail {
	x.t.Helper()
	if _, err := x.Auth.Letters.Tick(x.t.Context(), x.clock.Now()); err != nil {
		x.t.Fatal(err)
	}
	x.post.mu.Lock()
	defer x.post.mu.Unlock()
	got := x.post.mails
	x.post.mails = nil
	return got
}

// tokenIn returns what stands behind # in the link of a mail.
func tokenIn(t *testing.T, m letter.Mail, path string) string {
	t.Helper()
	_, rest, ok := strings.Cut(m.Text, "https://hocso.test/"+path+"#")
	token, _, _ := strings.Cut(rest, "\n")
	if !ok || !strings.Contains(m.HTML, path+"#"+token) {
		t.Fatalf("no link to /%s in %q", path, m.Text)
	}
	return token
}

// resetToken makes a link to reset a person's password, as the letter does.
func (x *site) resetToken(id people.ID) string {
	x.t.Helper()
	m, err := x.Auth.WriteReset(x.t.Context(), letter.Letter{Person: id})
	if err != nil {
		x.t.Fatal(err)
	}
	return tokenIn(x.t, m, "reset")
}

func (x *site) askReset(email string) reply {
	x.t.Helper()
	return x.do(call{method: "POST", path: "/api/v1/auth/password-reset", body: map[string]string{"email": email}})
}

func (x *site) resetPassword(token, password string) reply {
	x.t.Helper()
	return x.do(call{method: "POST", path: "/api/v1/auth/password-reset/" + token, body: map[string]string{"password": password}})
}

const another = "câu khác hẳn và vẫn đủ dài"

func TestReset(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	lan := x.add("Nguyễn Thị Lan", "lan@bo.vn", "")
	access, cookie := x.in("lan@bo.vn")
	if a := x.askReset(" LAN@bo.vn "); a.status != 202 || a.body != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("asked: %d %q %v", a.status, a.body, a.header)
	}
	mails := x.mails()
	if len(mails) != 1 || mails[0].To != "lan@bo.vn" || mails[0].Name != "Nguyễn Thị Lan" || mails[0].Subject != "Đặt lại mật khẩu Học Số" {
		t.Fatalf("mails %+v", mails)
	}
	token := tokenIn(t, mails[0], "reset")
	if len(token) < 22 { // 128 bits
		t.Errorf("the token %q is short", token)
	}
	x.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: map[string]string{"password": another}}).want(t, 404, "invitation_unknown", "")
	for _, tt := range []struct{ name, password, code string }{
		{"short", "mười bốn ký tự", "too_short"},
		{"the name", "nguyễn thị lan lan lan", "contains_name"},
		{"common", "123456789012345", "too_common"},
	} {
		x.resetPassword(token, tt.password).want(t, 422, `{"field":"password","code":"`+tt.code+`"}`, "accessToken")
	}
	a := x.resetPassword(token, another)
	if a.status != 204 || a.body != "" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("reset: %d %q %q; want nobody signed in", a.status, a.body, a.header.Get("Set-Cookie"))
	}
	x.do(call{method: "GET", path: "/api/v1/me", token: access}).want(t, 401, "sign_in_required", "")
	x.refresh(cookie).want(t, 401, "session_ended", "")
	x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": "lan@bo.vn", "password": password}}).want(t, 401, "sign_in_failed", "")
	x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]string{"email": "lan@bo.vn", "password": another}}).want(t, 200, "accessToken", "")
	x.resetPassword(token, another).want(t, 410, "reset_used", "")

	t.Run("dead after another change of the password", func(t *testing.T) {
		first, second := x.resetToken(lan.ID), x.resetToken(lan.ID)
		x.resetPassword(first, another).want(t, 204, "", "")
		x.resetPassword(second, another).want(t, 410, "reset_used", "")
	})
	t.Run("an hour", func(t *testing.T) {
		intime := x.resetToken(lan.ID)
		x.clock.advance(auth.ResetTime - time.Second)
		x.resetPassword(intime, another).want(t, 204, "", "")
		late := x.resetToken(lan.ID)
		x.clock.advance(auth.ResetTime)
		x.resetPassword(late, another).want(t, 410, "reset_used", "")
	})
	t.Run("who left meanwhile", func(t *testing.T) {
		token := x.resetToken(lan.ID)
		x.askReset("lan@bo.vn")
		if _, err := x.People.Disable(t.Context(), people.Console(), lan.ID); err != nil {
			t.Fatal(err)
		}
		x.resetPassword(token, another).want(t, 410, "reset_used", "")
		if mails := x.mails(); len(mails) != 0 {
			t.Errorf("mails %+v", mails)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		binh := x.add("Trần Văn Bình", "binh@bo.vn", "")
		token := x.resetToken(binh.ID)
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				a := x.resetPassword(token, fmt.Sprint(another, i))
				mu.Lock()
				defer mu.Unlock()
				got[a.status]++
			})
		}
		wg.Wait()
		if got[204] != 1 || got[204]+got[410] != 8 {
			t.Errorf("answers %v, want one 204 and seven 410", got)
		}
	})
	for _, secret := range []string{token, "lan@bo.vn", another} {
		if strings.Contains(x.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// trace writes down what the stores are asked to do.
type trace struct {
	people.Store
	auth.ThrottleStore
	letters letter.Store
	calls   []string
}

func (c *trace) Person(ctx context.Context, id people.ID) (people.Person, error) {
	c.calls = append(c.calls, "person")
	return c.Store.Person(ctx, id)
}

func (c *trace) PeopleByEmail(ctx context.Context, emails []string) ([]people.Person, error) {
	c.calls = append(c.calls, "by e-mail")
	return c.Store.PeopleByEmail(ctx, emails)
}

func (c *trace) Count(ctx context.Context, key string, now time.Time, window time.Duration) (int, time.Time, error) {
	c.calls = append(c.calls, "count")
	return c.ThrottleStore.Count(ctx, key, now, window)
}

func (c *trace) InsertLetter(ctx context.Context, l letter.Letter) error {
	c.calls = append(c.calls, "letter "+string(l.Kind))
	return c.letters.InsertLetter(ctx, l)
}

func (c *trace) ClaimLetter(ctx context.Context, now, until time.Time) (letter.Letter, bool, error) {
	return c.letters.ClaimLetter(ctx, now, until)
}

func (c *trace) PostponeLetter(ctx context.Context, l letter.Letter) error {
	return c.letters.PostponeLetter(ctx, l)
}

func (c *trace) RemoveLetter(ctx context.Context, l letter.Letter) error {
	return c.letters.RemoveLetter(ctx, l)
}

// trust.md 3: whether there is such a person shows neither in the answer nor in the work.
func TestResetTellsNobodyApart(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	gone := x.add("Bình", "binh@bo.vn", "")
	if _, err := x.People.Disable(t.Context(), people.Console(), gone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.People.Add(t.Context(), people.Console(), people.Draft{Name: "Mới", Email: "moi@bo.vn"}); err != nil {
		t.Fatal(err)
	}
	x.add("Nhiều", "nhieu@bo.vn", "")
	for range 3 {
		x.askReset("nhieu@bo.vn").want(t, 202, "", "")
	}
	if mails := x.mails(); len(mails) != 3 {
		t.Fatalf("%d mails, want 3", len(mails))
	}
	c := &trace{Store: x.People.Store, ThrottleStore: x.Auth.Throttles, letters: x.Auth.Letters.Store}
	x.People.Store, x.Auth.Throttles, x.Auth.Letters.Store = c, c, c
	want := []string{"count", "count", "by e-mail", "letter password_reset"}
	for _, tt := range []struct {
		email string
		mails int
	}{{"lan@bo.vn", 1}, {"ai@bo.vn", 0}, {"binh@bo.vn", 0}, {"moi@bo.vn", 0}, {"nhieu@bo.vn", 0}, {"not an address", 0}} {
		c.calls = nil
		a := x.askReset(tt.email)
		if a.status != 202 || a.body != "" || !slices.Equal(c.calls, want) {
			t.Errorf("%s: %d %q after %v, want 202 after %v", tt.email, a.status, a.body, c.calls, want)
		}
		if mails := x.mails(); len(mails) != tt.mails {
			t.Errorf("%s: %d mails, want %d", tt.email, len(mails), tt.mails)
		}
	}
}

// trust.md 4: nobody's mailbox is filled, and nobody is kept from asking for good.
func TestResetThrottle(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	sent := 0
	for range 10 {
		x.askReset("lan@bo.vn").want(t, 202, "", "")
		sent += len(x.mails())
	}
	if sent != 3 {
		t.Errorf("%d mails in an hour, want 3", sent)
	}
	x.clock.advance(time.Hour)
	x.askReset("lan@bo.vn").want(t, 202, "", "")
	if mails := x.mails(); len(mails) != 1 {
		t.Errorf("%d mails an hour later, want 1", len(mails))
	}
	for i := range 59 {
		x.askReset(fmt.Sprintf("x%d@bo.vn", i)).want(t, 202, "", "")
	}
	a := x.askReset("lan@bo.vn")
	a.want(t, 429, "too_many_tries", "")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestResetBadInput(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"", `{}`, 422, `{"field":"email","code":"required"}`},
		{"", `{"email":"` + strings.Repeat("x", 255) + `"}`, 422, `{"field":"email","code":"max"}`},
		{"", `{"email":{"$ne":""}}`, 400, `{"field":"email","code":"wrong_type"}`},
		{"", `{"email":"lan@bo.vn","person":"x"}`, 400, `{"field":"person","code":"unknown_field"}`},
		{"/AAAA", `{"password":"` + another + `"}`, 404, "reset_unknown"},
		{"/AAAA", `{}`, 422, `{"field":"password","code":"required"}`},
		{"/AAAA", `{"password":"` + strings.Repeat("x", 513) + `"}`, 422, `{"field":"password","code":"max"}`},
		{"/AAAA", `{"password":"x","email":"lan@bo.vn"}`, 400, `{"field":"email","code":"unknown_field"}`},
	} {
		x.do(call{method: "POST", path: "/api/v1/auth/password-reset" + tt.path, body: tt.body}).want(t, tt.status, tt.want, "")
	}
	x.do(call{method: "GET", path: "/api/v1/auth/methods"}).want(t, 200, `"reset":true`, "")
	x.Auth.Letters = nil
	x.askReset("lan@bo.vn").want(t, 409, "mail_off", "")
	x.do(call{method: "GET", path: "/api/v1/auth/methods"}).want(t, 200, `"reset":false`, "")
}

func TestInviteByMail(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Quản Trị", "admin@bo.vn", "", people.Grant{Role: people.Administrator})
	admin, _ := x.in("admin@bo.vn")
	p, err := x.People.Add(t.Context(), people.Console(), people.Draft{Name: "Lê Mới", Email: "moi@bo.vn", Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/people/" + string(p.ID) + "/invite"
	x.do(call{method: "POST", path: path, token: admin}).want(t, 200, `"mail":true`, "")
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 202, "", "invitation")
	mails := x.mails()
	if len(mails) != 1 || mails[0].To != "moi@bo.vn" || mails[0].Subject != "Your invitation to Học Số" || !strings.Contains(mails[0].Text, "Hello Lê Mới,") {
		t.Fatalf("mails %+v", mails)
	}
	token := tokenIn(t, mails[0], "invitation")
	x.resetPassword(token, another).want(t, 404, "reset_unknown", "")
	x.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: map[string]string{"password": another}}).want(t, 200, `"accessToken"`, "")
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 202, "", "")
	if mails = x.mails(); len(mails) != 1 || mails[0].Subject != "Reset your Học Số password" {
		t.Errorf("to somebody with a password: %+v", mails)
	}
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 202, "", "")
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 429, "too_many_tries", "")
	if _, err := x.People.Disable(t.Context(), people.Console(), p.ID); err != nil {
		t.Fatal(err)
	}
	if mails := x.mails(); len(mails) != 0 {
		t.Errorf("to somebody who has left meanwhile: %+v", mails)
	}
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 409, "person_closed", "")
	if _, err := x.People.Enable(t.Context(), people.Console(), p.ID); err != nil {
		t.Fatal(err)
	}
	x.Auth.Letters = nil
	x.do(call{method: "POST", path: path, token: admin}).want(t, 200, `"mail":false`, "")
	x.do(call{method: "POST", path: path + "/mail", token: admin}).want(t, 409, "mail_off", "")
}

// What waits to be sent holds nothing that a backup should not.
func TestLettersHoldNoSecret(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	lan := x.add("Nguyễn Thị Lan", "lan@bo.vn", "")
	x.askReset("lan@bo.vn").want(t, 202, "", "")
	l, ok, err := x.db.Letters().ClaimLetter(t.Context(), x.clock.Now(), x.clock.Now())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	text := fmt.Sprintf("%+v", l)
	if l.Person != lan.ID || strings.Contains(text, "lan@") || strings.Contains(text, "Lan") || strings.Contains(text, "#") {
		t.Errorf("the letter %s", text)
	}
	if _, err := x.Auth.WriteReset(t.Context(), letter.Letter{Person: "nobody"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a letter to nobody: %v", err)
	}
}
