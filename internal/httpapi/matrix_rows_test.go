package httpapi

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// nowhere is an id that nothing has.
const nowhere = "00000000-0000-7000-8000-00000000dead"

// at asks for a path below /api/v1.
func at(format string, args ...any) func(*world, *kind) call {
	return func(*world, *kind) call { return call{path: fmt.Sprintf(format, args...)} }
}

// with asks the row's own path with a body.
func with(body string) func(*world, *kind) call {
	return func(*world, *kind) call { return call{body: body} }
}

// send asks a path with a body.
func send(path, body string) func(*world, *kind) call {
	return func(*world, *kind) call { return call{path: path, body: body} }
}

// Who may reach what is in department A, in B, or belongs to everybody.
func inA(ok string) string { return "admin:" + ok + " adminA:" + ok + " adminB:404 *:403" }
func inB(ok string) string { return "admin:" + ok + " adminA:404 adminB:" + ok + " *:403" }
func ofAll(ok string) string {
	return "admin:" + ok + " adminA:404 adminB:404 *:403"
}

const (
	everybody    = "*:200 out:200"
	nobodyEnters = "*:401/sign_in_failed out:401/sign_in_failed"
	nobodySteps  = "*:401/step_ended out:401/step_ended"
	managers     = "admin:200 adminA:200 adminB:200 *:403"
	trackers     = "admin:200 adminA:200 adminB:200 auditor:200 auditorA:200 headA:200 headB:200 headTop:200 *:403"
	trackA       = "admin:200 adminA:200 adminB:404 auditor:200 auditorA:200 headA:200 headB:404 headTop:200 *:403"
	blindToB     = "adminA auditorA headA"
)

// matrixRows is the table: every route with everything that matters to it. Each part is
// asked in a world of its own, where nobody is whom another part has made: campaigns for
// all the newcomers of the open routes took most of the time.
func matrixRows() map[string][]matrixRow {
	return map[string][]matrixRow{
		"what is open":    openRows(),
		"what is learned": slices.Concat(ownRows(), learningRows(), authoringRows(), pathRows(), privacyRows(), surveyRows(), webhookRows(), exerciseRows()),
		"who is who":      slices.Concat(peopleRows(), unitRows(), cohortRows()),
		"what is due":     slices.Concat(campaignRows(), announcementRows(), feedRows(), posterRows(), holidayRows(), trackingRows(), auditRows()),
	}
}

// left ends a person's time yesterday, which nobody has closed the account for.
func left(w *world, id people.ID) error {
	yesterday := "2026-03-01"
	_, err := w.People.Change(context.Background(), people.Console(), id, people.Change{LeftOn: &yesterday})
	return err
}

func openRows() []matrixRow {
	const body = `{"email":"%s@bo.vn","password":"` + password + `"}`
	// newcomer is an administrator of everything who was not there before, whom gone
	// then takes their access from.
	newcomer := func(gone func(*world, people.ID) error) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			email := w.freshName()
			p := w.add("Mới", email+"@bo.vn", "a9", people.Grant{Role: people.Administrator})
			w.must(gone(w, p.ID))
			return call{body: fmt.Sprintf(body, email)}
		}
	}
	stays := func(*world, people.ID) error { return nil }
	disabled := func(w *world, id people.ID) error {
		_, err := w.People.Disable(context.Background(), people.Console(), id)
		return err
	}
	unknown := func(w *world, _ *kind) call { return call{body: fmt.Sprintf(body, w.freshName())} }
	cookie := func(value string) call {
		return call{header: map[string]string{"Cookie": "__Host-hocso=" + value, "X-Hocso": "1", "Origin": "https://hocso.test"}}
	}
	byCookie := func(w *world, _ *kind) call {
		email := w.freshName() + "@bo.vn"
		w.add("Mới", email, "a9")
		_, value := w.in(email)
		return cookie(value)
	}
	// second is the second step of somebody new.
	second := func(path string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			email := w.freshName() + "@bo.vn"
			w.add("Mới", email, "a9")
			token, _ := w.in(email)
			codes := decode[codesAnswer](w.t, w.register(token, newAuthenticator(w.t), "x")).RecoveryCodes
			body := map[string]any{"token": w.step(email), "code": codes[0]}
			if path != "/auth/second-factor" {
				delete(body, "code")
			}
			return call{path: path, body: body}
		}
	}
	accept := func(w *world, _ *kind) call {
		p, err := w.People.Add(context.Background(), people.Console(), people.Draft{Name: "Mới", Email: w.freshName() + "@bo.vn", Unit: "a9"})
		w.must(err)
		link, _, err := w.Auth.Invite(context.Background(), people.Console(), p.ID)
		w.must(err)
		token := link[len("https://hocso.test/invitation#"):]
		return call{path: "/auth/invitations/" + token, body: `{"password":"` + password + `"}`}
	}
	forgotten := func(gone func(*world, people.ID) error) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			email := w.freshName() + "@bo.vn"
			w.must(gone(w, w.add("Mới", email, "a9").ID))
			return call{body: map[string]string{"email": email}}
		}
	}
	reset := func(w *world, _ *kind) call {
		p := w.add("Mới", w.freshName()+"@bo.vn", "a9")
		return call{path: "/auth/password-reset/" + w.resetToken(p.ID), body: `{"password":"` + password + `"}`}
	}
	return []matrixRow{
		{route: "POST /api/v1/auth/password-reset", about: "for somebody new", expect: "*:202 out:202", ask: forgotten(stays)},
		{
			route: "POST /api/v1/auth/password-reset", about: "for a disabled person", expect: "*:202 out:202", ask: forgotten(disabled),
			twin: func(w *world, _ *kind) call { return call{body: map[string]string{"email": w.freshName() + "@bo.vn"}} }, same: "none learner admin",
		},
		{route: "POST /api/v1/auth/password-reset/:token", about: "a good one", expect: "*:204 out:204", ask: reset},
		{route: "POST /api/v1/auth/password-reset/:token", about: "made up", expect: "*:404 out:404", ask: send("/auth/password-reset/"+nowhere, `{"password":"x"}`), twin: send("/auth/password-reset/AAAA", `{"password":"x"}`)},
		{route: "GET /api/v1/auth/oidc/start", expect: "*:303 out:303", ask: at("/auth/oidc/start?issuer=none")},
		{route: "GET /api/v1/auth/oidc/callback", expect: "*:303 out:303", ask: at("/auth/oidc/callback?state=none&code=none")},
		{route: "GET /healthz", expect: everybody, ask: at("/healthz")},
		{route: "GET /readyz", expect: everybody, ask: at("/readyz")},
		{route: "GET /api/openapi.json", expect: everybody, ask: at("/api/openapi.json")},
		{route: "GET /api/v1/auth/methods", expect: everybody, ask: at("/auth/methods")},
		{route: "GET /api/v1/push/key", expect: everybody, ask: at("/push/key")},
		{route: "GET /api/v1/notice", expect: everybody, ask: at("/notice"), has: "Bộ Thử"},
		{route: "POST /api/v1/auth/sign-in", about: "as somebody new", expect: everybody, ask: newcomer(stays)},
		{route: "POST /api/v1/auth/sign-in", about: "as a disabled person", expect: nobodyEnters, ask: newcomer(disabled), twin: unknown, same: "none learner admin"},
		{route: "POST /api/v1/auth/sign-in", about: "as a person who left", expect: nobodyEnters, ask: newcomer(left), twin: unknown, same: "none learner admin"},
		{route: "POST /api/v1/auth/second-factor", about: "with a recovery code", expect: everybody, ask: second("/auth/second-factor"), has: "accessToken"},
		{route: "POST /api/v1/auth/second-factor", about: "made up", expect: nobodySteps, ask: with(`{"token":"x","code":"000000"}`)},
		{route: "POST /api/v1/auth/second-factor/options", about: "of a right password", expect: everybody, ask: second("/auth/second-factor/options"), has: "challenge"},
		{route: "POST /api/v1/auth/second-factor/options", about: "made up", expect: nobodySteps, ask: with(`{"token":"x"}`)},
		{route: "POST /api/v1/auth/passkeys/options", expect: everybody, ask: with(`{}`), has: "challenge"},
		{route: "POST /api/v1/auth/passkeys/sign-in", about: "made up", expect: nobodySteps, ask: with(`{"token":"x","id":"x","clientDataJSON":"x","authenticatorData":"x","signature":"x"}`)},
		{route: "POST /api/v1/auth/refresh", about: "with a cookie", expect: everybody, ask: byCookie},
		{route: "POST /api/v1/auth/refresh", about: "with their own cookie, once more", expect: "out:401/session_ended *:200", ask: func(_ *world, k *kind) call { return cookie(k.cookie) }},
		{route: "POST /api/v1/auth/sign-out", about: "with a cookie", expect: "*:204 out:204", ask: byCookie},
		{route: "POST /api/v1/auth/invitations/:token", about: "a good one", expect: everybody, ask: accept},
		{route: "POST /api/v1/auth/invitations/:token", about: "made up", expect: "*:404 out:404", ask: send("/auth/invitations/"+nowhere, `{"password":"x"}`), twin: send("/auth/invitations/AAAA", `{"password":"x"}`)},
	}
}

// ownRows are about what is everybody's own, and about the same things of a victim.
func ownRows() []matrixRow {
	ownDevice := func(w *world, k *kind) call { return call{body: w.device("x")} }
	replacing := func(of func(*world) string) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			d := w.device("x")
			d["replaces"] = of(w)
			return call{body: d}
		}
	}
	intact := func(w *world, _ *kind) error {
		if n := len(w.devices(w.victim)); n != 1 {
			return fmt.Errorf("the victim has %d devices, want 1", n)
		}
		if _, err := w.Auth.Authenticate(context.Background(), w.victim.token); err != nil {
			return fmt.Errorf("the victim's session: %w", err)
		}
		return nil
	}
	return []matrixRow{
		{route: "GET /api/v1/me", expect: "*:200", ask: at("/me"), has: "@dau.bo.vn"},
		{route: "PATCH /api/v1/me/settings", expect: "*:200", ask: with(`{"locale":"vi"}`)},
		{route: "GET /api/v1/me/data", expect: "*:200", ask: at("/me/data"), has: "@dau.bo.vn"},
		{route: "GET /api/v1/me/identities", expect: "*:200", ask: at("/me/identities")},
		{route: "DELETE /api/v1/me/identities/:id", about: "of nobody", expect: "*:404", ask: at("/me/identities/" + nowhere), twin: at("/me/identities/none")},
		{route: "GET /api/v1/me/sessions", expect: "*:200", ask: at("/me/sessions"), has: "Máy-"},
		{route: "DELETE /api/v1/me/sessions/:id", about: "of their own", expect: "*:204", ask: func(w *world, k *kind) call {
			if k.out {
				return call{path: "/me/sessions/" + nowhere}
			}
			token, _ := w.in(address(k.name))
			return call{path: "/me/sessions/" + w.actor(&kind{token: token}).Session}
		}},
		{route: "DELETE /api/v1/me/sessions/:id", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call {
			return call{path: "/me/sessions/" + w.actor(w.victim).Session}
		}, twin: at("/me/sessions/" + nowhere), after: intact},
		{route: "PUT /api/v1/me/password", about: "with a wrong one", expect: "*:422", ask: with(`{"current":"x","new":"` + password + `"}`)},
		{route: "GET /api/v1/me/factors", expect: "*:200", ask: at("/me/factors"), has: `"totp":false`},
		{route: "POST /api/v1/me/factors/proof", expect: "*:200", ask: at("/me/factors/proof"), has: "hocso.test"},
		{route: "POST /api/v1/me/factors/totp", expect: "*:200", ask: with(`{}`), has: "otpauth://"},
		{route: "POST /api/v1/me/factors/totp/confirmation", about: "a wrong code", expect: "*:422", ask: with(`{"code":"x"}`)},
		{route: "POST /api/v1/me/factors/totp/removal", expect: "*:204", ask: with(`{}`)},
		{route: "POST /api/v1/me/factors/recovery-codes", about: "without a factor", expect: "*:409/no_factor", ask: with(`{}`)},
		{route: "POST /api/v1/me/passkeys/options", expect: "*:200", ask: with(`{}`), has: "excludeCredentials"},
		{route: "POST /api/v1/me/passkeys", about: "without an offer", expect: "*:409/setup_ended", ask: with(`{"token":"x","name":"x","id":"x","clientDataJSON":"x","attestationObject":"x"}`)},
		{route: "PATCH /api/v1/me/passkeys/:id", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call {
			return call{path: "/me/passkeys/" + w.passkey(), body: `{"name":"x"}`}
		}, twin: send("/me/passkeys/none", `{"name":"x"}`), after: intact},
		{route: "POST /api/v1/me/passkeys/:id/removal", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call {
			return call{path: "/me/passkeys/" + w.passkey() + "/removal", body: `{}`}
		}, twin: send("/me/passkeys/none/removal", `{}`), after: intact},
		{route: "GET /api/v1/me/subscriptions", expect: "*:200", ask: at("/me/subscriptions"), has: "Máy-"},
		{route: "POST /api/v1/me/subscriptions", about: "a device of their own", expect: "*:201", ask: ownDevice},
		{route: "POST /api/v1/me/subscriptions", about: "by the cookie alone", expect: "*:201", ask: func(w *world, k *kind) call {
			return call{body: w.device("x"), header: map[string]string{"Cookie": "__Host-hocso=" + k.cookie, "X-Hocso": "1", "Origin": "https://hocso.test"}}
		}},
		{
			route: "POST /api/v1/me/subscriptions", about: "in place of the victim's", expect: "*:201", same: "learner admin",
			ask: replacing(func(w *world) string { return w.devices(w.victim)[0] }), twin: replacing(func(*world) string { return nowhere }), after: intact,
		},
		{route: "POST /api/v1/me/subscriptions/test", expect: "*:202", ask: at("/me/subscriptions/test")},
		{route: "DELETE /api/v1/me/subscriptions/:id", about: "of their own", expect: "*:204", ask: func(w *world, k *kind) call {
			if k.out {
				return call{path: "/me/subscriptions/" + nowhere}
			}
			w.ask(k.token, "POST", "/me/subscriptions", w.device("x")).want(w.t, 201, "", "")
			return call{path: "/me/subscriptions/" + w.newest(k)}
		}},
		{route: "DELETE /api/v1/me/subscriptions/:id", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call {
			return call{path: "/me/subscriptions/" + w.devices(w.victim)[0]}
		}, twin: at("/me/subscriptions/" + nowhere), after: intact},
		{route: "GET /api/v1/me/reminders", expect: "*:200", ask: at("/me/reminders")},
		{route: "POST /api/v1/me/reminders/:token/snooze", about: "of their own", expect: "*:200", ask: func(w *world, k *kind) call {
			return call{path: "/me/reminders/" + w.reminded(k.id) + "/snooze", body: `{"when":"tomorrow"}`}
		}},
		{route: "POST /api/v1/me/reminders/:token/snooze", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call {
			return call{path: "/me/reminders/" + w.reminded(w.victim.id) + "/snooze", body: `{"when":"tomorrow"}`}
		}, twin: send("/me/reminders/none/snooze", `{"when":"tomorrow"}`), after: intact},
		{route: "GET /api/v1/unsubscribe/:token", expect: "*:303 out:303", ask: at("/unsubscribe/x.y")},
		{route: "POST /api/v1/unsubscribe/:token", about: "made up", expect: "*:404 out:404", ask: func(w *world, _ *kind) call {
			return call{path: "/unsubscribe/" + string(w.victim.id) + ".AAAAAAAAAAAAAAAAAAAAAA"}
		}, twin: at("/unsubscribe/nobody.AAAAAAAAAAAAAAAAAAAAAA"), after: intact},
		{route: "GET /api/v1/me/drills", expect: "*:200", ask: at("/me/drills"), has: "monday-inbox"},
		{route: "GET /api/v1/me/surveys", expect: "*:200", ask: at("/me/surveys")},
		{route: "GET /api/v1/me/drills/:id", expect: "*:200", ask: at("/me/drills/monday-inbox")},
	}
}

func learningRows() []matrixRow {
	absent := fmt.Sprintf("%s:%s:1", quizCourse, nowhere)
	mine := func(_ *world, k *kind) string { return cmp.Or(string(k.enrolment), absent) }
	submit := func(of func(*world, *kind) string) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			body := w.submission(k, k.enrolment)
			body["enrolment"] = of(w, k)
			return call{path: "/attempts/" + uuid.NewString() + "/submission", body: body}
		}
	}
	start := func(of func(*world, *kind) string) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			return call{path: "/enrolments/" + of(w, k) + "/attempts", body: map[string]string{"quizId": w.quiz()}}
		}
	}
	read := func(w *world, k *kind) call {
		o := op(w.fresh(), "lesson.progress", map[string]any{"enrolment": mine(w, k), "lesson": w.lesson(), "card": 1, "seconds": 10})
		return call{body: map[string]any{"ops": []any{o}}}
	}
	rate := func(of func(*world, *kind) string) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			o := op(w.fresh(), "course.rate", map[string]any{"enrolment": of(w, k), "stars": 5})
			return call{body: map[string]any{"ops": []any{o}}}
		}
	}
	theirs := func(w *world, _ *kind) string { return string(w.victim.enrolment) }
	nobodys := func(*world, *kind) string { return absent }
	return []matrixRow{
		{route: "GET /api/v1/courses", expect: "*:200", ask: at("/courses"), has: string(quizCourse)},
		{route: "GET /api/v1/courses/:id", about: "published", expect: "*:200", ask: at("/courses/%s", quizCourse)},
		{route: "GET /api/v1/courses/:id", about: "a trainer's draft", expect: "*:404", ask: at("/courses/%s", draftOf), twin: at("/courses/none")},
		{route: "GET /api/v1/courses/:id/versions/:n", about: "published", expect: "*:200", ask: at("/courses/%s/versions/1", quizCourse)},
		{route: "GET /api/v1/courses/:id/versions/:n", about: "a trainer's draft", expect: "*:404", ask: at("/courses/%s/versions/1", draftOf), twin: at("/courses/none/versions/1")},
		{route: "POST /api/v1/enrolments", about: "published", expect: "*:200", ask: with(`{"courseId":"` + string(quizCourse) + `"}`)},
		{route: "POST /api/v1/enrolments", about: "a trainer's draft", expect: "*:404", ask: with(`{"courseId":"` + string(draftOf) + `"}`), twin: with(`{"courseId":"none"}`)},
		{route: "GET /api/v1/me/enrolments", expect: "*:200", ask: at("/me/enrolments"), has: string(quizCourse)},
		{route: "GET /api/v1/sync", expect: "*:200", ask: at("/sync"), has: string(quizCourse)},
		{route: "POST /api/v1/enrolments/:id/attempts", about: "of their own", expect: "*:200", ask: start(mine), has: "ticket"},
		{route: "POST /api/v1/enrolments/:id/attempts", about: "of the victim", expect: "*:404", ask: start(theirs), twin: start(nobodys)},
		{route: "POST /api/v1/attempts/:id/submission", about: "of the victim", expect: "*:404", ask: submit(theirs), twin: submit(nobodys)},
		{route: "POST /api/v1/attempts/:id/submission", about: "of their own", expect: "*:200", ask: submit(mine)},
		{route: "GET /api/v1/attempts/:id", about: "of their own", expect: "*:200", ask: func(_ *world, k *kind) call { return call{path: "/attempts/" + cmp.Or(k.attempt, nowhere)} }},
		{route: "GET /api/v1/attempts/:id", about: "of the victim", expect: "*:404", ask: func(w *world, _ *kind) call { return call{path: "/attempts/" + w.victim.attempt} }, twin: at("/attempts/" + nowhere)},
		{route: "POST /api/v1/ops", about: "on their own enrolment", expect: "*:200", ask: read, has: `"applied"`},
		{route: "POST /api/v1/ops", about: "on the victim's enrolment", expect: "*:200", ask: rate(theirs), twin: rate(nobodys), same: "learner trainer headB headTop admin adminB auditor security", has: `"rejected"`},
	}
}

func campaignRows() []matrixRow {
	of := func(key, rest string) func(*world, *kind) call {
		return func(w *world, _ *kind) call { return call{path: "/campaigns/" + string(w.campaigns[key]) + rest} }
	}
	draft := func(units string) func(*world, *kind) call {
		return with(`{"name":{"vi":"Mới","en":"New"},"audience":{"units":[` + units + `]},"items":[{"kind":"course","id":"phishing","required":true}],"dueOn":"` + dues + `"}`)
	}
	count := func(units string) func(*world, *kind) call { return with(`{"audience":{"units":[` + units + `]}}`) }
	rows := []matrixRow{
		{route: "GET /api/v1/campaigns", expect: managers, ask: at("/campaigns"), has: "chien-dich"},
		{route: "POST /api/v1/campaigns", about: "for A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: draft(`"a9"`), twin: draft(`"none"`)},
		{route: "POST /api/v1/campaigns", about: "for everybody", expect: "admin:201 adminA:201 adminB:201 *:403", ask: draft("")}, // to submit it takes more
		{route: "POST /api/v1/campaigns/audience", about: "A", expect: "admin:200 adminA:200 adminB:422 *:403", ask: count(`"a"`), twin: count(`"none"`)},
		{route: "POST /api/v1/campaigns/audience", about: "everybody", expect: "admin:200 adminA:422 adminB:422 *:403", ask: count("")},
	}
	overlaps := func(units string) func(*world, *kind) call {
		return with(`{"name":{"vi":"Mới"},"audience":{"units":[` + units + `]},"dueOn":"` + dues + `"}`)
	}
	rows = append(rows,
		matrixRow{route: "POST /api/v1/campaigns/overlaps", about: "for A", expect: "admin:200 adminA:200 adminB:422 *:403", ask: overlaps(`"a"`), twin: overlaps(`"none"`)},
		matrixRow{route: "GET /api/v1/campaigns/calendar", expect: managers, ask: at("/campaigns/calendar"), has: "items"},
		matrixRow{route: "POST /api/v1/campaigns/:id/copy", about: "for a", expect: inA("201"), ask: of("a", "/copy"), twin: at("/campaigns/%s/copy", nowhere)},
	)
	// Somebody works in a9, or there would be nobody to assign anything to.
	rows[1].ask = func(w *world, k *kind) call {
		if w.person["xa9"] == "" {
			w.person["xa9"] = w.someone("xa9", "a9")
		}
		return draft(`"a9"`)(w, k)
	}
	for _, rest := range []string{"", "/stats", "/measures", "/deliveries"} {
		for key, expect := range map[string]string{"a": inA("200"), "b": inB("200"), "all": ofAll("200")} {
			rows = append(rows, matrixRow{route: "GET /api/v1/campaigns/:id" + rest, about: "for " + key, expect: expect, ask: of(key, rest), twin: at("/campaigns/%s%s", nowhere, rest)})
		}
	}
	for about, change := range map[string]func(w *world, unit ...people.UnitID) call{
		"PUT /api/v1/campaigns/:id": func(w *world, unit ...people.UnitID) call {
			return call{path: "/campaigns/" + string(w.draftCampaign("Nháp-"+w.freshName(), unit...)) + "?version=1", body: `{"name":{"vi":"Mới"},"audience":{"units":["a9"]}}`}
		},
		"DELETE /api/v1/campaigns/:id": func(w *world, unit ...people.UnitID) call {
			return call{path: "/campaigns/" + string(w.draftCampaign("Nháp-"+w.freshName(), unit...))}
		},
	} {
		ok, body := "200", any(`{"name":{"vi":"Mới"},"audience":{"units":["a9"]}}`)
		if strings.HasPrefix(about, "DELETE") {
			ok, body = "204", nil
		}
		rows = append(rows, matrixRow{
			route: about, about: "of a draft for a9", expect: inA(ok),
			ask:  func(w *world, _ *kind) call { return change(w, "a9") },
			twin: func(*world, *kind) call { return call{path: "/campaigns/" + nowhere + "?version=1", body: body} },
		})
	}
	// What leads to the state from which each verb is possible.
	before := map[campaign.Verb][]campaign.Verb{
		campaign.Return: {campaign.Submit}, campaign.Approve: {campaign.Submit}, campaign.Schedule: {campaign.Submit, campaign.Approve},
		campaign.Pause: nil, campaign.Resume: {campaign.Pause}, campaign.Close: nil, campaign.Cancel: nil, campaign.Archive: {campaign.Close},
	}
	planned := []campaign.Verb{campaign.Submit, campaign.Return, campaign.Approve, campaign.Schedule}
	for _, v := range campaign.Verbs() {
		for unit, expect := range map[people.UnitID]string{"a9": inA("200"), "b": inB("200"), "": ofAll("200")} {
			if unit != "a9" && (slices.Contains(planned, v) || v == campaign.Archive) {
				continue // they are found in the same way
			}
			said := func(hash string) any {
				switch v {
				case campaign.Return:
					return `{"why":"xem lại"}`
				case campaign.Approve:
					return `{"hash":"` + hash + `"}`
				}
				return nil
			}
			rows = append(rows, matrixRow{
				route: "POST /api/v1/campaigns/:id/" + string(v), about: "for " + string(unit), expect: expect,
				ask: func(w *world, _ *kind) call {
					var units []people.UnitID
					if unit != "" {
						units = append(units, unit)
					}
					if w.person["xa9"] == "" {
						w.person["xa9"] = w.someone("xa9", "a9")
					}
					name := "Khác-" + w.freshName()
					var id campaign.ID
					if slices.Contains(planned, v) {
						id = w.draftCampaign(name, units...)
					} else {
						id = w.campaign(name, units...)
					}
					c := bring(w.t, w.Campaigns, id, before[v]...)
					return call{path: "/campaigns/" + string(id) + "/" + string(v), body: said(c.Hash)}
				},
				twin: func(*world, *kind) call {
					return call{path: "/campaigns/" + nowhere + "/" + string(v), body: said("x")}
				},
			})
		}
	}
	return rows
}

func trackingRows() (rows []matrixRow) {
	rows = append(rows, matrixRow{route: "GET /api/v1/tracking/drills", expect: "admin:200 auditor:200 headTop:403 *:403", ask: at("/tracking/drills")})
	// A cursor is no question about where the name of somebody else stands.
	for what, format := range map[string]string{"matrix": "%s", "overdue": "0 %s phishing"} {
		path := "/tracking/" + what + "?cursor="
		cursor := func(id people.ID) call {
			return call{path: path + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, format, id))}
		}
		rows = append(rows, matrixRow{
			route: "GET /api/v1/tracking/" + what, about: "behind a person of B", same: blindToB,
			expect: "adminA:400 auditorA:400 headA:400 admin:200 adminB:200 auditor:200 headB:200 headTop:200 *:403",
			ask:    func(w *world, _ *kind) call { return cursor(w.person["xb"]) },
			twin:   func(*world, *kind) call { return cursor(nowhere) },
		})
	}
	sign := send("/units/a/signoffs", `{"month":"2026-02","comment":"Tốt"}`)
	rows = append(
		rows,
		matrixRow{route: "GET /api/v1/units/:id/signoffs", about: "of A", expect: trackA, ask: at("/units/a/signoffs"), twin: at("/units/none/signoffs")},
		matrixRow{
			route: "POST /api/v1/units/:id/signoffs", about: "of A", expect: "headA:201 adminB:404 headB:404 admin:403/not_accountable adminA:403/not_accountable auditor:403/not_accountable auditorA:403/not_accountable headTop:403/not_accountable *:403",
			ask: sign, twin: send("/units/none/signoffs", `{"month":"2026-02","comment":"Tốt"}`),
		},
		matrixRow{route: "GET /api/v1/units/:id/campaigns", about: "of A", expect: trackA, ask: at("/units/a/campaigns"), twin: at("/units/none/campaigns")},
		matrixRow{
			route: "POST /api/v1/units/:id/campaigns/:campaign/remind", about: "of A", expect: "headA:202 adminB:404 headB:404 admin:403/not_accountable adminA:403/not_accountable auditor:403/not_accountable auditorA:403/not_accountable headTop:403/not_accountable *:403",
			ask: func(w *world, _ *kind) call {
				return call{path: "/units/a/campaigns/" + string(w.campaigns["a"]) + "/remind"}
			}, twin: at("/units/none/campaigns/none/remind"),
		},
		matrixRow{
			route: "POST /api/v1/units/:id/campaigns/:campaign/thank", about: "of A", expect: "headA:409/target_not_reached adminB:404 headB:404 admin:403/not_accountable adminA:403/not_accountable auditor:403/not_accountable auditorA:403/not_accountable headTop:403/not_accountable *:403",
			ask: func(w *world, _ *kind) call {
				return call{path: "/units/a/campaigns/" + string(w.campaigns["a"]) + "/thank", body: `{"text":{"vi":"Cảm ơn","en":"Thanks"}}`}
			}, twin: send("/units/none/campaigns/none/thank", `{"text":{"vi":"Cảm ơn","en":"Thanks"}}`),
		},
		matrixRow{route: "GET /api/v1/signoffs", expect: trackers, ask: at("/signoffs?month=2026-02")},
	)
	for _, what := range []string{"overview", "units", "matrix", "overdue", "export.csv"} {
		route, path := "GET /api/v1/tracking/"+what, "/tracking/"+what
		rows = append(
			rows,
			matrixRow{route: route, about: "all that is theirs", expect: trackers, ask: at("%s", path)},
			matrixRow{route: route, about: "A", expect: trackA, ask: at("%s?unit=a", path), twin: at("%s?unit=none", path)},
			matrixRow{route: route, about: "a campaign of B", expect: trackers, same: blindToB, ask: func(w *world, _ *kind) call {
				return call{path: path + "?campaign=" + string(w.campaigns["b"])}
			}, twin: at("%s?campaign=%s", path, nowhere)},
		)
	}
	return rows
}
