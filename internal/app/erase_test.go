package app

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/config"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/escalation"
	"hocso/internal/exercise"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/mongodb"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

const erasedName = "Đặng Thị Dấuẩn"

// marks are what must not be left of the person anywhere: as written, folded, and as other programs might write it.
func marks(hash string) [][]byte {
	out := [][]byte{[]byte("dauan"), []byte("Dấuẩn"), []byte("DAUAN"), []byte(hash), []byte(people.NameKey(erasedName))}
	for _, s := range []string{"Dấuẩn", "dauan"} {
		var wide []byte
		for _, u := range utf16.Encode([]rune(s)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		out = append(out, wide)
	}
	return out
}

// planted is a program whose data mention one person wherever they can.
type planted struct {
	*App
	data   string
	person people.ID
	other  people.ID
	hash   string
}

func openPlanted(t *testing.T, data string, now func() time.Time) *App {
	t.Helper()
	cfg, _, err := config.Load("test", []string{"--data", data}, func(string) string { return "" }, &output{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler), now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// plantAt plants at a moment that the test moves on, and closes at the end.
func plantAt(t *testing.T) (x *planted, clock *time.Time) {
	t.Helper()
	now := nowMillis()
	x = plant(t, func() time.Time { return now })
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x, &now
}

func plant(t *testing.T, now func() time.Time) *planted {
	t.Helper()
	x := &planted{data: filepath.Join(t.TempDir(), "data")}
	x.App = openPlanted(t, x.data, now)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := x.people.AddUnit(ctx, people.Console(), people.UnitDraft{ID: "a", Name: people.Text{Vi: "A", En: "A"}})
	must(err)
	person := func(name, email string) people.Person {
		p, err := x.people.Add(ctx, people.Console(), people.Draft{Name: name, Email: email, Unit: "a"})
		must(err)
		p.PasswordHash, p.Status = "argon2-"+name, people.Active
		p, err = x.people.SetCredentials(ctx, p)
		must(err)
		return p
	}
	p, o := person(erasedName, "dauan.thu@bo.vn"), person("Người Ở Lại", "olai@bo.vn")
	x.person, x.other, x.hash = p.ID, o.ID, p.PasswordHash
	_, err = x.people.SetHeads(ctx, people.Console(), "a", []people.Headship{{Person: p.ID, From: "2020-01-01"}})
	must(err)
	at, later := now(), now().Add(90*24*time.Hour)
	for _, q := range []people.Person{p, o} {
		id, mark := string(q.ID), q.Email
		must(x.db.People().Seen(ctx, q.ID, at))
		must(x.db.Auth().InsertSession(ctx, auth.Session{ID: "s" + id, Person: q.ID, Device: mark, CreatedAt: at, LastSeenAt: at, ExpiresAt: later}))
		must(x.db.Auth().InsertSession(ctx, auth.Session{ID: "e" + id, Person: q.ID, Device: mark, CreatedAt: at, LastSeenAt: at, EndedAt: &at, ExpiresAt: later}))
		must(x.db.Auth().InsertInvitation(ctx, auth.Invitation{Hash: "h" + mark, Person: q.ID, ExpiresAt: later, ForgetAt: later}))
		must(x.db.Auth().ReplaceFactors(ctx, auth.Factors{Person: q.ID, Passkeys: []auth.Passkey{{ID: mark, Name: "Máy của " + mark}}, Recovery: []string{mark}}))
		must(x.db.Auth().InsertIdentity(ctx, auth.Identity{ID: "i" + mark, Issuer: "https://sso", Person: q.ID, LinkedAt: at}))
		must(x.db.Cohorts().InsertCohort(ctx, people.Cohort{ID: people.CohortID("g" + id), Name: people.Text{Vi: "Nhóm", En: "Group"}, Members: []people.ID{q.ID}}))
		must(x.db.Letters().InsertLetter(ctx, letter.Letter{ID: "l" + id, Kind: auth.InvitationLetter, Person: q.ID, DueAt: later, ExpiresAt: later}))
		_, err = x.audit.Append(ctx, audit.Entry{Actor: q.ID, Action: "sign_in", Object: audit.Object{Kind: "person", ID: id}, Outcome: audit.Done})
		must(err)
		must(x.db.Reminders().PutSubscription(ctx, reminder.Subscription{ID: "d" + id, Person: q.ID, Device: mark, Endpoint: "https://push/" + mark, LastSeenAt: at, ExpiresAt: later}))
		must(x.db.Reminders().PutBudget(ctx, reminder.Budget{Person: q.ID, Sends: []reminder.Send{{Delivery: mark, At: at}}, ExpiresAt: later}))
		_, err = x.db.Reminders().InsertDeliveries(ctx, []reminder.Delivery{{ID: "k:" + id, Campaign: "k", Person: q.ID, Token: mark, ExpiresAt: later}})
		must(err)
		e := learning.NewEnrolmentID("c", q.ID, 1)
		_, err = x.db.Learning().InsertEnrolments(ctx, []learning.Enrolment{{ID: e, Person: q.ID, Course: "c", Cycle: 1, State: learning.Completed, AssignedAt: at, CompletedAt: &at, ChangedAt: at, Rating: 5, Version: 1}})
		must(err)
		must(x.db.Learning().InsertAttempt(ctx, learning.Attempt{ID: "t" + id, Person: q.ID, Enrolment: e, Answers: []course.Answer{{Question: "q", Chosen: []string{mark}}}, ReceivedAt: at}))
		must(x.db.Learning().PutRating(ctx, learning.Rating{ID: e, Course: "c", Stars: 5, Comment: "Gửi " + mark, At: at}))
		must(x.db.Learning().InsertOps(ctx, []learning.Op{{ID: id + ":1", Hash: mark, ExpiresAt: later}}))
		_, err = x.drills.Publish(ctx, []drill.Template{{ID: "inbox", Items: []drill.Item{{ID: "x"}}}})
		must(err)
		_, err = x.drills.Apply(ctx, q.ID, "inbox", []drill.Event{{Action: drill.View, N: 1, At: at}})
		must(err)
		must(x.db.Announcements().InsertReading(ctx, announcement.Reading{ID: "n:" + id, Announcement: "n", Person: q.ID, At: at}))
		sitting := exercise.Sitting{ID: exercise.SittingID("x" + id), Named: []people.ID{q.ID}, Version: 1, Plan: exercise.Plan{On: "2026-03-02", Participants: []exercise.Attendee{{Person: q.ID, Seat: "it"}}}}
		must(x.db.Exercises().InsertSitting(ctx, sitting))
		must(x.db.Surveys().InsertParticipant(ctx, survey.Participant{ID: "v:" + id, Survey: "v", Person: q.ID, Claim: "c" + mark}))
		_, err = x.db.Escalations().InsertEscalations(ctx, []escalation.Escalation{{ID: "e:" + id, Person: q.ID, At: at, ExpiresAt: later}})
		must(err)
		must(x.db.Webhooks().InsertDeliveries(ctx, []webhook.Delivery{{ID: "w:" + id, Endpoint: "w", Person: q.ID, Payload: []byte(mark), ExpiresAt: later}}))
		_, err = x.privacy.Read(ctx, people.Actor{ID: q.ID}, x.privacy.Notice().Version)
		must(err)
		r, err := x.privacy.Ask(ctx, people.Actor{ID: q.ID}, privacy.Objection, "Về "+mark, "Tôi là "+mark)
		must(err)
		_, err = x.privacy.Do(ctx, auditor(), r.ID, privacy.Deed{Did: "answer", Text: "Chào " + mark})
		must(err)
	}
	must(x.db.Webhooks().InsertEndpoint(ctx, webhook.Endpoint{ID: "w", State: webhook.Off}))
	must(x.db.Surveys().PutResult(ctx, survey.Result{ID: "v"}))
	return x
}

// auditor is somebody who handles requests of everybody.
func auditor() people.Actor {
	return people.Actor{ID: "auditor", Grants: []people.Grant{{Role: people.Auditor}}}
}

// documents lists every document of every collection as text.
func (x *planted) documents(t *testing.T) map[string][]string {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(mongodb.EmbeddedURI).SetDialer(x.embedded.Dialer()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(context.Background()) }() // only read
	all := map[string][]string{}
	names, err := c.Database("hocso").ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		cur, err := c.Database("hocso").Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		all[name] = []string{}
		for cur.Next(t.Context()) {
			all[name] = append(all[name], cur.Current.String())
		}
	}
	return all
}

// found says in which files of a folder a mark is: in the raw bytes, and in every key and value that a table of the
// database holds, also of what was replaced.
func found(t *testing.T, data, hash string) (in []string) {
	t.Helper()
	look := func(where string, b []byte) {
		for _, m := range marks(hash) {
			if bytes.Contains(b, m) && !slices.Contains(in, where) {
				in = append(in, where)
			}
		}
	}
	err := filepath.WalkDir(data, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		look(filepath.Base(name), b)
		if filepath.Ext(name) == ".sst" {
			return eachEntry(t.Context(), name, func(key, value []byte) {
				look(filepath.Base(name)+" unpacked", key)
				look(filepath.Base(name)+" unpacked", value)
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// eachEntry unpacks a table.
func eachEntry(ctx context.Context, name string, f func(key, value []byte)) error {
	file, err := vfs.Default.Open(name)
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(file)
	if err != nil {
		return err
	}
	r, err := sstable.NewReader(ctx, readable, sstable.ReaderOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	it, err := r.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }() // as above
	for kv := it.First(); kv != nil; kv = it.Next() {
		v, _, err := kv.Value(nil)
		if err != nil {
			return err
		}
		f(kv.K.UserKey, v)
	}
	return it.Error()
}

// mentioned are the collections in which a mark is.
func (x *planted) mentioned(t *testing.T) (in []string) {
	for name, docs := range x.documents(t) {
		for _, d := range docs {
			if (strings.Contains(d, "dauan") || strings.Contains(d, erasedName)) && !slices.Contains(in, name) {
				in = append(in, name)
			}
		}
	}
	slices.Sort(in)
	return in
}

// An erased person is in no document, in no byte of the folder, and does not come back with an old backup; everybody
// else, and what the totals count, stays.
func TestErasureLeavesNothing(t *testing.T) {
	clock := nowMillis()
	now := func() time.Time { return clock }
	x := plant(t, now)
	want := []string{
		"attempts", "deliveries", "factors", "identities", "invitations", "ops", "people", "privacy_requests", "ratings", "reminder_budgets", "sessions", "subscriptions", "survey_participants",
	}
	if in := x.mentioned(t); !slices.Equal(in, want) {
		t.Fatalf("planted in %v, want %v", in, want)
	}
	before := x.documents(t)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	backups := t.TempDir()
	file := filepath.Join(backups, "old.tar")
	if _, err := command(t, Backup, file, "--data", x.data); err != nil {
		t.Fatal(err)
	}
	if in := found(t, x.data, x.hash); len(in) == 0 {
		t.Fatal("the marks were never on disk")
	}

	x.App = openPlanted(t, x.data, now)
	r, err := x.privacy.Ask(t.Context(), people.Actor{ID: x.person}, privacy.Deletion, "", "Xóa giúp tôi, "+erasedName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.privacy.Do(t.Context(), auditor(), r.ID, privacy.Deed{Did: "complete", Text: "Vâng, " + erasedName}); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(2 * time.Minute)
	if err := x.privacy.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if in := x.mentioned(t); len(in) > 0 {
		t.Errorf("after the erasure the person is in %v", in)
	}
	if in := found(t, x.data, x.hash); len(in) > 0 {
		t.Errorf("while the program runs marks are in %v", in)
	}
	after := x.documents(t)
	gone := map[string]int{"announcement_readings": 1, "attempts": 1, "deliveries": 1, "drill_runs": 1, "escalations": 1, "factors": 1, "identities": 1, "invitations": 1, "letters": 1, "ops": 1, "reminder_budgets": 1, "sessions": 2, "subscriptions": 1, "survey_participants": 1, "webhook_deliveries": 1, "privacy_requests": -1, "erasures": -1}
	for name := range before {
		if len(before[name])-len(after[name]) != gone[name] {
			t.Errorf("%s: %d documents before, %d after, want %d fewer", name, len(before[name]), len(after[name]), gone[name])
		}
		for _, d := range before[name] {
			if strings.Contains(d, string(x.other)) && !slices.Contains(after[name], d) {
				t.Errorf("%s: of the other person this was there: %s", name, d)
			}
		}
	}
	e, err := x.db.Learning().Enrolment(t.Context(), learning.NewEnrolmentID("c", x.person, 1))
	if err != nil || e.State != learning.Completed || e.Rating != 5 {
		t.Errorf("the completion is %+v, %v; want it as it was", e, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if in := found(t, x.data, x.hash); len(in) > 0 {
		t.Errorf("after the end of the program marks are in %v", in)
	}
	if _, err := command(t, Fsck, "--data", x.data); err != nil {
		t.Errorf("fsck: %v", err)
	}
	comesBack(t, x, file)
}

// comesBack restores a backup from before the erasure in every way.
func comesBack(t *testing.T, x *planted, file string) {
	ledger := filepath.Join(x.data, ledgerFile)
	kept, err := readLedger(ledger)
	if err != nil || len(kept) != 1 || kept[0].Person != x.person {
		t.Fatalf("the ledger beside the data: %+v, %v", kept, err)
	}
	data := filepath.Join(t.TempDir(), "restored")
	if _, err := command(t, Restore, file, "--data", data); err == nil || !strings.Contains(err.Error(), "--ledger") {
		t.Errorf("without a word about the ledger: %v, want it asked for", err)
	}
	out, err := command(t, Restore, file, "--data", data, "--ledger", ledger)
	if err != nil || !strings.Contains(out, "names 1") {
		t.Fatalf("restore: %v %q", err, out)
	}
	if in := found(t, data, x.hash); len(in) > 0 {
		t.Errorf("restored with the ledger, marks are in %v", in)
	}
	out, err = command(t, Restore, file, "--data", filepath.Join(t.TempDir(), "none"), "--ledger", noLedger)
	if err != nil || !strings.Contains(out, "WARNING") {
		t.Errorf("restore without a ledger: %v %q, want a warning", err, out)
	}

	// The ledger in the backup is that of its time, and that is said.
	out, err = command(t, Restore, file, "--data", filepath.Join(t.TempDir(), "archive"), "--ledger", archivedLedger)
	if err != nil || !strings.Contains(out, "in the backup names 0") || !strings.Contains(out, "WARNING: whoever was erased after") {
		t.Errorf("restore with the ledger of the backup: %v %q, want a warning", err, out)
	}
	newer := filepath.Join(t.TempDir(), "newer.tar")
	if _, err := command(t, Backup, newer, "--data", x.data); err != nil {
		t.Fatal(err)
	}
	out, err = command(t, Restore, newer, "--data", filepath.Join(t.TempDir(), "newer"), "--ledger", archivedLedger)
	if err != nil || !strings.Contains(out, "in the backup names 1") {
		t.Errorf("restore with the ledger of a newer backup: %v %q", err, out)
	}

	// A ledger that lies where the program looks is replayed before anybody is served.
	data = filepath.Join(t.TempDir(), "found")
	if _, err := command(t, Restore, file, "--data", data, "--ledger", noLedger); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(ledger)
	if err == nil {
		err = os.WriteFile(filepath.Join(data, ledgerFile), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if in := found(t, data, x.hash); len(in) == 0 {
		t.Error("without a ledger the person should be back")
	}
	a := openPlanted(t, data, func() time.Time { return time.Now().Add(time.Hour) })
	if err := a.replayLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if in := found(t, data, x.hash); len(in) > 0 {
		t.Errorf("after the start marks are in %v", in)
	}
}

func TestReadLedger(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{`{"person":"p","at":"2026-03-02T08:00:00Z"}` + "\n", ""},
		{"{}\n", ":1 is no entry"},
		{`{"person":"p","at":"2026-03-02T08:00:00Z"}` + "\nx\n", ":2 is no entry"},
		{`{"person":"p","at":"2026-03-02T08:00:00Z","name":"n"}`, ":1 is no entry"},
		{`{"person":"","at":"2026-03-02T08:00:00Z"}`, ":1 is no entry"},
	} {
		name := filepath.Join(t.TempDir(), "l")
		if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readLedger(name); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
	if _, err := readLedger(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a ledger that is not there was read")
	}
}
