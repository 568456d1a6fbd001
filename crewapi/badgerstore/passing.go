package badgerstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cabinloop/cabinloop/passenger"
)

// twice runs fn, and again when it fails: an error of the disk may pass, damage stays. An error
// that stays is the disk's as long as the disk cannot be read and written at all. Badger's errors
// do not say whose they are. Errors: unavailable, corrupt.
func (d *DB) twice(op, public string, fn func() error) error {
	err := fn()
	if err == nil {
		return nil
	}
	if err = fn(); err == nil {
		return nil
	}
	if e, ok := errors.AsType[*passenger.Error](err); ok {
		return e
	}
	if e := tryDisk(d.dir); e != nil || ofDisk(err) {
		return unavailable(op, errors.Join(err, e))
	}
	return passenger.Wrap(passenger.Corrupt, op, public, err)
}

// ofDisk reports that the system refused: all but a file that is not there.
func ofDisk(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	return ok && !errors.Is(err, fs.ErrNotExist)
}

// tryDisk reads all files of dir, and writes one as durably as Badger does.
func tryDisk(dir string) error {
	for _, name := range filesOf(dir, "*") {
		if st, err := os.Stat(name); err != nil || st.IsDir() {
			continue
		}
		if _, err := os.ReadFile(name); err != nil {
			return err
		}
	}
	name := filepath.Join(dir, "PROBE")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte{1})
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(name), syncDir(dir))
}

func unavailable(op string, err error) error {
	return passenger.Wrap(passenger.Unavailable, op, "the tablet's storage failed; nothing was changed, try again", err)
}
