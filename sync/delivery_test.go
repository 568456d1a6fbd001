package sync

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestReceiptMessage: every part of a delivery has its place in what ground signs of it.
func TestReceiptMessage(t *testing.T) {
	group, tablet := passenger.FlightID{1}, passenger.TabletID{2}
	run := func() SealedRun {
		return SealedRun{Author: 5, Incarnation: Incarnation{3}, First: 300, Ops: [][]byte{{7, 8}, {9}}}
	}
	const text = "cabinloop delivery 1\x00"
	want := append([]byte(text), 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, 0, 0, 0, 0, 0, 0, 0, 0xac, 2, 0xad, 2)
	sum, err := hex.DecodeString("7dbeff3b5398a152fe18b5d5571facd0cda21af8f8ce4d762b03d0637473d43c") // of 2 7 8 1 9
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, sum...)
	first := run().ReceiptMessage(group, tablet)
	if !bytes.Equal(first, want) {
		t.Errorf("%x, want %x", first, want)
	}
	for name, other := range map[string]func(r *SealedRun, g *passenger.FlightID, id *passenger.TabletID){
		"group":          func(_ *SealedRun, g *passenger.FlightID, _ *passenger.TabletID) { g[7] = 1 },
		"tablet":         func(_ *SealedRun, _ *passenger.FlightID, id *passenger.TabletID) { id[15] = 1 },
		"author":         func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.Author++ },
		"incarnation":    func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.Incarnation[7] = 1 },
		"first":          func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.First++ },
		"fewer ops":      func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.Ops = r.Ops[:1] },
		"an op":          func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.Ops[1] = []byte{10} },
		"where ops part": func(r *SealedRun, _ *passenger.FlightID, _ *passenger.TabletID) { r.Ops = [][]byte{{7}, {8, 9}} },
	} {
		r, g, id := run(), group, tablet
		other(&r, &g, &id)
		if bytes.Equal(r.ReceiptMessage(g, id), first) {
			t.Errorf("%s: signed alike", name)
		}
	}
}
