package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/survey"
)

func surveyIndexes() []index {
	return []index{
		{collection: "surveys", keys: bson.D{{Key: "live", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "survey_participants", keys: bson.D{{Key: "person", Value: 1}}},
		{collection: "survey_pools", keys: bson.D{{Key: "survey", Value: 1}}},
	}
}

// Surveys implements survey.SurveyStore and survey.AnswerStore. Answers lie in pools that are made
// before the first of them, each in the order of random ids: neither ids nor the order in which a
// database keeps its documents tells which came when.
type Surveys struct{ surveys, participants, pools, results *mongo.Collection }

var (
	_ survey.SurveyStore = (*Surveys)(nil)
	_ survey.AnswerStore = (*Surveys)(nil)
)

// Surveys returns the surveys of d, who has answered them, and the answers.
func (d *DB) Surveys() *Surveys {
	return &Surveys{
		surveys: d.db.Collection("surveys"), participants: d.db.Collection("survey_participants"),
		pools: d.db.Collection("survey_pools"), results: d.db.Collection("survey_results"),
	}
}

// InsertSurvey implements survey.SurveyStore.
func (s *Surveys) InsertSurvey(ctx context.Context, x survey.Survey) error {
	return inserted(insertOne(ctx, s.surveys, x), "survey", "insert survey")
}

// Survey implements survey.SurveyStore.
func (s *Surveys) Survey(ctx context.Context, id survey.ID) (x survey.Survey, err error) {
	err = s.surveys.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&x)
	return x, found(err, "survey", "find survey")
}

// Surveys implements survey.SurveyStore.
func (s *Surveys) Surveys(ctx context.Context, before survey.ID, limit int) ([]survey.Survey, error) {
	filter := everything()
	if before != "" {
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: before}}}}
	}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit))
	return list[survey.Survey](ctx, s.surveys, filter, o, "list surveys")
}

// LiveSurveys implements survey.SurveyStore.
func (s *Surveys) LiveSurveys(ctx context.Context) ([]survey.Survey, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(unpaged)
	return list[survey.Survey](ctx, s.surveys, bson.D{{Key: "live", Value: true}}, o, "list live surveys")
}

// ReplaceSurvey implements survey.SurveyStore.
func (s *Surveys) ReplaceSurvey(ctx context.Context, x survey.Survey) error {
	filter := bson.D{{Key: "_id", Value: x.ID}, {Key: "ver", Value: x.Version}}
	x.Version++
	res, err := s.surveys.ReplaceOne(ctx, filter, x)
	return replaced(res, err, "replace survey")
}

// RemoveSurvey implements survey.SurveyStore.
func (s *Surveys) RemoveSurvey(ctx context.Context, id survey.ID, version int) error {
	res, err := s.surveys.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "ver", Value: version}, {Key: "state", Value: survey.Draft}})
	if err != nil {
		return fmt.Errorf("remove survey: %w", err)
	}
	if res.DeletedCount == 0 {
		return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	return nil
}

// InsertParticipant implements survey.AnswerStore.
func (s *Surveys) InsertParticipant(ctx context.Context, p survey.Participant) error {
	_, err := s.participants.InsertOne(ctx, p)
	return inserted(err, "survey_participant", "insert participant")
}

// Participants implements survey.AnswerStore.
func (s *Surveys) Participants(ctx context.Context, ids []string) ([]survey.Participant, error) {
	o := options.Find().SetLimit(int64(max(len(ids), 1)))
	return list[survey.Participant](ctx, s.participants, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o, "find participants")
}

// ParticipantsOf implements survey.AnswerStore.
func (s *Surveys) ParticipantsOf(ctx context.Context, p people.ID) ([]survey.Participant, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(unpaged)
	return list[survey.Participant](ctx, s.participants, bson.D{{Key: "person", Value: p}}, o, "find surveys of a person")
}

// ErasePerson removes which surveys a person has answered. The answers are nobody's.
func (s *Surveys) ErasePerson(ctx context.Context, p people.ID) error {
	return removeOf(ctx, p, "person", s.participants)
}

// InsertPools implements survey.AnswerStore.
func (s *Surveys) InsertPools(ctx context.Context, ps []survey.Pool) error {
	if _, err := insertNew(ctx, s.pools, ps, func(p survey.Pool) string { return p.ID }); err != nil {
		return fmt.Errorf("insert pools: %w", err)
	}
	return nil
}

// Pool implements survey.AnswerStore.
func (s *Surveys) Pool(ctx context.Context, id string) (p survey.Pool, err error) {
	err = s.pools.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	return p, found(err, "survey_pool", "find pool")
}

// ReplacePool implements survey.AnswerStore.
func (s *Surveys) ReplacePool(ctx context.Context, p survey.Pool) error {
	filter := bson.D{{Key: "_id", Value: p.ID}, {Key: "ver", Value: p.Version}}
	p.Version++
	res, err := s.pools.ReplaceOne(ctx, filter, p)
	return replaced(res, err, "replace pool")
}

// Pools implements survey.AnswerStore.
func (s *Surveys) Pools(ctx context.Context, id survey.ID) ([]survey.Pool, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(unpaged)
	return list[survey.Pool](ctx, s.pools, bson.D{{Key: "survey", Value: id}}, o, "find pools")
}

// CountSheets implements survey.AnswerStore.
func (s *Surveys) CountSheets(ctx context.Context, id survey.ID) (n int, err error) {
	o := options.Find().SetProjection(bson.D{{Key: "n", Value: 1}}).SetLimit(unpaged)
	ps, err := list[survey.Pool](ctx, s.pools, bson.D{{Key: "survey", Value: id}}, o, "count answers")
	for _, p := range ps {
		n += p.Count
	}
	return n, err
}

// Result implements survey.AnswerStore.
func (s *Surveys) Result(ctx context.Context, id survey.ID) (r survey.Result, err error) {
	err = s.results.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&r)
	return r, found(err, "survey_result", "find result")
}

// PutResult implements survey.AnswerStore.
func (s *Surveys) PutResult(ctx context.Context, r survey.Result) error {
	filter := bson.D{{Key: "_id", Value: r.ID}, {Key: "ver", Value: r.Version}}
	r.Version++
	if r.Version == 1 {
		return inserted(insertOne(ctx, s.results, r), "survey_result", "insert result")
	}
	res, err := s.results.ReplaceOne(ctx, filter, r)
	return replaced(res, err, "replace result")
}
