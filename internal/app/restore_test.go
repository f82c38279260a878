package app

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// member is one entry of a forged archive.
type member struct {
	name, content string
	kind          byte
}

// forge makes an archive whose manifest was changed, with its right hash, and whose entries
// were changed.
func forge(t *testing.T, good []byte, change func(*manifest), entries func([]member) []member) []byte {
	t.Helper()
	var m manifest
	var all []member
	tr := tar.NewReader(bytes.NewReader(good))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, member{h.Name, string(b), h.Typeflag})
	}
	if err := json.Unmarshal([]byte(all[0].content), &m); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&m)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	all[0].content, all[1].content = string(text), hex.EncodeToString(hashOf(text))+"\n"
	if entries != nil {
		all = entries(all)
	}
	var out bytes.Buffer
	tw := tar.NewWriter(&out)
	for _, e := range all {
		h := &tar.Header{Name: e.name, Size: int64(len(e.content)), Mode: 0o600, Typeflag: e.kind}
		if e.kind != tar.TypeReg {
			h.Size, h.Linkname, e.content = 0, "/etc/passwd", ""
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// backupBytes is a good backup.
func backupBytes(t *testing.T) []byte {
	t.Helper()
	term, out, _ := terminal("")
	if err := Backup(t.Context(), term, []string{"-", "--data", demoData(t)}); err != nil {
		t.Fatal(err)
	}
	return []byte(out.String())
}

func TestRestoreRefusals(t *testing.T) {
	good := backupBytes(t)
	renamed := func(name string) []byte {
		return forge(t, good, func(m *manifest) { m.Files[0].Name = name }, func(all []member) []member {
			all[2].name = name
			return all
		})
	}
	for _, tt := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"nothing", nil, "cut off"},
		{"text", bytes.Repeat([]byte("Xin chào. "), 200), "encrypted or compressed"},
		{"another tar", forge(t, good, nil, func(all []member) []member { return all[2:] }), "manifest.json"},
		{"absolute", renamed("/etc/passwd"), "does not belong"},
		{"above", renamed("../passwd"), "does not belong"},
		{"above within", renamed("database/../passwd"), "does not belong"},
		{"another folder", renamed("bin/hocso"), "does not belong"},
		{"deeper", renamed("database/a/b"), "does not belong"},
		{"no name", renamed("database/."), "does not belong"},
		{"backslash", renamed(`database/..\passwd`), "does not belong"},
		{"drive", renamed("database/c:passwd"), "does not belong"},
		{"only entry above", forge(t, good, nil, func(all []member) []member { all[2].name = "../passwd"; return all }), "stands where"},
		{"symbolic link", forge(t, good, nil, func(all []member) []member { all[2].kind = tar.TypeSymlink; return all }), "stands where"},
		{"hard link", forge(t, good, nil, func(all []member) []member { all[2].kind = tar.TypeLink; return all }), "stands where"},
		{"a file more", forge(t, good, nil, func(all []member) []member { return append(all, member{"database/more", "x", tar.TypeReg}) }), "not in its manifest"},
		{"a file less", forge(t, good, nil, func(all []member) []member { return all[:len(all)-1] }), "cut off"},
		{"twice", forge(t, good, func(m *manifest) { m.Files = append(m.Files, m.Files[0]) }, nil), "twice"},
		{"twice without case", forge(t, good, func(m *manifest) {
			f := m.Files[0]
			f.Name = "database/" + strings.ToUpper(strings.TrimPrefix(f.Name, "database/"))
			m.Files = append(m.Files, f)
		}, nil), "twice"},
		{"longer than said", forge(t, good, nil, func(all []member) []member { all[2].content += "x"; return all }), "its manifest says"},
		{"negative size", forge(t, good, func(m *manifest) { m.Files[0].Size = -1 }, nil), "does not belong"},
		{"other content", forge(t, good, func(m *manifest) { m.Files[0].SHA256 = strings.Repeat("0", 64) }, nil), "is damaged"},
		{"other counts", forge(t, good, func(m *manifest) { m.Database.Collections[0].Documents++ }, nil), "other documents"},
		{"other hash of all", forge(t, good, func(m *manifest) { m.Database.SHA256 = "" }, nil), "other documents"},
		{"no database", forge(t, good, func(m *manifest) { m.Files = nil }, func(all []member) []member { return all[:2] }), "does not exist"},
		{"manifest without its hash", forge(t, good, nil, func(all []member) []member { all[1].content = strings.Repeat("0", 64) + "\n"; return all }), "its manifest is damaged"},
		{"newer archive", forge(t, good, func(m *manifest) { m.Format++ }, nil), "use a newer one"},
		{"newer database", forge(t, good, func(m *manifest) { m.Database.Format++ }, nil), "use a newer one"},
		{"older than the first", forge(t, good, func(m *manifest) { m.Format = 0 }, nil), "its manifest is damaged"},
		{"cut", good[:len(good)/2], "cut off"},
		{"cut within a header", good[:700], "cut off"},
		{"something after it", append(bytes.Clone(good), "more"...), "more follows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.tar")
			if err := os.WriteFile(file, tt.archive, 0o600); err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(t.TempDir(), "data")
			_, err := command(t, Restore, "--ledger", "none", file, "--data", data)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), file) {
				t.Errorf("restore: %v, want one line with the file and %q", err, tt.want)
			}
			if _, err := os.Lstat(data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the refused restore left %v", names(data))
			}
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := command(t, Restore, "--ledger", "none", file, "--data", data); err == nil || len(names(data)) > 0 {
				t.Errorf("restore into an empty folder: %v, and left %v", err, names(data))
			}
		})
	}
}

// TestADamagedBackupIsNoticed flips single bits: what passes must have the same content.
func TestADamagedBackupIsNoticed(t *testing.T) {
	good := backupBytes(t)
	want, _, err := checkStream(t.Context(), bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	refused := 0
	for range 300 {
		bad := bytes.Clone(good)
		at, bit := r.IntN(len(bad)), byte(1)<<r.IntN(8)
		bad[at] ^= bit
		got, _, err := checkStream(t.Context(), bytes.NewReader(bad))
		if err != nil {
			refused++
		} else if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("seed %d: with bit %d of byte %d changed the backup holds %+v, want %+v", seed, bit, at, got, want)
		}
	}
	if refused < 100 { // the rest is what fills blocks up
		t.Errorf("seed %d: only %d of 300 damaged backups were refused", seed, refused)
	}
}

func TestRestoreOnlyIntoAnEmptyFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.tar")
	if err := os.WriteFile(file, backupBytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	mine := filepath.Join(data, "letter.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, Restore, "--ledger", "none", file, "--data", data); err == nil || !strings.Contains(err.Error(), "letter.txt") {
		t.Errorf("restore beside a letter: %v", err)
	}
	if fmt.Sprint(names(data)) != "[letter.txt]" {
		t.Errorf("the refused restore left %v", names(data))
	}
	if err := os.Remove(mine); err != nil {
		t.Fatal(err)
	}
	// What a restore that was killed has left: the program does not take it for a new folder.
	if err := os.MkdirAll(filepath.Join(data, restoring, databaseFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, Serve, "--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", ""); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("serve after a restore that was killed: %v", err)
	}
	term, _, _ := terminal("")
	ctx, cancel := context.WithCancel(t.Context())
	term.Err = stopper{cancel} // it speaks when all is unpacked
	err := Restore(ctx, term, []string{file, "--ledger", "none", "--data", data})
	if err == nil || !strings.Contains(err.Error(), "stopped before the end") || len(names(data)) > 0 {
		t.Errorf("an interrupted restore: %v, and left %v", err, names(data))
	}
	if out, err := command(t, Restore, "--ledger", "none", file, "--data", data); err != nil || !strings.Contains(out, "restored") {
		t.Errorf("restore at last: %v %q", err, out)
	}
	if _, err := command(t, Fsck, "--data", data); err != nil {
		t.Errorf("fsck: %v", err)
	}
}
