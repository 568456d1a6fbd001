package crewtest

import (
	"crypto/rand"
	"encoding/binary"
	"maps"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Flight makes a flight of eight hours that departs at std.
func (g *Ground) Flight(key string, std time.Time) *Flight {
	g.tb.Helper()
	return g.Leg(key, std, 8*time.Hour)
}

// Leg makes a flight of any length that departs at std.
func (g *Ground) Leg(key string, std time.Time, long time.Duration) *Flight {
	g.tb.Helper()
	k, err := passenger.ParseFlightKey(key)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.minted++
	id := passenger.FlightID{byte(g.minted), 0xf1, byte(g.minted >> 8)}
	f := &Flight{ground: g, Key: make([]byte, passenger.FlightKeySize), store: flightsync.NewMemory(), roster: map[passenger.TabletID]passenger.Assignment{}, bound: map[bind]flightsync.Author{},
		A: passenger.Assignment{Flight: id, Key: k, Arrival: "YYZ", STD: std, STA: std.Add(long), Stage: passenger.Open}}
	rand.Read(f.Key) // never fails (crypto/rand)
	if err := f.store.Apply(flightsync.Create(id, flightsync.Admin, flightsync.Incarnation{byte(g.minted)},
		flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(g.Keys.Signer().Public())})); err != nil {
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
	if f.rep, err = flightsync.Load(f.store, verify); err != nil {
		f.ground.tb.Error(err)
	}
}

// step runs the engine; the caller holds the ground's lock.
func (f *Flight) step(ev flightsync.Event) flightsync.Ready {
	ready, err := f.rep.Step(ev)
	if err == nil {
		err = f.rep.Sign(&ready, f.ground.Keys.Signer().Sign)
	}
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

// Ops returns every op that ground holds.
func (f *Flight) Ops() (out []flightsync.Op) {
	f.ground.mu.Lock()
	defer f.ground.mu.Unlock()
	for _, l := range f.rep.State().Lanes {
		if err := f.store.Ops(l.Author, 1, func(o flightsync.Op) bool { out = append(out, o); return o.Dot.Seq < l.Seq }); err != nil && l.Seq > 0 {
			f.ground.tb.Error(err)
		}
	}
	return out
}

// bind gives a tablet's store an author index.
func (f *Flight) bind(tablet passenger.TabletID, req flightsync.Request, a passenger.Assignment) {
	key := bind{tablet, req.Incarnation}
	if _, ok := f.bound[key]; ok || req.Me != flightsync.Nobody {
		return
	}
	f.bound[key] = f.next()
	f.write(flightsync.Admin, f.entry(flightsync.RosterEntry{Author: f.bound[key], Incarnation: req.Incarnation}, tablet, a).Draft())
}

func (f *Flight) next() flightsync.Author {
	next := flightsync.FirstTablet
	for _, l := range f.rep.State().Lanes {
		next = max(next, l.Author+1)
	}
	return next
}

func (f *Flight) entry(e flightsync.RosterEntry, tablet passenger.TabletID, a passenger.Assignment) flightsync.RosterEntry {
	e.Class, e.Tablet, e.Role, e.Zone = flightsync.TabletLane, tablet, a.Role, a.Zone
	e.Key = flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(f.ground.devices[tablet].Sign)}
	return e
}

// take steps a tablet's runs; branches get a home, those of ground's own lanes too.
func (f *Flight) take(tablet passenger.TabletID, runs []flightsync.Run) flightsync.Ready {
	ready := f.step(flightsync.Receive{Runs: runs, Now: f.ground.now()})
	next := f.next()
	homes := f.rep.Homes(ready.Notes, func() flightsync.Author { next++; return next - 1 })
	if len(homes) == 0 {
		return ready
	}
	for _, h := range homes {
		f.step(flightsync.Bind{Entry: h.Branch})
	}
	ready = f.step(flightsync.Receive{Runs: runs, Now: f.ground.now()})
	for _, h := range homes {
		if h.Live == nil {
			f.write(flightsync.Admin, h.Branch.Draft())
			continue
		}
		a := f.roster[tablet]
		f.write(flightsync.Admin, f.entry(h.Branch, tablet, a).Draft(), f.entry(*h.Live, tablet, a).Draft())
	}
	return ready
}

func verify(alg flightsync.Algorithm, public, msg, sig []byte) bool {
	return alg == flightsync.ES256 && keys.Verify(public, msg, sig)
}
