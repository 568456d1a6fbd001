package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/ground/store/storetest"
	"github.com/cabinloop/cabinloop/internal/testenv"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 123456000, time.UTC)

// engines names an address maker for each engine.
var engines = map[string]func(testing.TB) string{
	"sqlite": func(tb testing.TB) string {
		return "sqlite:" + filepath.Join(tb.TempDir(), "new folder", "ground #1.db")
	},
	"postgres": testenv.Postgres,
}

// each runs a test on every engine.
func each(t *testing.T, fn func(t *testing.T, address string)) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, address(t))
		})
	}
}

// open opens and migrates a database whose clock stands at start.
func open(tb testing.TB, address string) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), address, store.Options{Now: func() time.Time { return start }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

func TestContract(t *testing.T) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, start, func(t *testing.T) ground.Store { return open(t, address(t)) })
		})
	}
}
