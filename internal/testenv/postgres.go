package testenv

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

var cluster struct {
	once sync.Once
	url  string
	err  error
	n    atomic.Int64
}

// Postgres returns the URL of an empty database of its own for tb, on a PostgreSQL that all tests
// of this binary share; the first call starts it (about a second), each one costs some 50 ms.
// The database is dropped when tb ends, the server ends with the process. Where PostgreSQL is
// missing or does not start, tb fails. Safe for concurrent use.
func Postgres(tb testing.TB) (url string) {
	tb.Helper()
	cluster.once.Do(func() { cluster.url, _, cluster.err = StartPostgres("") })
	if cluster.err != nil {
		tb.Fatalf("testenv: %v", cluster.err)
	}
	name := fmt.Sprintf("t%d", cluster.n.Add(1))
	if err := execSQL(context.Background(), cluster.url, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("testenv: create database %s: %v", name, err)
	}
	tb.Cleanup(func() { drop(tb, name) })
	return strings.Replace(cluster.url, "/postgres?", "/"+name+"?", 1)
}

// Pour runs the statements of a dump on a database of [Postgres].
func Pour(tb testing.TB, url, dump string) {
	tb.Helper()
	if err := execSQL(tb.Context(), url, dump); err != nil {
		tb.Fatalf("testenv: pour a dump: %v", err)
	}
}

// execSQL runs statements that take no arguments on a connection of its own.
func execSQL(ctx context.Context, url, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
