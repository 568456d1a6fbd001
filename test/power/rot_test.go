package power

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// rotted is the store whose bytes are flipped: as a killed program leaves it, entries in a table
// and in a log.
type rotted struct {
	files map[string][]byte // without the zeros at their ends
	sizes map[string]int64
	n     uint64
}

func newRotted(t *testing.T, n int) rotted {
	t.Helper()
	dir := t.TempDir()
	r := rotted{files: map[string][]byte{}, sizes: map[string]int64{}, n: uint64(n)}
	next := uint64(1)
	for _, part := range []int{n * 2 / 3, n - n*2/3} {
		k, _, _, err := openTablet(dir)
		if err != nil {
			t.Fatal(err)
		}
		for range part {
			if err := k.put(next, 1); err != nil {
				t.Fatal(err)
			}
			next++
		}
		if next <= uint64(n) {
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		defer k.Close()
	}
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "LOCK" {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		b, err := os.ReadFile(path)
		r.sizes[name], r.files[name] = int64(len(b)), bytes.TrimRight(b, "\x00")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return r
}

// lay writes the store into dir with one byte flipped.
func (r rotted) lay(dir, name string, at int, flip byte) error {
	for file, b := range r.files {
		path := filepath.Join(dir, file)
		if file == name {
			b = bytes.Clone(b)
			b[at] ^= flip
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600), os.Truncate(path, r.sizes[file])); err != nil {
			return err
		}
	}
	return nil
}

// found is what one flip came to.
type found struct {
	noticed, wrong, silent, unreadable bool
	kept                               uint64
}

func (r rotted) open(dir string) (f found) {
	has := map[uint64]bool{}
	take := func(o flightsync.Op) {
		has[o.Dot.Seq] = true
		f.wrong = f.wrong || said(o) != words(o.Dot.Seq)
	}
	db, err := badgerstore.Open(filepath.Join(dir, "flight"), testKey, badgerstore.WithGroup(testGroup))
	switch {
	case passenger.CodeOf(err) == passenger.Corrupt:
		f.noticed = true
		s, err := badgerstore.Salvage(filepath.Join(dir, "flight"), testKey, testGroup)
		f.unreadable = err != nil
		for _, o := range s.Ops {
			take(o)
		}
	case err != nil:
		f.unreadable = true
	default:
		defer db.Close()
		f.noticed = db.RolledBack()
		for next := uint64(1); next <= r.n; {
			err := db.Ops(lane, next, func(o flightsync.Op) bool { take(o); next = o.Dot.Seq + 1; return true })
			bad, ok := errors.AsType[badgerstore.Damaged](err)
			if !ok {
				f.noticed = f.noticed || err != nil
				break
			}
			f.noticed, next = true, bad.Dot.Seq+1
		}
	}
	f.kept = uint64(len(has))
	f.silent = f.kept < r.n && !f.noticed
	return f
}

// TestBitRot flips bytes all over a store, one at a time: no other text is ever read, nothing is
// missing without being noticed, and one byte costs at most one entry.
func TestBitRot(t *testing.T) {
	r := newRotted(t, amount(40, 200))
	rng := rand.New(rand.NewPCG(*seed, 6))
	type flip struct {
		name string
		at   int
		by   byte
	}
	var flips []flip
	perFile := amount(3, 60)
	for name, b := range r.files {
		step := max(1, len(b)/max(perFile, perFile*len(b)/6000))
		for at := rng.IntN(step); at < len(b); at += step {
			flips = append(flips, flip{name, at, byte(1 + rng.IntN(255))})
		}
	}
	slices.SortFunc(flips, func(x, y flip) int { return bytes.Compare([]byte(x.name), []byte(y.name)) })
	var mu sync.Mutex
	var all sync.WaitGroup
	noticed, wrong, silent, unreadable, lost := 0, 0, 0, 0, uint64(0)
	next := 0
	for range 2 {
		all.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(flips) {
					return
				}
				f, dir := flips[i], filepath.Join(t.TempDir(), "x")
				if err := r.lay(dir, f.name, f.at, f.by); err != nil {
					t.Error(err)
					return
				}
				got := r.open(dir)
				os.RemoveAll(dir)
				mu.Lock()
				for _, c := range []struct {
					is bool
					n  *int
				}{{got.noticed, &noticed}, {got.wrong, &wrong}, {got.silent, &silent}, {got.unreadable, &unreadable}} {
					if c.is {
						*c.n++
					}
				}
				lost += r.n - got.kept
				if got.wrong || got.silent || got.unreadable || got.kept+1 < r.n {
					t.Errorf("%s byte %d of %d: %+v", f.name, f.at, len(r.files[f.name]), got)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	summary.line(t, "kind=bit-rot entries=%d flips=%d noticed=%d harmless=%d silent=%d wrong_text=%d unreadable=%d entries_lost=%d of=%d",
		r.n, len(flips), noticed, len(flips)-noticed-silent, silent, wrong, unreadable, lost, uint64(len(flips))*r.n)
}
