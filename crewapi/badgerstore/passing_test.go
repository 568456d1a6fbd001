package badgerstore

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// What the system refuses is no damage: the store stays, and opens when the disk works again.
func TestAFileThatCannotBeUsed(t *testing.T) {
	for _, name := range []string{"DISCARD", "HIGH", "SUMS"} {
		dir := t.TempDir()
		d := open(t, dir)
		fill(t, d, 3)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if db, err := Open(dir, testKey); passenger.CodeOf(err) != passenger.Unavailable {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				db.Close()
			}
		}
		if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
			t.Fatal(err)
		}
		d = open(t, dir)
		if n := d.held.Of(flightsync.Notes); n != 3 || d.RolledBack() {
			t.Errorf("%s: %d ops afterwards, rolled back %v", name, n, d.RolledBack())
		}
	}
}

// An error that passes is none; one that stays is the disk's when the system says so.
func TestTwice(t *testing.T) {
	d := &DB{dir: t.TempDir()}
	for name, c := range map[string]struct {
		errs []error
		want passenger.Code
	}{
		"passes":         {[]error{syscall.EIO, nil}, ""},
		"stays":          {[]error{syscall.EIO, &os.PathError{Op: "read", Err: syscall.EIO}}, passenger.Unavailable},
		"damage":         {[]error{errors.New("checksum"), errors.New("checksum")}, passenger.Corrupt},
		"a file is gone": {[]error{os.ErrNotExist, &os.PathError{Op: "open", Err: syscall.ENOENT}}, passenger.Corrupt},
	} {
		calls := 0
		err := d.twice("test", "damaged", func() error { calls++; return c.errs[calls-1] })
		if got := passenger.CodeOf(err); got != c.want || calls != 2 {
			t.Errorf("%s: %q after %d calls, want %q", name, got, calls, c.want)
		}
	}
	d.dir = filepath.Join(d.dir, "gone")
	if err := d.twice("test", "damaged", func() error { return errors.New("Badger says nothing") }); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("on a disk that takes nothing: %v", err)
	}
}
