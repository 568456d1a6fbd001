package tablet

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// halfErased makes a tablet hold an erase order and the mark of an erasure that was cut short.
func (w *world) halfErased(a *Agent, order func()) {
	w.Helper()
	order()
	f := a.list()[0]
	f.mu.Lock()
	defer f.mu.Unlock()
	_, res := w.answer(a, f, f.talk.Peer)
	ready, err := f.step(flightsync.Receive{Runs: res.Runs})
	if err == nil {
		err = f.commit(ready, badgerstore.Meta{Name: metaErasing, Value: []byte{1}})
	}
	if err != nil {
		w.Fatal(err)
	}
}

// answer asks ground, which is known to hold peer, and takes nothing of what it says yet. The caller
// holds the flight.
func (w *world) answer(a *Agent, f *flight, peer flightsync.Vector) (*flightsync.Request, flightsync.Response) {
	w.Helper()
	client, err := a.ready("test")
	if err != nil {
		w.Fatal(err)
	}
	ready, err := f.step(flightsync.Ask{Peer: peer})
	if err != nil {
		w.Fatal(err)
	}
	res, err := client.Exchange(w.Context(), *ready.Request)
	if err != nil {
		w.Fatal(err)
	}
	return ready.Request, res
}

// TestErasureOnAFullDisk: an erasure was cut short and the disk is full at the next start. The
// program says so; it goes on when there is room.
func TestErasureOnAFullDisk(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, order := w.erasable(a)
	w.halfErased(a, order)
	full := w.reopenFull(a)
	if p, err := full.Flight(t.Context(), key); err != nil && passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("on a full disk: %+v, %v", p, err)
	}
	full.Sync(t.Context())
	full.Close()
	a = w.open(a.Dir)
	w.page(a)
	w.gone(a)
}

// TestErasureReachesRescuedEntries: a store was replaced and its entries wait for an index when
// ground's order comes; nothing of them is left either.
func TestErasureReachesRescuedEntries(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, order := w.erasable(a)
	f := a.list()[0]
	order()
	w.gap(a, 1, true)
	f.mu.Lock()
	if err := f.use(); err != nil {
		t.Fatal(err)
	}
	rescuing := f.rescuing()
	// The order arrives in an answer that leaves something out.
	req, res := w.answer(a, f, nil)
	f.mu.Unlock()
	if !rescuing {
		t.Fatal("nothing was rescued; the test shows nothing")
	}
	res.More = true
	if _, err := f.take(res, taken{request: req}); err != nil {
		t.Fatal(err)
	}
	if w.keeps(a, "said thanks") {
		t.Error("the words of an erased entry wait to be recorded again")
	}
	w.sync(a)
	w.gone(a)
}

// TestFrameDoesNotAcknowledgeAnotherHistory: a copy of this tablet has written another op where
// this one has its own. A frame of ground's stream counts the copy's; it is no mark of this one's.
func TestFrameDoesNotAcknowledgeAnotherHistory(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	fl, dot := w.flight(a)
	w.sync(a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	twin := w.open(copyDir(t, a.Dir))
	a = w.open(a.Dir)
	w.record(twin, dot, passenger.Feedback{Outcome: passenger.Declined})
	w.sync(twin)
	w.record(a, dot, acted)
	have := w.vectorOf(a)
	res, err := w.ground.First(t.Context(), a.tablet(), fl.A.Flight, flightsync.Vector{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(res.Have, func(n uint64) bool { return n > 0 }) || len(have) == 0 {
		t.Fatal("the frame says nothing; the test shows nothing")
	}
	if !a.show(fl.A.Flight, *res) {
		t.Error("no exchange follows the frame although an entry is only here")
	}
	if got := w.page(a).Cards[0].Mark; got == MarkGround {
		t.Error("the entry is shown as on ground, and only another history of its tablet is")
	}
	w.sync(a)
	if n, _ := fl.View().Note(dot); len(n.Heads) != 2 {
		t.Errorf("ground has %+v", n.Heads)
	}
}

func (w *world) vectorOf(a *Agent) flightsync.Vector {
	w.Helper()
	f := a.list()[0]
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		w.Fatal(err)
	}
	return f.rep.State().Vector()
}

// TestRefusedHistoryEndsTheRound: ground finds no home for a branch that this tablet holds. The
// round ends after a few exchanges, and says so.
func TestRefusedHistoryEndsTheRound(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, dot := w.flight(a)
	w.sync(a)
	base := a.Dir
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	var copies []string
	for range flightsync.MaxBranches + 2 {
		copies = append(copies, copyDir(t, base))
	}
	var last *Agent
	for i, dir := range copies {
		last = w.open(dir)
		w.record(last, dot, passenger.Feedback{Outcome: passenger.Declined, Words: strings.Repeat("x", i+1)})
		if i < len(copies)-1 {
			w.sync(last)
			last.Close()
		}
	}
	before := w.ground.Exchanges()
	rep, _ := last.Sync(t.Context())
	if n := w.ground.Exchanges() - before; n > 8 || len(rep.Problems) == 0 {
		t.Errorf("%d exchanges, problems %v", n, rep.Problems)
	}
	if w.page(last).Cards[0].Mark == MarkGround {
		t.Error("an entry that ground refuses is shown as on ground")
	}
}

// TestRemovedTabletKeepsTheOnlyCopy: a tablet that is taken off the flight holds entries of a lost
// one and ground does not answer: they do not go with the flight.
func TestRemovedTabletKeepsTheOnlyCopy(t *testing.T) {
	w := newWorld(t)
	a, lost := w.tablet(), w.tablet()
	fl, dot := w.flight(a, lost)
	w.sync(a)
	w.sync(lost)
	w.sync(a)
	w.record(lost, dot, acted)
	w.gossip(lost, a)
	lost.Close()
	fl.Remove(a.tablet())
	w.cut()
	a.Sync(t.Context()) // the list comes through, the exchange does not
	w.ground.SetFault(nil)
	a.Sync(t.Context())
	if n, _ := fl.View().Note(dot); len(n.Heads) != 1 {
		t.Errorf("the entry of the lost tablet is gone: %+v", n.Heads)
	}
	w.pass(time.Minute)
	w.sync(a)
	if len(a.list()) != 0 {
		t.Error("the flight stays although ground has everything")
	}
}

// gossip brings two tablets together, the first one asking.
func (w *world) gossip(from, to *Agent) {
	w.Helper()
	f, g := from.list()[0], to.list()[0]
	req, err := f.askPeer(to.tablet())
	if err != nil {
		w.Fatal(err)
	}
	res, _, err := g.servePeer(from.tablet(), req)
	if err != nil {
		w.Fatal(err)
	}
	if _, _, err := f.takePeer(to.tablet(), req, res); err != nil {
		w.Fatal(err)
	}
}
