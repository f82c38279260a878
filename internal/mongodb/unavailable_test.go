package mongodb_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
)

// calls calls every method of every store of db with arguments that say something,
// and gives each error to check. Once the database cannot be asked, every method
// must say so.
func calls(ctx context.Context, db *mongodb.DB, check func(name string, err error)) {
	stores := []any{db.Auth(), db.People(), db.Courses(), db.Learning(), db.Drills(), db.Campaigns(), db.Reminders()}
	for _, s := range stores {
		v := reflect.ValueOf(s)
		for i := range v.NumMethod() {
			m := v.Method(i)
			args := []reflect.Value{reflect.ValueOf(ctx)}
			n := 0
			for j := 1; j < m.Type().NumIn(); j++ {
				arg := reflect.New(m.Type().In(j)).Elem()
				if arg.Kind() == reflect.Func {
					arg.Set(reflect.MakeFunc(arg.Type(), func([]reflect.Value) []reflect.Value {
						return []reflect.Value{reflect.Zero(reflect.TypeFor[error]())}
					}))
				} else {
					fill(arg, &n)
				}
				args = append(args, arg)
			}
			call := m.Call
			if m.Type().IsVariadic() {
				call = m.CallSlice
			}
			out := call(args)
			err, _ := out[len(out)-1].Interface().(error)
			check(v.Type().String()+"."+v.Type().Method(i).Name, err)
		}
	}
}

// No answer is never taken for "there is none" or "somebody was faster": whoever
// reads that would go on as if it were true.
func TestNoAnswer(t *testing.T) {
	db := mongodbtest.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	calls(ended, db, func(name string, err error) {
		n++
		if !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s after its context was cancelled: %v, want that error, wrapped", name, err)
		}
	})
	if n < 60 {
		t.Errorf("%d methods were called, want all of them", n)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	calls(late, db, func(name string, err error) {
		if !mongodb.Unavailable(err) {
			t.Errorf("%s after its time: %v, want unavailable", name, err)
		}
	})
	other, err := mongodb.Open(mongodb.Options{URI: mongodb.EmbeddedURI})
	must(t, err)
	must(t, other.Close(t.Context()))
	calls(t.Context(), other, func(name string, err error) {
		if !mongodb.Unavailable(err) || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s of a closed database: %v, want unavailable", name, err)
		}
	})
	for _, err := range []error{nil, errors.New("other"), fault.New(fault.NotFound, "x", "x")} {
		if mongodb.Unavailable(err) {
			t.Errorf("%v counts as unavailable", err)
		}
	}
}
