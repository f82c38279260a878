package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Every batch on disk carries its number under commitKey. A clean Close writes the number of the last one into the file
// SEAL beside Pebble's files: the end of a log that was damaged later looks to Pebble like the end of a power cut, and
// only a number lower than the sealed one tells that something is missing. The file is there from the first Open on, so
// that a folder whose other files are gone is not taken for a new one.
const sealName = "SEAL"

func commitKey() []byte { return []byte{spaceCatalogue, 'n'} }

// writeSeal puts the number of the last commit beside the data.
func writeSeal(files vfs.FS, dir string, n uint64) error {
	text := fmt.Appendf(nil, "%d", n)
	text = fmt.Appendf(text, " %08x\n", crc32.ChecksumIEEE(text))
	if err := writeFile(files, files.PathJoin(dir, sealName+".new"), text); err != nil {
		return fmt.Errorf("seal the data folder: %w", err)
	}
	err := files.Rename(files.PathJoin(dir, sealName+".new"), files.PathJoin(dir, sealName))
	if err = errors.Join(err, syncFolder(files, dir)); err != nil {
		return fmt.Errorf("seal the data folder: %w", err)
	}
	return nil
}

// sealed tells whether the folder was made by this package before.
func sealed(files vfs.FS, dir string) bool {
	_, err := files.Stat(files.PathJoin(dir, sealName))
	return err == nil
}

// checkSeal compares the number of the last commit with the sealed one, if the folder was ever closed cleanly.
func checkSeal(files vfs.FS, dir string, db *pebble.DB) (uint64, error) {
	committed, err := readNumber(db)
	if err != nil {
		return 0, damaged(dir, err)
	}
	text, err := readFile(files, files.PathJoin(dir, sealName))
	if errors.Is(err, fs.ErrNotExist) {
		return committed, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the data folder %s: %w", dir, err)
	}
	var sealed uint64
	var sum uint32
	if _, err := fmt.Sscanf(string(text), "%d %08x\n", &sealed, &sum); err != nil || crc32.ChecksumIEEE(fmt.Appendf(nil, "%d", sealed)) != sum {
		return 0, damaged(dir, fmt.Errorf("the file %s cannot be read", sealName))
	}
	if committed < sealed {
		return 0, damaged(dir, fmt.Errorf("the changes %d to %d are missing", committed+1, sealed))
	}
	return committed, nil
}

func readNumber(db *pebble.DB) (uint64, error) {
	v, closer, err := db.Get(commitKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = closer.Close() }() // only read
	if len(v) != 8 {
		return 0, errors.New("the number of the last change cannot be read")
	}
	return binary.BigEndian.Uint64(v), nil
}

// writeFile makes a file whose content is on disk when it returns.
func writeFile(files vfs.FS, name string, content []byte) error {
	f, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

func readFile(files vfs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(f)
}

func syncFolder(files vfs.FS, dir string) error {
	d, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
