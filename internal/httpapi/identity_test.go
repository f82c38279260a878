package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/people"
)

const sso = "https://sso.dau"

// linked links a person with a provider before ask, if they are not.
func linked(name string, ask func(*world, *kind) call) func(*world, *kind) call {
	return func(w *world, k *kind) call {
		_ = w.db.Auth().InsertIdentity(context.Background(), auth.Identity{ID: "i" + name, Issuer: sso, Person: w.person[name], LinkedAt: w.clock.Now()}) // or they are
		return ask(w, k)
	}
}

func linkOf(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	return hex.EncodeToString(sum[:])
}

// A provider's identity is seen and taken away by who manages the person, and by the person
// if another way to sign in remains. It is linked again with the next sign-in.
func TestUnlink(t *testing.T) {
	o := newOrganisation(t)
	p := withProvider(t, o.site, "")
	lan := o.id["lan@bo.vn"]
	mine, hers := v1+"/me/identities", v1+"/people/"+string(lan)+"/identities"
	link := linkOf(p.URL)
	enter := func() {
		t.Helper()
		if to := led(t, o.finish(o.begin("/"))); to == "" {
			t.Fatal("the provider does not get them in")
		}
	}
	o.do(call{method: "GET", path: mine, token: o.learner}).want(t, 200, `"items":[]`, "")
	o.do(call{method: "DELETE", path: mine + "/" + link, token: o.learner}).want(t, 404, "identity_not_found", "")
	enter()
	o.do(call{method: "GET", path: mine, token: o.learner}).want(t, 200, `{"id":"`+link+`","provider":{"vi":"Cổng của Bộ","en":"The ministry"},"enabled":true,"linkedAt":"2026-03-02T08:00:00Z"}`, "s-lan")
	o.do(call{method: "DELETE", path: mine + "/" + link, token: o.learner}).want(t, 204, "", "")
	o.do(call{method: "GET", path: hers, token: o.root}).want(t, 200, `"items":[]`, "")
	enter()
	// Without a password it is the only way, until there is another one.
	who, err := o.People.Person(t.Context(), lan)
	if err != nil {
		t.Fatal(err)
	}
	who.PasswordHash = ""
	if _, err := o.People.SetCredentials(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	o.do(call{method: "DELETE", path: mine + "/" + link, token: o.learner}).want(t, 409, "last_way", "")
	if err := o.db.Auth().InsertIdentity(t.Context(), auth.Identity{ID: "old", Issuer: "https://old", Person: lan, LinkedAt: o.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	o.do(call{method: "DELETE", path: mine + "/" + link, token: o.learner}).want(t, 409, "last_way", "") // the settings do not name that one
	o.do(call{method: "DELETE", path: mine + "/" + linkOf("https://old"), token: o.learner}).want(t, 204, "", "")
	// Who manages them may all the same.
	p.Claims["sub"] = "s-other" // the provider gives a new name
	if a := o.finish(o.begin("/")); cookieOf(a) != "" {
		t.Error("another identity of the same provider got in")
	}
	o.do(call{method: "DELETE", path: hers + "/" + link, token: o.learner}).want(t, 403, "", "")
	o.do(call{method: "DELETE", path: hers + "/x", token: o.root}).want(t, 404, "identity_not_found", "")
	o.do(call{method: "DELETE", path: hers + "/" + link, token: o.root}).want(t, 204, "", "")
	enter()
	es, err := o.db.Audit().Find(t.Context(), audit.Query{Action: "identity_unlinked", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	by := map[people.ID]int{}
	for _, e := range es {
		if e.Object == (audit.Object{Kind: "person", ID: string(lan)}) && e.Outcome == audit.Done {
			by[people.ID(e.Actor)]++
		}
	}
	if by[lan] != 2 || by[o.id["root@bo.vn"]] != 1 {
		t.Errorf("in the trail: %v", by)
	}
}
