package learning

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/drill"
)

func TestSplitOps(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
		code string
	}{
		{`{"ops":[]}`, 0, ""},
		{` { "ops" : [ {"id":1}, 2, "x" ] } `, 3, ""},
		{`{"ops":[{"a":1,"a":2}]}`, 1, ""},
		{`{"ops":[{"a":"\ud800"}]}`, 1, ""},
		{`{"ops":[` + strings.Repeat(`{},`, MaxOps-1) + `{}]}`, MaxOps, ""},
		{`{"ops":[` + strings.Repeat(`{},`, MaxOps) + `{}]}`, 0, "too_many_ops"},
		{``, 0, "malformed_body"},
		{`[]`, 0, "malformed_body"},
		{`{}`, 0, "malformed_body"},
		{`{"op":[]}`, 0, "malformed_body"},
		{`{"ops":{}}`, 0, "malformed_body"},
		{`{"ops":[]`, 0, "malformed_body"},
		{`{"ops":[],"x":1}`, 0, "malformed_body"},
		{`{"ops":[],"ops":[]}`, 0, "malformed_body"},
		{`{"ops":[]} {}`, 0, "malformed_body"},
		{`{"ops":[}`, 0, "malformed_body"},
		{`{"OPS":[]}`, 0, "malformed_body"},
		{`{"ops":null}`, 0, "malformed_body"},
		{`{"ops":[` + strings.Repeat("[", 20000), 0, "malformed_body"},
	} {
		got, err := SplitOps([]byte(tt.in))
		if len(got) != tt.want || code(err) != tt.code {
			t.Errorf("SplitOps(%.60q) = %d ops, %q; want %d, %q", tt.in, len(got), code(err), tt.want, tt.code)
		}
	}
}

func TestDecodeOp(t *testing.T) {
	head := fmt.Sprintf(`"id":%q,%s`, id(1), at)
	answer := func(chosen string) string {
		return `{` + head + `,"kind":"attempt.submit","attempt":"` + id(2) + `","enrolment":"e","quiz":"check","ticket":"t",` +
			`"startedAt":"2026-03-04T05:00:00Z","finishedAt":"2026-03-04T05:00:00Z","answers":[{"question":"q","chosen":` + chosen + `}]}`
	}
	for _, tt := range []struct{ in, want string }{
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"one","seconds":3}`, ""},
		{`{` + head + `,"kind":"lesson.progress","enrolment":"e","lesson":"one","card":1,"seconds":3}`, ""},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":5,"comment":"Hay!"}`, ""},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":5}`, ""},
		{`{` + head + `,"kind":"drill.view","drill":"inbox","n":1}`, ""},
		{`{` + head + `,"kind":"drill.done","drill":"inbox","n":1}`, ""},
		{`{` + head + `,"kind":"drill.answer","drill":"inbox","n":1,"item":"a","choice":"keep"}`, ""},
		{`{` + head + `,"kind":"reminder.opened","delivery":"c:p:s:push"}`, ""},
		{`{` + head + `,"kind":"announcement.read","announcement":"n"}`, ""},
		{`{` + head + `,"kind":"announcement.read"}`, Malformed},
		{`{` + head + `,"kind":"announcement.read","announcement":"` + strings.Repeat("n", 65) + `"}`, Malformed},
		{`{` + head + `,"kind":"announcement.read","announcement":"n","person":"other"}`, UnknownField},
		{answer(`["a"]`), ""},
		{answer(`[]`), ""},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"one","seconds":3,"score":1}`, UnknownField},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"one","seconds":3,"card":1}`, UnknownField},
		{`{` + head + `,"kind":"drill.view","drill":"inbox","n":1,"password":"x"}`, UnknownField},
		{`{` + head + `,"kind":"drill.answer","drill":"inbox","n":1,"item":"a","choice":"my password is x"}`, Malformed},
		{`{` + head + `,"kind":"drill.answer","drill":"inbox","n":1,"item":"hunter2!","choice":"keep"}`, Malformed},
		{`{` + head + `,"kind":"drill.view","drill":"inbox","n":0}`, Malformed},
		{`{` + head + `,"kind":"exam.start"}`, UnknownKind},
		{`{` + head + `}`, UnknownKind},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"one","seconds":"3"}`, Malformed},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"one","seconds":-1}`, Malformed},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","lesson":"One.$x","seconds":1}`, Malformed},
		{`{` + head + `,"kind":"lesson.done","lesson":"one","seconds":1}`, Malformed},
		{`{` + head + `,"kind":"lesson.done","Enrolment":"e","lesson":"one","seconds":1}`, UnknownField},
		{`{` + head + `,"kind":"lesson.done","enrolment":"e","enrolment":"f","lesson":"one","seconds":1}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":6}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":0}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":4.5}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":5,"comment":"` + strings.Repeat("a", 501) + `"}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":5,"comment":"\ud800"}`, Malformed},
		{`{` + head + `,"kind":"course.rate","enrolment":"e","stars":5,"comment":"a\u0000b"}`, Malformed},
		{answer(`["a","b","c","d","e","f","g","h","i","j","k","l","m"]`), Malformed},
		{answer(`["` + strings.Repeat("a", 131) + `"]`), Malformed},
		{answer(`[""]`), Malformed},
		{answer(`"a"`), Malformed},
		{answer(`[1]`), Malformed},
		{strings.Replace(answer(`["a"]`), id(2), "not-a-uuid", 1), Malformed},
		{`{"id":"x","kind":"lesson.done",` + at + `,"enrolment":"e","lesson":"one","seconds":3}`, Malformed},
		{`{"id":"` + strings.ToUpper(id(10)) + `A","kind":"lesson.done",` + at + `}`, Malformed},
		{`{"id":"` + id(1) + `","kind":"lesson.done","enrolment":"e","lesson":"one","seconds":3}`, Malformed},
		{`{"id":"` + id(1) + `","kind":"lesson.done","at":"yesterday","enrolment":"e","lesson":"one","seconds":3}`, Malformed},
		{`{"id":{"$gt":""},"kind":"lesson.done",` + at + `}`, Malformed},
		{`"x"`, Malformed},
		{`null`, Malformed},
		{`[]`, Malformed},
	} {
		o, got := decodeOp(jsontext.Value(tt.in))
		if got != tt.want {
			t.Errorf("decodeOp(%s) = %q, want %q", tt.in, got, tt.want)
		}
		if tt.want == "" && len(o.payload) == 0 {
			t.Errorf("decodeOp(%s): no payload to hash", tt.in)
		}
	}
}

// The id comes back also from an op that is broken, so that the phone can park it.
func TestBrokenOpKeepsItsID(t *testing.T) {
	for _, in := range []string{
		`{"id":"` + id(7) + `","kind":5}`, `{"id":"` + id(7) + `","kind":"a","kind":"b"}`, `{"id":"` + id(7) + `","kind":"a","at":"x"}`,
		`{"id":"` + id(7) + `","kind":"course.rate","comment":"\ud800"}`,
	} {
		if o, code := decodeOp(jsontext.Value(in)); o.id != id(7) || code == "" {
			t.Errorf("decodeOp(%s): id %q, code %q", in, o.id, code)
		}
	}
}

func FuzzDecodeOp(f *testing.F) {
	f.Add(`{"id":"` + id(1) + `","kind":"drill.answer","at":"2026-03-04T05:00:00Z","drill":"inbox","n":1,"item":"a","choice":"keep"}`)
	f.Add(lessonDoneOp(1, "basics:ann:1", "one"))
	f.Fuzz(func(t *testing.T, in string) {
		ops, err := SplitOps([]byte(`{"ops":[` + in + `]}`))
		if err != nil {
			return
		}
		for _, raw := range ops {
			o, code := decodeOp(raw)
			if code != "" {
				if o.id != "" && o.id != string([]byte(o.id)) {
					t.Errorf("decodeOp(%q): id %q", raw, o.id)
				}
				continue
			}
			if !isUUID(o.id) || !utf8.Valid(o.payload) {
				t.Errorf("decodeOp(%q) accepted id %q, payload %q", raw, o.id, o.payload)
			}
			if o.drill != "" && (o.event.Action == drill.Answer) != (o.event.Choice == drill.Keep || o.event.Choice == drill.Report) {
				t.Errorf("decodeOp(%q) accepted the event %+v", raw, o.event)
			}
			again, code := decodeOp(jsontext.Value(o.payload))
			if code != "" || string(again.payload) != string(o.payload) {
				t.Errorf("decodeOp(%q): its canonical form %q gives %q", raw, o.payload, code)
			}
		}
	})
}
