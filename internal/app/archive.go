package app

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"hocso/internal/mongodb/embedded"
)

// A backup is a tar file: the manifest, the hash of the manifest's bytes, then the files in
// the manifest's order, named by where they lie in the data folder. It is not compressed:
// the tables of the database are. Format 2 has the ledger of erasures too.
const (
	archiveFormat  = 2
	manifestName   = "manifest.json"
	manifestSum    = "manifest.json.sha256"
	manifestAtMost = 64 << 20
	databaseFolder = "database"
)

// manifest says what a backup holds.
type manifest struct {
	Format   int               `json:"format"`
	Program  string            `json:"program"`
	MadeAt   time.Time         `json:"madeAt"`
	Database embedded.Manifest `json:"database"`
	Files    []archivedFile    `json:"files"`
}

type archivedFile struct {
	Name   string `json:"name"` // with slashes, below the data folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// errNoBackup reports that something is no backup, or not as it was written.
var errNoBackup = errors.New("it is not a whole backup")

// size is how many bytes the files have together.
func (m manifest) size() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// list adds the files of a folder, which go into the archive's folder of that name.
func (m *manifest) list(ctx context.Context, name, dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Name() == "LOCK" { // of whoever reads the folder
			continue
		}
		if err := m.add(ctx, path.Join(name, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// add adds one file.
func (m *manifest) add(ctx context.Context, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	n, err := io.Copy(h, reading{ctx, f})
	m.Files = append(m.Files, archivedFile{name, n, hex.EncodeToString(h.Sum(nil))})
	return err
}

// addText adds a file that is not on the disk.
func (m *manifest) addText(name string, b []byte) {
	m.Files = append(m.Files, archivedFile{name, int64(len(b)), hex.EncodeToString(hashOf(b))})
}

// pack writes the archive; open gives the content of a file in the manifest.
func pack(ctx context.Context, w io.Writer, m manifest, open func(name string) (io.ReadCloser, error)) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	tw := tar.NewWriter(w)
	put := func(name string, size int64, content io.Reader) error {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: m.MadeAt}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		_, err := io.Copy(tw, content)
		return err
	}
	sum := hex.EncodeToString(hashOf(text)) + "\n"
	if err := put(manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	if err := put(manifestSum, int64(len(sum)), strings.NewReader(sum)); err != nil {
		return err
	}
	for _, f := range m.Files {
		content, err := open(f.Name)
		if err != nil {
			return err
		}
		h := sha256.New()
		err = put(f.Name, f.Size, io.TeeReader(reading{ctx, content}, h))
		if err = errors.Join(err, content.Close()); err != nil {
			return fmt.Errorf("pack %s: %w", f.Name, err)
		}
		if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
			return fmt.Errorf("pack %s: it changed meanwhile", f.Name)
		}
	}
	return tw.Close()
}

// unpack reads an archive to its end and checks everything that its manifest says. create
// makes the place for a file; nil: nothing is kept.
func unpack(ctx context.Context, r io.Reader, create func(name string) (io.WriteCloser, error)) (manifest, error) {
	r = reading{ctx, r}
	tr := tar.NewReader(r)
	m, err := readManifest(tr)
	if err != nil {
		return m, err
	}
	for _, f := range m.Files {
		if err := next(tr, f.Name, f.Size); err != nil {
			return m, err
		}
		if err := unpackFile(tr, f, create); err != nil {
			return m, err
		}
	}
	h, err := tr.Next()
	if err == nil {
		return m, fmt.Errorf("%w: %q is not in its manifest", errNoBackup, h.Name)
	}
	if err != io.EOF {
		return m, broken(err)
	}
	return m, onlyZeros(r)
}

// next goes to the next file, which must be this one.
func next(tr *tar.Reader, name string, size int64) error {
	h, err := tr.Next()
	switch {
	case err != nil:
		return broken(err)
	case h.Name != name || h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%w: %q of type %q stands where %q belongs", errNoBackup, h.Name, h.Typeflag, name)
	case size >= 0 && h.Size != size:
		return fmt.Errorf("%w: %q has %d bytes, its manifest says %d", errNoBackup, name, h.Size, size)
	case size < 0 && h.Size > manifestAtMost:
		return fmt.Errorf("%w: %q has %d bytes", errNoBackup, name, h.Size)
	}
	return nil
}

// broken gives an error of reading its name: an archive that ends early, or is no archive.
func broken(err error) error {
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut off", errNoBackup)
	case errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("%w: it is damaged, or was encrypted or compressed", errNoBackup)
	}
	return err
}

func readManifest(tr *tar.Reader) (m manifest, err error) {
	if err := next(tr, manifestName, -1); err != nil {
		return m, err
	}
	text, err := io.ReadAll(tr)
	if err != nil {
		return m, broken(err)
	}
	wrong := json.Unmarshal(text, &m)
	if wrong == nil && m.Format > archiveFormat {
		return m, fmt.Errorf("the backup has format %d and was made by %q: this program knows formats up to %d, use a newer one", m.Format, m.Program, archiveFormat)
	}
	if err := next(tr, manifestSum, 2*sha256.Size+1); err != nil {
		return m, err
	}
	sum, err := io.ReadAll(tr)
	if err != nil {
		return m, broken(err)
	}
	if wrong != nil || string(sum) != hex.EncodeToString(hashOf(text))+"\n" || m.Format < 1 {
		return m, fmt.Errorf("%w: its manifest is damaged", errNoBackup)
	}
	if m.Database.Format > embedded.Format {
		return m, fmt.Errorf("the database in the backup has format %d and was made by %q: this program knows formats up to %d, use a newer one", m.Database.Format, m.Program, embedded.Format)
	}
	names := map[string]bool{}
	for _, f := range m.Files {
		if !safeName(f.Name) || f.Size < 0 {
			return m, fmt.Errorf("%w: a file %q of %d bytes does not belong into one", errNoBackup, f.Name, f.Size)
		}
		folded := strings.ToLower(f.Name) // one file where the system knows no case
		if names[folded] {
			return m, fmt.Errorf("%w: %q is in it twice", errNoBackup, f.Name)
		}
		names[folded] = true
	}
	return m, nil
}

// safeName reports whether a file of a backup may have a name: what lies in the folder of
// the database, the ledger of erasures, and the sign-ins of a demo.
func safeName(name string) bool {
	dir, base := path.Split(name)
	return name == demoFile || name == ledgerFile || dir == databaseFolder+"/" && fs.ValidPath(name) && filepath.IsLocal(base) && !strings.ContainsAny(base, `\/:`)
}

func unpackFile(r io.Reader, f archivedFile, create func(name string) (io.WriteCloser, error)) error {
	h := sha256.New()
	if create == nil {
		if _, err := io.Copy(h, r); err != nil {
			return broken(err)
		}
	} else {
		out, err := create(f.Name)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.MultiWriter(out, h), r)
		if err = errors.Join(err, out.Close()); err != nil {
			return broken(err)
		}
	}
	if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%w: %q is damaged", errNoBackup, f.Name)
	}
	return nil
}

// onlyZeros reads what fills a tar file up.
func onlyZeros(r io.Reader) error {
	b := make([]byte, 64<<10)
	for {
		n, err := r.Read(b)
		if len(bytes.Trim(b[:n], "\x00")) > 0 {
			return fmt.Errorf("%w: more follows after its end", errNoBackup)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func hashOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

// reading reads until its context ends.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
