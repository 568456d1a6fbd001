package scenario_test

import (
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Two tablets bring the same entries to ground at the same moment: each counts once.
func twoGateways(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	for _, t := range ts {
		t.Offline(true)
	}
	w.record(ts[0], first, "14C", passenger.Acted)
	w.record(ts[1], first, "15A", passenger.Declined)
	w.meet(first, ts...)
	var both sync.WaitGroup
	errs := make([]error, len(ts))
	for i, t := range ts {
		t.Offline(false)
		both.Go(func() { errs[i] = t.Sync() })
	}
	both.Wait()
	for _, err := range errs {
		w.must(err)
	}
	r := w.booksClose(first)
	want(w, "recorded", r.Recorded, 2)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	w.over(first, ts...)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
}

// Two pursers act on one note and disagree: both versions show. The acting lead settles one on board;
// the other one stays until ground has followed it up.
func dispute(w *world) {
	_, two, ts := w.crewed("fore", "aft")
	for _, t := range ts {
		t.Offline(true)
	}
	for _, seat := range []passenger.Seat{"14C", "15A"} {
		w.record(ts[0], first, seat, passenger.Acted)
		w.record(ts[1], first, seat, passenger.Declined)
	}
	w.meet(first, ts...)
	for _, t := range ts {
		for _, seat := range []passenger.Seat{"14C", "15A"} {
			n := w.standing(t, first, seat)
			want(w, "dispute about "+string(seat)+" on "+t.Name(), n.Disputed, true)
		}
	}
	w.must(ts[0].Resolve(first, w.standing(ts[0], first, "14C").Dot, passenger.Feedback{Outcome: passenger.Declined}))
	w.meet(first, ts...)
	want(w, "settled on the other tablet", w.standing(ts[1], first, "14C").Outcome, passenger.Declined)
	for _, t := range ts {
		t.Offline(false)
	}
	w.sync(ts...)
	w.over(first, ts...)
	r := w.booksClose(first)
	want(w, "disputed", r.Disputed, 1)
	want(w, "declined", r.Declined, 1)
	var open []ground.FollowUp
	w.read(func(tx ground.Tx) (err error) { open, err = tx.FollowUpsOfLoop(w.ctx, two); return err })
	causes := map[string]bool{}
	for _, f := range open {
		causes[f.Cause] = true
		w.must(w.followup.Close(w.ctx, f.ID, followup.Answer{Result: "asked the lead", NoneReason: "settled-on-board", By: "agent", Role: "ground"}))
	}
	want(w, "ground is asked", causes["disputed"], true)
	want(w, "loop", w.loop(two).State, ground.LoopClosed)
}

// A tablet's store is copied to a second device, and both go on: ground finds out at the first
// exchange of the second, keeps what both recorded, and asks a person to look.
func clone(w *world) {
	_, _, ts := w.crewed("fore")
	twin := ts[0].Clone()
	w.record(ts[0], first, "14C", passenger.Acted)
	w.record(twin, first, "15A", passenger.Declined)
	w.sync(ts[0])
	w.sync(twin)
	r := w.report(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	question := false
	for _, v := range w.view(first).Verdicts {
		question = question || v.Code == flightsync.VerdictQuestion
	}
	want(w, "a question about the branch", question, true)
	w.sync(ts[0], twin, ts[0])
	for _, t := range []device{ts[0], twin} {
		want(w, "outcome at 14C on "+t.Name(), w.standing(t, first, "14C").Outcome, passenger.Acted)
		want(w, "outcome at 15A on "+t.Name(), w.standing(t, first, "15A").Outcome, passenger.Declined)
	}
	w.over(first, ts[0], twin)
	w.booksClose(first)
}

// A tablet's store is put back to an older copy: it gets its entries back from ground, goes on, and
// loses nothing of before or after.
func rollback(w *world) {
	_, _, ts := w.crewed("fore")
	old := ts[0].Clone()
	w.record(ts[0], first, "14C", passenger.Acted)
	w.sync(ts[0])
	ts[0].Offline(true) // gone: the copy is all there is
	w.sync(old)
	want(w, "what it had recorded came back", w.standing(old, first, "14C").Outcome, passenger.Acted)
	w.record(old, first, "15A", passenger.Declined)
	w.sync(old)
	r := w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	w.over(first, old)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
}

// Clocks that are ten years fast or slow order nothing wrongly, drag no other along and lose no
// entry: every view is the same. What stands outside the flight's window is flagged; a slow clock
// goes on from the stamps that its tablet has seen, and stays inside.
func clocks(w *world) {
	_, _, ts := w.crewed("fore", "aft", "mid")
	a, b := w.standing(ts[0], first, "14C"), w.standing(ts[1], first, "15A")
	for i, years := range []int{10, -10} {
		ts[i].Offline(true)
		ts[i].Skew(time.Duration(years) * 365 * 24 * time.Hour)
	}
	w.must(ts[0].Record(first, a.Dot, passenger.Feedback{Outcome: passenger.Acted}))
	w.must(ts[1].Record(first, b.Dot, passenger.Feedback{Outcome: passenger.Declined}))
	for _, t := range ts[:2] {
		t.Skew(0)
		t.Offline(false)
	}
	w.sync(ts...)
	w.sync(ts...)
	w.record(ts[2], first, "14C", passenger.NotPossible) // after both, by a good clock
	w.sync(ts...)
	w.sync(ts...)
	for _, t := range ts {
		want(w, "flagged on "+t.Name(), len(t.View(first).Skewed), 1)
		want(w, "14C on "+t.Name(), w.standing(t, first, "14C").Outcome, passenger.NotPossible)
		want(w, "15A on "+t.Name(), w.standing(t, first, "15A").Outcome, passenger.Declined)
	}
	want(w, "flagged on ground", len(w.view(first).Skewed), 1)
	w.over(first, ts...)
	want(w, "recorded", w.booksClose(first).Recorded, 3)
}
