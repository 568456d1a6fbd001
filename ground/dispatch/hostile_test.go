package dispatch_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func hostileWorld(t *testing.T) *world {
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "ground.db"))
	w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
	return w
}

// hostileNote has one tablet, with a note on it.
func hostileNote(t *testing.T) (*world, *tablet, flightsync.NoteView) {
	w := hostileWorld(t)
	tab := w.tablet("t1", first, passenger.Lead)
	w.loop("C1", passenger.TopicMeal)
	tab.sync()
	return w, tab, tab.view().Notes[0]
}

// A tablet that comes with ever new stores uses up neither the author indexes of the flight nor
// ground's lane: another tablet's second store gets one, another tablet is assigned, the flight goes on.
func TestOneTabletDoesNotUseUpTheIndexes(t *testing.T) {
	w := hostileWorld(t)
	rogue, honest := w.tablet("rogue", first, passenger.Cabin), w.tablet("honest", first, passenger.Lead)
	honest.sync()
	id := w.flightRow(first).ID
	for i := range 100 {
		inc := flightsync.Incarnation{1}
		binary.BigEndian.PutUint32(inc[4:], uint32(i))
		res, err := w.dispatch.Exchange(w.ctx, rogue.id, flightsync.Request{Group: id, Me: flightsync.Nobody, Incarnation: inc})
		w.must(err)
		if i == 99 && (len(res.Runs) == 0 || res.Have.Of(flightsync.Admin) > 30) {
			t.Errorf("the tablet gets %d runs, ground's lane has %d ops", len(res.Runs), res.Have.Of(flightsync.Admin))
		}
	}
	if n := strings.Count(w.log.String(), "used up"); n != 2 { // once, and once for ten
		t.Errorf("%d lines say that the tablet has used up its indexes", n)
	}
	again := *honest
	again.store, again.talk = flightsync.NewMemory(), flightsync.Talk{}
	w.must(again.store.Apply(flightsync.Create(id, flightsync.Nobody, flightsync.Incarnation{77}, w.dispatchRoot())))
	again.reload()
	again.sync()
	if again.rep.State().Me == flightsync.Nobody {
		t.Error("another tablet's new store gets no index")
	}
	late := w.tablet("late", first, passenger.Cabin)
	late.sync()
	if late.rep.State().Me == flightsync.Nobody {
		t.Error("a tablet that was assigned later gets no index")
	}
}

func (w *world) dispatchRoot() flightsync.PublicKey {
	return flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(w.keys.Signer().Public())}
}

// Of an incarnation that another tablet has told first, each tablet still gets an index of its own key.
func TestATabletTellsAnotherOnesIncarnation(t *testing.T) {
	w := hostileWorld(t)
	rogue, honest := w.tablet("rogue", first, passenger.Cabin), w.tablet("honest", first, passenger.Lead)
	st := honest.rep.State()
	if _, err := w.dispatch.Exchange(w.ctx, rogue.id, flightsync.Request{Group: st.Group, Me: flightsync.Nobody, Incarnation: st.Incarnation}); err != nil {
		t.Fatal(err)
	}
	st.Own = flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(honest.keys.Signer().Public())} // as a tablet's program does
	w.must(honest.store.Apply(flightsync.Batch{State: st}))
	honest.reload()
	honest.sync()
	w.loop("C1", passenger.TopicMeal)
	honest.sync()
	honest.record("14C", passenger.Feedback{Outcome: passenger.Acted})
	honest.sync()
	if r := w.report(first); r.Acted != 1 {
		t.Errorf("ground has %d outcomes of the tablet", r.Acted)
	}
}

// counted counts what exchanges write into the register of gestures.
type counted struct {
	ground.Store
	puts int
}

type countedTx struct {
	ground.Tx
	of *counted
}

func (c *counted) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	return c.Store.InTx(ctx, func(tx ground.Tx) error { return fn(countedTx{tx, c}) })
}

func (t countedTx) PutGesture(ctx context.Context, g ground.GestureRow) error {
	t.of.puts++
	return t.Tx.PutGesture(ctx, g)
}

// An exchange writes the gestures that are news, not all that the flight ever had.
func TestAnExchangeRegistersWhatIsNew(t *testing.T) {
	w, tab, n := hostileNote(t)
	give := func(from, to int) {
		for i := from; i < to; i++ {
			tab.write(flightsync.Gesture{Code: passenger.Drink, Quantity: 1, Traveller: n.Note.Traveller, Note: n.Dot}.Draft([8]byte{1, byte(i)}))
		}
		tab.sync()
	}
	give(0, 50)
	store := &counted{Store: w.db}
	w.dispatch = dispatch.New(dispatch.Config{Store: store, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Sign: w.keys.Signer(), Agree: w.keys.Agreer()})
	give(50, 52)
	if store.puts != 2 {
		t.Errorf("%d rows were written for two gestures", store.puts)
	}
	if r := w.report(first); r.Gestures != 52 {
		t.Errorf("the report has %d gestures", r.Gestures)
	}
}

// A note that a tablet has flooded with outcomes can still be erased.
func TestAFloodedNoteIsErased(t *testing.T) {
	w, tab, n := hostileNote(t)
	var ds []flightsync.Draft
	for i := range 3500 {
		ds = append(ds, flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, passenger.Feedback{Outcome: passenger.Acted}, nil, [8]byte{9, byte(i), byte(i >> 8)}))
	}
	tab.write(ds...)
	tab.sync()
	w.erase(first, n.Note.Traveller)
	if w.groundHolds(first, "Jansen") {
		t.Error("ground still holds the name")
	}
}

// A tablet that sends what ground must refuse with each exchange, a branch without a home or a run
// that nobody signed, does not flood the log.
func TestATabletThatIsAlwaysOddIsLoggedNowAndThen(t *testing.T) {
	w, tab, note := hostileNote(t)
	tab.write(flightsync.SeenDraft(note.Dot))
	req := *tab.step(tab.talk.Ask(0, 0)).Request
	for i := range req.Runs {
		req.Runs[i].Sig = make([]byte, 64)
	}
	for range 25 {
		_, err := w.dispatch.Exchange(w.ctx, tab.id, req)
		w.must(err)
	}
	if n := strings.Count(w.log.String(), "odd run"); n != 2 || !strings.Contains(w.log.String(), "n=10") {
		t.Errorf("%d lines about 25 odd runs, want one and one for ten:\n%s", n, w.log)
	}
}
