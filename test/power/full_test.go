package power

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

const (
	tmpfsSize  = 72 << 20
	fillPoints = 20
)

// TestDiskFull fills a small disk to 20 points between almost empty and without a byte, below a
// tablet's store with entries in it. Half of the points leave the store room at first, and the
// rest of the disk is filled while it writes. The store opens, everything is read, each entry is
// either kept or refused with the reason; with room again it goes on.
func TestDiskFull(t *testing.T) {
	needTmpfs(t)
	rng := rand.New(rand.NewPCG(*seed, 5))
	l := newLedger()
	died, loops, readable, slowest := 0, 0, 0, time.Duration(0)
	step := amount(5, 1)
	points := 0
	for point := 0; point < fillPoints; point += step {
		points++
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", tmpfsSize)); err != nil {
			t.Fatal(err)
		}
		unmount := func() { syscall.Unmount(dir, syscall.MNT_DETACH) }
		l.fresh()
		o := order{Store: "tablet", Dir: dir, Seed: rng.Uint64()}
		w := start(t, order{Store: "tablet", Dir: dir, Writes: 40, Seed: rng.Uint64()})
		if l.opened(w) {
			l.during(w, time.Duration(20+rng.IntN(200))*time.Millisecond)
		}
		if point%2 == 0 {
			w.kill() // entries in the log; else in a table
		}
		l.drain(w)
		fill(t, filepath.Join(dir, "other"), int64(point)*(tmpfsSize>>20)/fillPoints<<20)
		// Full, or getting full while the tablet writes.
		w = start(t, o)
		if l.opened(w) {
			l.during(w, time.Duration(rng.IntN(80))*time.Millisecond)
			fill(t, filepath.Join(dir, "other"), 0)
			l.during(w, 100*time.Millisecond)
		}
		w.kill()
		l.drain(w)
		if !w.cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
			died++ // by itself: Go's runtime ends over a SIGBUS
		}
		// Still full: it opens, and what was acknowledged is read, every time.
		for range 2 {
			w = start(t, order{Store: "tablet", Dir: dir, Seed: rng.Uint64()})
			if l.opened(w) {
				readable++
				l.during(w, 30*time.Millisecond)
			} else {
				loops++
			}
			w.kill()
			l.drain(w)
		}
		// While the store is open, room comes back.
		w = start(t, o)
		if l.opened(w) {
			l.during(w, 10*time.Millisecond)
			began, acks := time.Now(), l.acks
			if err := os.Remove(filepath.Join(dir, "other")); err != nil {
				t.Fatal(err)
			}
			for l.acks == acks && time.Since(began) < 10*time.Second {
				l.during(w, 10*time.Millisecond)
			}
			slowest = max(slowest, time.Since(began))
		}
		w.kill()
		l.drain(w)
		w = start(t, order{Store: "tablet", Dir: dir, Writes: 1})
		if l.opened(w) {
			l.during(w, time.Minute)
		}
		l.drain(w)
		unmount()
	}
	l.good(t)
	if loops > 0 || readable != 2*points {
		t.Errorf("on a full disk the store opened %d of %d times", readable, 2*points)
	}
	const full, room = "unavailable storage full", "unavailable there is room on the tablet again; try once more"
	if !slices.Contains(l.refusals, full) || slices.ContainsFunc(l.refusals, func(s string) bool { return s != full && s != room }) {
		t.Errorf("%d refusals, as %q; want storage full", l.refused, l.refusals)
	}
	if slowest > 5*time.Second {
		t.Errorf("%v from room to the first entry", slowest)
	}
	summary.line(t, "kind=disk-full points=%d acked=%d refused=%d lost=%d twice=%d opened_full=%d/%d died=%d recovery_max=%v", points, l.acks, l.refused, l.lost, l.twice, readable, 2*points, died, slowest.Round(time.Millisecond))
}

// TestDiskFullTester shows that the disk is full enough: without the floor the writer dies.
func TestDiskFullTester(t *testing.T) {
	needTmpfs(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", tmpfsSize)); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	l := newLedger()
	w := start(t, order{Store: "tablet", Dir: dir, NoFloor: true})
	if l.opened(w) {
		l.during(w, 20*time.Millisecond)
	}
	fill(t, filepath.Join(dir, "other"), 0)
	l.during(w, 20*time.Second)
	w.kill()
	l.drain(w)
	if st := w.cmd.ProcessState; st.Sys().(syscall.WaitStatus).Signaled() {
		t.Errorf("the writer lives on a full disk without a floor: %v; it was refused %d times, as %q", st, l.refused, l.refusals)
	}
	summary.line(t, "kind=control-disk-full-no-floor acked=%d died=1/1", l.acks)
}

// fill writes a file until leave bytes are free on its disk.
func fill(t *testing.T, path string, leave int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for {
		var st syscall.Statfs_t
		if err := syscall.Fstatfs(int(f.Fd()), &st); err != nil {
			t.Fatal(err)
		}
		n := min(int64(len(block)), int64(st.Bavail)*st.Bsize-leave)
		if n <= 0 {
			return
		}
		if _, err := f.Write(block[:n]); err != nil {
			return // full
		}
	}
}
