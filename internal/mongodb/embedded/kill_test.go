package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// The soak is TestKill with many rounds, each with more writes: environment variables say how many, and with which seed.
const (
	soakRounds  = "HOCSO_SOAK_ROUNDS"
	soakSeed    = "HOCSO_SOAK_SEED"
	soakLength  = "HOCSO_SOAK_ANSWERS" // the most that a writing process is let do
	epochRounds = 50                   // after so many rounds everything is looked at, and new collections begin
)

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s must be a positive number, not %q", name, s)
	}
	return n
}

// TestKill kills a process in the middle of mixed writes on eight connections, at random moments: while it opens the
// folder, while it writes, while it makes a backup or takes deleted documents off the disk. After every kill the folder
// is opened again and must hold what was acknowledged, once; of what was under way, the whole or nothing; and nothing
// that was deleted.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	rounds, seed := fromEnv(t, soakRounds, 20), uint64(fromEnv(t, soakSeed, 1))
	t.Logf("seed %d, %d rounds", seed, rounds)
	dir := filepath.Join(t.TempDir(), "data")
	k := &killer{t: t, dir: dir, seed: seed, answers: fromEnv(t, soakLength, 400), model: newKillModel(0)}
	for round := range rounds {
		k.round(round)
		last := round == rounds-1
		if (round+1)%epochRounds == 0 || last {
			k.verify(true)
			t.Logf("round %d: %d acknowledged, %d unknown, %d killed while opening, %d backups", round+1, k.acknowledged, k.unknown, k.early, k.backups)
			k.before, k.model = k.model, newKillModel(k.model.epoch+1)
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d: see above", seed, round)
		}
	}
	t.Logf("seed %d: %d kills, %d writes acknowledged, 0 lost, 0 doubled", seed, k.kills, k.acknowledged)
}

// killer is the process that kills, and what it has been told.
type killer struct {
	t             *testing.T
	dir           string
	seed          uint64
	answers       int
	model, before *killModel // of this epoch and of the one before it
	dropped       bool       // the epoch before that is gone

	kills, early, acknowledged, unknown, backups int
}

// round runs and kills one process, and in every third round perhaps more, while they open what the first one left.
func (k *killer) round(round int) {
	k.t.Helper()
	rng := rand.New(rand.NewPCG(k.seed, uint64(round)))
	j := killOrder{seed: k.seed, epoch: k.model.epoch, name: fmt.Sprint("r", round), writers: killWriters, maintained: round%4 == 1}
	k.run(j, moment{answers: 1 + rng.IntN(k.answers)})
	for j.writers, j.maintained = 0, false; round%3 == 2 && rng.IntN(3) > 0; {
		k.run(j, moment{opening: time.Duration(rng.IntN(40_000)) * time.Microsecond})
	}
	k.verify(false)
}

// moment is when to kill: so many answers after the start, or so long after it began to open the folder.
type moment struct {
	answers int
	opening time.Duration
}

// run starts a process, listens to it, kills it, and takes in all that it said before it ended.
func (k *killer) run(j killOrder, when moment) {
	t := k.t
	t.Helper()
	c := child(t, "TestChildWriter", k.dir)
	c.Env = append(c.Env, childOrder+"="+j.String())
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		if err := c.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	}
	var announced []string
	answers, opened := 0, false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 1 && words[0] == "opening":
			if when.answers == 0 {
				timer := time.AfterFunc(when.opening, kill)
				defer timer.Stop()
			}
		case len(words) == 1 && words[0] == "opened":
			opened = true
		case len(words) == 1 && words[0] == "ready":
			k.dropped = true
		case len(words) > 3 && words[0] == "begin":
			k.model.begin(words[1:])
		case len(words) == 3 && words[0] == "end":
			if k.model.end(t, words[1:]) {
				k.acknowledged++
			}
			if answers++; answers == when.answers {
				kill()
			}
		case len(words) == 2 && words[0] == "backup":
			announced = append(announced, words[1])
		default:
			t.Errorf("%s says: %s", j.name, lines.Text())
		}
	}
	_ = c.Wait() // it was killed
	if k.kills++; !opened {
		k.early++
	}
	k.model.killed()
	k.verifyBackups(announced)
}

// verify opens the folder and compares it with what is known.
func (k *killer) verify(everything bool) {
	t := k.t
	t.Helper()
	k.unknown += len(k.model.unknown)
	db, err := Open(k.dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatalf("the folder does not open: %v", err)
	}
	client := connect(t, db)
	test := client.Database("test")
	k.model.verifyRound(t, test)
	if everything {
		k.verifyAll(test)
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
	disconnect(client)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func (k *killer) verifyAll(db *mongo.Database) {
	k.t.Helper()
	k.model.verifyAll(k.t, db)
	if k.before != nil {
		k.before.verifyAll(k.t, db)
	}
	if k.dropped {
		verifyDropped(k.t, db, k.model.epoch-2)
	}
	k.dropped = false
}

// verifyBackups holds the copies that were called good to that. What is left of those that were not finished goes.
func (k *killer) verifyBackups(announced []string) {
	t := k.t
	t.Helper()
	for _, name := range announced {
		if _, err := Survey(t.Context(), name, Options{}, nil); err != nil {
			t.Errorf("a backup that was called good: %v", err)
		}
		k.backups++
	}
	if err := os.RemoveAll(k.dir + backupFolder); err != nil {
		t.Fatal(err)
	}
}
