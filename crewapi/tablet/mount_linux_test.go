package tablet

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestReadOnlyDisk: the whole data directory lies on a disk that was mounted again to be read only, or
// on which no file can be made: the program starts, also a second time and without its lock file, shows
// the notes and says why it records nothing; a second process is refused, as ever.
func TestReadOnlyDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		files bool // takes no more of them; else no write at all
		lock  bool // the lock file is there
		want  Storage
	}{{"read-only", false, true, StorageReadOnly}, {"read-only, no lock file", false, false, StorageReadOnly}, {"no more files", true, true, StorageFull}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=200m,nr_inodes=300"); err != nil {
				t.Skip("no mounts here: ", err)
			}
			t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			w.sync(a)
			w.record(a, dot, acted)
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(a.Dir)); err != nil {
				t.Fatal(err)
			}
			if !c.lock {
				os.Remove(filepath.Join(dir, "data", "lock"))
			}
			flags := uintptr(syscall.MS_RDONLY)
			if c.files {
				flags = 0
				for i := 0; os.WriteFile(filepath.Join(dir, fmt.Sprint("other", i)), nil, 0o600) == nil; i++ {
				}
			}
			remount := func(flags uintptr) {
				if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
					t.Fatal(err)
				}
			}
			remount(flags)
			for range 2 {
				b := w.open(filepath.Join(dir, "data"))
				if _, err := Open(b.Config); passenger.CodeOf(err) != passenger.Unavailable {
					t.Errorf("a second program: %v", err)
				}
				if p := w.page(b); len(p.Cards) != 1 || p.Pending != 1 || p.Storage != c.want {
					t.Errorf("page: %+v", p)
				}
				if st, err := b.Status(t.Context()); err != nil || st.Storage != c.want || st.Pending != 1 || st.Unknown != 0 {
					t.Errorf("status: %+v, %v", st, err)
				}
				b.Sync(t.Context()) // refused here or there; the notes stay
				if p := w.page(b); len(p.Cards) != 1 {
					t.Errorf("page after a round: %+v", p)
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
			b := w.open(filepath.Join(dir, "data"))
			w.page(b)
			for i := range 100 {
				os.Remove(filepath.Join(dir, fmt.Sprint("other", i)))
			}
			remount(0)
			w.sync(b)
			if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
				t.Errorf("ground: %+v", n.Heads)
			}
			if st, err := b.Status(t.Context()); err != nil || st.Storage != "" || st.Pending != 0 {
				t.Errorf("status: %+v, %v", st, err)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
