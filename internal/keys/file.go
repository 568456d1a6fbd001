package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/cabinloop/cabinloop/passenger"
)

// maxFile bounds a key file, bytes; ours have about 400.
const maxFile = 4096

// Open reads the keys in a file and makes them where there is none. Of several processes that
// start at once, one makes them and all use them. Errors: those of [Load], unavailable.
func Open(path string, random io.Reader) (*Pair, error) {
	p, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if p, err = Generate(random); err != nil {
		return nil, err
	}
	switch err = write(path, p, os.Link); {
	case errors.Is(err, fs.ErrExist):
		return Load(path)
	case err != nil:
		return nil, unsaved(path, err)
	}
	return p, nil
}

// Load reads the keys in a file. Errors: not_found (with [fs.ErrNotExist] in its chain),
// forbidden when others may read the file, corrupt, unavailable.
func Load(path string) (*Pair, error) {
	const op = "keys.Load"
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, passenger.Wrap(passenger.NotFound, op, "there is no key file "+path, err)
	}
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the key file "+path+" cannot be opened", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the key file "+path+" cannot be looked at", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, passenger.Errorf(passenger.Corrupt, op, "%s is no key file", path)
	}
	// Windows has no such bits.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, passenger.Errorf(passenger.Forbidden, op, "others may read the key file %s (mode %04o): chmod 600 it, and make new keys if somebody has", path, mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the key file "+path+" cannot be read", err)
	}
	p, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Save writes the keys to a file, whole or not at all and durably; a file that was there is
// replaced. Errors: unavailable.
func Save(path string, p *Pair) error {
	if err := write(path, p, os.Rename); err != nil {
		return unsaved(path, err)
	}
	return nil
}

func unsaved(path string, err error) error {
	return passenger.Wrap(passenger.Unavailable, "keys.Save", "the key file "+path+" could not be written; is the storage full?", err)
}

// write makes a file beside path and lets place bring it there.
func write(path string, p *Pair, place func(from, to string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after a rename
	_, err = f.Write(p.Marshal())
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = place(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
