package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Options configure a database.
type Options struct {
	Now func() time.Time // the clock of transactions; required
	Log *slog.Logger     // nil for none
	// Existing refuses an address where no ground has ever been, instead of beginning one there.
	Existing bool
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine   engine
	write    *bun.DB
	read     *bun.DB // the same as write on PostgreSQL
	path     string  // of the SQLite file
	pg       *pgx.ConnConfig
	now      func() time.Time
	log      *slog.Logger
	hub      hub
	together together
	listen   sync.Once
	stop     context.CancelFunc
	life     context.Context
	parts    sync.WaitGroup
}

var _ ground.Store = (*DB)(nil)

// engine is which database is behind a DB.
type engine int

const (
	sqlite engine = iota
	postgres
)

// Open connects to "sqlite:PATH", making the file and its folder, or to "postgres://…". It
// does not migrate. Errors: invalid for another address, unavailable when there is no
// connection, phase when a newer program has migrated the database, not_found with Existing.
func Open(ctx context.Context, address string, opts Options) (*DB, error) {
	const op = "store.Open"
	if opts.Now == nil {
		return nil, passenger.Errorf(passenger.Invalid, op, "a store needs a clock")
	}
	db := &DB{now: opts.Now, log: opts.Log}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	db.life, db.stop = context.WithCancel(context.WithoutCancel(ctx))
	var err error
	switch scheme, rest, _ := strings.Cut(address, ":"); scheme {
	case "sqlite":
		err = db.openSQLite(rest, opts.Existing)
	case "postgres", "postgresql":
		err = db.openPostgres(address)
	default:
		err = passenger.Errorf(passenger.Invalid, op, "a database is written sqlite:PATH or postgres://…")
	}
	if err == nil {
		if err = db.write.PingContext(ctx); err != nil {
			err = passenger.Wrap(passenger.Unavailable, op, "the database does not answer; check its address and that it runs", err)
		} else {
			err = db.refuseNewer(ctx)
		}
	}
	if err == nil && opts.Existing {
		var v int64
		if v, err = db.version(ctx); err != nil {
			err = fail(op, err)
		} else if v == 0 {
			err = noDatabase(op)
		}
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func noDatabase(op string) error {
	return passenger.Errorf(passenger.NotFound, op, "there is no ground in this database; check --db (serve, migrate, restore and the imports make one)")
}

func (db *DB) openSQLite(path string, existing bool) error {
	const op = "store.Open"
	if path == "" {
		return passenger.Errorf(passenger.Invalid, op, "sqlite: lacks the path of the file, as in sqlite:var/ground.db")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return passenger.Wrap(passenger.Invalid, op, "the path of the database cannot be read", err)
	}
	if _, err := os.Stat(abs); existing && errors.Is(err, fs.ErrNotExist) {
		return noDatabase(op)
	}
	// Personal data: nobody else on the machine reads the file or lists its folder.
	if err := os.MkdirAll(filepath.Dir(abs), 0o700); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the folder of the database cannot be made", err)
	}
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the database file cannot be opened for writing", err)
	}
	f.Close()
	db.engine, db.path = sqlite, abs
	w, err := sql.Open("sqlite", sqliteDSN(abs, "immediate", "synchronous(FULL)", "secure_delete(1)"))
	if err != nil {
		return passenger.Wrap(passenger.Invalid, op, "the database cannot be opened", err)
	}
	w.SetMaxOpenConns(1)
	db.write = bun.NewDB(w, plainText{sqlitedialect.New()})
	r, err := sql.Open("sqlite", sqliteDSN(abs, "deferred", "query_only(1)"))
	if err != nil {
		return passenger.Wrap(passenger.Invalid, op, "the database cannot be opened", err)
	}
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	db.read = bun.NewDB(r, plainText{sqlitedialect.New()})
	return nil
}

func sqliteDSN(abs, lock string, pragmas ...string) string {
	q := url.Values{"_txlock": {lock}}
	for _, p := range append([]string{"busy_timeout(" + strconv.Itoa(int(busyTimeout.Milliseconds())) + ")",
		"journal_mode(WAL)", "foreign_keys(1)", "cache_size(-16000)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String()
}

func (db *DB) openPostgres(address string) error {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return passenger.Wrap(passenger.Invalid, "store.Open", "the address of the database cannot be read; it is written postgres://USER@HOST/NAME", err)
	}
	// Statements arrive complete: nothing to prepare, and poolers such as PgBouncer are fine.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.RuntimeParams["timezone"] = "UTC"
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "cabinloop"
	}
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	db.engine, db.pg = postgres, cfg
	db.write = bun.NewDB(pool, plainText{pgdialect.New()})
	db.read = db.write
	return nil
}

// Close ends the listening and closes the pools. Transactions under way fail.
func (db *DB) Close() error {
	db.stop()
	db.parts.Wait()
	var err error
	if db.write != nil {
		err = db.write.Close()
	}
	if db.read != nil && db.read != db.write {
		if e := db.read.Close(); err == nil {
			err = e
		}
	}
	return fail("store.Close", err)
}

// plainText drops NUL characters, which neither engine takes in text.
type plainText struct{ schema.Dialect }

func (d plainText) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, strings.ReplaceAll(s, "\x00", ""))
}
