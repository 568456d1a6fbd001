package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cabinloop/cabinloop/passenger"
)

// Why nothing can be written, in the chain of an unavailable error.
var (
	// ErrFull: the disk has no room, or takes no more files.
	ErrFull = errors.New("the storage is full")
	// ErrReadOnly: the disk or its directory takes no writes.
	ErrReadOnly = errors.New("the storage takes no writes")
)

// Room reports why a store in dir could write nothing, without writing: too little is free,
// hardly a file can be made, or the disk was mounted only to be read. Errors: unavailable, with [ErrFull] or
// [ErrReadOnly].
func Room(dir string, opts ...Option) error {
	return (&DB{dir: dir, config: configOf(opts)}).room("badgerstore.Room")
}

func (d *DB) room(op string) error {
	if d.floor == 0 {
		return nil
	}
	if err := d.writable(d.dir); err != nil {
		return noWrites(op, err)
	}
	free, err := d.free(d.dir)
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the tablet's storage does not say how much is free", err)
	}
	if free < d.floor {
		return full(op, "storage full: %d MB are free and %d MB are needed; delete something else from this tablet", free>>20, d.floor>>20)
	}
	return nil
}

// probe asks what only a write can tell: a disk that failed may still call itself writable.
func (d *DB) probe(op string) error {
	if err := d.room(op); err != nil || d.floor == 0 {
		return err
	}
	path := filepath.Join(d.dir, "PROBE")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(path))
	}
	if err != nil {
		return noWrites(op, err)
	}
	return nil
}

// noWrites says in words why a file could not be made.
func noWrites(op string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return full(op, "storage full: no more files can be made; delete something else from this tablet")
	}
	return passenger.Wrap(passenger.Unavailable, op, "this tablet's storage can only be read, so nothing can be recorded; what was recorded is kept. Use another tablet, and have this one looked after", errors.Join(ErrReadOnly, err))
}

func full(op, format string, args ...any) error {
	return passenger.Wrap(passenger.Unavailable, op, fmt.Sprintf(format, args...), ErrFull)
}
