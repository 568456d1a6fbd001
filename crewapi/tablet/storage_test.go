package tablet

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestNoWrites: where the storage takes nothing the program starts, its notes are read, an entry is
// refused with the reason, and once it takes writes again the same program goes on.
func TestNoWrites(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want Storage
		says string
	}{
		{"only to be read", syscall.EROFS, StorageReadOnly, "can only be read"},
		{"a directory of another user", syscall.EACCES, StorageReadOnly, "can only be read"},
		{"no more files", syscall.ENOSPC, StorageFull, "storage full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			second := f.Note(note(2, "2A"))
			w.sync(a)
			w.record(a, dot, acted)
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			config, trouble := a.Config, c.err
			config.Writable = func(string) error { return trouble }
			a, err := Open(config)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			p := w.page(a)
			if !p.Ready || len(p.Cards) != 2 || p.Pending != 1 || p.Storage != c.want {
				t.Errorf("page: %+v", p)
			}
			if st, err := a.Status(t.Context()); err != nil || st.Storage != c.want {
				t.Errorf("status: %+v, %v", st, err)
			}
			e := w.entry(second, acted)
			if _, err := a.Record(t.Context(), e); passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), c.says) {
				t.Errorf("recorded: %v", err)
			}
			trouble = nil
			if _, err := a.Record(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if st, err := a.Status(t.Context()); err != nil || st.Storage != "" || w.page(a).Storage != "" {
				t.Errorf("status: %+v, %v", st, err)
			}
			w.sync(a)
			for _, d := range []flightsync.Dot{dot, second} {
				if n, _ := f.View().Note(d); len(n.Heads) != 1 {
					t.Errorf("ground: %+v", n.Heads)
				}
			}
		})
	}
}

// TestWritesEndMeanwhile: a disk that takes no more writes while the program runs refuses before
// anything is half written, and takes them again.
func TestWritesEndMeanwhile(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	config, trouble := a.Config, error(nil)
	config.Writable = func(string) error { return trouble }
	a, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	w.page(a)
	trouble = syscall.EROFS
	e := w.entry(dot, acted)
	if _, err := a.Record(t.Context(), e); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("recorded: %v", err)
	}
	if st, _ := a.Status(t.Context()); st.Storage != StorageReadOnly || w.page(a).Storage != StorageReadOnly {
		t.Errorf("status: %+v", st)
	}
	trouble = nil
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.sync(a)
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
}

// TestCopiedDirectory: a data directory from a copy that kept no modes, no times and no empty
// directories goes on.
func TestCopiedDirectory(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	second := f.Note(note(2, "2A"))
	w.sync(a)
	w.record(a, dot, acted)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	if err := filepath.WalkDir(a.Dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(a.Dir, path)
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) == 0 { // the lock, and whatever else has no bytes
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		path = filepath.Join(to, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
		return os.Chtimes(path, t0, t0)
	}); err != nil {
		t.Fatal(err)
	}
	a = w.open(to)
	if p := w.page(a); !p.Ready || len(p.Cards) != 2 || p.Pending != 1 || p.Damaged != 0 {
		t.Errorf("page: %+v", p)
	}
	for _, name := range []string{"device.keys", "device.keys.old"} {
		if st, err := os.Stat(filepath.Join(to, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	w.record(a, second, acted)
	w.sync(a)
	for _, d := range []flightsync.Dot{dot, second} {
		if n, _ := f.View().Note(d); len(n.Heads) != 1 {
			t.Errorf("ground: %+v", n.Heads)
		}
	}
}
