package tablet

import (
	"errors"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A store is opened to read or write its ops, and shut when others are in use ([openStores]). What
// a round asks of a flight of which there is no news is kept while the store is shut: the replica's
// state, ground's vector, which ops are sealed, and what the flight has come to. So a flight that
// rests costs a round nothing on the disk.

// errShut is the answer of a store that is shut.
var errShut = passenger.Errorf(passenger.Unavailable, "tablet.lazy", "the storage of this flight is shut")

// lazy is the store that a replica reads, while there is one.
type lazy struct{ f *flight }

func (l lazy) State() (flightsync.State, error) {
	if l.f.db == nil {
		return flightsync.State{}, errShut
	}
	return l.f.db.State()
}

func (l lazy) Ops(a flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	if l.f.db == nil {
		return errShut
	}
	return l.f.db.Ops(a, first, yield)
}

// replica makes the replica of the open store.
func (f *flight) replica() (err error) {
	f.rep, err = flightsync.Load(lazy{f}, verify)
	return err
}

// rests reports that the store is shut and what a round asks is in memory.
func (f *flight) rests() bool { return f.db == nil && f.rest != nil && f.rep != nil }

// peek is [flight.use] for who needs no op: a flight that rests is left so.
func (f *flight) peek() error {
	if f.rests() {
		return f.usable()
	}
	return f.use()
}

// wakeIf opens the store of a flight that rests when there is something to read or write.
func (f *flight) wakeIf(news bool) error {
	if news && f.rests() {
		return f.use()
	}
	return nil
}

// outline is what the flight has come to, without its ops, travellers, notes and what was done about
// them. The caller holds f.mu and has called peek.
func (f *flight) outline() (*folded, error) {
	if f.rests() {
		return f.rest, nil
	}
	return f.view()
}

// slim is the outline of a view; it holds on to none of the flight's ops.
func (v *folded) slim() *folded {
	s, w := *v, *v.View
	w.Travellers, w.Notes, w.Gestures, w.Verdicts, w.Quarantine, w.Skewed, w.Repeated = nil, nil, nil, nil, nil, nil, nil
	s.View, s.own, s.travs = &w, nil, nil
	return &s
}

// keepSynced saves when ground was asked last, if the store is far behind: a tablet that starts in the
// air would ask at once. What cannot be saved now is asked once more. The caller holds f.mu.
func (f *flight) keepSynced() {
	if f.synced.Sub(f.kept) < keptFor || f.db.Broken() {
		return
	}
	if f.db.SetMeta(metaSynced, []byte(f.synced.Format(time.RFC3339))) == nil {
		f.kept = f.synced
	}
}

// calm is the outline to keep while the store is shut; nil when something is left to do in it.
func (f *flight) calm() *folded {
	if f.rep == nil || f.rep.State().Untold || f.db.Broken() || f.erasing() || f.readSealed() != nil {
		return nil
	}
	if only, _ := f.db.ReadOnly(); only {
		return nil
	}
	v, err := f.view()
	if err != nil || len(v.damaged)+len(v.erased)+len(v.rescued)+len(v.missing) > 0 {
		return nil
	}
	f.near()
	if f.row == nil {
		row := f.rowOf(v, f.record())
		f.row, f.own = &row, v.counts(f.talk.Peer)
	}
	return v.slim()
}

// shut closes the store and keeps what a round asks; the caller holds f.mu, not the agent's.
func (f *flight) shut() error {
	if f.db == nil {
		return nil
	}
	f.rest, f.tables = f.calm(), f.db.Tables()
	err := f.db.Close()
	if err != nil {
		f.rest = nil
	}
	f.db, f.folded, f.ops, f.apart, f.tried = nil, nil, nil, nil, nil
	if f.rest == nil {
		f.rep, f.sealed = nil, nil
	}
	return err
}

// close closes the store and forgets what a round asks: the next use reads it again.
func (f *flight) close() error {
	err := f.shut()
	f.rep, f.rest, f.sealed = nil, nil, nil
	return err
}

// isShut reports an error of a replica that wanted to read a store that is shut.
func isShut(err error) bool { return errors.Is(err, errShut) }
