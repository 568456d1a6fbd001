package dispatch_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// sealed is the tail of the tablet's own lane from a sequence number on, as the tablet keeps it
// past the end of its lease.
func (t *tablet) sealed(first uint64) flightsync.SealedRun {
	t.Helper()
	st := t.rep.State()
	l, _ := st.Lane(st.Me)
	run := flightsync.SealedRun{Author: l.Author, Incarnation: l.Incarnation, First: first, Head: l.Head, Sig: l.Points[len(l.Points)-1].Sig}
	t.must(t.store.Ops(l.Author, first, func(o flightsync.Op) bool {
		b, err := keys.Seal(t.world.keys.Agreer().Public(), []byte(flightsync.SealedInfo), flightsync.SealedAAD(st.Group, o.Dot, l.Incarnation), o.Raw())
		t.must(err)
		run.Ops = append(run.Ops, b)
		return true
	}))
	return run
}

// receipt reports whether sig is ground's word that a tablet is free of a run of the first flight.
func (w *world) receipt(run flightsync.SealedRun, of *tablet, sig []byte) bool {
	return keys.Verify(w.keys.Signer().Public(), run.ReceiptMessage(w.flightRow(first).ID, of.id), sig)
}

// TestDeliver: sealed ops are taken as an exchange would take them, with their effects, once, also
// from another tablet of the flight and after the seal; what is held has a receipt for who asked.
func TestDeliver(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		a, b := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		w.flight(second, start.Add(28*time.Hour), true)
		stranger := w.tablet("t3", second, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		a.sync()
		b.sync()
		st := a.rep.State()
		held := st.Vector().Of(st.Me)
		a.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		run := a.sealed(held + 1)
		group := w.flightRow(first).ID

		if _, err := w.dispatch.Deliver(w.ctx, stranger.id, group, []flightsync.SealedRun{run}); passenger.CodeOf(err) != passenger.Forbidden {
			t.Errorf("from a tablet that is not on the roster: %v", err)
		}
		bad := run
		bad.Ops = [][]byte{run.Ops[0], bytes.Clone(run.Ops[1])}
		bad.Ops[1][90] ^= 1
		if got, err := w.dispatch.Deliver(w.ctx, a.id, group, []flightsync.SealedRun{bad}); err != nil || len(got) != 1 || got[0] != nil {
			t.Errorf("an op that does not open: %x, %v", got, err)
		}
		unsigned, gap := run, a.sealed(held+2)
		unsigned.Sig = nil
		got, err := w.dispatch.Deliver(w.ctx, a.id, group, []flightsync.SealedRun{unsigned, gap})
		if w.must(err); len(got) != 2 || got[0] != nil || got[1] != nil {
			t.Errorf("an unsigned run and one behind a gap: %x", got)
		}
		if r := w.report(first); r.Acted != 0 {
			t.Errorf("%d outcomes of what was not taken", r.Acted)
		}
		for i, from := range []*tablet{b, a, a} { // passed on by another tablet; repeated by its author
			got, err := w.dispatch.Deliver(w.ctx, from.id, group, []flightsync.SealedRun{bad, run}) // a damaged run holds nothing up
			if w.must(err); got[0] != nil || !w.receipt(run, from, got[1]) {
				t.Errorf("delivery %d: receipts %x", i, got)
			}
			if other := map[*tablet]*tablet{a: b, b: a}[from]; w.receipt(run, other, got[1]) {
				t.Errorf("delivery %d: the receipt frees another tablet", i)
			}
		}
		r := w.report(first)
		if r.Acted != 1 || r.Seen != 1 || r.OpsIssued != r.OpsOnGround {
			t.Errorf("report: %+v", r)
		}

		a.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		late := a.sealed(held + 1)
		w.now = start.Add(13 * time.Hour)
		w.move(first, passenger.On)
		w.move(first, passenger.In)
		w.must(w.dispatch.Seal(w.ctx, first, "test"))
		for range 2 {
			got, err := w.dispatch.Deliver(w.ctx, a.id, group, []flightsync.SealedRun{late})
			if w.must(err); !w.receipt(late, a, got[0]) {
				t.Error("no receipt for late entries")
			}
		}
		if again := w.report(first); again.Revision <= r.Revision || again.OpsIssued != again.OpsOnGround || again.Quarantined != 0 {
			t.Errorf("report after late entries: %+v", again)
		}
	})
}
