package power

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDiskTakesNoWrites opens a tablet's store with entries in it on a disk that was mounted again to be
// read only, and on one that has no file left: everything is read, every time, nothing is taken, and
// when the disk takes writes again the open store goes on by itself.
func TestDiskTakesNoWrites(t *testing.T) {
	needTmpfs(t)
	for _, c := range []struct {
		name         string
		end, restore func(dir string) error
	}{
		{"read-only", func(dir string) error { return syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "") },
			func(dir string) error { return syscall.Mount("", dir, "", syscall.MS_REMOUNT, "") }},
		{"no-inodes", func(dir string) error {
			for i := range 1000 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("other", i)), nil, 0o600); err != nil {
					return nil
				}
			}
			return fmt.Errorf("files without end")
		}, func(dir string) error {
			for i := range 100 {
				if err := os.Remove(filepath.Join(dir, fmt.Sprint("other", i))); err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,nr_inodes=200", tmpfsSize)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
		l := newLedger()
		w := start(t, order{Store: "tablet", Dir: dir, Writes: 40})
		if l.opened(w) {
			l.during(w, 1<<62)
		}
		l.drain(w)
		if err := c.end(dir); err != nil {
			t.Fatal(err)
		}
		before, opened := l.acks, 0
		for range 3 {
			w = start(t, order{Store: "tablet", Dir: dir, Writes: 1 << 30, Stubborn: 3})
			if l.opened(w) {
				opened++
			}
			l.drain(w)
		}
		if opened != 3 || l.acks != before || l.refused == 0 {
			t.Errorf("%s: opened %d of 3 times, %d more acknowledged, %d refused as %q", c.name, opened, l.acks-before, l.refused, l.refusals)
		}
		w = start(t, order{Store: "tablet", Dir: dir})
		if l.opened(w) {
			if err := c.restore(dir); err != nil {
				t.Fatal(err)
			}
			for line := range w.lines {
				if l.took(line); l.acks > before {
					break
				}
			}
		}
		w.kill()
		l.drain(w)
		if l.acks == before {
			t.Errorf("%s: nothing was taken when the disk took writes again", c.name)
		}
		l.good(t)
		summary.line(t, "kind=disk-takes-no-writes how=%s acked=%d refused=%d lost=%d twice=%d opened=%d/3", c.name, l.acks, l.refused, l.lost, l.twice, opened)
	}
}
