package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/passenger"
)

// Backup writes a whole copy of a SQLite database, as of one moment, to a new file while the
// database is in use. Errors: invalid on PostgreSQL, which has pg_dump for it; exists when
// the file is there.
func (db *DB) Backup(ctx context.Context, file string) error {
	const op = "store.Backup"
	if db.engine == postgres {
		return passenger.Errorf(passenger.Invalid, op, "a PostgreSQL database is backed up by its own tools: pg_dump --format=custom")
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return passenger.Wrap(passenger.Invalid, op, "the path of the backup cannot be read", err)
	}
	// An empty file, which VACUUM INTO takes, sets who may read it. The copy is written beside
	// its place, so that a backup that is there is whole.
	part := abs + ".part"
	if _, err := os.Stat(abs); !errors.Is(err, fs.ErrNotExist) {
		return passenger.Errorf(passenger.Exists, op, "the backup file is there already; name another")
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the backup file cannot be written", err)
	}
	defer os.Remove(part)
	err = db.vacuumInto(ctx, part)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(part, abs)
	}
	return fail(op, err)
}

// vacuumInto copies on a connection of its own: writers go on meanwhile.
func (db *DB) vacuumInto(ctx context.Context, file string) error {
	own, err := sql.Open("sqlite", sqliteDSN(db.path, "deferred"))
	if err != nil {
		return err
	}
	defer own.Close()
	_, err = own.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}
