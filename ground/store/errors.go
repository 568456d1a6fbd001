package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/cabinloop/cabinloop/passenger"
)

// fault is what a database error means.
type fault int

const (
	faultOther    fault = iota
	faultRace           // run the transaction again
	faultUnique         // a key is taken
	faultParent         // a row that is pointed to is missing
	faultReadOnly       // a write in Read
	faultAway           // database or disk away for now
	faultDamaged
	faultSchema // no such table: not migrated
)

func faultOf(err error) fault {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "40001", "40P01", "55P03":
			return faultRace
		case "23505":
			return faultUnique
		case "23503":
			return faultParent
		case "25006":
			return faultReadOnly
		case "42P01", "42703":
			return faultSchema
		case "XX001", "XX002":
			return faultDamaged
		}
		switch e.Code[:2] {
		case "08", "53", "57", "58":
			return faultAway
		}
		return faultOther
	}
	if e, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return faultUnique
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return faultParent
		}
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return faultRace
		case sqlite3.SQLITE_READONLY:
			return faultReadOnly
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return faultAway
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return faultDamaged
		}
		return faultOther
	}
	var opErr *net.OpError
	var connErr *pgconn.ConnectError
	if errors.Is(err, driver.ErrBadConn) || errors.As(err, &opErr) || errors.As(err, &connErr) {
		return faultAway
	}
	return faultOther
}

// fail makes our error of a database error; what is ours already passes, and so does the end
// of a context.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*passenger.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op, err)
	}
	switch faultOf(err) {
	case faultRace:
		return passenger.Wrap(passenger.Raced, op, "somebody else changed the same thing at the same moment; try again", err)
	case faultUnique:
		return passenger.Wrap(passenger.Exists, op, "this key is taken", err)
	case faultParent:
		return passenger.Wrap(passenger.NotFound, op, "what this belongs to is not there", err)
	case faultReadOnly:
		return passenger.Wrap(passenger.Internal, op, "a read-only transaction cannot write", err)
	case faultAway:
		return passenger.Wrap(passenger.Unavailable, op, "the database is away for now; try again", err)
	case faultDamaged:
		return passenger.Wrap(passenger.Corrupt, op, "the database is damaged; restore the newest backup", err)
	case faultSchema:
		return passenger.Wrap(passenger.Phase, op, "the database is not migrated; run: ground migrate", err)
	}
	return passenger.Wrap(passenger.Internal, op, "the database refused", err)
}

func notFound(op, what string) error {
	return passenger.Errorf(passenger.NotFound, op, "there is no such %s", what)
}

func exists(op, what string) error {
	return passenger.Errorf(passenger.Exists, op, "this %s is taken", what)
}
