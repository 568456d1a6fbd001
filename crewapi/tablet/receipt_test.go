package tablet

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// TestOnlyReceiptsFree: a tablet lets go of sealed entries for ground's own word about these very
// entries to this very tablet, and for nothing else.
func TestOnlyReceiptsFree(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	f, dot := w.flight(a)
	w.sync(a)
	w.cut()
	w.record(a, dot, acted)
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Declined})
	w.pass(58 * time.Hour)
	a.Sync(t.Context())
	w.ground.SetFault(nil)
	forger, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	type delivery struct {
		group  passenger.FlightID
		tablet passenger.TabletID
		run    flightsync.SealedRun
	}
	// as is what ground signs instead of the delivery that it got.
	as := func(change func(*delivery)) func(delivery, []byte) []byte {
		return func(d delivery, _ []byte) []byte {
			change(&d)
			sig, err := w.ground.Keys.Signer().Sign(d.run.ReceiptMessage(d.group, d.tablet))
			if err != nil {
				t.Error(err)
			}
			return sig
		}
	}
	for name, receipt := range map[string]func(d delivery, honest []byte) []byte{
		"none":   func(delivery, []byte) []byte { return nil },
		"cut":    func(_ delivery, honest []byte) []byte { return honest[:len(honest)-1] },
		"longer": func(_ delivery, honest []byte) []byte { return append(honest, 0) },
		"forged": func(d delivery, _ []byte) []byte {
			sig, err := forger.Signer().Sign(d.run.ReceiptMessage(d.group, d.tablet))
			if err != nil {
				t.Error(err)
			}
			return sig
		},
		"of another flight":         as(func(d *delivery) { d.group[0] ^= 1 }),
		"of another tablet":         as(func(d *delivery) { d.tablet[0] ^= 1 }),
		"of fewer entries":          as(func(d *delivery) { d.run.Ops = d.run.Ops[:1] }),
		"of other entries":          as(func(d *delivery) { d.run.Ops = [][]byte{d.run.Ops[1], d.run.Ops[0]} }),
		"of an earlier incarnation": as(func(d *delivery) { d.run.Incarnation[0] ^= 1 }),
		"of another author":         as(func(d *delivery) { d.run.Author++ }),
		"of a lane and not of a delivery": func(d delivery, _ []byte) []byte {
			sig, err := w.ground.Keys.Signer().Sign(flightsync.Receipt{Author: d.run.Author, Seq: d.run.Last(), Head: d.run.Head}.Message(d.group))
			if err != nil {
				t.Error(err)
			}
			return sig
		},
	} {
		asked := 0
		w.ground.Receipts = func(group passenger.FlightID, tablet passenger.TabletID, runs []flightsync.SealedRun, receipts [][]byte) [][]byte {
			asked++
			if len(runs) != 1 || len(runs[0].Ops) < 2 || len(receipts[0]) != keys.SignatureSize {
				t.Fatalf("%d runs, receipts %x", len(runs), receipts)
			}
			return [][]byte{receipt(delivery{group, tablet, runs[0]}, receipts[0])}
		}
		rep, err := a.Sync(t.Context())
		if err != nil || len(rep.Problems) != 1 || rep.Sent != 0 || rep.Pending == 0 || asked != 1 {
			t.Errorf("%s: %+v, %v; asked %d times", name, rep, err, asked)
		}
		if st, err := a.Status(t.Context()); err != nil || st.Pending == 0 || st.Issued == st.OnGround || !exists(a.unsentPath(f.A.Flight)) {
			t.Errorf("%s: status %+v, %v", name, st, err)
		}
	}
	w.ground.Receipts = func(_ passenger.FlightID, _ passenger.TabletID, _ []flightsync.SealedRun, _ [][]byte) [][]byte {
		return nil
	}
	if rep, err := a.Sync(t.Context()); err == nil && len(rep.Problems) == 0 || rep.Sent != 0 {
		t.Errorf("an answer without receipts: %+v, %v", rep, err)
	}
	w.ground.Receipts = nil
	if rep := w.sync(a); rep.Sent == 0 || rep.Pending != 0 || exists(a.unsentPath(f.A.Flight)) {
		t.Errorf("the honest receipt: %+v", rep)
	}
}

// TestLongRunsAreCut: what waits behind the lease goes in runs that one delivery may carry, each
// proven at its end, and arrives.
func TestLongRunsAreCut(t *testing.T) {
	for name, tc := range map[string]struct{ entries int }{
		"a few": {20}, "more than a call takes": {flightsync.MaxRunOps + 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.tablet()
			f, dot := w.flight(a)
			w.sync(a)
			w.cut()
			fl, err := a.find("test", key)
			if err != nil {
				t.Fatal(err)
			}
			fl.mu.Lock()
			err = fl.use()
			for part := range slices.Chunk(slices.Repeat([]flightsync.Draft{flightsync.SeenDraft(dot)}, tc.entries), 1024) { // what one write may hold
				if err == nil {
					err = fl.write(part...)
				}
			}
			fl.mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			w.pass(58 * time.Hour)
			a.Sync(t.Context())
			u, err := a.loadUnsent(f.A.Flight)
			if err != nil || tc.entries == 20 && len(u.Runs) != 1 {
				t.Fatalf("%d runs, %v", len(u.Runs), err)
			}
			for _, r := range u.Runs {
				if r.size() > cutBytes || len(r.Sig) == 0 {
					t.Errorf("a run of %d ops, %d bytes, signature %x", len(r.Ops), r.size(), r.Sig)
				}
			}
			w.ground.SetFault(nil)
			if rep := w.sync(a); rep.Sent != tc.entries+1 || rep.Pending != 0 || exists(a.unsentPath(f.A.Flight)) {
				t.Errorf("delivery: %+v", rep)
			}
		})
	}
}
