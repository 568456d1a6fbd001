package dispatch_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// askedStore is a store that counts what is asked of its transactions about flights and tablets.
type askedStore struct {
	ground.Store
	n int
}

type askedTx struct {
	ground.Tx
	s *askedStore
}

func (s *askedStore) Read(ctx context.Context, fn func(ground.Tx) error) error {
	return s.Store.Read(ctx, func(tx ground.Tx) error { return fn(askedTx{tx, s}) })
}

func (t askedTx) Flight(ctx context.Context, id passenger.FlightID) (ground.Flight, error) {
	t.s.n++
	return t.Tx.Flight(ctx, id)
}

func (t askedTx) FlightKey(ctx context.Context, id passenger.FlightID) ([]byte, error) {
	t.s.n++
	return t.Tx.FlightKey(ctx, id)
}

func (t askedTx) Roster(ctx context.Context, id passenger.FlightID) ([]ground.RosterRow, error) {
	t.s.n++
	return t.Tx.Roster(ctx, id)
}

func (t askedTx) Tablet(ctx context.Context, id passenger.TabletID) (ground.Tablet, error) {
	t.s.n++
	return t.Tx.Tablet(ctx, id)
}

func (t askedTx) Duties(ctx context.Context, id passenger.TabletID, since time.Time, held []passenger.FlightID) ([]ground.Flight, []ground.RosterRow, error) {
	t.s.n++
	return t.Tx.Duties(ctx, id, since, held)
}

func (t askedTx) FlightKeysOf(ctx context.Context, ids []passenger.FlightID) (map[passenger.FlightID][]byte, error) {
	t.s.n++
	return t.Tx.FlightKeysOf(ctx, ids)
}

func fid(n int) (id passenger.FlightID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// many puts a tablet on n more flights, the i-th of which departs at std(i).
func (w *world) many(t *tablet, from, n int, std func(i int) time.Time, stage passenger.Stage) {
	w.Helper()
	w.tx(func(tx ground.Tx) error {
		for i := range n {
			at := std(i)
			f := ground.Flight{ID: fid(from + i), Key: passenger.FlightKey{Carrier: "KL", Number: from%9000 + i, Date: at.Format(time.DateOnly), Departure: "AMS", Attempt: 1},
				Arrival: "LHR", STD: at, STA: at.Add(2 * time.Hour), Stage: stage}
			if err := tx.InsertFlight(w.ctx, f); err != nil {
				return err
			}
			if err := tx.Lanes(w.ctx, f.ID).Apply(flightsync.Create(f.ID, flightsync.Admin, flightsync.Incarnation{1}, w.dispatchRoot())); err != nil {
				return err
			}
			if err := tx.PutRoster(w.ctx, ground.RosterRow{Flight: f.ID, Tablet: t.id, Role: passenger.Cabin, At: w.now}); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestListOfManyFlights: around the bound of a page and far over it a tablet is told every flight
// once, with as many questions to the database as for one flight.
func TestListOfManyFlights(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true)
		a := w.tablet("t1", first, passenger.Lead)
		const page, asked = 512, 3 // the tablet, its flights, their keys
		s := &askedStore{Store: w.db}
		w.dispatch = dispatch.New(dispatch.Config{Store: s, Rand: w.dispatch.Rand, Log: w.dispatch.Log, Sign: w.dispatch.Sign, Agree: w.dispatch.Agree})
		have := 1
		for _, n := range []int{page - 1, page, page + 1, 2*page + 200} {
			w.many(a, 1000+have, n-have, func(i int) time.Time { return start.Add(time.Duration(have+i) * time.Minute) }, passenger.Open)
			have = n
			seen := map[passenger.FlightID]time.Time{}
			for ask, pages := (passenger.DutiesAsk{Limit: page}), 0; ; pages++ {
				s.n = 0
				list, err := w.dispatch.Flights(w.ctx, a.id, ask)
				w.must(err)
				if s.n != asked {
					w.Errorf("%d flights, page %d: %d questions, want %d", n, pages, s.n, asked)
				}
				for _, d := range list.List {
					if _, twice := seen[d.Flight]; twice || d.WrappedKey == nil {
						w.Fatalf("%d flights, page %d: told twice %t, key of %d bytes", n, pages, twice, len(d.WrappedKey))
					}
					seen[d.Flight] = d.LeaseEnd
				}
				if ask.After = list.Next; list.Next == nil {
					break
				}
				if len(list.List) != page {
					w.Fatalf("a page of %d flights", len(list.List))
				}
			}
			if len(seen) != n {
				w.Errorf("%d flights: %d told", n, len(seen))
			}
			s.n = 0
			if list, err := w.dispatch.Flights(w.ctx, a.id, passenger.DutiesAsk{Held: seen, Limit: page}); err != nil || list.List[0].WrappedKey != nil || s.n != asked-1 {
				w.Errorf("all keys held: %d questions, a key again %t, %v", s.n, list.List[0].WrappedKey != nil, err)
			}
		}
	})
}

// TestListWindow: what arrived more than a week ago is listed to a tablet that holds something of
// it, purged too, and to no other.
func TestListWindow(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true)
		a := w.tablet("t1", first, passenger.Lead)
		old := func(i int) time.Time { return start.Add(-passenger.LineLife - time.Duration(i+3)*time.Hour) }
		w.many(a, 1000, 600, old, passenger.Sealed)
		w.many(a, 2000, 2, old, passenger.Purged)
		w.many(a, 3000, 1, func(int) time.Time { return start.Add(-passenger.LineLife) }, passenger.Sealed)
		ids := func(held ...passenger.FlightID) (out []passenger.FlightID) {
			ask := passenger.DutiesAsk{Limit: 512, Held: map[passenger.FlightID]time.Time{}}
			for _, id := range held {
				ask.Held[id] = time.Time{}
			}
			list, err := w.dispatch.Flights(w.ctx, a.id, ask)
			w.must(err)
			for _, d := range list.List {
				if out = append(out, d.Flight); d.Flight == fid(2000) && (d.Stage != passenger.Purged || d.WrappedKey != nil) {
					w.Errorf("a purged flight: %+v", d)
				}
			}
			return out
		}
		now := w.flightRow(first).ID
		same := func(what string, got []passenger.FlightID, want ...passenger.FlightID) {
			w.Helper()
			if len(got) != len(want) {
				w.Fatalf("%s: %d flights, want %d", what, len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					w.Errorf("%s: flight %d is %s, want %s", what, i, got[i], want[i])
				}
			}
		}
		same("nothing held", ids(), now, fid(3000))
		same("old ones held", ids(fid(1005), fid(2000), fid(9)), now, fid(3000), fid(2000), fid(1005))
	})
}

// TestWatchMoreThanOneCallNames: a tablet that names as many flights as it may is not sent away for
// the others.
func TestWatchMoreThanOneCallNames(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		a := w.tablet("t1", first, passenger.Lead)
		a.sync()
		w.many(a, 1000, passenger.MaxWatched+10, func(i int) time.Time { return start.Add(time.Duration(i) * time.Hour) }, passenger.Sealed)
		have := map[passenger.FlightID]flightsync.Vector{w.flightRow(first).ID: a.rep.State().Vector()}
		for i := range passenger.MaxWatched - 1 {
			have[fid(1000+i)] = nil
		}
		ctx, stop := context.WithCancel(w.ctx)
		defer stop()
		frames, ended := make(chan flightsync.Response, 16), make(chan error, 1)
		go func() {
			ended <- w.dispatch.Watch(ctx, a.id, have, func(_ passenger.FlightID, res flightsync.Response) error {
				frames <- res
				return nil
			})
		}()
		w.loop("C1", passenger.TopicMeal)
		v, err := w.dispatch.View(w.ctx, w.flightRow(first).ID)
		w.must(err)
		a.takes(stream{frames, ended, stop}, v.Vector)
	})
}
