package scenario_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// telex brings in a message of the airline's systems, whose lines follow.
func (w *world) telex(lines ...string) {
	w.Helper()
	now := w.now()
	text := strings.Join(append([]string{"QU AMSOOKL", ".AMSMMKL " + now.Format("021504")}, lines...), "\n") + "\n"
	rep := &ground.ImportReport{}
	w.must(flightops.Feed{Store: w.db, Dispatch: w.dispatch}.Telexes(w.ctx, []flightops.Input{{Name: "telex", Data: []byte(text)}}, now, rep))
	if rep.Taken != 1 || rep.Refused != 0 {
		w.Fatalf("the telex was not taken: %+v", rep)
	}
}

// clock is a time as telexes write it.
func clock(t time.Time) string { return t.UTC().Format("1504") }

// An aircraft swap leaves the flight what it is: the list becomes unsure until a new one comes, notes
// stay with their travellers, and only their seats change.
func aircraftSwap(w *world) {
	one, _, ts := w.crewed("fore", "aft")
	id, before := w.row(first).ID, w.standing(ts[0], first, "14C").Dot
	w.telex("ASM", "UTC", "EQT", "KL0641/21NOV26", "J 77W C30M24Y322")
	w.sync(ts...)
	want(w, "doubt on the tablet", ts[0].View(first).List.Doubt, "aircraft")
	moved := eva
	moved.seat = "22D"
	w.flight(first, 4*time.Hour, moved, piet)
	w.sync(ts...)
	v := ts[0].View(first)
	want(w, "doubt after the new list", v.List.Doubt, "")
	n := w.standing(ts[0], first, "22D")
	want(w, "note", n.Dot, before)
	want(w, "flight", w.row(first).ID, id)
	w.record(ts[0], first, "22D", passenger.Acted)
	w.record(ts[1], first, "15A", passenger.Declined)
	w.over(first, ts...)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
	want(w, "loop", w.loop(one).State, ground.LoopReconciled)
}

// Crew says where a traveller sits now, without ground: every tablet in reach shows the note there,
// ground learns it later, and a later list of ground does not hide what the crew saw.
func seatChange(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	for _, t := range ts {
		t.Offline(true)
	}
	n := w.standing(ts[0], first, "14C")
	w.must(ts[0].SeatNow(first, n.Traveller, "9D"))
	w.meet(first, ts...)
	want(w, "note on the other tablet", w.standing(ts[1], first, "9D").Dot, n.Dot)
	w.record(ts[1], first, "9D", passenger.Acted)
	moved := eva
	moved.seat = "20F"
	w.flight(first, 4*time.Hour, moved, piet)
	for _, t := range ts {
		t.Offline(false)
	}
	w.sync(ts...)
	w.sync(ts...)
	for _, t := range ts {
		want(w, "note on "+t.Name(), w.standing(t, first, "9D").Dot, n.Dot)
	}
	x, _ := w.view(first).Traveller(n.Traveller)
	want(w, "seat by crew on ground", x.SeatNow, "9D")
	want(w, "seat by the list on ground", x.Seat, "20F")
	w.over(first, ts...)
	want(w, "acted", w.booksClose(first).Acted, 1)
}

// A diverted flight has a new arrival on every tablet, and more time: the window in which entries can
// be grows, a tablet without a link keeps working, and the landing at the other airport is understood.
func diversion(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	w.move(first, passenger.Off)
	w.sync(ts...)
	ts[1].Offline(true)
	was := w.row(first)
	eta := was.STA.Add(3 * time.Hour).Truncate(time.Minute)
	w.pass(6 * time.Hour)
	w.telex("DIV", "KL0641/21.PHBVA.AMS", "EA"+clock(eta)+" BOS", "DRWT PX322")
	f := w.row(first)
	want(w, "arrival on ground", f.Arrival, "BOS")
	want(w, "arrives on ground", f.STA, eta)
	want(w, "flight", f.ID, was.ID)
	w.sync(ts[0])
	want(w, "arrival on the tablet", ts[0].View(first).Genesis.Arrival, "BOS")
	w.record(ts[1], first, "15A", passenger.Acted) // knows of nothing
	w.meet(first, ts...)
	want(w, "arrival on the tablet without a link", ts[1].View(first).Genesis.Arrival, "BOS")
	w.pass(9 * time.Hour)
	n := w.standing(ts[0], first, "14C")
	ts[0].Skew(was.STA.Add(flightsync.WindowAfter + 2*time.Hour).Sub(w.now())) // past the end by the first schedule
	w.must(ts[0].Record(first, n.Dot, passenger.Feedback{Outcome: passenger.Declined}))
	ts[0].Skew(0)
	want(w, "entries outside the window", len(ts[0].View(first).Skewed), 0)
	ts[1].Offline(false)
	now := w.now()
	w.telex("MVT", fmt.Sprintf("KL0641/%s.PHBVA.BOS", was.STD.Format("02")), "AA"+clock(now.Add(-5*time.Minute))+"/"+clock(now))
	want(w, "movement", w.row(first).Movement, passenger.In)
	w.over(first, ts...)
	r := w.booksClose(first)
	want(w, "outcomes", r.Acted+r.Declined, 2)
	want(w, "stage", r.Stage, "sealed")
}
