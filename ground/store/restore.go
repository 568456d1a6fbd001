package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// Restore puts a backup in the place of the SQLite database at address: it checks the backup,
// copies it beside its place, migrates the copy, lets prepare finish it, and renames it. Until
// the rename the old database is untouched. force replaces one that is there. Errors: invalid for
// PostgreSQL, not_found without the file, corrupt for a backup that is damaged or none, phase when
// a newer program wrote it, exists for a database without force, unavailable when the old
// database is in use.
func Restore(ctx context.Context, file, address string, opts Options, force bool, prepare func(*DB) error) error {
	const op = "store.Restore"
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return passenger.Errorf(passenger.Invalid, op, "a PostgreSQL database is restored by its own tool: pg_restore --clean --if-exists --dbname=DATABASE FILE; then run ground erase --replay before anything serves")
	}
	target, err := filepath.Abs(path)
	if err != nil || path == "" {
		return passenger.Errorf(passenger.Invalid, op, "sqlite: lacks the path of the file, as in sqlite:var/ground.db")
	}
	if err := checkBackup(ctx, file); err != nil {
		return err
	}
	if err := makeWay(ctx, target, force); err != nil {
		return err
	}
	part := target + ".restoring"
	defer removeDatabase(part)
	removeDatabase(part)
	if err := copyFile(part, file); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the backup cannot be copied beside the database; is there room?", err)
	}
	if err := finish(ctx, part, opts, prepare); err != nil {
		return err
	}
	// The old log must not be applied to the new file.
	for _, tail := range []string{"-wal", "-shm"} {
		if err := os.Remove(target + tail); err != nil && !os.IsNotExist(err) {
			return passenger.Wrap(passenger.Unavailable, op, "the log of the old database cannot be removed", err)
		}
	}
	if err := os.Rename(part, target); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the restored database cannot be put in its place", err)
	}
	return fail(op, syncDir(filepath.Dir(target)))
}

// checkBackup reads the whole backup once.
func checkBackup(ctx context.Context, file string) error {
	const op = "store.Restore"
	if _, err := os.Stat(file); err != nil {
		return passenger.Wrap(passenger.NotFound, op, "there is no such backup file", err)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return passenger.Wrap(passenger.Invalid, op, "the path of the backup cannot be read", err)
	}
	damaged := func(err error) error {
		return passenger.Wrap(passenger.Corrupt, op, "the backup is damaged or is no backup of a ground; take another one", err)
	}
	db, err := sql.Open("sqlite", fileURI(abs, "mode=ro&immutable=1"))
	if err != nil {
		return damaged(err)
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil || said != "ok" {
		return damaged(errors.Join(err, errors.New(said)))
	}
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil || version == 0 {
		return damaged(err)
	}
	_, newest, err := migrations(sqlite)
	if err != nil {
		return passenger.Wrap(passenger.Internal, op, "the migrations cannot be read", err)
	}
	if version > newest {
		return passenger.Errorf(passenger.Phase, op, "the backup has version %d, this program knows %d; restore it with the newer program", version, newest)
	}
	return nil
}

// makeWay refuses a database that is there, or that somebody uses.
func makeWay(ctx context.Context, target string, force bool) error {
	const op = "store.Restore"
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the folder of the database cannot be made", err)
	}
	info, err := os.Stat(target)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the place of the database cannot be read", err)
	}
	if !force {
		return passenger.Errorf(passenger.Exists, op, "there is a database already; --force replaces it, and what it holds is lost")
	}
	if info.Size() == 0 {
		return nil
	}
	db, err := sql.Open("sqlite", fileURI(target, "mode=rw"))
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the old database cannot be opened", err)
	}
	defer db.Close()
	// Leaving the log takes the database for oneself alone; a damaged one is replaced all the same.
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode); err != nil && faultOf(err) == faultRace {
		return passenger.Errorf(passenger.Unavailable, op, "the database is in use; stop the ground first")
	}
	return nil
}

// finish migrates the copy, lets prepare work on it and leaves one file without a log.
func finish(ctx context.Context, part string, opts Options, prepare func(*DB) error) error {
	db, err := Open(ctx, "sqlite:"+part, opts)
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	if err == nil && prepare != nil {
		err = prepare(db)
	}
	if err == nil {
		err = db.Scrub(ctx)
	}
	if e := db.Close(); err == nil {
		err = e
	}
	return err
}

func copyFile(to, from string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if _, err := io.Copy(dst, src); err != nil {
		return err
	}
	return dst.Sync()
}

func fileURI(abs, query string) string {
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: query}).String()
}

func removeDatabase(path string) {
	for _, tail := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + tail) // what is left is overwritten or in nobody's way
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
