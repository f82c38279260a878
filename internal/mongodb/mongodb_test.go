package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

// many is how many documents a test of a query stores at least: more than the
// embedded database lets a query examine without an index (mongodbtest).
const many = 160

// racers is how many callers do the same at once.
const racers = 16

// onServer reports whether the suite runs on a server instead of the embedded database.
func onServer() bool { return os.Getenv("MONGO_TEST_URI") != "" }

// moment returns moment n of the suite. All lie far ahead, where no TTL index reaches.
func moment(n int) time.Time {
	return time.Date(2040, 3, 4, 5, 6, 7, 891e6, time.UTC).Add(time.Duration(n) * 61_001 * time.Millisecond)
}

// together calls f in 16 goroutines that begin together.
func together(f func(i int)) { abreast(racers, f) }

// rivals is how many race for one value of a unique index besides _id. FerretDB keeps
// such an index as an exclusion constraint of PostgreSQL, whose inserters block each
// other and are sent back one a second: of sixteen for one value it may take minutes
// until one is through. Values of _id, which most of the store rests on, have no such
// trouble there.
func rivals() int {
	if onServer() {
		return 4
	}
	return racers
}

// abreast calls f in n goroutines that begin together.
func abreast(n int, f func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
}

// spread calls f for 0 to n-1, sixteen at a time.
func spread(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	together(func(g int) {
		for i := g; i < n; i += racers {
			fine(t, f(i))
		}
	})
}

// ask returns what f does, and stops the test at an error.
func ask[T any](t *testing.T, f func() (T, error)) T {
	t.Helper()
	v, err := f()
	must(t, err)
	return v
}

// must stops the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fine reports an error; unlike must it may be called in any goroutine.
func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// refused checks that err is a fault of that kind and code.
func refused(t *testing.T, doing string, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || f.Code != code {
		t.Errorf("%s: got %v, want %s %s", doing, err, kind, code)
	}
}

// same compares what was read with what was stored, and says where they differ.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := difference(reflect.ValueOf(got), reflect.ValueOf(want)); d != "" {
		t.Errorf("%s%s", what, d)
	}
}

// difference returns the path to the first difference and what is there, or "".
func difference(got, want reflect.Value) string {
	if reflect.DeepEqual(got.Interface(), want.Interface()) {
		return ""
	}
	_, isTime := got.Interface().(time.Time)
	switch {
	case got.Type() != want.Type() || isTime:
	case got.Kind() == reflect.Struct:
		for i := range got.NumField() {
			if d := difference(got.Field(i), want.Field(i)); d != "" {
				return "." + got.Type().Field(i).Name + d
			}
		}
	case got.Kind() == reflect.Slice && got.Len() == want.Len() && !got.IsNil() && !want.IsNil():
		for i := range got.Len() {
			if d := difference(got.Index(i), want.Index(i)); d != "" {
				return fmt.Sprintf("[%d]%s", i, d)
			}
		}
	case got.Kind() == reflect.Pointer && !got.IsNil() && !want.IsNil():
		return difference(got.Elem(), want.Elem())
	}
	return fmt.Sprintf(": got %#v, want %#v", got.Interface(), want.Interface())
}

// keys maps a list to what tells its elements apart.
func keys[T any, K ~string](list []T, key func(T) K) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, string(key(x)))
	}
	return out
}

// sortedKeys is keys for a list that comes in no order.
func sortedKeys[T any, K ~string](list []T, key func(T) K) []string {
	out := keys(list, key)
	slices.Sort(out)
	return out
}

func ids[K ~string](xs []string) []K {
	out := []K{}
	for _, x := range xs {
		out = append(out, K(x))
	}
	return out
}

// chosen returns those of all that keep says yes to, in their order.
func chosen[T any](all []T, keep func(T) bool) (out []T) {
	for _, x := range all {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

// pages follows a paged query to its end and checks that every page but the last is full.
func pages[T any](t *testing.T, limit int, page func(last *T) ([]T, error)) []T {
	t.Helper()
	var all []T
	for {
		var last *T
		if len(all) > 0 {
			last = &all[len(all)-1]
		}
		next, err := page(last)
		must(t, err)
		all = append(all, next...)
		if len(next) < limit {
			return all
		}
		if len(next) > limit || len(all) > 100_000 {
			t.Fatalf("a page of %d, want %d; %d so far", len(next), limit, len(all))
		}
	}
}

// filled returns a T with a value in every field, which differs with n: a field
// that the store forgets, on whatever way of writing, shows when it is compared.
func filled[T any](n int) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(moment(*n)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("Trường %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	case reflect.Uint64:
		v.SetUint(1<<63 - 1 - uint64(*n)) // 63 bits, what BSON can hold
	case reflect.Float64:
		v.SetFloat(float64(*n) + 1.0/3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, n)
			fill(elem, n)
			v.SetMapIndex(key, elem)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("a field of kind " + v.Kind().String() + " has no value here yet")
	}
}

// bare checks that an aggregate without anything in it comes back without nil
// slices and maps: they would be null in JSON.
func bare(t *testing.T, what string, x any) {
	t.Helper()
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		f, tag := v.Field(i), v.Type().Field(i).Tag
		list := f.Kind() == reflect.Slice && f.Type().Elem().Kind() != reflect.Uint8 // bytes never go into JSON
		if (list || f.Kind() == reflect.Map) && f.IsNil() && !omitted(tag.Get("bson")) {
			t.Errorf("%s: %s is nil, want empty", what, v.Type().Field(i).Name)
		}
	}
}

func omitted(tag string) bool { return len(tag) > 10 && tag[len(tag)-10:] == ",omitempty" }

func TestOpen(t *testing.T) {
	if _, err := mongodb.Open(mongodb.Options{URI: "http://bo.vn/"}); err == nil {
		t.Error("the address of a web page opened as a database")
	}
	db, other := mongodbtest.New(t), mongodbtest.New(t)
	must(t, other.People().InsertUnits(t.Context(), []people.Unit{{ID: "a"}}))
	if us := ask(t, func() ([]people.Unit, error) { return db.People().Units(t.Context()) }); len(us) != 0 {
		t.Errorf("another test's units are here: %v", us)
	}
	must(t, db.Ping(t.Context()))
	must(t, db.EnsureIndexes(t.Context())) // again: nothing to do
	names := ask(t, func() ([]string, error) { return db.Database().ListCollectionNames(t.Context(), bson.D{}) })
	if !slices.Contains(names, "people") {
		t.Errorf("collections %v, want people among them", names)
	}
	must(t, db.Drop(t.Context()))
	if names := ask(t, func() ([]string, error) { return db.Database().ListCollectionNames(t.Context(), bson.D{}) }); len(names) != 0 {
		t.Errorf("after Drop there are %v", names)
	}
	must(t, db.EnsureIndexes(t.Context())) // a dropped database can be used again
}

// A context that has ended ends the call: nothing is written, and the error says so.
func TestEndedContext(t *testing.T) {
	s := mongodbtest.New(t).Drills()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.InsertKey(ended, drill.Key{ID: "k", Secret: []byte("s")}); err == nil {
		t.Error("a key was inserted after the context had ended")
	}
	if _, err := s.Key(t.Context(), "k"); err == nil {
		t.Error("it is there all the same")
	}
}
