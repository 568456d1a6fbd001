package testenv

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"
	"testing"
)

// CopyPostgres returns the URL of a new database with everything that one made by [Postgres] holds
// now; nobody may be connected to that one meanwhile. The copy is dropped when tb ends.
func CopyPostgres(tb testing.TB, from string) (to string) {
	tb.Helper()
	u, err := url.Parse(from)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	name := fmt.Sprintf("t%d", cluster.n.Add(1))
	source := path.Base(u.Path)
	if err := execSQL(context.Background(), cluster.url, "CREATE DATABASE "+name+" TEMPLATE "+source); err != nil {
		tb.Fatalf("testenv: copy database %s: %v", source, err)
	}
	tb.Cleanup(func() { drop(tb, name) })
	return strings.Replace(from, "/"+source+"?", "/"+name+"?", 1)
}

func drop(tb testing.TB, name string) {
	if err := execSQL(context.Background(), cluster.url, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		tb.Errorf("testenv: drop database %s: %v", name, err)
	}
}
