package mongodb_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"hocso/content"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
)

func TestCourses(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	f, _ := course.ReadFolder(content.Files())
	draft := f.Courses[0].Content
	want := course.Course{ID: "basics", Draft: draft, Owner: "ann", Published: 1, Source: course.FromApp, Hash: "h", DraftHash: draft.Hash(), Settled: 1, ChangedAt: noon, Version: 1}
	if _, err := s.Course(ctx, "basics"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before it was stored: %v", err)
	}
	if err := s.InsertCourse(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertCourse(ctx, want); fault.KindOf(err) != fault.Conflict {
		t.Errorf("insert again: %v, want conflict", err)
	}
	got, err := s.Course(ctx, "basics")
	if err != nil || got.Draft.Hash() != draft.Hash() {
		t.Fatalf("read back: %v; the draft's hash is %s, want %s", err, got.Draft.Hash(), draft.Hash())
	}
	got.Draft, want.Draft = course.Content{}, course.Content{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
	want.Draft = draft
	if err := s.ReplaceCourse(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceCourse(ctx, want); fault.KindOf(err) != fault.Conflict {
		t.Errorf("replace with an old version: %v, want conflict", err)
	}
	for _, n := range []int{3, 2} {
		if err := s.SettleCourse(ctx, "basics", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.InsertCourse(ctx, course.Course{ID: "advanced", Draft: draft, Version: 1}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Courses(ctx)
	if err != nil || len(list) != 2 || list[0].ID != "advanced" || list[1].Version != 2 || list[1].Settled != 3 {
		t.Errorf("list %+v, %v", list, err)
	}
	for _, c := range list {
		if len(c.Draft.Lessons)+len(c.Draft.Quizzes) != 0 || c.Draft.Title != draft.Title {
			t.Errorf("%s is listed with %d lessons, title %v", c.ID, len(c.Draft.Lessons), c.Draft.Title)
		}
	}
}

func TestCourseVersions(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	f, _ := course.ReadFolder(content.Files())
	for n := 1; n <= 3; n++ {
		v := course.Version{
			ID: []string{"", "basics@1", "basics@2", "basics@3"}[n], Course: "basics", N: n, After: n - 1, Content: f.Courses[0].Content,
			Class: course.Minor, Hash: "h", StructureHash: "s", Source: course.FromFolder, PublishedAt: noon, PublishedBy: "ann",
		}
		if err := s.InsertVersion(ctx, v); err != nil {
			t.Fatal(err)
		}
		if err := s.InsertVersion(ctx, v); fault.KindOf(err) != fault.Conflict {
			t.Errorf("insert %s again: %v, want conflict", v.ID, err)
		}
		got, err := s.Version(ctx, "basics", n)
		if err != nil || got.Content.Hash() != v.Content.Hash() {
			t.Errorf("version %d: %v, or another content", n, err)
		}
		got.Content, v.Content = course.Content{}, course.Content{}
		if !reflect.DeepEqual(got, v) {
			t.Errorf("version %d: %+v, want %+v", n, got, v)
		}
	}
	if _, err := s.Version(ctx, "basics", 4); fault.KindOf(err) != fault.NotFound {
		t.Errorf("version 4: %v", err)
	}
	vs, err := s.Versions(ctx, "basics")
	if err != nil || len(vs) != 3 || vs[0].N != 3 || len(vs[0].Content.Lessons) != 0 {
		t.Errorf("versions %+v, %v; want 3, 2, 1 without content", vs, err)
	}
}

func TestRoundTripCourse(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	read := func() (course.Course, error) { return s.Course(ctx, "basics") }
	want := filled[course.Course](0)
	want.ID = "basics"
	must(t, s.InsertCourse(ctx, want))
	same(t, "course", ask(t, read), want)
	settled, version := want.Settled, want.Version
	want = filled[course.Course](1000)
	want.ID, want.Version = "basics", version
	must(t, s.ReplaceCourse(ctx, want))
	want.Version, want.Settled = version+1, settled // no change of a course: SettleCourse alone writes it
	same(t, "course replaced", ask(t, read), want)
	must(t, s.SettleCourse(ctx, "basics", settled+5))
	want.Settled = settled + 5
	same(t, "course settled", ask(t, read), want)
	must(t, s.ReplaceCourse(ctx, course.Course{ID: "basics", Version: version + 1}))
	empty := ask(t, read)
	bare(t, "course", empty)
	bare(t, "draft", empty.Draft)
	empty.Draft = course.Content{}
	same(t, "course emptied", empty, course.Course{ID: "basics", Version: version + 2, Settled: settled + 5})

	v := filled[course.Version](0)
	v.ID, v.Course, v.N = "basics@7", "basics", 7
	must(t, s.InsertVersion(ctx, v))
	same(t, "version", ask(t, func() (course.Version, error) { return s.Version(ctx, "basics", 7) }), v)
	v.Content = course.Content{}
	same(t, "versions without content", ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "basics") }), []course.Version{v})
}

func TestQueriesOfCourses(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	spread(t, many, func(i int) error {
		c := filled[course.Course](i)
		c.ID = course.ID(fmt.Sprintf("c%03d", i))
		return s.InsertCourse(ctx, c)
	})
	all := ask(t, func() ([]course.Course, error) { return s.Courses(ctx) })
	if len(all) != many || !slices.IsSortedFunc(all, func(a, b course.Course) int { return cmp.Compare(a.ID, b.ID) }) {
		t.Errorf("%d courses, want %d in order of id", len(all), many)
	}
	for _, c := range all[:20] {
		whole := ask(t, func() (course.Course, error) { return s.Course(ctx, c.ID) })
		if len(whole.Draft.Lessons) == 0 || len(whole.Draft.Quizzes) == 0 {
			t.Errorf("%s has lost its lessons", c.ID)
		}
		whole.Draft.Lessons, whole.Draft.Quizzes = nil, nil
		same(t, "as listed", c, whole)
	}
	_, err := s.Course(ctx, "none")
	refused(t, "no course", err, fault.NotFound, "course_not_found")
	refused(t, "replace no course", s.ReplaceCourse(ctx, course.Course{ID: "none"}), fault.Conflict, "changed_meanwhile")
	must(t, s.SettleCourse(ctx, "none", 3))

	spread(t, 2*many, func(i int) error { // two courses, from the newest to the oldest
		n := many - i/2
		v := course.Version{ID: fmt.Sprintf("c%d@%d", i%2, n), Course: course.ID(fmt.Sprint("c", i%2)), N: n}
		v.Content.Title.Vi = v.ID
		return s.InsertVersion(ctx, v)
	})
	vs := ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "c1") })
	if len(vs) != many {
		t.Fatalf("%d versions, want %d", len(vs), many)
	}
	for i, v := range vs {
		if v.Course != "c1" || v.N != many-i || v.Content.Title.Vi != "" {
			t.Errorf("version %d of the list is %+v, want number %d of c1 without content", i, v, many-i)
		}
	}
	if v := ask(t, func() (course.Version, error) { return s.Version(ctx, "c0", 42) }); v.Content.Title.Vi != "c0@42" {
		t.Errorf("version 42 of c0 is %+v", v)
	}
	_, err = s.Version(ctx, "c0", many+1)
	refused(t, "no version", err, fault.NotFound, "version_not_found")
	if vs := ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "none") }); len(vs) != 0 {
		t.Errorf("versions of no course: %v", vs)
	}
}
