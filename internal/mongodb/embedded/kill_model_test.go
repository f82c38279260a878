package embedded

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// killModel is what must be in the collections of one epoch, by what writers were told. What was under way at a kill is
// unknown: it may be there as a whole or not at all, and whichever it is stays so from then on.
type killModel struct {
	epoch  int
	docs   map[string]int    // how often each document was changed
	jobs   map[string]string // who claimed each job, "" for nobody
	slots  map[string]string // the document that has each place
	counts map[string]int

	// Of this round only.
	underWay map[string][]string // the words of an operation that began and did not end, by child and writer
	unknown  [][]string
	touched  map[string]bool // documents
	raced    map[string]bool // places; true when somebody was told that one is taken
	claimed  map[string]string
}

func newKillModel(epoch int) *killModel {
	m := &killModel{epoch: epoch, docs: map[string]int{}, jobs: map[string]string{}, slots: map[string]string{}, counts: map[string]int{}}
	m.startRound()
	return m
}

func (m *killModel) startRound() {
	m.underWay, m.unknown = map[string][]string{}, nil
	m.touched, m.raced, m.claimed = map[string]bool{}, map[string]bool{}, map[string]string{}
}

// begin takes the words after "begin": the writer, the operation and its names.
func (m *killModel) begin(words []string) {
	m.underWay[words[0]] = words[1:]
	switch words[1] {
	case "insert", "change", "upsert", "delete":
		for _, id := range words[2:] {
			m.touched[id] = true
		}
	case "slot":
		if !m.raced[words[3]] {
			m.raced[words[3]] = false
		}
	}
}

// end takes the words after "end": the writer and the result. It tells whether a write was acknowledged.
func (m *killModel) end(t *testing.T, words []string) bool {
	t.Helper()
	op, result := m.underWay[words[0]], words[1]
	delete(m.underWay, words[0])
	if len(op) < 2 {
		t.Fatalf("writer %s ends what it did not begin", words[0])
	}
	id := op[1]
	switch op[0] + " " + result {
	case "insert ok":
		for _, id := range op[1:] {
			m.docs[id] = 0
		}
	case "change ok", "upsert ok":
		m.docs[id]++
	case "delete ok":
		delete(m.docs, id)
	case "job ok":
		m.jobs[id] = cmp.Or(m.jobs[id], "")
	case "slot ok":
		if other := m.slots[op[2]]; other != "" {
			t.Errorf("the place %s was given to %s and to %s", op[2], other, id)
		}
		m.slots[op[2]] = id
	case "slot duplicate":
		m.raced[op[2]] = true
		return false
	case "count ok":
		m.counts[id]++
	case "claim none":
		return false
	default:
		if op[0] != "claim" {
			t.Errorf("%v answers %s", op, result)
			return false
		}
		if other := m.claimed[result]; other != "" || m.jobs[result] != "" {
			t.Errorf("the job %s was claimed by %s and by %s", result, cmp.Or(other, m.jobs[result]), id)
		}
		m.claimed[result] = id
	}
	return true
}

// killed makes what was under way unknown.
func (m *killModel) killed() {
	for _, writer := range slices.Sorted(maps.Keys(m.underWay)) {
		m.unknown = append(m.unknown, m.underWay[writer])
	}
	m.underWay = map[string][]string{}
}

// unknowns gives the names of unknown operations of one kind.
func (m *killModel) unknowns(kind string) (names []string) {
	for _, op := range m.unknown {
		if op[0] == kind {
			names = append(names, op[1:]...)
		}
	}
	return names
}

func all[T any](t *testing.T, c *mongo.Collection, filter any) (list []T) {
	t.Helper()
	cur, err := c.Find(t.Context(), filter)
	if err == nil {
		err = cur.All(t.Context(), &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func in(names []string) bson.M { return bson.M{"$in": append([]string{}, names...)} }

// verifyRound looks at everything that the round touched, and learns what became of the unknown.
func (m *killModel) verifyRound(t *testing.T, db *mongo.Database) {
	t.Helper()
	docs, jobs, slots, counts := killCollections(db, m.epoch)
	m.verifyDocs(t, all[killDoc](t, docs, bson.M{"_id": in(slices.Collect(maps.Keys(m.touched)))}))
	m.verifyJobs(t, all[killJob](t, jobs, bson.M{}))
	m.verifySlots(t, all[killSlot](t, slots, bson.M{"slot": in(slices.Collect(maps.Keys(m.raced)))}))
	m.verifyCounts(t, all[killCount](t, counts, bson.M{}))
	m.startRound()
}

// verifyAll looks at everything, when nothing is unknown any more.
func (m *killModel) verifyAll(t *testing.T, db *mongo.Database) {
	t.Helper()
	for id := range m.docs {
		m.touched[id] = true
	}
	docs, _, slots, _ := killCollections(db, m.epoch)
	for _, d := range all[killDoc](t, docs, bson.M{}) {
		m.touched[d.ID] = true
	}
	for _, s := range all[killSlot](t, slots, bson.M{}) {
		m.raced[s.Slot] = true
	}
	for slot := range m.slots {
		m.raced[slot] = true
	}
	m.verifyRound(t, db)
}

func (m *killModel) verifyDocs(t *testing.T, list []killDoc) {
	t.Helper()
	there := map[string]killDoc{}
	for _, d := range list {
		there[d.ID] = d
	}
	may := map[string]string{} // the unknown operation on a document
	for _, op := range m.unknown {
		for i, id := range op[1:] {
			may[id] = op[0]
			if _, ok := there[id]; ok && op[0] == "insert" && i > 0 && there[op[i]].ID == "" {
				t.Errorf("of documents inserted in order %s is there and %s is not", id, op[i])
			}
		}
	}
	for id := range m.touched {
		want, wanted := m.docs[id]
		got, ok := there[id]
		op := may[id]
		switch {
		case !ok && wanted && op != "delete":
			t.Errorf("acknowledged and lost: %s", id)
		case ok && !wanted && op != "insert" && op != "upsert":
			t.Errorf("deleted or never stored, and there: %s", id)
		case ok && got.N != want && (got.N != want+1 || op != "change" && op != "upsert"):
			t.Errorf("%s was changed %d times and says %d (under way: %q)", id, want, got.N, op)
		case ok && got != newKillDoc(id, got.Writer, got.N):
			t.Errorf("%s is not whole: %+v", id, got)
		}
		if delete(m.docs, id); ok {
			m.docs[id] = got.N
		}
	}
}

type killJob struct {
	ID     string `bson:"_id"`
	State  string `bson:"state"`
	By     string `bson:"by"`
	Claims int    `bson:"claims"`
}

func (m *killModel) verifyJobs(t *testing.T, list []killJob) {
	t.Helper()
	there := map[string]killJob{}
	claims, inserts := m.unknowns("claim"), m.unknowns("job")
	for _, j := range list {
		there[j.ID] = j
		want, known := m.jobs[j.ID]
		want = cmp.Or(m.claimed[j.ID], want)
		if !known && m.claimed[j.ID] == "" && !slices.Contains(inserts, j.ID) {
			t.Errorf("nobody stored the job %s", j.ID)
		}
		state := map[bool]killJob{false: {j.ID, "open", "", 0}, true: {j.ID, "claimed", j.By, 1}}[j.By != ""]
		if j != state {
			t.Errorf("the job is not whole: %+v", j)
		}
		at := slices.Index(claims, j.By)
		switch {
		case j.By == want:
		case want == "" && at >= 0:
			claims = slices.Delete(claims, at, at+1) // it may have only one
		default:
			t.Errorf("the job %s was claimed by %q and says %q", j.ID, want, j.By)
		}
		m.jobs[j.ID] = j.By
	}
	for id := range m.jobs {
		if there[id].ID == "" {
			t.Errorf("acknowledged and lost: the job %s", id)
		}
	}
	for id, by := range m.claimed {
		if there[id].By != by {
			t.Errorf("acknowledged and lost: the claim of %s by %s", id, by)
		}
	}
}

type killSlot struct {
	ID   string `bson:"_id"`
	Slot string `bson:"slot"`
}

func (m *killModel) verifySlots(t *testing.T, list []killSlot) {
	t.Helper()
	has := map[string]string{}
	unknown := m.unknowns("slot")
	for _, s := range list {
		if other := has[s.Slot]; other != "" {
			t.Errorf("the place %s has two documents, %s and %s", s.Slot, other, s.ID)
		}
		has[s.Slot] = s.ID
	}
	for slot, taken := range m.raced {
		want, got := m.slots[slot], has[slot]
		switch {
		case want != "" && got != want:
			t.Errorf("the place %s was given to %s and has %q", slot, want, got)
		case want == "" && got != "" && !slices.Contains(unknown, got):
			t.Errorf("the place %s has %s, which was told that another has it", slot, got)
		case got == "" && taken:
			t.Errorf("somebody was told that the place %s is taken, and it is empty", slot)
		}
		if delete(m.slots, slot); got != "" {
			m.slots[slot] = got
		}
	}
}

type killCount struct {
	ID string `bson:"_id"`
	N  int    `bson:"n"`
}

func (m *killModel) verifyCounts(t *testing.T, list []killCount) {
	t.Helper()
	has := map[string]int{}
	for _, c := range list {
		has[c.ID] = c.N
	}
	unknown := m.unknowns("count")
	for _, id := range []string{"k0", "k1", "k2"} {
		open := len(slices.DeleteFunc(slices.Clone(unknown), func(k string) bool { return k != id }))
		if got, want := has[id], m.counts[id]; got < want || got > want+open {
			t.Errorf("%s was counted up %d times (and %d under way) and says %d", id, want, open, got)
		}
		m.counts[id] = has[id]
	}
}

// verifyDropped asks for no trace of an epoch that was dropped.
func verifyDropped(t *testing.T, db *mongo.Database, epoch int) {
	t.Helper()
	names, err := db.ListCollectionNames(t.Context(), bson.M{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if strings.HasSuffix(n, fmt.Sprint("s", epoch)) {
			t.Errorf("dropped and there: %s", n)
		}
	}
}
