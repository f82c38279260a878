package httpapi

import (
	"context"
	"fmt"
	"strings"

	"hocso/internal/course"
	"hocso/internal/letter"
	"hocso/internal/people"
)

func peopleRows() []matrixRow {
	about := func(name, rest, body string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			c := call{path: "/people/" + string(w.person[name]) + rest}
			if body != "" {
				c.body = body
			}
			return c
		}
	}
	nobody := func(rest, body string) func(*world, *kind) call {
		return func(*world, *kind) call {
			c := call{path: "/people/" + nowhere + rest}
			if body != "" {
				c.body = body
			}
			return c
		}
	}
	// first does something before each request, so that every actor finds the same.
	first := func(do func(*world), ask func(*world, *kind) call) func(*world, *kind) call {
		return func(w *world, k *kind) call {
			do(w)
			return ask(w, k)
		}
	}
	opened := func(name string) func(*world) {
		return func(w *world) {
			_, err := w.People.Enable(context.Background(), people.Console(), w.person[name])
			w.must(err)
		}
	}
	shut := func(name string) func(*world) {
		return func(w *world) {
			_, err := w.People.Disable(context.Background(), people.Console(), w.person[name])
			w.must(err)
		}
	}
	// returned is about somebody whose mail came back.
	returned := func(name string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			w.must(w.db.Letters().InsertBounce(context.Background(), letter.Bounce{ID: letter.AddressKey(address(name)), Person: w.person[name], At: w.clock.Now()}))
			return call{path: "/people/" + string(w.person[name]) + "/mail/retry"}
		}
	}
	home := func(w *world) { w.move("xa", "a1") }
	plain := func(w *world) {
		_, err := w.People.Change(context.Background(), people.Console(), w.person["xa"], people.Change{Grants: &[]people.Grant{}})
		w.must(err)
	}
	staying := func(name string) func(*world) {
		return func(w *world) {
			none := ""
			_, err := w.People.Change(context.Background(), people.Console(), w.person[name], people.Change{LeftOn: &none})
			w.must(err)
		}
	}
	newcomer := func(unit string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			return call{body: fmt.Sprintf(`{"name":"Mới","email":"%s@bo.vn","unit":"%s"}`, w.freshName(), unit)}
		}
	}
	table := func(name string) func(*world, *kind) call {
		return send("/people/import?dryRun=false", `{"csv":"email,joined\n`+address(name)+`,2020-01-01\n"}`)
	}
	tell := func(rows string) func(*world, *kind) call {
		return send("/people/import?dryRun=true", `{"csv":"email,name,unit,unit name,parent unit,head\n`+rows+`\n"}`)
	}
	// signedIn is a newcomer of unit with a sign-in; rest is what is asked about it.
	signedIn := func(unit people.UnitID, rest func(session string) string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			email := w.freshName() + "@bo.vn"
			p := w.add("Mới", email, unit)
			token, _ := w.in(email)
			return call{path: "/people/" + string(p.ID) + rest(w.actor(&kind{token: token}).Session)}
		}
	}
	all := func(string) string { return "/sessions" }
	one := func(session string) string { return "/sessions/" + session }
	factors := func(string) string { return "/factors" }
	const above = "admin:200 adminA:403/above_your_scope adminB:404 *:403"
	return []matrixRow{
		{route: "GET /api/v1/people", about: "all that is theirs", expect: managers, ask: at("/people"), has: "Dấu-"},
		{route: "GET /api/v1/people", about: "in A", expect: inA("200"), ask: at("/people?unit=a"), twin: at("/people?unit=none"), has: mark("xa")},
		{route: "GET /api/v1/people/export.csv", about: "all that is theirs", expect: managers, ask: at("/people/export.csv"), has: "Dấu-"},
		{route: "GET /api/v1/people/export.csv", about: "of A", expect: inA("200"), ask: at("/people/export.csv?unit=a"), twin: at("/people/export.csv?unit=none"), has: mark("xa")},
		{route: "GET /api/v1/people/export.xlsx", about: "all that is theirs", expect: managers, ask: at("/people/export.xlsx")},
		{route: "GET /api/v1/people/export.xlsx", about: "of A", expect: inA("200"), ask: at("/people/export.xlsx?unit=a"), twin: at("/people/export.xlsx?unit=none")},
		{route: "GET /api/v1/people", about: "in B by name", expect: managers, ask: at("/people?q=xb"), twin: at("/people?q=zzzzz"), same: "adminA"},
		{route: "POST /api/v1/people", about: "in A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: newcomer("a1"), twin: newcomer("none")},
		{route: "POST /api/v1/people", about: "with an address in use", expect: "admin:409 adminA:409 adminB:422 *:403", ask: with(`{"name":"Mới","email":"x.xb@dau.bo.vn","unit":"a1"}`)},
		{route: "POST /api/v1/people/import", about: "a person of A", expect: managers, ask: table("xa")},
		{route: "POST /api/v1/people/import", about: "a person of B", expect: managers, ask: table("xb")},
		{route: "POST /api/v1/people/import", about: "the unit B without anything", expect: managers, ask: tell(",,b,,,"), twin: tell(",,none,,,"), same: "adminA"},
		{route: "POST /api/v1/people/import", about: "somebody new in B", expect: managers, ask: tell("moi@bo.vn,Mới,b,,,"), twin: tell("moi@bo.vn,Mới,none,,,"), same: "adminA"},
		{route: "POST /api/v1/people/import", about: "a new unit below B", expect: managers, ask: tell(",,moi,Mới,b,"), twin: tell(",,moi,Mới,none,"), same: "adminA"},
		{route: "POST /api/v1/people/import", about: "the unit B moved into A", expect: managers, ask: tell(",,b,,a,"), twin: tell(",,none,,a,"), same: "adminA"},
		{route: "POST /api/v1/people/import", about: "A moved below B", expect: managers, ask: tell(",,a9,,b,"), twin: tell(",,a9,,none,"), same: "adminA"},
		{route: "POST /api/v1/people/import", about: "people of B as heads", expect: managers, ask: tell(address("xb") + ",,,,,x\\n" + address("moved") + ",,,,,x"), twin: tell(address("xb") + ",,,,,\\n" + address("moved") + ",,,,,"), same: "adminA"},
		{route: "GET /api/v1/people/invitations", about: "all that is theirs", expect: managers, ask: at("/people/invitations")},
		{route: "GET /api/v1/people/invitations", about: "of A", expect: inA("200"), ask: at("/people/invitations?unit=a"), twin: at("/people/invitations?unit=none")},
		{route: "POST /api/v1/people/invitations", about: "of A", expect: inA("200"), ask: send("/people/invitations", `{"unit":"a","below":true}`), twin: send("/people/invitations", `{"unit":"none","below":true}`)},
		{route: "GET /api/v1/people/:id", about: "of A", expect: inA("200"), ask: about("xa", "", ""), twin: nobody("", ""), has: mark("xa")},
		{route: "GET /api/v1/people/:id", about: "of B", expect: inB("200"), ask: about("xb", "", ""), twin: nobody("", "")},
		{route: "GET /api/v1/people/:id", about: "who moved from A to B", expect: inB("200"), ask: about("moved", "", ""), twin: nobody("", "")},
		{route: "PATCH /api/v1/people/:id", about: "of A", expect: inA("200"), ask: about("xa", "", `{"joinedOn":"2020-01-01"}`), twin: nobody("", `{"joinedOn":"2020-01-01"}`)},
		{route: "PATCH /api/v1/people/:id", about: "of B", expect: inB("200"), ask: about("xb", "", `{"joinedOn":"2020-01-01"}`), twin: nobody("", `{"joinedOn":"2020-01-01"}`)},
		{route: "PATCH /api/v1/people/:id", about: "to another unit", expect: "admin:200 adminA:422 adminB:404 *:403", ask: first(home, about("xa", "", `{"unit":"b"}`)), twin: func(w *world, k *kind) call {
			if k.name == "adminA" {
				return about("xa", "", `{"unit":"none"}`)(w, k)
			}
			return nobody("", `{"unit":"b"}`)(w, k)
		}},
		{route: "PATCH /api/v1/people/:id", about: "a role in B", expect: "admin:200 adminA:422 adminB:404 *:403", ask: first(plain, first(home, about("xa", "", `{"grants":[{"role":"trainer","unit":"b"}]}`))), twin: func(w *world, k *kind) call {
			if k.name == "adminA" {
				return about("xa", "", `{"grants":[{"role":"trainer","unit":"none"}]}`)(w, k)
			}
			return nobody("", `{"grants":[]}`)(w, k)
		}},
		{route: "PATCH /api/v1/people/:id", about: "the address of one with roles above", expect: above, ask: func(w *world, k *kind) call {
			return about("chief", "", `{"email":"`+w.freshName()+`@bo.vn"}`)(w, k)
		}, twin: nobody("", `{"email":"x@bo.vn"}`)},
		{route: "PATCH /api/v1/people/:id", about: "the last day of one with roles above", expect: above, ask: first(staying("chief"), about("chief", "", `{"leftOn":"2026-02-01"}`)), twin: nobody("", `{"leftOn":"2026-02-01"}`)},
		{route: "PATCH /api/v1/people/:id", about: "the account of one with roles above", expect: above, ask: first(staying("chief"), first(opened("chief"), about("chief", "", `{"status":"closed"}`))), twin: nobody("", `{"status":"closed"}`)},
		{route: "POST /api/v1/people/:id/enable", about: "one with roles above", expect: above, ask: first(shut("chief"), about("chief", "/enable", "")), twin: nobody("/enable", "")},
		{route: "GET /api/v1/people/:id/identities", about: "one with roles above", expect: above, ask: about("chief", "/identities", ""), twin: nobody("/identities", "")},
		{route: "GET /api/v1/people/:id/identities", about: "of A", expect: inA("200"), ask: linked("xa", about("xa", "/identities", "")), twin: nobody("/identities", ""), has: `"vi":"https://sso.dau"`},
		{route: "GET /api/v1/people/:id/identities", about: "of B", expect: inB("200"), ask: about("xb", "/identities", ""), twin: nobody("/identities", "")},
		{route: "DELETE /api/v1/people/:id/identities/:identity", about: "one with roles above", expect: strings.Replace(above, "200", "204", 1), ask: linked("chief", about("chief", "/identities/"+linkOf(sso), "")), twin: nobody("/identities/x", "")},
		{route: "DELETE /api/v1/people/:id/identities/:identity", about: "of A", expect: inA("204"), ask: linked("xa", about("xa", "/identities/"+linkOf(sso), "")), twin: nobody("/identities/x", "")},
		{route: "DELETE /api/v1/people/:id/identities/:identity", about: "of B", expect: inB("204"), ask: linked("xb", about("xb", "/identities/"+linkOf(sso), "")), twin: nobody("/identities/x", "")},
		{route: "GET /api/v1/people/:id/sessions", about: "one with roles above", expect: above, ask: about("chief", "/sessions", ""), twin: nobody("/sessions", "")},
		{route: "GET /api/v1/people/:id/sessions", about: "of A", expect: inA("200"), ask: signedIn("a9", all), twin: nobody("/sessions", ""), has: `"device":"test"`},
		{route: "GET /api/v1/people/:id/sessions", about: "of B", expect: inB("200"), ask: signedIn("b", all), twin: nobody("/sessions", ""), has: `"device":"test"`},
		{route: "DELETE /api/v1/people/:id/sessions", about: "one with roles above", expect: strings.Replace(above, "200", "204", 1), ask: about("chief", "/sessions", ""), twin: nobody("/sessions", "")},
		{route: "DELETE /api/v1/people/:id/sessions", about: "of A", expect: inA("204"), ask: signedIn("a9", all), twin: nobody("/sessions", "")},
		{route: "DELETE /api/v1/people/:id/sessions", about: "of B", expect: inB("204"), ask: signedIn("b", all), twin: nobody("/sessions", "")},
		{route: "DELETE /api/v1/people/:id/sessions/:session", about: "of A", expect: inA("204"), ask: signedIn("a9", one), twin: nobody("/sessions/x", "")},
		{route: "DELETE /api/v1/people/:id/sessions/:session", about: "of B", expect: inB("204"), ask: signedIn("b", one), twin: nobody("/sessions/x", "")},
		{route: "DELETE /api/v1/people/:id/sessions/:session", about: "the victim's in the name of another", expect: "admin:404 adminA:404 adminB:404 *:403", ask: func(w *world, k *kind) call {
			return about("xb", "/sessions/"+w.actor(w.victim).Session, "")(w, k)
		}, twin: func(w *world, k *kind) call {
			if k.name == "adminA" {
				return nobody("/sessions/x", "")(w, k)
			}
			return about("xb", "/sessions/"+nowhere, "")(w, k)
		}},
		{route: "DELETE /api/v1/people/:id/factors", about: "one with roles above", expect: strings.Replace(above, "200", "204", 1), ask: about("chief", "/factors", ""), twin: nobody("/factors", "")},
		{route: "DELETE /api/v1/people/:id/factors", about: "of A", expect: inA("204"), ask: signedIn("a9", factors), twin: nobody("/factors", "")},
		{route: "DELETE /api/v1/people/:id/factors", about: "of B", expect: inB("204"), ask: signedIn("b", factors), twin: nobody("/factors", "")},
		{route: "POST /api/v1/people/:id/disable", about: "one with roles above", expect: above, ask: first(opened("chief"), about("chief", "/disable", "")), twin: nobody("/disable", "")},
		{route: "POST /api/v1/people/:id/invite/mail", about: "one with roles above", expect: strings.Replace(above, "200", "202", 1), ask: first(opened("chief"), about("chief", "/invite/mail", "")), twin: nobody("/invite/mail", "")},
		{route: "POST /api/v1/people/:id/invite/mail", about: "of A", expect: inA("202"), ask: first(plain, first(home, about("xa", "/invite/mail", ""))), twin: nobody("/invite/mail", "")},
		{route: "POST /api/v1/people/:id/invite/mail", about: "of B", expect: inB("202"), ask: about("xb", "/invite/mail", ""), twin: nobody("/invite/mail", "")},
		{route: "POST /api/v1/people/:id/invite", about: "one with roles above", expect: above, ask: first(opened("chief"), about("chief", "/invite", "")), twin: nobody("/invite", "")},
		{route: "POST /api/v1/people/:id/mail/retry", about: "of A", expect: inA("204"), ask: first(home, returned("xa")), twin: nobody("/mail/retry", "")},
		{route: "POST /api/v1/people/:id/mail/retry", about: "of B", expect: inB("204"), ask: returned("xb"), twin: nobody("/mail/retry", "")},
		{route: "POST /api/v1/people/:id/invite", about: "of A", expect: inA("200"), ask: first(plain, first(home, about("xa", "/invite", ""))), twin: nobody("/invite", "")},
		{route: "POST /api/v1/people/:id/invite", about: "of B", expect: inB("200"), ask: about("xb", "/invite", ""), twin: nobody("/invite", "")},
		{route: "POST /api/v1/people/:id/disable", about: "of A", expect: inA("200"), ask: first(opened("xa"), about("xa", "/disable", "")), twin: nobody("/disable", "")},
		{route: "POST /api/v1/people/:id/disable", about: "of B", expect: inB("200"), ask: first(opened("xb"), about("xb", "/disable", "")), twin: nobody("/disable", "")},
		{route: "POST /api/v1/people/:id/enable", about: "of A", expect: inA("200"), ask: first(shut("xa"), about("xa", "/enable", "")), twin: nobody("/enable", "")},
		{route: "POST /api/v1/people/:id/enable", about: "of B", expect: inB("200"), ask: first(shut("xb"), about("xb", "/enable", "")), twin: nobody("/enable", "")},
	}
}

func unitRows() []matrixRow {
	removing := func(parent people.UnitID) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			u := people.UnitID(w.freshName())
			w.unit(u, parent)
			return call{path: "/units/" + string(u)}
		}
	}
	heads := func(person string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			w.lead("a9")
			id, ok := w.person[person]
			if !ok {
				id = nowhere
			} else if _, err := w.People.Enable(context.Background(), people.Console(), id); err != nil {
				w.t.Fatal(err)
			}
			return call{path: "/units/a9/heads", body: `{"heads":[{"person":"` + string(id) + `","from":"2026-01-01"}]}`}
		}
	}
	moving := func(unit, parent string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			home := people.UnitID("a")
			_, err := w.People.ChangeUnit(context.Background(), people.Console(), "a9", nil, &home)
			w.must(err)
			return call{path: "/units/" + unit, body: `{"parent":"` + parent + `"}`}
		}
	}
	below := func(parent string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			return call{body: fmt.Sprintf(`{"id":"%s","name":{"vi":"Mới"},"parent":"%s"}`, w.freshName(), parent)}
		}
	}
	return []matrixRow{
		{route: "GET /api/v1/units", expect: trackers, ask: at("/units"), has: `"heads"`},
		{route: "POST /api/v1/units", about: "below A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: below("a9"), twin: below("none")},
		{route: "POST /api/v1/units", about: "at the top", expect: "admin:201 adminA:422 adminB:422 *:403", ask: below("")},
		{route: "PATCH /api/v1/units/:id", about: "of A", expect: inA("200"), ask: send("/units/a9", `{"name":{"vi":"Chín"}}`), twin: send("/units/none", `{"name":{"vi":"Chín"}}`)},
		{route: "PATCH /api/v1/units/:id", about: "of B", expect: inB("200"), ask: send("/units/b", `{"name":{"vi":"Đơn vị b","en":"Unit b"}}`), twin: send("/units/none", `{"name":{"vi":"Đơn vị b","en":"Unit b"}}`)},
		{route: "PATCH /api/v1/units/:id", about: "from A to B", expect: "admin:200 adminA:422 adminB:404 *:403", ask: moving("a9", "b"), twin: func(w *world, k *kind) call {
			if k.name == "adminA" {
				return moving("a9", "none")(w, k)
			}
			return moving("none", "b")(w, k)
		}},
		{route: "PUT /api/v1/units/:id/heads", about: "of A, a person of A", expect: inA("200"), ask: func(w *world, k *kind) call {
			moving("a9", "a")(w, k) // back to where it was
			w.move("xa", "a1")
			return heads("xa")(w, k)
		}, twin: send("/units/none/heads", `{"heads":[]}`)},
		{route: "DELETE /api/v1/units/:id", about: "of A", expect: inA("204"), ask: removing("a"), twin: at("/units/none")},
		{route: "DELETE /api/v1/units/:id", about: "of B", expect: inB("204"), ask: removing("b"), twin: at("/units/none")},
		{route: "PUT /api/v1/units/:id/heads", about: "of A, a person of B", expect: "admin:200 adminA:422 adminB:404 *:403", ask: heads("xb"), twin: func(w *world, k *kind) call {
			if k.name == "adminA" {
				return heads("nobody")(w, k)
			}
			return call{path: "/units/none/heads", body: `{"heads":[]}`}
		}},
	}
}

func authoringRows() (rows []matrixRow) {
	const v = "/authoring/courses"
	version := func(w *world, id course.ID) course.Course {
		c, err := w.db.Courses().Course(context.Background(), id)
		w.must(err)
		return c
	}
	rows = []matrixRow{
		{route: "GET /api/v1/authoring/courses", expect: "trainer:200 otherTrainer:200 trainerA:200 *:403", ask: at(v)},
		{route: "POST /api/v1/authoring/courses", expect: "trainer:201 otherTrainer:201 trainerA:201 *:403", ask: func(w *world, _ *kind) call {
			return call{body: `{"id":"` + w.freshName() + `","title":{"vi":"Mới","en":"New"}}`}
		}},
	}
	for _, c := range []struct {
		about    string
		id       course.ID
		trainers string // %s: what happens where it is allowed
		publish  string
	}{
		{"of a trainer", draftOf, "trainer:%s otherTrainer:404 trainerA:404 *:403", "422/draft_incomplete"},
		{"of the trainer of A", draftOfA, "trainer:404 otherTrainer:404 trainerA:%s *:403", "422/draft_incomplete"},
		{"that came with the program", quizCourse, "trainer:%s otherTrainer:%s trainerA:404 *:403", "409/nothing_changed"},
	} {
		expect := func(ok string) string { return strings.ReplaceAll(c.trainers, "%s", ok) }
		add := func(method, rest, ok string, body func(w *world) any) {
			ask := func(id course.ID) func(*world, *kind) call {
				return func(w *world, _ *kind) call {
					out := call{path: v + "/" + string(id) + rest}
					if body != nil {
						out.body = body(w)
					}
					return out
				}
			}
			rows = append(rows, matrixRow{
				route: method + " /api/v1" + v + "/:id" + rest, about: c.about, expect: expect(ok), ask: ask(c.id), twin: ask("none"),
			})
		}
		add("GET", "/draft", "200", nil)
		add("PUT", "/draft", "200", func(w *world) any {
			x := version(w, c.id)
			return map[string]any{"version": x.Version, "draft": x.Draft}
		})
		add("POST", "/validate", "200", nil)
		add("POST", "/preview", "200", func(*world) any {
			return map[string]any{"lesson": course.Lesson{ID: "x", Minutes: 1, Body: course.Text{Vi: "A", En: "B"}}}
		})
		add("POST", "/publish", c.publish, func(w *world) any {
			return map[string]any{"version": version(w, c.id).Version, "class": "material"}
		})
		add("GET", "/versions", "200", nil)
	}
	return rows
}
