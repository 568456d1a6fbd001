package main

import (
	"testing"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// TestWire holds the connections exactly, and the bytes within about a tenth of what they were
// when the bounds were written: random bytes compress a little differently each time.
func TestWire(t *testing.T) {
	s, err := newSite(t.Context(), t.TempDir(), "", map[string]string{"ground": testenv.Bin(t, "ground"), "purser": testenv.Bin(t, "purser")}, 42)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := s.prepare(carried[:1]); err != nil {
		t.Fatal(err, s.lastWords())
	}
	r, err := s.measureWire()
	if err != nil {
		t.Fatal(err, s.lastWords())
	}
	t.Logf("%+v", r)
	if r.Load.Conns != 1 || r.Idle.Conns != 1 || r.Feedback.Conns != 1 {
		t.Errorf("connections: %d, %d and %d, want one each", r.Load.Conns, r.Idle.Conns, r.Feedback.Conns)
	}
	for _, x := range []struct {
		name         string
		bytes, bound int64
	}{{"first load", r.Load.Bytes(), 6900}, {"idle round", r.Idle.Bytes(), 690}, {"one feedback", r.Feedback.Bytes(), 950}} {
		if x.bytes > x.bound {
			t.Errorf("%s: %d bytes, bound %d", x.name, x.bytes, x.bound)
		}
	}
	if r.LoadFloor < 4800 || r.LoadFloor > 5900 {
		t.Errorf("the floor of the first load is %d bytes: the ratio is no longer of the same content", r.LoadFloor)
	}
	if r.LoadRatio > 1.8 {
		t.Errorf("the first load is ×%.2f of its floor, bound ×1.8", r.LoadRatio)
	}
}
