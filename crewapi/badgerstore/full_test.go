package badgerstore

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestOpenOnAFullDisk: everything is read, nothing is written, and with room it goes on.
func TestOpenOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	free := uint64(100 << 20)
	opts := []Option{WithFloor(64 << 20), WithFree(func(string) (uint64, error) { return free, nil })}
	d := open(t, dir, opts...)
	want := fill(t, d, 20)
	for _, m := range []Meta{{Name: "peer", Value: []byte{5}}, {Name: "empty"}} {
		if err := d.SetMeta(m.Name, m.Value); err != nil {
			t.Fatal(err)
		}
	}
	remove(t, d, metaKey("peer"))
	was, _ := d.State()
	d.Close()
	before := files(t, dir)
	free = 1 << 20
	if _, err := Open(t.TempDir(), testKey, opts...); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("a new store on a full disk: %v", err)
	}
	d = open(t, dir, opts...)
	if yes, now := d.ReadOnly(); !yes || now || d.RolledBack() {
		t.Errorf("read-only %v, room %v, rolled back %v", yes, now, d.RolledBack())
	}
	ops, bad, err := readable(d)
	if err != nil || len(bad) != 0 || !slices.EqualFunc(ops, want, func(x, y flightsync.Op) bool { return bytes.Equal(x.Raw(), y.Raw()) }) {
		t.Errorf("%d ops, damaged %v, %v; want %d", len(ops), bad, err, len(want))
	}
	if st, err := d.State(); err != nil || !bytes.Equal(st.Marshal(), was.Marshal()) {
		t.Errorf("state %+v, %v", st, err)
	}
	if v, err := d.Meta("empty"); err != nil || v == nil || len(v) != 0 {
		t.Errorf("empty = %v, %v", v, err)
	}
	if v, err := d.Meta("peer"); err != nil || v != nil {
		t.Errorf("a value that was taken away = %v, %v", v, err)
	}
	if err := d.SetMeta("peer", nil); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("written to a full disk: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	for name, b := range files(t, dir) {
		if !bytes.Equal(b, before[name]) {
			t.Errorf("%s was written to", name)
		}
	}
	// Some ops cannot be read: the others are, and those are named.
	for _, path := range filesOf(dir, "*.sst") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			b[len(b)/4+i] ^= 1
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, dir, opts...)
	if ops, bad, err := readable(d); err != nil || len(ops)+len(bad) != 20 || len(bad) == 0 || len(bad) > 3 {
		t.Errorf("with damaged bytes: %d ops, damaged %v, %v", len(ops), bad, err)
	}
	free = 100 << 20
	if yes, now := d.ReadOnly(); !yes || !now {
		t.Errorf("with room: read-only %v, room %v", yes, now)
	}
	if err := d.SetMeta("peer", nil); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("written past Badger: %v", err)
	}
}
