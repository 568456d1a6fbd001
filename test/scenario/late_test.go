package scenario_test

import (
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/subject"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// seal lands the flight and lets the time to wait for its tablets pass.
func (w *world) seal(k passenger.FlightKey) {
	w.Helper()
	w.move(k, passenger.In)
	w.pass(passenger.SealAfter + time.Hour)
	w.must(w.dispatch.Sweep(w.ctx, w.now()))
	want(w, "stage", w.row(k).Stage, passenger.Sealed)
}

// A tablet comes back days after the seal: what it recorded counts, with a verdict that says it was
// late; the flight stays sealed and its report gets a new revision.
func lateFeedback(w *world) {
	one, _, ts := w.crewed("fore", "aft")
	w.move(first, passenger.OffBlock)
	w.pass(2 * time.Hour)
	w.record(ts[0], first, "14C", passenger.Acted)
	w.pass(8 * time.Hour)
	w.seal(first)
	want(w, "revision", w.report(first).Revision, 1)
	sealedAt := w.row(first).SealedAt
	w.sync(ts[0], ts[0])
	r := w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "late verdicts", r.Late, 1)
	want(w, "revision", r.Revision, 2)
	f := w.row(first)
	want(w, "stage", f.Stage, passenger.Sealed)
	want(w, "sealed at", f.SealedAt, sealedAt)
	want(w, "loop", w.loop(one).State, ground.LoopReconciled)
	if w.kind == "memory" { // the purser's program has let go of a flight that long over
		want(w, "verdict on the tablet", w.byTraveller(ts[0], first, 1).Verdict, flightsync.VerdictLate)
	}
	w.sync(ts...)
	want(w, "revision after nothing new", w.report(first).Revision, 2)
}

// byTraveller is the one note about a traveller on a tablet.
func (w *world) byTraveller(t device, k passenger.FlightKey, no passenger.TravellerNo) note {
	w.Helper()
	for _, n := range t.Notes(k) {
		if n.Traveller == no {
			return n
		}
	}
	w.Fatalf("tablet %s shows no note about traveller %d", t.Name(), no)
	return note{}
}

func (w *world) erase(x traveller) {
	w.Helper()
	_, err := w.subject.Erase(w.ctx, subject.Subject{Person: w.person(x).ID}, "admin")
	w.must(err)
}

// A tablet comes back after the seal with words about a passenger who was erased meanwhile: they
// never stand on ground, the crew is told, and the tablet's books close.
func lateFeedbackErased(w *world) {
	_, two, ts := w.crewed("fore", "aft")
	w.move(first, passenger.OffBlock)
	w.pass(2 * time.Hour)
	w.record(ts[0], first, "14C", passenger.Acted, "gave back the umbrella")
	w.record(ts[0], first, "15A", passenger.Declined)
	w.pass(2 * time.Hour)
	w.erase(eva)
	w.seal(first)
	w.sync(ts[0], ts[0])
	if w.holds(first, "umbrella") {
		w.Error("ground holds words about an erased passenger")
	}
	v := w.view(first)
	erased := 0
	for _, x := range v.Verdicts {
		if x.Code == flightsync.VerdictErased {
			erased++
		}
	}
	want(w, "erased verdicts", erased, 1)
	r := w.booksClose(first)
	want(w, "declined", r.Declined, 1)
	want(w, "the other's loop", w.loop(two).State, ground.LoopReconciled)
	if w.kind == "memory" {
		want(w, "body on the tablet", ts[0].Holds(first, "umbrella"), false)
	} else {
		want(w, "entries that wait on the tablet", ts[0].(*purser).status().Pending, 0)
	}
}

// Ground erases a passenger during the flight: the text goes from each tablet at its next contact,
// also over another tablet, and a tablet that joins later never gets it.
func erasureOpen(w *world) {
	_, two, ts := w.crewed("fore", "aft")
	w.move(first, passenger.OffBlock)
	w.record(ts[0], first, "14C", passenger.Acted, "gave back the umbrella")
	w.record(ts[1], first, "15A", passenger.Acted)
	w.sync(ts...)
	w.sync(ts[0])
	w.erase(eva)
	ts[1].Offline(true)
	w.sync(ts[0])
	w.meet(first, ts...)
	late := w.tablet("late")
	w.assign(first, "late", passenger.Cabin)
	w.sync(late, late)
	for _, t := range append(ts, late) {
		want(w, "name on "+t.Name(), t.Holds(first, "Jansen"), false)
		want(w, "words on "+t.Name(), t.Holds(first, "umbrella"), false)
		w.standing(t, first, "15A")
	}
	want(w, "words on ground", w.holds(first, "umbrella"), false)
	ts[1].Offline(false)
	w.over(first, append(ts, late)...)
	r := w.booksClose(first)
	want(w, "stage", r.Stage, "sealed")
	want(w, "acted", w.loop(two).Outcome.Outcome, passenger.Acted)
}
