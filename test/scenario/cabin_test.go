package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The cabin has no internet for the whole flight. Tablets know of each other's entries all the time;
// after landing the first one with a link brings what all of them recorded.
func noInternet(w *world) {
	_, _, ts := w.crewed("fore", "aft", "mid")
	for _, t := range ts {
		t.Offline(true)
	}
	w.pass(5 * time.Hour)
	w.record(ts[1], first, "14C", passenger.Acted)
	w.meet(first, ts...)
	w.record(ts[2], first, "15A", passenger.Declined)
	w.meet(first, ts...)
	for _, t := range ts {
		want(w, "14C on "+t.Name(), w.standing(t, first, "14C").Outcome, passenger.Acted)
		want(w, "15A on "+t.Name(), w.standing(t, first, "15A").Outcome, passenger.Declined)
	}
	w.pass(8 * time.Hour)
	w.move(first, passenger.In)
	ts[0].Offline(false)
	w.sync(ts[0])
	r := w.report(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	want(w, "stage", r.Stage, "closed")
	for _, t := range ts {
		t.Offline(false)
	}
	w.over(first, ts...)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
}

// A full disk refuses an entry and says so; everything can still be read, and with room again it goes
// on where it was.
func diskFull(w *world) {
	_, _, ts := w.crewed("fore")
	p := ts[0].(*purser)
	w.record(p, first, "14C", passenger.Acted)
	p.floor = 1 << 60
	p.Restart()
	want(w, "what was recorded is shown", w.standing(p, first, "14C").Outcome, passenger.Acted)
	err := p.Record(first, w.standing(p, first, "15A").Dot, passenger.Feedback{Outcome: passenger.Declined})
	if passenger.CodeOf(err) != passenger.Unavailable || !strings.Contains(passenger.Public(err), "storage") {
		w.Errorf("an entry on a full disk: %v", err)
	}
	p.floor = 0
	p.Restart()
	w.record(p, first, "15A", passenger.Declined)
	w.sync(p)
	w.over(first, p)
	r := w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
	want(w, "stage", r.Stage, "sealed")
}

// The lease ends while entries wait: the text is destroyed at once, the entries stay sealed to
// ground, and go there when a link comes back.
func sendOnly(w *world) {
	one, _, ts := w.crewed("fore")
	p := ts[0].(*purser)
	p.Offline(true)
	w.record(p, first, "14C", passenger.Acted)
	flight := filepath.Join(p.dir, "flights", w.row(first).ID.String())
	w.pass(4*time.Hour + 8*time.Hour + passenger.NoteLifeAfterSTA + time.Hour)
	if err := p.Sync(); err == nil {
		w.Error("synced without a link")
	}
	want(w, "the flight's directory", exists(flight), false)
	want(w, "stage on the tablet", p.page(first).Stage, passenger.Purged)
	want(w, "entries that wait", p.status().Pending > 0, true)
	p.Restart()
	p.Offline(false)
	w.sync(p)
	want(w, "entries that wait", p.status().Pending, 0)
	w.move(first, passenger.In)
	w.pass(passenger.SealAfter + time.Hour)
	w.sweep()
	r := w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "stage", r.Stage, "sealed")
	want(w, "loop", w.loop(one).State, ground.LoopReconciled)
}

// A tablet is not handed in while an entry is on it only: another tablet or ground must have it, or a
// reason is given, which stays on record.
func handInBlocked(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	fore, aft := ts[0].(*purser), ts[1].(*purser)
	w.move(first, passenger.In)
	w.sync(ts...)
	fore.Offline(true)
	aft.Offline(true)
	w.record(fore, first, "14C", passenger.Acted)
	if err := fore.HandIn(first); passenger.CodeOf(err) != passenger.Phase || !strings.Contains(passenger.Public(err), "on this tablet only") {
		w.Errorf("handing in with an entry that is nowhere else: %v", err)
	}
	w.meet(first, fore, aft)
	w.must(fore.HandIn(first))
	w.record(aft, first, "15A", passenger.Declined)
	w.must(aft.agent.HandInAnyway(w.ctx, first.String(), passenger.NoTimeToWait))
	for _, t := range ts {
		t.Offline(false)
	}
	w.sync(ts...)
	w.sync(ts...)
	r := w.booksClose(first)
	want(w, "stage", r.Stage, "sealed")
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
}

// After landing a tablet whose entries are all on ground hands in by itself; the flight is sealed, and
// at the end of the lease key and files are gone.
func ownHandIn(w *world) {
	_, _, ts := w.crewed("fore")
	p := ts[0].(*purser)
	w.move(first, passenger.Off)
	w.record(p, first, "14C", passenger.Acted)
	w.pass(8 * time.Hour)
	w.move(first, passenger.In)
	w.sync(p)
	w.sync(p)
	want(w, "stage", w.booksClose(first).Stage, "sealed")
	flight := filepath.Join(p.dir, "flights", w.row(first).ID.String())
	w.standing(p, first, "15A") // the text stays for the crew until the lease ends
	w.pass(passenger.NoteLifeAfterLanding + time.Minute)
	w.sync(p)
	want(w, "the flight's directory", exists(flight), false)
	want(w, "stage on the tablet", p.page(first).Stage, passenger.Purged)
	names, err := os.ReadDir(filepath.Join(p.dir, "flights"))
	w.must(err)
	want(w, "flights on the disk", len(names), 0)
	st := p.status()
	want(w, "issued and on ground", st.Issued, st.OnGround)
}

// Crews change at a turnaround: the next leg is a flight of its own that the leaving tablet never
// sees; once its entries are on ground that tablet becomes another.
func crewChange(w *world) {
	_, two, ts := w.crewed("fore")
	out := ts[0].(*purser)
	w.flight(second, 20*time.Hour, eva, piet)
	out.Offline(true)
	w.move(first, passenger.Off)
	w.record(out, first, "14C", passenger.Acted, "asks for a blanket on the way home")
	w.pass(12 * time.Hour)
	w.move(first, passenger.In)
	home := w.tablet("home")
	w.assign(second, "home", passenger.Lead)
	out.Offline(false)
	w.sync(out, out)
	want(w, "stage of the first leg", w.booksClose(first).Stage, "sealed")
	want(w, "words for the next crew on ground", w.holds(first, "blanket"), true)
	w.sweep()
	w.sync(home, home)
	want(w, "the open loop went on", w.loop(two).Flight, w.row(second).ID)
	w.record(home, second, "15A", passenger.Acted)
	rows, err := out.agent.Flights(w.ctx)
	w.must(err)
	want(w, "flights of the leaving tablet", len(rows), 1)
	code, err := w.auth.Invite(w.ctx, "other", "admin")
	w.must(err)
	w.must(out.agent.Enrol(w.ctx, "http://localhost", code, "other"))
	w.over(second, home)
	want(w, "stage of the second leg", w.booksClose(second).Stage, "sealed")
}

// A note taken back before any tablet had it was withdrawn; one taken back later stays in its bucket
// with its reason, also after on-block, and what was recorded about it counts.
func retractLate(w *world) {
	one, _, ts := w.crewed("fore")
	w.record(ts[0], first, "14C", passenger.Acted)
	late := traveller{"C3", "BAKKER", "AN", "16B", 3}
	w.flight(first, 4*time.Hour, eva, piet, late)
	three := w.complain(late)
	want(w, "the third loop", w.loop(three).State, ground.LoopCompiled)
	w.move(first, passenger.In)
	for _, id := range []passenger.LoopID{one, three} {
		w.must(w.dispatch.Recall(w.ctx, id, "agent"))
	}
	r := w.report(first)
	want(w, "withdrawn before a tablet had it", r.Withdrawn, 1)
	want(w, "delivered", r.Delivered, 2)
	w.sync(ts...)
	n := w.byTraveller(ts[0], first, 1)
	want(w, "reason on the tablet", n.Retracted, flightsync.RetractRecalled)
	w.must(ts[0].HandIn(first))
	w.sync(ts...)
	r = w.booksClose(first)
	want(w, "compiled", r.Compiled, 3)
	want(w, "acted", r.Acted, 1)
	want(w, "delivered and withdrawn", r.Delivered+r.Withdrawn, 3)
	want(w, "stage", r.Stage, "sealed")
	want(w, "loop", w.loop(one).EndReason, "recalled")
}
