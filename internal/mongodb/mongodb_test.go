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

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
)

// many is how many documents a test of a query stores at least: more than the
// embedded database lets a query examine without an index (mongodbtest).
const many = 160

// onServer reports whether the suite runs on a server instead of the embedded database.
func onServer() bool { return os.Getenv("MONGO_TEST_URI") != "" }

// moment returns moment n of the suite. All lie far ahead, where no TTL index reaches.
func moment(n int) time.Time {
	return time.Date(2040, 3, 4, 5, 6, 7, 891e6, time.UTC).Add(time.Duration(n) * 61_001 * time.Millisecond)
}

// together calls f in 16 goroutines that begin together.
func together(f func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-begin
			f(i)
		})
	}
	close(begin)
	wg.Wait()
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

// refused checks that err is a fault of that kind and code.
func refused(t *testing.T, doing string, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || f.Code != code {
		t.Errorf("%s: got %v, want %s %s", doing, err, kind, code)
	}
}

// fine reports an error; unlike must it may be called in any goroutine.
func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
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
	case reflect.Int:
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

// oneWins races the insertion of something with one id: one caller stores it, the
// others learn that it is there, and what is stored is the winner's.
func oneWins(t *testing.T, code string, insert func(i int) error, stored func() (int, error)) {
	t.Helper()
	var mu sync.Mutex
	won := []int{}
	together(func(i int) {
		err := insert(i)
		if err == nil {
			mu.Lock()
			won = append(won, i)
			mu.Unlock()
			return
		}
		refused(t, "insert what is there", err, fault.Conflict, code)
	})
	if len(won) != 1 {
		t.Fatalf("%d inserted it, want 1", len(won))
	}
	if n := ask(t, stored); n != won[0] {
		t.Errorf("the one of %d is stored, want that of %d, who was told so", n, won[0])
	}
}

// versioned is one document that is replaced by its version.
type versioned[T any] struct {
	read    func(context.Context) (T, error)
	version func(T) int
	mark    func(v *T, mark string) // adds a mark, to be found again
	marks   func(T) []string
	replace func(context.Context, T) error
}

// raced has 16 callers change a document twice each, by reading it again whenever
// another was faster: every version is won once, and no change is lost. Then a
// caller with an old version, or of a document that is not there, is refused.
func (d versioned[T]) raced(t *testing.T) {
	t.Helper()
	const rounds = 2
	ctx := t.Context()
	first := ask(t, func() (T, error) { return d.read(ctx) })
	var mu sync.Mutex
	won := map[int]int{}
	together(func(i int) {
		for round := range rounds {
			for {
				v, err := d.read(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				d.mark(&v, fmt.Sprintf("m%d-%d", i, round))
				err = d.replace(ctx, v)
				if err == nil {
					mu.Lock()
					won[d.version(v)]++
					mu.Unlock()
					break
				}
				if fault.KindOf(err) != fault.Conflict {
					t.Error(err)
					return
				}
			}
		}
	})
	const wins = racers * rounds
	if len(won) != wins {
		t.Errorf("%d versions were won, want %d", len(won), wins)
	}
	for version, n := range won {
		if n != 1 {
			t.Errorf("version %d was won %d times", version, n)
		}
	}
	last := ask(t, func() (T, error) { return d.read(ctx) })
	if got, want := d.version(last), d.version(first)+wins; got != want {
		t.Errorf("version %d, want %d", got, want)
	}
	marks := map[string]bool{}
	for _, m := range d.marks(last) {
		marks[m] = true
	}
	for i := range racers {
		for round := range rounds {
			if m := fmt.Sprintf("m%d-%d", i, round); !marks[m] {
				t.Errorf("the change %s is lost", m)
			}
		}
	}
	refused(t, "replace an old version", d.replace(ctx, first), fault.Conflict, "changed_meanwhile")
	same(t, "after a refused change", ask(t, func() (T, error) { return d.read(ctx) }), last)
}

func TestOpen(t *testing.T) {
	db := mongodbtest.New(t)
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
