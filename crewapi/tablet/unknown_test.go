package tablet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestUnknownIsNotZero: what waits on a flight whose key or store cannot be read is said to be
// unknown, not to be nothing.
func TestUnknownIsNotZero(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, acted)
	a.Close()
	keys, err := filepath.Glob(filepath.Join(a.Dir, "flights", f.A.Flight.String(), "KEY*"))
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	for _, path := range keys {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	a = w.open(a.Dir)
	st, err := a.Status(t.Context())
	rows, _ := a.Flights(t.Context())
	if err != nil || st.Unknown != 1 || len(rows) != 1 || !rows[0].Unknown {
		t.Errorf("without the key: %+v, %+v, %v", st, rows, err)
	}
	w.sync(a) // ground gives the key again
	if st, err := a.Status(t.Context()); err != nil || st.Unknown != 0 || st.Pending != 0 || st.Issued != st.OnGround {
		t.Errorf("with it: %+v, %v", st, err)
	}
	if n, _ := f.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("ground: %+v", n.Heads)
	}
}

// TestRescuedIsPending: entries that a repair keeps apart wait for ground like any others.
func TestRescuedIsPending(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	e := w.entry(dot, acted)
	e.Gesture = passenger.Drink
	if _, err := a.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := os.Remove(filepath.Join(a.Dir, "flights", f.A.Flight.String(), "1", "MANIFEST")); err != nil {
		t.Fatal(err)
	}
	a = w.open(a.Dir)
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 2 || st.Unknown != 0 || st.Issued-st.OnGround != 2 {
		t.Errorf("after the repair, offline: %+v, %v", st, err)
	}
	w.sync(a)
	if st, err := a.Status(t.Context()); err != nil || st.Pending != 0 || st.Issued != st.OnGround {
		t.Errorf("after contact: %+v, %v", st, err)
	}
}
