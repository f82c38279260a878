package httpapi

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/exercise"
	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

// use says which way a type travels: an answer always has the fields that are not
// left out when empty, a request needs those that are validated as required.
type use int

const (
	answer use = iota
	request
)

// enums are the values of string types that have a fixed set of them.
func enums() map[reflect.Type][]any {
	return map[reflect.Type][]any{
		reflect.TypeFor[people.Status]():         {people.Invited, people.Active, people.Closed, people.Erased},
		reflect.TypeFor[people.Role]():           {people.Learner, people.Trainer, people.Administrator, people.SecurityOfficer, people.Auditor, people.Head},
		reflect.TypeFor[learning.State]():        {learning.Assigned, learning.Started, learning.Completed, learning.Closed},
		reflect.TypeFor[learning.Status]():       {learning.Assigned, learning.Started, learning.Completed, learning.Closed, learning.Overdue},
		reflect.TypeFor[campaign.State]():        values(campaign.States()),
		reflect.TypeFor[announcement.State]():    {announcement.Draft, announcement.Published, announcement.Withdrawn},
		reflect.TypeFor[exercise.State]():        {exercise.Planned, exercise.Running, exercise.Finished, exercise.Cancelled},
		reflect.TypeFor[course.Class]():          {course.Editorial, course.Minor, course.Material},
		reflect.TypeFor[drill.Truth]():           {drill.Phish, drill.Legit},
		reflect.TypeFor[drill.Choice]():          {drill.Report, drill.Keep},
		reflect.TypeFor[privacy.Kind]():          {privacy.Correction, privacy.Deletion, privacy.Restriction, privacy.Objection},
		reflect.TypeFor[privacy.State]():         {privacy.Received, privacy.Answered, privacy.Done, privacy.Refused},
		reflect.TypeFor[privacy.Urgency]():       {privacy.Overdue, privacy.DueToday, privacy.DueSoon, privacy.InTime, privacy.Over},
		reflect.TypeFor[reminder.State]():        {reminder.Waiting, reminder.Sent, reminder.Dropped},
		reflect.TypeFor[survey.Kind]():           {survey.Satisfaction, survey.Scale, survey.Choice, survey.Several, survey.Words},
		reflect.TypeFor[survey.State]():          {survey.Draft, survey.Published, survey.Closed},
		reflect.TypeFor[webhook.State]():         {webhook.On, webhook.Off},
		reflect.TypeFor[webhook.DeliveryState](): {webhook.Waiting, webhook.Sent, webhook.Dead},
	}
}

func values[T any](list []T) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

type named struct {
	t reflect.Type
	u use
}

// schemas makes JSON schemas out of Go types. Named structs become components.
type schemas struct {
	enums      map[reflect.Type][]any
	names      map[named]string
	taken      map[string]int // how many types want this name
	components object
}

// newSchemas looks at all types first: where two packages use a name, the one of a
// domain package gets the package in front, whatever the order.
func newSchemas(rows []route) *schemas {
	sc := &schemas{enums: enums(), names: map[named]string{}, taken: map[string]int{}, components: object{}}
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch {
		case t == nil || t == reflect.TypeFor[time.Time]() || seen[t]:
			return
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
			visit(t.Elem())
		case t.Kind() == reflect.Struct:
			seen[t] = true
			if t.Name() != "" {
				sc.taken[shortName(t)]++
			}
			for f := range fields(t) {
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[problem]())
	for _, r := range rows {
		visit(reflect.TypeOf(r.shape.in))
		visit(reflect.TypeOf(r.shape.out))
	}
	return sc
}

// shortName is a type's name with a capital letter; listOf[people.Person] is PersonList.
func shortName(t reflect.Type) string {
	name, of, generic := strings.Cut(t.Name(), "[")
	if generic {
		of = strings.TrimSuffix(of, "]")
		of = of[strings.LastIndexAny(of, "./")+1:]
		return capital(of) + "List"
	}
	return capital(name)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (sc *schemas) name(t reflect.Type, u use) string {
	key := named{t, u}
	if n, ok := sc.names[key]; ok {
		return n
	}
	n := shortName(t)
	if sc.taken[n] > 1 && t.PkgPath() != reflect.TypeFor[route]().PkgPath() {
		n = capital(t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]) + n
	}
	if u == request && !strings.HasSuffix(n, "Request") && !strings.HasSuffix(n, "Input") {
		n += "Input"
	}
	sc.names[key] = n
	return n
}

func (sc *schemas) of(v any, u use) object { return sc.schema(reflect.TypeOf(v), u) }

func (sc *schemas) schema(t reflect.Type, u use) object {
	if t == reflect.TypeFor[time.Time]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return sc.schema(t.Elem(), u)
	case reflect.String:
		if values := sc.enums[t]; values != nil {
			return object{"type": "string", "enum": values}
		}
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "format": "byte"}
		}
		return object{"type": "array", "items": sc.schema(t.Elem(), u)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": sc.schema(t.Elem(), u)}
	case reflect.Struct:
		if t.Name() == "" {
			return sc.structure(t, u)
		}
		n := sc.name(t, u)
		if _, ok := sc.components[n]; !ok {
			sc.components[n] = object{} // ends the recursion of a type that holds itself
			sc.components[n] = sc.structure(t, u)
		}
		return object{"$ref": "#/components/schemas/" + n}
	}
	return object{} // any JSON value
}

func (sc *schemas) structure(t reflect.Type, u use) object {
	properties, required := object{}, []string{}
	for f := range fields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		rules := strings.Split(f.Tag.Get("validate"), ",")
		s := sc.schema(f.Type, u)
		if u == request {
			constrain(s, f.Type, rules)
		}
		left := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if f.Type.Kind() == reflect.Pointer && !left && u == answer {
			s = object{"anyOf": []object{s, {"type": "null"}}}
		}
		properties[name] = s
		if u == answer && !left || u == request && slices.Contains(rules, "required") {
			required = append(required, name)
		}
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		slices.Sort(required)
		o["required"] = required
	}
	return o
}

// fields yields the fields that JSON shows, those of embedded structs as their own.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			embedded := f.Anonymous && f.Tag.Get("json") == ""
			if embedded || f.Tag.Get("json") == "-" || !f.IsExported() {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// constrain adds what the validate tag says to s.
func constrain(s object, t reflect.Type, rules []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return
	}
	for i, rule := range rules {
		key, value, _ := strings.Cut(rule, "=")
		n, err := strconv.Atoi(value)
		switch {
		case key == "dive":
			if items, ok := s["items"].(object); ok && t.Kind() == reflect.Slice {
				constrain(items, t.Elem(), rules[i+1:])
			}
			return
		case key == "oneof":
			s["enum"] = strings.Fields(value)
		case key == "mail":
			s["format"] = "email"
		case key == "datetime":
			s["format"] = "date"
		case key == "required" && t.Kind() == reflect.String:
			s["minLength"] = 1
		case (key == "max" || key == "min") && err == nil:
			s[map[reflect.Kind]string{reflect.String: key + "Length", reflect.Slice: key + "Items", reflect.Map: key + "Properties"}[t.Kind()]] = n
			if n, ok := s[""]; ok { // a number
				delete(s, "")
				s[key+"imum"] = n
			}
		}
	}
}
