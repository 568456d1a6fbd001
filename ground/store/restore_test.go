package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestRestore(t *testing.T) {
	ctx := t.Context()
	opts := store.Options{Now: func() time.Time { return start }}
	dir := t.TempDir()
	backup, target := filepath.Join(dir, "backup.db"), filepath.Join(dir, "new", "ground.db")
	key := passenger.FlightKey{Carrier: "KL", Number: 641, Attempt: 1}
	db := open(t, engines["sqlite"](t))
	if err := db.InTx(ctx, func(tx ground.Tx) error {
		return tx.InsertFlight(ctx, ground.Flight{ID: passenger.FlightID{1}, Key: key})
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	prepared := false
	if err := store.Restore(ctx, backup, "sqlite:"+target, opts, false, func(*store.DB) error { prepared = true; return nil }); err != nil || !prepared {
		t.Fatalf("restore: %v, prepared %v", err, prepared)
	}
	if got, err := filepath.Glob(filepath.Join(dir, "new", "*")); err != nil || len(got) != 1 {
		t.Errorf("beside the database: %q, %v", got, err)
	}
	restored, err := store.Open(ctx, "sqlite:"+target, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Read(ctx, func(tx ground.Tx) error { _, err := tx.FlightByKey(ctx, key); return err }); err != nil {
		t.Errorf("the flight of the backup: %v", err)
	}
	want := func(code passenger.Code, what, file, address string, force bool) {
		t.Helper()
		if err := store.Restore(ctx, file, address, opts, force, nil); passenger.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", what, err, code)
		}
	}
	want(passenger.Exists, "over a database", backup, "sqlite:"+target, false)
	want(passenger.Unavailable, "over one in use", backup, "sqlite:"+target, true)
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	want("", "over one that is not in use", backup, "sqlite:"+target, true)
	want(passenger.NotFound, "no file", backup+"x", "sqlite:"+target, true)
	want(passenger.Invalid, "PostgreSQL", backup, "postgres://u@127.0.0.1:1/x", true)
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"words": []byte("this is no database, only some words"), "cut": whole[:len(whole)/2], "empty": nil} {
		bad := filepath.Join(dir, name)
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		want(passenger.Corrupt, name, bad, "sqlite:"+target, true)
	}
	newer := open(t, "sqlite:"+backup)
	if err := newer.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	if err := newer.Close(); err != nil {
		t.Fatal(err)
	}
	want(passenger.Phase, "a newer backup", backup, "sqlite:"+target, true)
	if err := os.WriteFile(backup, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	boom := passenger.Errorf(passenger.Internal, "x.Y", "boom")
	broken := func(db *store.DB) error {
		if err := db.Exec(ctx, "DELETE FROM flights"); err != nil {
			return err
		}
		return boom
	}
	if err := store.Restore(ctx, backup, "sqlite:"+target, opts, true, broken); err != boom {
		t.Errorf("a restore whose end fails: %v", err)
	}
	kept := open(t, "sqlite:"+target)
	if err := kept.Read(ctx, func(tx ground.Tx) error { _, err := tx.FlightByKey(ctx, key); return err }); err != nil {
		t.Errorf("a failed restore changed the database: %v", err)
	}
}

// TestErasedTextLeavesTheFiles reads the raw files of a database.
func TestErasedTextLeavesTheFiles(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	db := open(t, "sqlite:"+filepath.Join(dir, "ground.db"))
	id := passenger.CaseID{1}
	words := "the very cold meal of " + strings.Repeat("Eva Jansen ", 50)
	if err := db.InTx(ctx, func(tx ground.Tx) error {
		if err := tx.InsertCase(ctx, ground.Case{ID: id, Excerpt: words}); err != nil {
			return err
		}
		_, err := tx.InsertPost(ctx, ground.StoredPost{Post: passenger.Post{ExternalID: "1", Text: words, Raw: []byte(words)}, Case: id})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	found := func() (n int) {
		for _, tail := range []string{"", "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, "ground.db"+tail))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			n += strings.Count(strings.ToLower(string(b)), "eva jansen")
		}
		return n
	}
	if found() == 0 {
		t.Fatal("the words are not where they are looked for")
	}
	if err := db.InTx(ctx, func(tx ground.Tx) error { return tx.EraseCase(ctx, id, false) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Scrub(ctx); err != nil {
		t.Fatal(err)
	}
	if n := found(); n != 0 {
		t.Errorf("the files still hold the words %d times", n)
	}
}
