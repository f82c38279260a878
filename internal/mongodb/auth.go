package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

func authIndexes() []index {
	return []index{
		{collection: "sessions", keys: bson.D{{Key: "person", Value: 1}, {Key: "lastSeenAt", Value: -1}}},
		{collection: "sessions", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: "invitations", keys: bson.D{{Key: "person", Value: 1}}},
		{collection: "invitations", keys: bson.D{{Key: "forgetAt", Value: 1}}, ttl: true},
		{collection: "spent", keys: bson.D{{Key: "forgetAt", Value: 1}}, ttl: true},
		{collection: "logins", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: "identities", keys: bson.D{{Key: "person", Value: 1}, {Key: "issuer", Value: 1}}, unique: true},
		{collection: "throttles", keys: bson.D{{Key: "until", Value: 1}}, ttl: true},
	}
}

// Auth implements auth.SessionStore, auth.InvitationStore, auth.ThrottleStore,
// auth.SecretStore, auth.FactorStore, auth.SpentStore and auth.LoginStore.
type Auth struct {
	sessions, invitations, throttles, secrets, factors, spent, logins, identities *mongo.Collection
}

var (
	_ auth.SessionStore    = (*Auth)(nil)
	_ auth.InvitationStore = (*Auth)(nil)
	_ auth.ThrottleStore   = (*Auth)(nil)
	_ auth.SecretStore     = (*Auth)(nil)
	_ auth.LoginStore      = (*Auth)(nil)
)

// Auth returns what d keeps of signing in.
func (d *DB) Auth() *Auth {
	return &Auth{
		sessions: d.db.Collection("sessions"), invitations: d.db.Collection("invitations"),
		throttles: d.db.Collection("throttles"), secrets: d.db.Collection("secrets"),
		factors: d.db.Collection("factors"), spent: d.db.Collection("spent"),
		logins: d.db.Collection("logins"), identities: d.db.Collection("identities"),
	}
}

// Session implements auth.SessionStore.
func (s *Auth) Session(ctx context.Context, id string) (session auth.Session, err error) {
	err = s.sessions.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&session)
	return session, found(err, "session", "find session")
}

// SessionsOf implements auth.SessionStore.
func (s *Auth) SessionsOf(ctx context.Context, p people.ID, now time.Time) ([]auth.Session, error) {
	return list[auth.Session](ctx, s.sessions, bson.D{
		{Key: "person", Value: p}, {Key: "endedAt", Value: nil}, {Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: now}}},
	}, options.Find().SetSort(bson.D{{Key: "lastSeenAt", Value: -1}}).SetLimit(200), "find sessions")
}

// EverySessionOf implements auth.SessionStore.
func (s *Auth) EverySessionOf(ctx context.Context, p people.ID) ([]auth.Session, error) {
	o := options.Find().SetSort(bson.D{{Key: "lastSeenAt", Value: -1}}).SetLimit(unpaged)
	return list[auth.Session](ctx, s.sessions, bson.D{{Key: "person", Value: p}}, o, "find every session")
}

// InsertSession implements auth.SessionStore.
func (s *Auth) InsertSession(ctx context.Context, session auth.Session) error {
	if _, err := s.sessions.InsertOne(ctx, session); err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// RotateSession implements auth.SessionStore.
func (s *Auth) RotateSession(ctx context.Context, n auth.Session) (bool, error) {
	res, err := s.sessions.UpdateOne(ctx, bson.D{{Key: "_id", Value: n.ID}, {Key: "current", Value: n.Previous}, {Key: "endedAt", Value: nil}},
		bson.D{{Key: "$set", Value: bson.D{
			{Key: "previous", Value: n.Previous},
			{Key: "current", Value: n.Current},
			{Key: "successor", Value: n.Successor},
			{Key: "rotatedAt", Value: n.RotatedAt},
			{Key: "lastSeenAt", Value: n.LastSeenAt},
			{Key: "expiresAt", Value: n.ExpiresAt},
		}}})
	if err != nil {
		return false, fmt.Errorf("rotate session: %w", err)
	}
	return res.MatchedCount == 1, nil
}

// EndSession implements auth.SessionStore.
func (s *Auth) EndSession(ctx context.Context, id string, now time.Time) error {
	_, err := s.sessions.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "endedAt", Value: nil}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "endedAt", Value: now}}}})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// MarkSecond implements auth.SessionStore.
func (s *Auth) MarkSecond(ctx context.Context, id string, second bool) error {
	return s.setSession(ctx, id, bson.E{Key: "second", Value: second}, "mark session")
}

// ContinueSession implements auth.SessionStore.
func (s *Auth) ContinueSession(ctx context.Context, id string, epoch int) error {
	return s.setSession(ctx, id, bson.E{Key: "epoch", Value: epoch}, "continue session")
}

func (s *Auth) setSession(ctx context.Context, id string, field bson.E, doing string) error {
	_, err := s.sessions.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "endedAt", Value: nil}}, bson.D{{Key: "$set", Value: bson.D{field}}})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// InsertInvitation implements auth.InvitationStore.
func (s *Auth) InsertInvitation(ctx context.Context, i auth.Invitation) error {
	if _, err := s.invitations.InsertOne(ctx, i); err != nil {
		return fmt.Errorf("insert invitation: %w", err)
	}
	return nil
}

// ReplaceInvitations implements auth.InvitationStore. A use at the same moment and this
// are decided by the same condition: one of them marks the old one.
func (s *Auth) ReplaceInvitations(ctx context.Context, is []auth.Invitation, now time.Time) error {
	if len(is) == 0 {
		return nil
	}
	persons := make([]people.ID, len(is))
	for n, i := range is {
		persons[n] = i.Person
	}
	err := again(ctx, func() error {
		_, err := s.invitations.UpdateMany(ctx, bson.D{{Key: "person", Value: bson.D{{Key: "$in", Value: persons}}}, {Key: "purpose", Value: nil}, {Key: "usedAt", Value: nil}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "usedAt", Value: now}}}})
		return err
	})
	if err != nil {
		return fmt.Errorf("end earlier invitations: %w", err)
	}
	if err := insertAll(ctx, s.invitations, is); err != nil {
		return fmt.Errorf("insert invitations: %w", err)
	}
	return nil
}

// Invitation implements auth.InvitationStore.
func (s *Auth) Invitation(ctx context.Context, hash string) (i auth.Invitation, err error) {
	err = s.invitations.FindOne(ctx, bson.D{{Key: "_id", Value: hash}}).Decode(&i)
	return i, found(err, "invitation", "find invitation")
}

// UseInvitation implements auth.InvitationStore.
func (s *Auth) UseInvitation(ctx context.Context, hash string, now time.Time) (bool, error) {
	res, err := s.invitations.UpdateOne(ctx, bson.D{{Key: "_id", Value: hash}, {Key: "usedAt", Value: nil}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "usedAt", Value: now}}}})
	if err != nil {
		return false, fmt.Errorf("use invitation: %w", err)
	}
	return res.MatchedCount == 1, nil
}

// throttle is the count of one key in one window.
type throttle struct {
	Key   string    `bson:"_id"`
	N     int       `bson:"n"`
	Until time.Time `bson:"until"` // TTL index
}

// Count implements auth.ThrottleStore. Each step is one atomic change, so many
// callers at once each get a number of their own.
func (s *Auth) Count(ctx context.Context, key string, now time.Time, window time.Duration) (int, time.Time, error) {
	after := options.FindOneAndUpdate().SetReturnDocument(options.After)
	var t throttle
	for range 8 { // a round is lost only when the window begins anew at this very moment
		err := s.throttles.FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: key}, {Key: "until", Value: bson.D{{Key: "$gt", Value: now}}}},
			bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}, after).Decode(&t)
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return t.N, t.Until, found(err, "throttle", "count a try")
		}
		err = s.throttles.FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: key}, {Key: "until", Value: bson.D{{Key: "$lte", Value: now}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 1}, {Key: "until", Value: now.Add(window)}}}}, after).Decode(&t)
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return t.N, t.Until, found(err, "throttle", "begin to count tries anew")
		}
		t = throttle{key, 1, now.Add(window)}
		_, err = s.throttles.InsertOne(ctx, t)
		if err == nil {
			return t.N, t.Until, nil
		}
		if !mongo.IsDuplicateKeyError(err) {
			return 0, time.Time{}, fmt.Errorf("begin to count tries: %w", err)
		}
	}
	return 0, time.Time{}, fault.New(fault.Unavailable, "busy", "too much at once, try again")
}

// Uncount implements auth.ThrottleStore.
func (s *Auth) Uncount(ctx context.Context, key string, now time.Time) error {
	_, err := s.throttles.UpdateOne(ctx, bson.D{{Key: "_id", Value: key}, {Key: "until", Value: bson.D{{Key: "$gt", Value: now}}}, {Key: "n", Value: bson.D{{Key: "$gt", Value: 0}}}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: -1}}}})
	if err != nil {
		return fmt.Errorf("take back a try: %w", err)
	}
	return nil
}

// Forget implements auth.ThrottleStore.
func (s *Auth) Forget(ctx context.Context, keys ...string) error {
	if _, err := s.throttles.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}}); err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	return nil
}

// Counted implements auth.ThrottleStore.
func (s *Auth) Counted(ctx context.Context, key string, now time.Time) (int, time.Time, error) {
	var t throttle
	err := s.throttles.FindOne(ctx, bson.D{{Key: "_id", Value: key}, {Key: "until", Value: bson.D{{Key: "$gt", Value: now}}}}).Decode(&t)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, time.Time{}, nil
	}
	return t.N, t.Until, found(err, "throttle", "read tries")
}

// secret is one shared secret.
type secret struct {
	Name  string `bson:"_id"`
	Value []byte `bson:"value"`
}

// Secret implements auth.SecretStore.
func (s *Auth) Secret(ctx context.Context, name string) ([]byte, error) {
	var v secret
	err := s.secrets.FindOne(ctx, bson.D{{Key: "_id", Value: name}}).Decode(&v)
	return v.Value, found(err, "secret", "find secret")
}

// InsertSecret implements auth.SecretStore.
func (s *Auth) InsertSecret(ctx context.Context, name string, value []byte) error {
	_, err := s.secrets.InsertOne(ctx, secret{name, value})
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "secret_taken", "there is a secret of this name")
	}
	if err != nil {
		return fmt.Errorf("insert secret: %w", err)
	}
	return nil
}

// InsertLogin implements auth.LoginStore.
func (s *Auth) InsertLogin(ctx context.Context, l auth.Login) error {
	if _, err := s.logins.InsertOne(ctx, l); err != nil {
		return fmt.Errorf("insert login: %w", err)
	}
	return nil
}

// TakeLogin implements auth.LoginStore.
func (s *Auth) TakeLogin(ctx context.Context, id string, now time.Time) (l auth.Login, err error) {
	err = s.logins.FindOneAndDelete(ctx, bson.D{{Key: "_id", Value: id}, {Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: now}}}}).Decode(&l)
	return l, found(err, "login", "take login")
}

// Identity implements auth.LoginStore.
func (s *Auth) Identity(ctx context.Context, id string) (i auth.Identity, err error) {
	err = s.identities.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&i)
	return i, found(err, "identity", "find identity")
}

// IdentitiesOf implements auth.LoginStore.
func (s *Auth) IdentitiesOf(ctx context.Context, p people.ID) ([]auth.Identity, error) {
	o := options.Find().SetSort(bson.D{{Key: "linkedAt", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(unpaged)
	return list[auth.Identity](ctx, s.identities, bson.D{{Key: "person", Value: p}}, o, "find identities")
}

// DeleteIdentity implements auth.LoginStore.
func (s *Auth) DeleteIdentity(ctx context.Context, i auth.Identity) error {
	if _, err := s.identities.DeleteOne(ctx, bson.D{{Key: "_id", Value: i.ID}, {Key: "person", Value: i.Person}}); err != nil {
		return fmt.Errorf("delete identity: %w", err)
	}
	return nil
}

// InsertIdentity implements auth.LoginStore.
func (s *Auth) InsertIdentity(ctx context.Context, i auth.Identity) error {
	err := insertOne(ctx, s.identities, i)
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "identity_taken", "it is linked already")
	}
	if err != nil {
		return fmt.Errorf("insert identity: %w", err)
	}
	return nil
}
