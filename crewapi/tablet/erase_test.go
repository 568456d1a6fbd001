package tablet

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// keeps reports whether anything of the tablet holds words: a file as it is, or any version of
// any value in the flight's store, opened with its key.
func (w *world) keeps(a *Agent, words string) bool {
	w.Helper()
	found := false
	err := filepath.WalkDir(a.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(words))
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range a.list() {
		f.mu.Lock()
		err := f.use()
		if err == nil {
			err = f.db.Every(func(value []byte) bool {
				found = found || bytes.Contains(value, []byte(words))
				return true
			})
		}
		f.mu.Unlock()
		if err != nil {
			w.Fatal(err)
		}
	}
	return found
}

// what is said of the first traveller, in note, list, entry and seat.
var personal = []string{"Ms J. Jansen", "cold soup twice", "said thanks", "17F"}

// erasable makes a flight with a note, an entry with words and a seat, all on ground, and returns
// what ground's erase op must name.
func (w *world) erasable(a *Agent) (f *crewtest.Flight, order func()) {
	w.Helper()
	f, dot := w.flight(a)
	w.sync(a)
	w.record(a, dot, passenger.Feedback{Outcome: passenger.Acted, Words: "said thanks"})
	if err := a.SeatNow(w.Context(), key, 1, "17F", w.nonce()); err != nil {
		w.Fatal(err)
	}
	w.sync(a)
	for _, x := range personal {
		if !w.keeps(a, x) {
			w.Fatalf("%q is not where it is looked for", x)
		}
	}
	var dots []flightsync.Dot
	page := flightsync.Dot{Author: flightsync.Manifest, Seq: 1}
	for _, o := range w.opsOf(a) {
		k := o.Header.Kind
		if o.Dot == dot || o.Dot == page || k == flightsync.KindOutcome || k == flightsync.KindSeatNow {
			dots = append(dots, o.Dot)
		}
	}
	return f, func() {
		f.Write(flightsync.Manifest, flightsync.PageDrafts([]flightsync.Traveller{{No: 2, Name: "Mr P. de Vries", Seat: "2A"}}, page)...)
		f.Write(flightsync.Admin, flightsync.EraseDraft(dots))
	}
}

func (w *world) opsOf(a *Agent) []flightsync.Op {
	w.Helper()
	f := a.list()[0]
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		w.Fatal(err)
	}
	if _, err := f.view(); err != nil {
		w.Fatal(err)
	}
	return f.ops
}

func (w *world) gone(a *Agent) {
	w.Helper()
	for _, x := range personal {
		if w.keeps(a, x) {
			w.Errorf("the tablet still keeps %q", x)
		}
	}
	if !w.keeps(a, "Mr P. de Vries") {
		w.Error("the neighbour left the list")
	}
}

// TestErasedTextIsNowhere scans raw files, and every version of every value with the flight's key.
func TestErasedTextIsNowhere(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, order := w.erasable(a)
	order()
	w.sync(a)
	w.gone(a)
	w.gone(w.reopen(a))
}

// TestKilledWhileErasing: bodies were dropped, the files that held them were not yet.
func TestKilledWhileErasing(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	_, order := w.erasable(a)
	order()
	f := a.list()[0]
	f.mu.Lock()
	// Take the order as a kill would leave it: received, bodies dropped, no new store.
	_, res := w.answer(a, f, f.talk.Peer)
	ready, err := f.step(flightsync.Receive{Runs: res.Runs})
	if err == nil {
		err = f.commit(ready)
	}
	if err == nil {
		_, err = f.view()
	}
	if err == nil {
		ready, err = f.step(flightsync.EraseBodies{Dots: f.folded.Erased})
	}
	if err == nil {
		err = f.commit(ready, badgerstore.Meta{Name: metaErasing, Value: []byte{1}})
	}
	f.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	before := f.record().Generation
	a = w.reopen(a)
	w.page(a) // no network is needed
	if g := a.list()[0].record().Generation; g != before+1 {
		t.Errorf("generation %d after %d", g, before)
	}
	w.gone(a)
}

// TestErasedAfterTheSeal: a sealed flight is asked about now and then while its text is here.
func TestErasedAfterTheSeal(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	fl, order := w.erasable(a)
	fl.Write(flightsync.Admin, flightsync.SealDraft(fl.View().Vector))
	w.sync(a)
	order()
	w.sync(a)
	if !w.keeps(a, "Ms J. Jansen") {
		t.Fatal("a sealed flight was asked about at once; the test shows nothing")
	}
	w.pass(sealedEvery + time.Second)
	w.sync(a)
	w.gone(a)
}
