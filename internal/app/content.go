package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"hocso/content"
	"hocso/internal/audit"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/exercise"
	"hocso/internal/path"
	"hocso/internal/source"
)

// ContentCheck prints what is wrong with a folder of courses, paths, drills and exercises,
// a problem a line. ErrProblems if there is any that stops publishing.
func ContentCheck(_ context.Context, t Terminal, args []string) error {
	fsys, _, err := contentFolder(t, "content check", args)
	if err != nil {
		return err
	}
	_, err = readContent(t, fsys)
	return err
}

// ContentPublish publishes what changed in a folder. The program must not be
// running on the same embedded database.
func ContentPublish(ctx context.Context, t Terminal, args []string) error {
	fsys, rest, err := contentFolder(t, "content publish", args)
	if err != nil {
		return err
	}
	cfg, log, err := t.load("content publish", rest, nil)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // every write was acknowledged
	return a.audit.Do(ctx, audit.Entry{Command: "content publish", Action: "content_published"}, func(e *audit.Entry) error {
		return a.publish(ctx, t, fsys, e)
	})
}

// contentFolder takes the folder's name from args, wherever it stands; without one
// it is what lies inside the program.
func contentFolder(t Terminal, command string, args []string) (fsys fs.FS, rest []string, err error) {
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
			_, _ = fmt.Fprintf(t.Err, "hocso %s [FOLDER] [flags]\n", command) // a closed terminal is no error
			return nil, nil, flag.ErrHelp
		}
		return content.Files(), args, nil
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", command, err)
	}
	if !info.IsDir() {
		return nil, nil, fmt.Errorf("%s: %s is not a folder", command, args[0])
	}
	return os.DirFS(args[0]), args[1:], nil
}

// folder is what a content folder holds.
type folder struct {
	courses   course.Folder
	drills    []drill.Template
	paths     []path.FolderPath
	exercises []exercise.Exercise
}

// readContent reads a folder and prints its problems.
func readContent(t Terminal, fsys fs.FS) (f folder, err error) {
	var ofCourses, ofDrills, ofPaths, ofExercises []source.Problem
	f.courses, ofCourses = course.ReadFolder(fsys)
	f.drills, ofDrills = drill.ReadFolder(fsys)
	f.paths, ofPaths = path.ReadFolder(fsys, func(id course.ID) bool {
		return slices.ContainsFunc(f.courses.Courses, func(c course.FolderCourse) bool { return c.ID == id })
	})
	f.exercises, ofExercises = exercise.ReadFolder(fsys)
	wrong := 0
	for _, p := range slices.Concat(ofCourses, ofDrills, ofPaths, ofExercises) {
		t.say("%s", p)
		if !p.Warning {
			wrong++
		}
	}
	t.say("%d courses, %d drills, %d paths, %d exercises, %d problems", len(f.courses.Courses), len(f.drills), len(f.paths), len(f.exercises), wrong)
	if wrong > 0 {
		return f, ErrProblems
	}
	if len(f.courses.Courses)+len(f.drills)+len(f.exercises) == 0 {
		return f, errors.New("the folder holds no courses, no drills and no exercises")
	}
	return f, nil
}

// publish publishes what changed in a folder and says what it did, also in the trail.
func (a *App) publish(ctx context.Context, t Terminal, fsys fs.FS, e *audit.Entry) error {
	var items []string
	defer func() {
		if len(items) > 0 {
			e.Detail = append(e.Detail, audit.Detail{What: "items", After: strings.Join(items, ", ")})
		}
	}()
	read, err := readContent(t, fsys)
	if err != nil {
		return err
	}
	outcomes, err := a.courses.PublishFolder(ctx, read.courses)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		switch o.Action {
		case course.WasPublished:
			t.say("course %s: published version %d (%s)", o.Course, o.N, o.Class)
			items = append(items, "course:"+string(o.Course))
		case course.LeftAlone:
			t.say("course %s: edited in the app, so the folder does not replace version %d", o.Course, o.N)
		}
	}
	made, err := a.drills.Publish(ctx, read.drills)
	if err != nil {
		return err
	}
	for _, o := range made {
		if o.Published {
			t.say("drill %s: published version %d", o.Drill, o.N)
			items = append(items, "drill:"+string(o.Drill))
		}
	}
	laid, err := a.paths.PublishFolder(ctx, read.paths)
	if err != nil {
		return err
	}
	for _, o := range laid {
		switch {
		case o.Published:
			t.say("path %s: published version %d", o.Path, o.N)
			items = append(items, "path:"+string(o.Path))
		case o.LeftAlone:
			t.say("path %s: changed in the app, so the folder does not replace version %d", o.Path, o.N)
		}
	}
	held, err := a.exercises.Publish(ctx, read.exercises)
	if err != nil {
		return err
	}
	for _, o := range held {
		if o.Published {
			t.say("exercise %s: published version %d", o.Exercise, o.N)
			items = append(items, "exercise:"+string(o.Exercise))
		}
	}
	return nil
}
