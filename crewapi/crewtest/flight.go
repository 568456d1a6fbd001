package crewtest

import (
	"crypto/rand"
	"encoding/binary"
	"maps"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Flight makes a flight of eight hours that departs at std.
func (g *Ground) Flight(key string, std time.Time) *Flight {
	g.tb.Helper()
	k, err := passenger.ParseFlightKey(key)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.minted++
	id := passenger.FlightID{g.minted, 0xf1}
	f := &Flight{ground: g, Key: make([]byte, passenger.FlightKeySize), store: flightsync.NewMemory(), roster: map[passenger.TabletID]passenger.Assignment{}, bound: map[bind]flightsync.Author{},
		A: passenger.Assignment{Flight: id, Key: k, Arrival: "YYZ", STD: std, STA: std.Add(8 * time.Hour), Stage: passenger.Open}}
	rand.Read(f.Key) // never fails (crypto/rand)
	if err := f.store.Apply(flightsync.Create(id, flightsync.Admin, flightsync.Incarnation{g.minted})); err != nil {
		g.tb.Fatal(err)
	}
	f.load()
	g.flights[id] = f
	f.write(flightsync.Admin, flightsync.Genesis{Key: k, Arrival: f.A.Arrival, STD: f.A.STD, STA: f.A.STA}.Draft())
	return f
}

// leaseEnd is the end of the lease by the schedule.
func (f *Flight) leaseEnd() time.Time { return f.A.STA.Add(passenger.NoteLifeAfterSTA) }

func (f *Flight) load() {
	var err error
	if f.rep, err = flightsync.Load(f.store); err != nil {
		f.ground.tb.Error(err)
	}
}

// step runs the engine; the caller holds the ground's lock.
func (f *Flight) step(ev flightsync.Event) flightsync.Ready {
	ready, err := f.rep.Step(ev)
	if err == nil {
		err = f.store.Apply(ready.Batch)
	}
	if err != nil {
		f.ground.tb.Errorf("crewtest: %v", err)
	}
	return ready
}

func (f *Flight) write(a flightsync.Author, ds ...flightsync.Draft) []flightsync.Dot {
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		f.salt++
		binary.BigEndian.PutUint64(salts[i][:], f.salt)
	}
	dots := f.step(flightsync.Write{Author: a, Drafts: ds, Salts: salts, Now: f.ground.now()}).Changed
	f.wake()
	return dots
}

func (f *Flight) wake() {
	close(f.ground.changed)
	f.ground.changed = make(chan struct{})
}

// Write appends drafts to one of ground's lanes and returns their dots.
func (f *Flight) Write(a flightsync.Author, ds ...flightsync.Draft) []flightsync.Dot {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	return f.write(a, ds...)
}

// Note writes a note and returns its dot.
func (f *Flight) Note(n passenger.Note) flightsync.Dot {
	return f.Write(flightsync.Notes, flightsync.NoteDraft(n))[0]
}

// Move writes a movement message.
func (f *Flight) Move(m passenger.Movement, at time.Time) {
	f.Write(flightsync.Admin, flightsync.MovementFact{Word: m, At: at}.Draft())
}

// Assign puts a tablet on the roster, or changes what it is there.
func (f *Flight) Assign(tablet passenger.TabletID, role passenger.Role) {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	a := f.A
	a.Role = role
	f.roster[tablet] = a
	f.wake()
}

// Remove takes a tablet off the roster.
func (f *Flight) Remove(tablet passenger.TabletID) {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	a := f.roster[tablet]
	a.Removed = true
	f.roster[tablet] = a
	f.wake()
}

// Snapshot returns what puts ground back to how it is now: a ground restored from backup.
func (f *Flight) Snapshot() (restore func()) {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	kept, bound := f.store.Clone(), maps.Clone(f.bound)
	return func() {
		f.ground.mu.Lock()
		defer f.ground.mu.Unlock()
		f.store, f.bound = kept.Clone(), maps.Clone(bound)
		f.load()
	}
}

// View folds what ground holds.
func (f *Flight) View() *flightsync.View {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	v, err := flightsync.FoldStorage(f.store)
	if err != nil {
		f.ground.tb.Fatal(err)
	}
	return v
}

func (f *Flight) bind(tablet passenger.TabletID, inc flightsync.Incarnation, a passenger.Assignment) flightsync.Author {
	key := bind{tablet, inc}
	if author, ok := f.bound[key]; ok {
		return author
	}
	author := flightsync.FirstTablet + flightsync.Author(len(f.bound))
	f.bound[key] = author
	f.step(flightsync.Bind{Author: author, Incarnation: inc})
	f.write(flightsync.Admin, flightsync.RosterEntry{Author: author, Class: flightsync.TabletLane, Tablet: tablet,
		Key: flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(f.ground.devices[tablet].Sign)}, Incarnation: inc, Role: a.Role, Zone: a.Zone}.Draft())
	return author
}
