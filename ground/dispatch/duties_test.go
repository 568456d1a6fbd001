package dispatch_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// duty asks for the tablet's one flight and unwraps its key.
func (t *tablet) duty(held map[passenger.FlightID]time.Time) (passenger.Duty, []byte) {
	t.Helper()
	list, err := t.dispatch.Flights(t.ctx, t.id, passenger.DutiesAsk{Held: held, Limit: 512})
	t.must(err)
	ds := list.List
	if len(ds) != 1 {
		t.Fatalf("%d flights, want 1", len(ds))
	}
	if ds[0].WrappedKey == nil {
		return ds[0], nil
	}
	key, err := t.keys.Agreer().Open([]byte(passenger.WrapInfo), passenger.WrapAAD(t.id, ds[0].Flight, ds[0].LeaseEnd), ds[0].WrappedKey)
	t.must(err)
	return ds[0], key
}

// TestFlightKey: one key a flight, for each tablet on its roster, until the lease ends.
func TestFlightKey(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		a, b := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		got := make([][]byte, 4)
		var parts sync.WaitGroup
		for i := range got { // several nodes are asked at once
			parts.Go(func() { _, got[i] = []*tablet{a, b}[i%2].duty(nil) })
		}
		parts.Wait()
		for i := range got {
			if len(got[i]) != passenger.FlightKeySize || !bytes.Equal(got[i], got[0]) {
				t.Fatalf("answer %d has another key, of %d bytes", i, len(got[i]))
			}
		}
		d, _ := a.duty(nil)
		if want := d.STA.Add(passenger.NoteLifeAfterSTA); !d.LeaseEnd.Equal(want) {
			t.Errorf("lease until %v, want %v", d.LeaseEnd, want)
		}
		held := map[passenger.FlightID]time.Time{d.Flight: d.LeaseEnd}
		if d, key := a.duty(held); key != nil || !d.LeaseEnd.Equal(held[d.Flight]) {
			t.Errorf("a key that the tablet has was sent again; lease until %v", d.LeaseEnd)
		}
		if _, err := b.keys.Agreer().Open([]byte(passenger.WrapInfo), passenger.WrapAAD(b.id, d.Flight, d.LeaseEnd), d.WrappedKey); err == nil {
			t.Error("another tablet opens the key")
		}
		if _, err := a.keys.Agreer().Open([]byte(passenger.WrapInfo), passenger.WrapAAD(a.id, d.Flight, d.LeaseEnd.Add(time.Hour)), d.WrappedKey); err == nil {
			t.Error("the key opens for a longer lease")
		}
		w.now = start.Add(5 * time.Hour)
		w.move(first, passenger.Off)
		w.now = start.Add(13 * time.Hour)
		w.move(first, passenger.On)
		d, key := a.duty(held)
		if want := w.now.Add(passenger.NoteLifeAfterLanding); !d.LeaseEnd.Equal(want) || !bytes.Equal(key, got[0]) {
			t.Errorf("after landing: lease until %v, want %v; the same key %v", d.LeaseEnd, want, bytes.Equal(key, got[0]))
		}
		w.must(w.dispatch.Assign(w.ctx, first, "t2", passenger.Cabin, "", true))
		if d, key := b.duty(nil); !d.Removed || key != nil || !d.LeaseEnd.IsZero() {
			t.Errorf("a tablet that was taken off got a key: %+v", d.Assignment)
		}
		w.now = d.LeaseEnd
		if d, key := a.duty(nil); key != nil || !d.LeaseEnd.IsZero() {
			t.Error("a key was given behind the end of the lease")
		}
		w.tx(func(tx ground.Tx) error {
			f, err := tx.LockFlight(w.ctx, d.Flight)
			if err != nil {
				return err
			}
			f.Stage = passenger.Purged
			return tx.UpdateFlight(w.ctx, f)
		})
		w.must(w.db.Read(w.ctx, func(tx ground.Tx) error {
			if _, err := tx.FlightKey(w.ctx, d.Flight); passenger.CodeOf(err) != passenger.NotFound {
				t.Errorf("the key of a purged flight: %v", err)
			}
			return nil
		}))
	})
}

// TestTabletWithoutKeys: one that enrolled with an older program is listed its flights, without keys.
func TestTabletWithoutKeys(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true)
		a := w.tablet("t1", first, passenger.Lead)
		w.tx(func(tx ground.Tx) error {
			tab, err := tx.Tablet(w.ctx, a.id)
			if err != nil {
				return err
			}
			tab.AgreeKey = nil
			return tx.UpdateTablet(w.ctx, tab)
		})
		if d, key := a.duty(nil); key != nil || d.Key != first {
			t.Errorf("got a key, or another flight: %+v", d.Assignment)
		}
	})
}
