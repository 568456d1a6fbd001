package badgerstore

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// tablesOf says what the tables of a store are.
func tablesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range filesOf(dir, "*.sst") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(b)
	}
	return out
}

// TestNothingMerges: openings, closings, and flushes of full memtables add tables, and never take one
// away or move it, however many there are.
func TestNothingMerges(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, WithFloor(0))
	fill(t, d, 1)
	seen := map[string]string{}
	check := func(when string) {
		t.Helper()
		now := tablesOf(t, dir)
		for name, b := range seen {
			if now[name] != b {
				t.Fatalf("%s: table %s is gone or another", when, name)
			}
		}
		seen = now
	}
	for i := range 80 {
		if err := d.SetMeta("n", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprintf("closed %d times", i+1))
		if len(seen) != i+1 {
			t.Fatalf("%d tables after %d closings", len(seen), i+1)
		}
		d = open(t, dir, WithFloor(0))
	}
	big := bytes.Repeat([]byte{7}, valueThreshold-1000)
	for i := range 10 * memTable / len(big) { // ten full memtables, one behind the other
		if err := d.SetMeta(fmt.Sprint("big", i%3), append(big, byte(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	check("ten full memtables")
	d = open(t, dir, WithFloor(0))
	if len(seen) < 89 || d.Tables() != len(seen) {
		t.Errorf("%d tables, of which Badger knows %d; want 89 at least", len(seen), d.Tables())
	}
	for _, table := range d.db.Tables() {
		if table.Level != 0 {
			t.Errorf("table %d stands on level %d", table.ID, table.Level)
		}
	}
	if o := d.db.Opts(); o.NumCompactors != 0 || o.CompactL0OnClose {
		t.Errorf("%d compactors, at the end %v", o.NumCompactors, o.CompactL0OnClose)
	}
}

// TestQuietOpening: a store that was opened and closed without a write has the files it had.
func TestQuietOpening(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	fill(t, d, 3)
	d.Close()
	open(t, dir).Close()
	stat := func() map[string]string {
		out := map[string]string{}
		for _, name := range filesOf(dir, "*") {
			st, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if base := filepath.Base(name); base != "LOCK" && base != "MANIFEST" && filepath.Ext(base) != ".vlog" { // Badger makes or cuts these at each opening
				out[base] = fmt.Sprint(st.Size(), st.ModTime())
			}
		}
		return out
	}
	before := stat()
	open(t, dir).Close()
	if after := stat(); !maps.Equal(before, after) {
		t.Errorf("a quiet opening wrote: %v, before %v", after, before)
	}
}

// TestCopyCarriesAll: every op and every value of the agent comes along, whatever its name; Same finds
// one that does not.
func TestCopyCarriesAll(t *testing.T) {
	src := open(t, t.TempDir())
	fill(t, src, 30)
	want := map[string][]byte{"": {1}, "peer": {2}, "nobody thought of": {3}, "big": bytes.Repeat([]byte{4}, valueThreshold-1000)}
	for i := range 3000 {
		want[fmt.Sprintf("sealed/%04d", i)] = bytes.Repeat([]byte{byte(i)}, 300)
	}
	var metas []Meta
	for name, value := range want {
		metas = append(metas, Meta{Name: name, Value: value})
	}
	for part := range slices.Chunk(metas, 300) {
		if err := src.Commit(flightsync.Batch{}, part...); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	dst, err := Open(dir, [32]byte{42})
	if err == nil {
		err = Copy(dst, src, nil)
	}
	if err == nil {
		err = dst.Close()
	}
	if err == nil {
		dst, err = Open(dir, [32]byte{42})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	if err := Same(dst, src, nil); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := dst.Metas("", func(name string, value []byte) bool {
		if n++; !bytes.Equal(want[name], value) {
			t.Errorf("%q is another", name)
		}
		return true
	}); err != nil || n != len(want) {
		t.Errorf("%d values, %v; want %d", n, err, len(want))
	}
	for what, spoil := range map[string]func() error{
		"another value": func() error { return src.SetMeta("peer", []byte{9}) },
		"a value more":  func() error { return src.SetMeta("new", nil) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if err := Same(dst, src, nil); passenger.CodeOf(err) != passenger.Corrupt {
			t.Errorf("%s: %v", what, err)
		}
		if err := Same(dst, src, func(m Meta) (Meta, bool) {
			if m.Name == "peer" {
				m.Value = []byte{2}
			}
			return m, m.Name != "new"
		}); err != nil {
			t.Errorf("%s, not carried: %v", what, err)
		}
	}
	write(t, src, 1)
	if err := Same(dst, src, nil); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("an op more: %v", err)
	}
}

// TestCopyNeedsAll: a value that cannot be read is not left behind in silence.
func TestCopyNeedsAll(t *testing.T) {
	src := open(t, t.TempDir())
	fill(t, src, 1)
	if err := src.SetMeta("peer", []byte{5}); err != nil {
		t.Fatal(err)
	}
	forge(t, src, metaKey("others"), metaKey("peer"))
	dst, err := Open(t.TempDir(), [32]byte{42})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	if err := Copy(dst, src, nil); passenger.CodeOf(err) != passenger.Corrupt {
		t.Errorf("a copy without a value: %v", err)
	}
}
