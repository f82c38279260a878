package httpapi

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"hocso/internal/people"
)

// waits adds somebody who has no password.
func (o *organisation) waits(t *testing.T, name, email string, unit people.UnitID, grants ...people.Grant) people.Person {
	t.Helper()
	p, err := o.People.Add(t.Context(), people.Console(), people.Draft{Name: name, Email: email, Unit: unit, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (o *organisation) sheet(t *testing.T, token, body string) inviteAllAnswer {
	t.Helper()
	a := o.do(call{method: "POST", path: "/api/v1/people/invitations", token: token, body: body})
	a.want(t, 200, `"items":[`, "argon2")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
	}
	return decode[inviteAllAnswer](t, a)
}

// scanned reads the QR code of a card as a camera would, from the drawn path.
func scanned(t *testing.T, card invitationCard) string {
	t.Helper()
	const scale = 4
	side := card.QR.Size * scale
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for bar := range strings.SplitSeq(strings.TrimSuffix(card.QR.Path, "z"), "z") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(bar, "M%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back {
			t.Fatalf("bar %q: %v", bar, err)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+n)*scale; px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("read the code of %s: %v", card.Name, err)
	}
	return read.GetText()
}

// A sheet holds a card for everybody who waits, in the unit and below it, and each
// code is the link beside it.
func TestInvitationSheet(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	lan := o.waits(t, "Lan Mới", "lan-moi@bo.vn", "a1")
	o.waits(t, "An Mới", "an-moi@bo.vn", "a")
	o.waits(t, "Bình Mới", "binh-moi@bo.vn", "b")
	o.waits(t, "Cao Mới", "cao-moi@bo.vn", "a1", people.Grant{Role: people.Auditor})
	gone := o.waits(t, "Nghỉ Mới", "nghi-moi@bo.vn", "a1")
	yesterday := "2026-03-01"
	if _, err := o.People.Change(t.Context(), people.Console(), gone.ID, people.Change{LeftOn: &yesterday}); err != nil {
		t.Fatal(err)
	}

	o.do(call{method: "GET", path: "/api/v1/people/invitations?unit=a&below=true", token: o.unitAdmin}).want(t, 200, `"leftOut":1`, "Bình Mới")
	o.do(call{method: "GET", path: "/api/v1/people/invitations?unit=a&below=false", token: o.unitAdmin}).want(t, 200, "An Mới", "Lan Mới")
	o.do(call{method: "GET", path: "/api/v1/people/invitations?below=maybe", token: o.unitAdmin}).want(t, 400, `"field":"below","code":"oneof"`, "")

	first := o.sheet(t, o.unitAdmin, `{"unit":"a","below":true}`)
	var names []string
	for _, card := range first.Items {
		names = append(names, card.Name)
		if got := scanned(t, card); got != card.Link || !strings.HasPrefix(got, "https://hocso.test/invitation#") {
			t.Errorf("the code of %s says %q, want %q", card.Name, got, card.Link)
		}
	}
	if strings.Join(names, ", ") != "An Mới, Lan Mới" || first.LeftOut != 1 || first.ExpiresAt.Sub(o.clock.Now()).Hours() != 24 {
		t.Errorf("got %v, left out %d, until %v", names, first.LeftOut, first.ExpiresAt)
	}
	if only := o.sheet(t, o.unitAdmin, `{"unit":"a","below":false}`); len(only.Items) != 1 || only.Items[0].Name != "An Mới" {
		t.Errorf("directly in a: %+v", only.Items)
	}
	second := o.sheet(t, o.unitAdmin, fmt.Sprintf(`{"unit":"a1","below":true,"people":[%q]}`, lan.ID))
	if len(second.Items) != 1 || second.Items[0].ID != lan.ID {
		t.Fatalf("one person: %+v", second.Items)
	}

	accept := func(link string) reply {
		_, token, _ := strings.Cut(link, "#")
		return o.do(call{method: "POST", path: "/api/v1/auth/invitations/" + token, body: map[string]string{"password": password}})
	}
	accept(first.Items[1].Link).want(t, 410, "invitation_used", "accessToken") // the lost sheet
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			a := accept(second.Items[0].Link)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	wg.Wait()
	if statuses[200] != 1 || statuses[410] != 31 {
		t.Errorf("32 at once: %v, want one 200 and 31 times 410", statuses)
	}
	accept(second.Items[0].Link).want(t, 410, "invitation_used", "accessToken")
	if again := o.sheet(t, o.unitAdmin, `{"unit":"a1","below":true}`); len(again.Items) != 0 {
		t.Errorf("who has a password is still on the sheet: %+v", again.Items)
	}
	for _, card := range append(first.Items, second.Items...) {
		if _, token, _ := strings.Cut(card.Link, "#"); strings.Contains(o.log.String(), token) {
			t.Error("the log holds an invitation")
		}
	}
}

func TestInvitationSheetRefused(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	there := o.waits(t, "Bình Mới", "binh-moi@bo.vn", "b")
	ask := func(token, body string) reply {
		return o.do(call{method: "POST", path: "/api/v1/people/invitations", token: token, body: body})
	}
	for name, body := range map[string]string{"a sibling": `{"unit":"b"}`, "one above": `{"unit":"bo","below":true}`, "none": `{"unit":"zzz"}`} {
		t.Run(name, func(t *testing.T) {
			ask(o.unitAdmin, body).want(t, 404, "unit_not_found", "Bình")
		})
	}
	ask(o.unitAdmin, fmt.Sprintf(`{"unit":"a","below":true,"people":[%q]}`, there.ID)).want(t, 422, `"field":"people","code":"unknown"`, "Bình")
	ask(o.unitAdmin, fmt.Sprintf(`{"unit":"a","below":true,"people":[%q]}`, o.id["lan@bo.vn"])).want(t, 422, `"field":"people","code":"unknown"`, "link")
	ask(o.learner, `{"unit":"a"}`).want(t, 403, "not_allowed", "")
	ask(o.root, `{"unit":"a","expiresAt":"2030-01-01"}`).want(t, 400, "unknown_field", "")

	var table strings.Builder
	table.WriteString("email,name,unit\n")
	for i := range 501 {
		fmt.Fprintf(&table, "w%d@bo.vn,W %d,a1\n", i, i)
	}
	o.importing(t, o.root, table.String(), false)
	ask(o.unitAdmin, `{"unit":"a","below":true}`).want(t, 422, `"field":"unit","code":"too_many"`, "invitation#")
	if one := o.sheet(t, o.unitAdmin, `{"unit":"a","below":false}`); len(one.Items) != 0 {
		t.Errorf("nobody waits directly in a: %+v", one.Items)
	}
}
