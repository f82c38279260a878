package mongodb_test

import (
	"reflect"
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
