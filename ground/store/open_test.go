package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestOpenRefuses(t *testing.T) {
	now := func() time.Time { return start }
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is no database, only some words"), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]passenger.Code{
		"":                                 passenger.Invalid,
		"sqlite:":                          passenger.Invalid,
		"mysql://root@localhost/x":         passenger.Invalid,
		"postgres://[":                     passenger.Invalid,
		"postgres://u@127.0.0.1:1/x":       passenger.Unavailable,
		"sqlite:" + file + "/below/a/file": passenger.Unavailable,
		"sqlite:" + file:                   passenger.Unavailable,
	} {
		db, err := store.Open(t.Context(), address, store.Options{Now: now})
		if passenger.CodeOf(err) != want {
			t.Errorf("open %q: %v, want %s", address, err, want)
		}
		if err == nil {
			db.Close()
		}
	}
	if _, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x"), store.Options{}); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("open without a clock: %v", err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var")
	db := open(t, "sqlite:"+filepath.Join(dir, "ground.db"))
	if err := db.InTx(t.Context(), func(tx ground.Tx) error { return tx.Notify(t.Context(), "case", "") }); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", d.Name(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMigrate(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		dbs := make([]*store.DB, 3)
		for i := range dbs {
			db, err := store.Open(ctx, address, store.Options{Now: func() time.Time { return start }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			dbs[i] = db
		}
		err := dbs[0].Read(ctx, func(tx ground.Tx) error { _, err := tx.ListTablets(ctx); return err })
		if err == nil {
			t.Error("a database that was not migrated could be read")
		}
		var nodes sync.WaitGroup
		errs := make([]error, len(dbs)) // three nodes start at once
		for i, db := range dbs {
			nodes.Go(func() { errs[i] = db.Migrate(ctx) })
		}
		nodes.Wait()
		for _, err := range append(errs, dbs[0].Migrate(ctx)) {
			if err != nil {
				t.Error(err)
			}
		}
		got, err := dbs[0].Tables(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields("accounts answer_terms answers audit cases changes consents crossings desk_items enrol_codes erasure_flights erasures event_notes flight_keys flight_state flights " +
			"followups former_keys gestures goose_db_version ground_keys holds ledger links loop_flights loops nodes ops persons post_words posts receipts replies restores roster sessions tablets tombstones transitions travellers users")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("tables (-want +got):\n%s", d)
		}

		if err := dbs[0].Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
			t.Fatal(err)
		}
		if err := dbs[0].Migrate(ctx); passenger.CodeOf(err) != passenger.Phase || !strings.Contains(passenger.Public(err), "9999") {
			t.Errorf("migrating a newer database: %v, want phase, with its version", err)
		}
		if _, err := store.Open(ctx, address, store.Options{Now: func() time.Time { return start }}); passenger.CodeOf(err) != passenger.Phase {
			t.Errorf("opening a newer database: %v, want phase", err)
		}
	})
}

func TestBackup(t *testing.T) {
	ctx := t.Context()
	db := open(t, engines["sqlite"](t))
	f := ground.Flight{ID: passenger.FlightID{1}, Key: passenger.FlightKey{Carrier: "KL", Number: 641, Attempt: 1}}
	if err := db.InTx(ctx, func(tx ground.Tx) error { return tx.InsertFlight(ctx, f) }); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "it's a backup.db")
	if err := db.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(ctx, file); passenger.CodeOf(err) != passenger.Exists {
		t.Errorf("a second backup to the same file: %v, want exists", err)
	}
	if err := db.Backup(ctx, filepath.Join(dir, "no", "folder")); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("a backup into no folder: %v, want unavailable", err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode is %v, %v; want 0600", info.Mode(), err)
	}
	copied := open(t, "sqlite:"+file)
	if err := copied.Read(ctx, func(tx ground.Tx) error { _, err := tx.FlightByKey(ctx, f.Key); return err }); err != nil {
		t.Errorf("the flight in the backup: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	pg := open(t, engines["postgres"](t))
	if err := pg.Backup(ctx, filepath.Join(dir, "pg")); passenger.CodeOf(err) != passenger.Invalid || !strings.Contains(passenger.Public(err), "pg_dump") {
		t.Errorf("backup of PostgreSQL: %v, want invalid, naming pg_dump", err)
	}
}

func TestDamageIsSeen(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		db := open(t, address)
		s := &laneStore{t: t, db: db}
		if err := db.InTx(t.Context(), func(tx ground.Tx) error {
			return tx.InsertFlight(t.Context(), ground.Flight{ID: laneGroup, Key: passenger.FlightKey{Carrier: "KL", Number: 1, Attempt: 1}})
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(laneBatch(t, 0, 3)); err != nil {
			t.Fatal(err)
		}
		for _, damage := range []string{"body = head", "head = commit_hash"} {
			if err := db.Exec(t.Context(), "UPDATE ops SET "+damage+" WHERE seq = 2"); err != nil {
				t.Fatal(err)
			}
			var read []uint64
			err := s.Ops(4, 1, func(o opT) bool { read = append(read, o.Dot.Seq); return true })
			if passenger.CodeOf(err) != passenger.Corrupt || !slices.Equal(read, []uint64{1}) {
				t.Errorf("after %s: read %v, %v; want op 1, then corrupt", damage, read, err)
			}
		}
		if err := db.Exec(t.Context(), "UPDATE flight_state SET state = ?", []byte{0xff}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.State(); passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("a damaged state: %v, want corrupt", err)
		}
	})
}
