package scenario_test

import (
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// written counts the notes that ground ever wrote on a flight.
func (w *world) written(k passenger.FlightKey) int { w.Helper(); return len(w.view(k).Notes) }

func (w *world) sweep() { w.Helper(); w.must(w.dispatch.Sweep(w.ctx, w.now())) }

// A flight back at its gate is the same flight, until it is dispatched anew: then what is open goes
// over to the new one as notes that point back, once, and what the crew has done does not.
func turnBack(w *world) {
	one, two, ts := w.crewed("fore", "aft")
	f := w.row(first)
	w.pass(4 * time.Hour)
	w.move(first, passenger.Off)
	w.record(ts[0], first, "14C", passenger.Acted)
	w.sync(ts...)
	w.pass(time.Hour)
	w.telex("MVT", "KL0641/21.PHBVA.AMS", "FR"+clock(w.now()))
	want(w, "movement", w.row(first).Movement, passenger.Boarding)
	want(w, "flight", w.row(first).ID, f.ID)
	w.sync(ts...)
	w.standing(ts[1], first, "15A")
	again := first
	again.Attempt = 2
	w.flight(again, 3*time.Hour, eva, piet)
	w.assign(again, "fore", passenger.Lead)
	w.assign(again, "aft", passenger.Cabin)
	want(w, "notes on the new flight before the old one ends", w.written(again), 0)
	w.move(first, passenger.Cancelled) // a message would be about the newest
	w.sweep()
	want(w, "notes on the new flight", w.written(again), 1)
	want(w, "the open loop", w.loop(two).Flight, w.row(again).ID)
	w.read(func(tx ground.Tx) error {
		lfs, err := tx.LoopFlights(w.ctx, two)
		if len(lfs) != 2 || lfs[1].MovedFrom != f.ID {
			w.Errorf("the note does not say where it came from: %+v", lfs)
		}
		return err
	})
	w.sync(ts...)
	w.sync(ts...)
	w.standing(ts[0], again, "15A")
	w.record(ts[1], again, "15A", passenger.Declined)
	w.sync(ts...)
	for _, t := range ts {
		w.must(t.HandIn(first))
	}
	w.sync(ts...)
	want(w, "stage of the old flight", w.booksClose(first).Stage, "sealed")
	want(w, "the done loop", w.loop(one).Outcome.Outcome, passenger.Acted)
	w.over(again, ts...)
	want(w, "stage of the new flight", w.booksClose(again).Stage, "sealed")
	want(w, "the open loop's outcome", w.loop(two).Outcome.Outcome, passenger.Declined)
}

// A cancelled flight closes early. Each open note is written once on the passenger's next flight,
// however often ground looks again; what the crew recorded before they knew still comes in.
func cancelled(w *world) {
	one, two, ts := w.crewed("fore", "aft")
	w.flight(second, 28*time.Hour, eva, piet)
	w.move(first, passenger.Boarding)
	w.sync(ts...)
	ts[1].Offline(true)
	w.record(ts[0], first, "14C", passenger.Acted)
	w.sync(ts[0])
	w.pass(5 * time.Hour)
	w.move(first, passenger.Cancelled)
	for range 3 {
		w.sweep()
		w.pass(time.Minute)
		w.move(first, passenger.Cancelled) // said again, with another time
	}
	want(w, "stage", w.row(first).Stage, passenger.Closed)
	want(w, "notes on the cancelled flight", w.written(first), 2)
	want(w, "notes on the next flight", w.written(second), 1)
	want(w, "the open loop", w.loop(two).Flight, w.row(second).ID)
	w.record(ts[1], first, "15A", passenger.Declined, "later please")
	ts[1].Offline(false)
	w.sync(ts...)
	want(w, "words on ground", w.holds(first, "later please"), true)
	want(w, "verdict", w.byTraveller(ts[1], first, 2).Verdict, flightsync.VerdictReceived)
	want(w, "note after the cancellation", w.byTraveller(ts[0], first, 2).Retracted, flightsync.RetractCancelled)
	for _, t := range ts {
		w.must(t.HandIn(first))
	}
	w.sync(ts...)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
	w.sweep()
	want(w, "notes on the next flight after the seal", w.written(second), 1)
	want(w, "the done loop", w.loop(one).State, ground.LoopReconciled)
	w.booksClose(second)
}
