package badgerstore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4/pb"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A failed flush of the manifest leaves the name of a table that was removed. Where nothing can be
// missing the store opens; where something may be it does not.
func TestATableThatNeverCameToBe(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  passenger.Code
	}{
		"never there":             {func(*testing.T, string) {}, ""},
		"another beside the list": {func(t *testing.T, dir string) { beside(t, dir) }, passenger.Corrupt},
		"one that was listed is gone": {func(t *testing.T, dir string) {
			if err := os.Remove(filesOf(dir, "*.sst")[0]); err != nil {
				t.Fatal(err)
			}
		}, passenger.Corrupt},
	} {
		dir := t.TempDir()
		d := open(t, dir)
		fill(t, d, 3)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := changeManifest(dir, &pb.ManifestChangeSet{Changes: []*pb.ManifestChange{{Id: 99, Op: pb.ManifestChange_CREATE, KeyId: 1}}}); err != nil {
			t.Fatal(err)
		}
		c.spoil(t, dir)
		d, err := Open(dir, testKey)
		if passenger.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil {
			continue
		}
		if n := d.held.Of(flightsync.Notes); n != 3 || d.RolledBack() {
			t.Errorf("%s: %d ops, rolled back %v", name, n, d.RolledBack())
		}
		write(t, d, 2)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if d = open(t, dir); d.held.Of(flightsync.Notes) != 5 {
			t.Errorf("%s: %d ops after more were written", name, d.held.Of(flightsync.Notes))
		}
	}
}

func beside(t *testing.T, dir string) {
	if err := os.WriteFile(filepath.Join(dir, "000098.sst"), []byte("what was replaced"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Badger loses what it merges when the merged table cannot be written, so tables stay as they are.
func TestTablesAreNotMerged(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 1)
	for i := range 6 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = open(t, dir)
		if n := len(d.db.Tables()); n != i+1 {
			t.Fatalf("%d tables after %d closings", n, i+1)
		}
		write(t, d, 1)
	}
	time.Sleep(1500 * time.Millisecond) // Badger looks for tables to merge within a second
	if n := len(d.db.Tables()); n != 6 {
		t.Errorf("%d tables a while after there were 6", n)
	}
}
