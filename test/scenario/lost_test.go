package scenario_test

import (
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A tablet is lost in flight. What it gave to another tablet, and that one to ground, counts; ground
// ends its access, takes it off the flight and cuts it behind the last entry it has heard of. What
// its keys sign after that is kept and counts for nothing; the flight waits until somebody decides.
func lostTablet(w *world) {
	_, _, ts := w.crewed("fore", "aft", "mid")
	fore, aft, mid := ts[0], ts[1], ts[2]
	w.pass(4 * time.Hour)
	w.move(first, passenger.Off)
	w.sync(ts...)
	for _, t := range ts {
		t.Offline(true)
	}
	w.record(aft, first, "14C", passenger.Acted)
	w.meet(first, ts...) // and now it is gone
	fore.Offline(false)
	w.sync(fore)
	want(w, "words of the lost one on ground", w.report(first).Acted, 1)
	w.must(w.auth.Revoke(w.ctx, "aft", true, "admin"))
	aft.Offline(false)
	if err := aft.Sync(); passenger.CodeOf(err) != passenger.SignedOut || !strings.Contains(passenger.Public(err), "new code") {
		w.Errorf("the lost tablet asks ground: %v", err)
	}
	w.must(aft.Record(first, w.standing(aft, first, "15A").Dot, passenger.Feedback{Outcome: passenger.Declined}))
	aft.Offline(true)
	w.meet(first, aft, mid) // both have not heard of it yet
	mid.Offline(false)
	w.sync(mid, fore)
	w.must(w.auth.Revoke(w.ctx, "aft", true, "admin")) // again: what has come meanwhile counts no more than before
	w.sync(mid, fore)
	for _, t := range []device{fore, mid} {
		v := t.View(first)
		want(w, "entries behind the cut on "+t.Name(), cutOff(v), 2)
		want(w, "outcome up to the cut on "+t.Name(), w.byTraveller(t, first, 1).Outcome, passenger.Acted)
		want(w, "outcome behind the cut on "+t.Name(), w.byTraveller(t, first, 2).Outcome, "")
	}
	question := false
	for _, x := range w.view(first).Verdicts {
		question = question || x.Code == flightsync.VerdictQuestion
	}
	want(w, "a question about what came behind the cut", question, true)
	w.over(first, fore, mid)
	if r := w.report(first); r.SumsClose || len(r.Waiting) == 0 {
		w.Errorf("the flight does not wait for what came of the lost tablet, or may still come: %s, %v", r.Stage, r.Waiting)
	}
	w.must(w.dispatch.WriteOff(w.ctx, first, "aft", "ops", "looked at: it was recorded after the loss"))
	r := w.booksClose(first)
	want(w, "stage", r.Stage, "sealed")
	want(w, "acted", r.Acted, 1)
	want(w, "not seen", r.NotSeen, 1)
}

func cutOff(v *flightsync.View) (n int) {
	for _, q := range v.Quarantine {
		if q.Reason == "cut" {
			n++
		}
	}
	return n
}

// A tablet that is on no crew list gets nothing, from ground or in the cabin, and is told what to do;
// once it is on the list it works like any other.
func unlistedTablet(w *world) {
	_, _, ts := w.crewed("fore")
	spare := w.tablet("spare")
	w.sync(spare)
	spare.Offline(true)
	if err := w.stranger(spare, ts[0]); passenger.CodeOf(err) == "" || !strings.Contains(passenger.Public(err), "ground operations") {
		w.Errorf("an unlisted tablet is told %v", err)
	}
	spare.Offline(false)
	w.assign(first, "spare", passenger.Cabin)
	w.sync(spare, spare, ts[0])
	w.record(spare, first, "14C", passenger.Acted)
	w.over(first, append(ts, spare)...)
	want(w, "acted", w.booksClose(first).Acted, 1)
}

// stranger lets an unlisted tablet try for the flight, and returns what it is told. Of a flight that
// a program does not have it cannot ask; a bare tablet asks ground for it all the same.
func (w *world) stranger(t, listed device) error {
	w.Helper()
	if p, ok := t.(*purser); ok {
		if rows, err := p.agent.Flights(w.ctx); err != nil || len(rows) != 0 {
			w.Errorf("an unlisted tablet lists %d flights, %v", len(rows), err)
		}
		_, err := p.agent.Flight(w.ctx, first.String())
		return err
	}
	b := t.(*bare)
	b.away = false
	r := listed.(*bare).leg(first)
	_, err := b.client.Exchange(w.ctx, flightsync.Request{Group: r.group, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{1}})
	return err
}
