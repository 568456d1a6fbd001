package badgerstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
	"github.com/cabinloop/cabinloop/sync/storetest"
)

var testKey = [32]byte{1, 2, 3}

func open(tb testing.TB, dir string, opts ...Option) *DB {
	tb.Helper()
	d, err := Open(dir, testKey, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.Close() })
	return d
}

func TestContract(t *testing.T) {
	storetest.Run(t,
		func(t *testing.T) flightsync.Store { return open(t, t.TempDir()) },
		func(t *testing.T, s flightsync.Store) flightsync.Store {
			d := s.(*DB)
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d2 := open(t, d.dir)
			if d2.RolledBack() {
				t.Error("a store that lost nothing calls itself rolled back")
			}
			return d2
		})
}

// fill writes n ops in n batches, each with a secret in it, and returns what was written.
func fill(tb testing.TB, d *DB, n int) []flightsync.Op {
	tb.Helper()
	if err := d.Apply(flightsync.Create(passenger.FlightID{7}, flightsync.Admin, flightsync.Incarnation{1}, flightsync.PublicKey{Alg: flightsync.ES256, Bytes: "k"})); err != nil {
		tb.Fatal(err)
	}
	return write(tb, d, n)
}

func write(tb testing.TB, d *DB, n int) []flightsync.Op {
	tb.Helper()
	return writeAs(tb, d, n, flightsync.Notes, func(i int) flightsync.Draft {
		return flightsync.NoteDraft(passenger.Note{Traveller: 1, Name: "Ms Plainly Visible", Words: fmt.Sprintf("secret words %d", i)})
	})
}

func writeAs(tb testing.TB, d *DB, n int, as flightsync.Author, draft func(i int) flightsync.Draft) []flightsync.Op {
	tb.Helper()
	r, err := flightsync.Load(d, nil)
	if err != nil {
		tb.Fatal(err)
	}
	var out []flightsync.Op
	for i := range n {
		ready, err := r.Step(flightsync.Write{Author: as, Drafts: []flightsync.Draft{draft(i)},
			Salts: make([][flightsync.SaltSize]byte, 1), Now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)})
		if err != nil {
			tb.Fatal(err)
		}
		if err := d.Apply(ready.Batch); err != nil {
			tb.Fatal(err)
		}
		out = append(out, ready.Batch.Ops...)
	}
	return out
}

// readable returns what can be read of the notes lane, and which ops are damaged.
func readable(d *DB) (ops []flightsync.Op, bad []flightsync.Dot, err error) {
	next := uint64(1)
	for range 1000 {
		err = d.Ops(flightsync.Notes, next, func(o flightsync.Op) bool { ops, next = append(ops, o), o.Dot.Seq+1; return true })
		dam, ok := errors.AsType[Damaged](err)
		if !ok {
			return ops, bad, err
		}
		bad, next = append(bad, dam.Dot), dam.Dot.Seq+1
	}
	return ops, bad, errors.New("reading does not come to an end")
}

func TestNothingReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 5)
	if err := d.SetMeta("peer", []byte("Plainly Visible too")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	for name, b := range files(t, dir) {
		if bytes.Contains(b, []byte("Visible")) || bytes.Contains(b, []byte("secret")) {
			t.Errorf("%s holds plain text", name)
		}
	}
	if _, err := Open(dir, [32]byte{9}); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("opened under another key: %v", err)
	}
	// Another flight's store cannot take these files either.
	if d, err := Open(dir, testKey, WithGroup(passenger.FlightID{1})); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("opened for another flight: %v", err)
		d.Close()
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := os.DirFS(dir)
	if err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		out[name], err = fs.ReadFile(root, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// put lays files out in a new directory.
func put(t *testing.T, image map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, b := range image {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestDamagedValue forges one value the way Badger would not notice: the others stay readable.
func TestDamagedValue(t *testing.T) {
	d := open(t, t.TempDir())
	want := fill(t, d, 5)
	dot := flightsync.Dot{Author: flightsync.Notes, Seq: 3}
	forge(t, d, opKey(dot), opKey(flightsync.Dot{Author: flightsync.Notes, Seq: 4}))
	ops, bad, err := readable(d)
	if err != nil || len(bad) != 1 || bad[0] != dot || len(ops) != 4 {
		t.Fatalf("read %d ops, damaged %v, %v; want 4 ops and only %v damaged", len(ops), bad, err, dot)
	}
	if !bytes.Equal(ops[2].Raw(), want[3].Raw()) {
		t.Error("an op behind the damaged one is not what was written")
	}
}

// TestFlippedBytes flips one byte at many places of every file: what can be read is what was
// written, never anything else, and loss is noticed.
func TestFlippedBytes(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	want := fill(t, d, 8)
	d.Close()
	d = open(t, dir) // some in a table, some in the log
	want = append(want, write(t, d, 8)...)
	image := files(t, dir) // as a process that was killed leaves it
	d.Close()
	byDot := map[flightsync.Dot]flightsync.Op{}
	for _, o := range want {
		byDot[o.Dot] = o
	}
	const flips = 4 // of each file; an open costs a tenth of a second
	for name, b := range image {
		end := len(bytes.TrimRight(b, "\x00"))
		for i := range flips {
			at := end * (2*i + 1) / (2 * flips)
			if at >= end {
				continue
			}
			flipped := maps.Clone(image)
			flipped[name] = bytes.Clone(b)
			flipped[name][at] ^= 0x10
			checkFlipped(t, fmt.Sprintf("%s byte %d of %d", name, at, end), put(t, flipped), byDot)
		}
	}
}

func checkFlipped(t *testing.T, where, dir string, want map[flightsync.Dot]flightsync.Op) {
	t.Helper()
	d, err := Open(dir, testKey)
	if err != nil {
		return // noticed at open
	}
	defer d.Close()
	ops, bad, err := readable(d)
	for _, o := range ops {
		if !bytes.Equal(o.Raw(), want[o.Dot].Raw()) {
			t.Errorf("%s: op %s came back with other content", where, o.Dot)
		}
	}
	if len(ops) < len(want) && len(bad) == 0 && err == nil && !d.RolledBack() {
		t.Errorf("%s: %d of %d ops are gone and nobody noticed", where, len(want)-len(ops), len(want))
	}
}

// TestDamagedTable damages tables in ways that make Badger's goroutines panic.
func TestDamagedTable(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 8)
	d.Close()
	for name, content := range files(t, dir) {
		if filepath.Ext(name) != ".sst" {
			continue
		}
		path := filepath.Join(dir, name)
		flipped := bytes.Clone(content)
		flipped[len(flipped)/3] ^= 1
		for what, bad := range map[string][]byte{"cut": content[:10], "empty": {}, "zeros": make([]byte, len(content)), "flipped": flipped, "longer": append(bytes.Clone(content), 0, 0, 0, 9)} {
			for _, listed := range []bool{true, false} {
				if !listed && what == "flipped" {
					continue // Badger's block checksum finds it
				}
				if err := os.WriteFile(path, bad, 0o600); err != nil {
					t.Fatal(err)
				}
				sums, err := os.ReadFile(filepath.Join(dir, "SUMS"))
				if err != nil {
					t.Fatal(err)
				}
				if !listed {
					os.Remove(filepath.Join(dir, "SUMS"))
				}
				if d, err := Open(dir, testKey); passenger.CodeOf(err) != passenger.Corrupt {
					t.Errorf("%s table, listed %v: %v, want corrupt", what, listed, err)
					d.Close()
				}
				if err := os.WriteFile(filepath.Join(dir, "SUMS"), sums, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A compaction that was killed leaves a listed table without content behind. It is no damage.
	d = open(t, dir)
	d.Close()
	sums, err := os.ReadFile(filepath.Join(dir, "SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	left := fmt.Appendf(nil, "%064d  000099.sst\n%s", 0, sums[:bytes.LastIndexByte(bytes.TrimSpace(sums), '\n')+1])
	left = fmt.Appendf(left, "%x\n", sha256.Sum256(left))
	for name, content := range map[string][]byte{"000099.sst": {}, "SUMS": left} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if readSums(dir)["000099.sst"] == "" {
		t.Fatal("the test's list of tables is not read")
	}
	open(t, dir)
}

func TestRollbackIsNoticed(t *testing.T) {
	dir, old := t.TempDir(), t.TempDir()
	d := open(t, dir)
	fill(t, d, 3)
	d.Close()
	if err := os.CopyFS(filepath.Join(old, "was"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	write(t, d, 1)
	d.Close()
	high, err := os.ReadFile(filepath.Join(dir, "HIGH"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "was", "HIGH"), high, 0o600); err != nil {
		t.Fatal(err)
	}
	d = open(t, filepath.Join(old, "was"))
	if !d.RolledBack() {
		t.Error("a store without its newest op does not call itself rolled back")
	}
	if err := d.AcceptRollback(); err != nil || d.RolledBack() {
		t.Errorf("accepting it: %v, still rolled back: %v", err, d.RolledBack())
	}
	d.Close()
	if d = open(t, filepath.Join(old, "was")); d.RolledBack() {
		t.Error("an accepted rollback is reported again")
	}
}

func TestGapIsNoticedAtOpen(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 5)
	remove(t, d, opKey(flightsync.Dot{Author: flightsync.Notes, Seq: 2}))
	d.Close()
	_, err := Open(dir, testKey)
	if dam, ok := errors.AsType[Damaged](err); passenger.CodeOf(err) != passenger.Corrupt || !ok || dam.Dot.String() != "3.2" {
		t.Fatalf("a gap opened with %v, want corrupt naming 3.2", err)
	}
	if s, err := Salvage(dir, testKey, passenger.FlightID{}); err != nil || len(s.Ops) != 5 || len(s.Damaged) != 0 {
		t.Errorf("salvage read %d ops, damaged %v, %v; want all 5, from the files", len(s.Ops), s.Damaged, err)
	}
}

func TestStorageFull(t *testing.T) {
	free := uint64(100 << 20)
	d := open(t, t.TempDir(), WithFloor(64<<20), WithFree(func(string) (uint64, error) { return free, nil }))
	fill(t, d, 1)
	before, _ := d.State()
	free = 63 << 20
	b := flightsync.Batch{State: before}
	b.State.Clock.Ctr++
	if err := d.Apply(b); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("written to a full disk: %v", err)
	}
	free = 64 << 20
	if err := d.Apply(b); err != nil {
		t.Errorf("refused with room: %v", err)
	}
}

func TestBatchTooLarge(t *testing.T) {
	d := open(t, t.TempDir())
	err := d.Commit(flightsync.Batch{}, Meta{Name: "a", Value: make([]byte, maxBatch/2)}, Meta{Name: "b", Value: make([]byte, maxBatch/2)})
	if passenger.CodeOf(err) != passenger.TooMuch {
		t.Errorf("a batch above the limit: %v, want too_much", err)
	}
	if v, err := d.Meta("a"); v != nil || err != nil {
		t.Errorf("a part of it was written: %d bytes, %v", len(v), err)
	}
}

func TestMeta(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 1)
	st, _ := d.State()
	st.Clock.Ctr = 77
	if err := d.Commit(flightsync.Batch{State: st}, Meta{Name: "peer", Value: []byte{1, 2}}, Meta{Name: "empty"}); err != nil {
		t.Fatal(err)
	}
	d.Close()
	d = open(t, dir)
	if v, err := d.Meta("peer"); err != nil || !bytes.Equal(v, []byte{1, 2}) {
		t.Errorf("peer = %x, %v", v, err)
	}
	if v, err := d.Meta("empty"); err != nil || v == nil || len(v) != 0 {
		t.Errorf("empty = %v, %v; want present and empty", v, err)
	}
	if got, _ := d.State(); got.Clock.Ctr != 77 {
		t.Error("the batch beside the values was not applied")
	}
}

func TestCopyLeavesErasedBodiesBehind(t *testing.T) {
	from := open(t, t.TempDir())
	want := fill(t, from, 4)
	if err := from.SetMeta("peer", []byte{5}); err != nil {
		t.Fatal(err)
	}
	st, _ := from.State()
	if err := from.Apply(flightsync.Batch{State: st, Stubs: []flightsync.Dot{want[1].Dot}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	to, err := Open(dir, [32]byte{42})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if err := Copy(to, from, nil); err != nil {
		t.Fatal(err)
	}
	ops, bad, err := readable(to)
	if err != nil || len(bad) > 0 || len(ops) != 4 || !ops[1].IsStub() || !bytes.Equal(ops[3].Raw(), want[3].Raw()) {
		t.Errorf("the copy holds %d ops, %v, %v", len(ops), bad, err)
	}
	if v, _ := to.Meta("peer"); !bytes.Equal(v, []byte{5}) {
		t.Errorf("peer = %x", v)
	}
}

func TestMetasByPrefix(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 1)
	set := func(metas ...Meta) {
		t.Helper()
		if err := d.Commit(flightsync.Batch{}, metas...); err != nil {
			t.Fatal(err)
		}
	}
	list := func() (out []string) {
		t.Helper()
		if err := d.Metas("a/", func(name string, value []byte) bool { out = append(out, name+"="+string(value)); return true }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	set(Meta{Name: "a/2", Value: []byte("two")}, Meta{Name: "a/1", Value: []byte("one")}, Meta{Name: "b/1", Value: []byte("x")}, Meta{Name: "a", Value: []byte("y")})
	if got := fmt.Sprint(list()); got != "[a/1=one a/2=two]" {
		t.Errorf("by prefix: %s", got)
	}
	set(Meta{Name: "a/1", Gone: true}, Meta{Name: "a/3", Value: []byte("three")}, Meta{Name: "a/3", Gone: true}, Meta{Name: "never", Gone: true})
	d.Close()
	s, err := Salvage(dir, testKey, passenger.FlightID{})
	if err != nil {
		t.Fatal(err)
	}
	salvaged := map[string]bool{}
	if err := s.Metas("a/", func(name string, value []byte) bool { salvaged[name+"="+string(value)] = true; return true }); err != nil || !salvaged["a/2=two"] {
		t.Errorf("salvaged %v, %v", salvaged, err)
	}
	d = open(t, dir)
	if got := fmt.Sprint(list()); got != "[a/2=two]" {
		t.Errorf("after taking away: %s", got)
	}
	if v, err := d.Meta("a/1"); err != nil || v != nil {
		t.Errorf("a value that was taken away: %q, %v", v, err)
	}
}
