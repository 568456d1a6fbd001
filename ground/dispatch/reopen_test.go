package dispatch_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var acted = passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased}

// closedByTime is a flight with a loop and a tablet that closed because no movement came.
func (w *world) closedByTime() (lead, other *tablet, loop ground.Loop) {
	w.Helper()
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
	lead, other = w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
	loop = w.loop("C1", passenger.TopicMeal)
	lead.sync()
	w.now = start.Add(4*time.Hour + 8*time.Hour + passenger.CloseAfterSTA + time.Minute)
	w.sweep()
	if f := w.flightRow(first); f.Stage != passenger.Closed || f.ClosedAt.IsZero() {
		w.Fatalf("the flight is %s, want closed", f.Stage)
	}
	return lead, other, loop
}

func (w *world) sweep() {
	w.Helper()
	w.must(w.dispatch.Sweep(w.ctx, w.now))
}

// wants checks what ground and the lanes say of the first flight, and that a further sweep writes nothing.
func (w *world) wants(what string, stage passenger.Stage, closed string) *flightsync.View {
	w.Helper()
	f := w.flightRow(first)
	v, err := w.dispatch.View(w.ctx, f.ID)
	w.must(err)
	w.sweep()
	again, err := w.dispatch.View(w.ctx, f.ID)
	w.must(err)
	if f.Stage != stage || v.Closed != closed || f.ClosedAt.IsZero() != (stage == passenger.Open) {
		w.Fatalf("%s: %s since %s, closed %q, want %s and %q", what, f.Stage, f.ClosedAt, v.Closed, stage, closed)
	}
	if a, b := v.Vector, again.Vector; !a.CoversAll(b) {
		w.Errorf("%s: a sweep wrote: %v, then %v", what, a, b)
	}
	return v
}

// A movement that comes after the close by time: everything goes on as if it had never closed.
func TestMovementOpensAFlightThatTimeClosed(t *testing.T) {
	onBoth(t, func(w *world) {
		tab, offline, loop := w.closedByTime()
		offline.sync()
		tab.sync()
		tab.write(flightsync.FinDraft()) // the crew of a flight that is over hands in
		tab.sync()
		offline.record("14C", acted) // and is not on ground
		w.now = w.now.Add(time.Hour)
		w.must(w.dispatch.Move(w.ctx, first, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.Off, At: w.now}, ETA: w.now.Add(8 * time.Hour)}))
		v := w.wants("after off", passenger.Open, "")
		if n := v.Notes; len(n) != 1 || n[0].Retracted != "" || len(v.Fins) != 0 || w.read(loop.ID).State != ground.LoopCompiled {
			w.Fatalf("notes %+v, hand-ins %v, want one note that stands and no hand-in", n, v.Fins)
		}
		tab.sync()
		if v := tab.view(); v.Closed != "" || len(v.Fins) != 0 {
			w.Errorf("the tablet sees closed %q, handed in %v", v.Closed, v.Fins)
		}
		w.now = w.now.Add(9 * time.Hour)
		w.move(first, passenger.In)
		w.wants("after in", passenger.Closed, "in") // the hand-in of before does not seal it
		offline.sync()
		for _, x := range []*tablet{tab, offline} {
			x.sync()
			x.write(flightsync.FinDraft(x.view().Reopened...))
			x.sync()
		}
		if r := w.report(first); r.Stage != "sealed" || r.Compiled != 1 || r.Acted != 1 || r.Late != 0 || !r.SumsClose || r.OpsIssued != r.OpsOnGround {
			w.Errorf("at the end: %+v", r)
		}
		if l := w.read(loop.ID); l.State != ground.LoopReconciled || l.Outcome.Outcome != passenger.Acted {
			w.Errorf("the loop is %s with %+v", l.State, l.Outcome)
		}
	})
}

func TestWhatOpensAFlightAgain(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(*world)
		stage  passenger.Stage
		closed string
	}{
		"nothing":   {func(*world) {}, passenger.Closed, flightsync.NoMovement},
		"off-block": {func(w *world) { w.move(first, passenger.OffBlock) }, passenger.Open, ""},
		"an estimate in the future": {func(w *world) {
			w.must(w.dispatch.Move(w.ctx, first, ground.MovementUpdate{ETA: w.now.Add(time.Hour)}))
		}, passenger.Open, ""},
		"an estimate of long ago": {func(w *world) {
			w.must(w.dispatch.Move(w.ctx, first, ground.MovementUpdate{ETA: w.now.Add(-10 * time.Hour)}))
		}, passenger.Closed, flightsync.NoMovement},
		"the clock that closed it was ahead": {func(w *world) { w.now = start.Add(5 * time.Hour); w.sweep() }, passenger.Open, ""},
		"on-block":                           {func(w *world) { w.move(first, passenger.In) }, passenger.Closed, flightsync.NoMovement},
		"a cancellation":                     {func(w *world) { w.move(first, passenger.Cancelled) }, passenger.Closed, flightsync.NoMovement},
		"a person seals it, then off": {func(w *world) {
			w.must(w.dispatch.Seal(w.ctx, first, "test"))
			if err := w.dispatch.Move(w.ctx, first, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.Off, At: w.now}}); passenger.CodeOf(err) != passenger.Phase {
				w.Errorf("a movement of a sealed flight: %v", err)
			}
		}, passenger.Sealed, flightsync.NoMovement},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				w.closedByTime()
				c.do(w)
				w.wants(name, c.stage, c.closed)
			})
		})
	}
}

// A cancelled flight is not taken back by the clock.
func TestAnotherCloseStays(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		w.tablet("t1", first, passenger.Lead).sync()
		w.move(first, passenger.Cancelled)
		w.now = w.now.Add(time.Minute)
		w.move(first, passenger.Boarding)
		w.wants("boarding after a cancellation", passenger.Closed, "cancelled")
		if err := w.dispatch.Reopen(w.ctx, first, "eva", "they board"); passenger.CodeOf(err) != passenger.Phase {
			w.Errorf("a person opens a cancelled flight: %v", err)
		}
	})
}

// What handed in flights wait for: a movement may be late.
func TestAFlightThatTimeClosedCanBeOpenedForAWhile(t *testing.T) {
	onBoth(t, func(w *world) {
		tab, _, _ := w.closedByTime()
		tab.sync()
		tab.write(flightsync.FinDraft())
		tab.sync()
		w.wants("handed in", passenger.Closed, flightsync.NoMovement)
		w.now = w.now.Add(passenger.SealAfterNoMovement)
		w.sweep()
		w.wants("later", passenger.Sealed, flightsync.NoMovement)
	})
}

func TestAPersonOpensAFlightAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		tab, _, _ := w.closedByTime()
		for reason, code := range map[string]passenger.Code{" ": passenger.Invalid, string(make([]byte, 201)): passenger.Invalid} {
			if err := w.dispatch.Reopen(w.ctx, first, "eva", reason); passenger.CodeOf(err) != code {
				w.Errorf("reason %q: %v", reason, err)
			}
		}
		w.must(w.dispatch.Reopen(w.ctx, first, "eva", " delayed at the gate "))
		w.wants("opened by a person", passenger.Open, "")
		if err := w.dispatch.Reopen(w.ctx, first, "eva", "again"); passenger.CodeOf(err) != passenger.Phase {
			w.Errorf("an open flight: %v", err)
		}
		tab.sync()
		tab.record("14C", acted)
		tab.sync()
		var rows []ground.AuditRow
		w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) {
			rows, err = tx.AuditRows(w.ctx, w.flightRow(first).ID.String(), 1)
			return err
		}))
		last := rows[0]
		if last.Actor != "eva" || last.Act != "reopen" || last.Object != w.flightRow(first).ID.String() || last.Result != "close by time taken back: delayed at the gate" {
			w.Errorf("audit: %+v", last)
		}
		w.now = w.now.Add(passenger.CloseAfterSTA + time.Minute)
		w.sweep()
		w.wants("time closes it again", passenger.Closed, flightsync.NoMovement)
		if r := w.report(first); r.Acted != 1 || !r.SumsClose {
			w.Errorf("report: %+v", r)
		}
	})
}

// The clock that closed the flight had ended its loop too: the note is written again, once.
func TestLoopsThatAWrongClockEndedComeBack(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicMeal)
		tab.sync()
		w.now = loop.ExpiresAt.Add(time.Minute)
		w.must(w.dispatch.Evaluate(w.ctx, loop.ID)) // before the sweep: the flight is still open
		w.now = start.Add(4*time.Hour + 8*time.Hour + passenger.CloseAfterSTA + time.Minute)
		w.sweep()
		if l := w.read(loop.ID); l.State != ground.LoopEnded || l.EndReason != "expired" {
			w.Fatalf("the loop is %s %q", l.State, l.EndReason)
		}
		w.now = start.Add(time.Hour)
		w.sweep()
		v := w.wants("the right time", passenger.Open, "")
		stand := 0
		for _, n := range v.Notes {
			if n.Retracted == "" {
				stand++
			}
		}
		if l := w.read(loop.ID); stand != 1 || len(v.Notes) != 2 || l.State != ground.LoopCompiled || l.EndReason != "" || !l.EndedAt.IsZero() {
			w.Fatalf("%d of %d notes stand, the loop is %s %q", stand, len(v.Notes), l.State, l.EndReason)
		}
		tab.sync()
		tab.record("14C", acted)
		tab.sync()
		if r := w.report(first); r.Acted != 1 || !r.SumsClose {
			w.Errorf("report: %+v", r)
		}
	})
}
