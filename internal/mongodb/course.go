package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/course"
	"hocso/internal/fault"
)

func courseIndexes() []index {
	return []index{
		{collection: "course_versions", keys: bson.D{{Key: "course", Value: 1}, {Key: "n", Value: -1}}, unique: true},
	}
}

// Courses implements course.Store.
type Courses struct{ courses, versions *mongo.Collection }

var _ course.Store = (*Courses)(nil)

// Courses returns the courses of d and their versions.
func (d *DB) Courses() *Courses {
	return &Courses{courses: d.db.Collection("courses"), versions: d.db.Collection("course_versions")}
}

// Courses implements course.Store.
func (s *Courses) Courses(ctx context.Context) ([]course.Course, error) {
	const most = 1000
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(most).
		SetProjection(bson.D{{Key: "draft.lessons", Value: 0}, {Key: "draft.quizzes", Value: 0}})
	return list[course.Course](ctx, s.courses, everything(), o, "list courses")
}

// everything is a filter on _id, which every query must name.
func everything() bson.D { return bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}} }

// Course implements course.Store.
func (s *Courses) Course(ctx context.Context, id course.ID) (c course.Course, err error) {
	err = s.courses.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&c)
	return c, found(err, "course", "find course")
}

// InsertCourse implements course.Store.
func (s *Courses) InsertCourse(ctx context.Context, c course.Course) error {
	_, err := s.courses.InsertOne(ctx, c)
	return inserted(err, "course", "insert course")
}

// ReplaceCourse implements course.Store. It leaves Settled alone, which SettleCourse
// moves without a new version: written back from an earlier reading it would go back.
func (s *Courses) ReplaceCourse(ctx context.Context, c course.Course) error {
	set := bson.D{
		{Key: "draft", Value: c.Draft},
		{Key: "owner", Value: c.Owner},
		{Key: "published", Value: c.Published},
		{Key: "source", Value: c.Source},
		{Key: "hash", Value: c.Hash},
		{Key: "retired", Value: c.Retired},
		{Key: "draftHash", Value: c.DraftHash},
		{Key: "changedAt", Value: c.ChangedAt},
	}
	res, err := s.courses.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: c.ID}, {Key: "ver", Value: c.Version}},
		bson.D{{Key: "$set", Value: set}, {Key: "$inc", Value: bson.D{{Key: "ver", Value: 1}}}})
	return replaced(res, err, "replace course")
}

// SettleCourse implements course.Store.
func (s *Courses) SettleCourse(ctx context.Context, id course.ID, n int) error {
	_, err := s.courses.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$max", Value: bson.D{{Key: "settled", Value: n}}}})
	if err != nil {
		return fmt.Errorf("settle course: %w", err)
	}
	return nil
}

// Version implements course.Store.
func (s *Courses) Version(ctx context.Context, id course.ID, n int) (v course.Version, err error) {
	err = s.versions.FindOne(ctx, bson.D{{Key: "course", Value: id}, {Key: "n", Value: n}}).Decode(&v)
	return v, found(err, "version", "find course version")
}

// Versions implements course.Store.
func (s *Courses) Versions(ctx context.Context, id course.ID) ([]course.Version, error) {
	const most = 1000
	o := options.Find().SetSort(bson.D{{Key: "n", Value: -1}}).SetLimit(most).SetProjection(bson.D{{Key: "content", Value: 0}})
	return list[course.Version](ctx, s.versions, bson.D{{Key: "course", Value: id}}, o, "list course versions")
}

// InsertVersion implements course.Store.
func (s *Courses) InsertVersion(ctx context.Context, v course.Version) error {
	return inserted(insertOne(ctx, s.versions, v), "version", "insert course version")
}

// inserted turns a taken id into fault.Conflict with the code noun_exists, and
// wraps every other error with what was being done.
func inserted(err error, noun, doing string) error {
	switch {
	case err == nil:
		return nil
	case mongo.IsDuplicateKeyError(err):
		return fault.New(fault.Conflict, noun+"_exists", "there is such a %s already", noun)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
