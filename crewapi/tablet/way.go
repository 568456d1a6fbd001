package tablet

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
)

// Uplink says how a tablet uses its way to ground.
type Uplink struct {
	Class uplink.Class // "" is what was chosen last, at first auto
	Purse int64        // of a flight on SATCOM, bytes; 0 is [uplink.DefaultPurse], below 0 is without bound
	Meter Meter        // of Config.HTTP; nil: nothing is measured or counted
}

// certifier knows when ground's certificate ends: a [Meter] that does says so to people.
type certifier interface{ CertificateEnds() time.Time }

// Meter is what measures the connections to ground; a [crewapi.Link] does.
type Meter interface {
	Bytes() (up, down int64)
	Samples() []uplink.Sample
	Forget()
}

// way is the tablet's way to ground: which class it is of, what it has cost, and who speaks for
// each flight.
type way struct {
	agent  *Agent
	narrow narrow

	mu      sync.Mutex
	chosen  uplink.Class // the setting
	class   uplink.Class // as last judged, "" before
	air     bool         // as last judged
	end     func()       // ends the stream that stands
	caught  bool         // the last round went well: no first frames are needed
	charged int64        // bytes of the meter that are accounted for
	fails   int          // rounds in a row
	failed  time.Time
	since   map[passenger.FlightID]time.Time // since when entries wait
	landed  map[passenger.FlightID]bool
	met     map[pairing]time.Time // since when a tablet is in reach
	leases  map[pairing]time.Time // until when it speaks for the flight
	began   time.Time             // when this tablet began to look for others
}

func newWay(a *Agent) *way {
	return &way{agent: a, chosen: uplink.Auto, since: map[passenger.FlightID]time.Time{}, landed: map[passenger.FlightID]bool{},
		met: map[pairing]time.Time{}, leases: map[pairing]time.Time{}}
}

// SetLink chooses how the tablet uses its way to ground, until somebody chooses again. Errors:
// invalid for a word that is none of [uplink.Settings].
func (a *Agent) SetLink(ctx context.Context, class uplink.Class) error {
	if err := alive(ctx); err != nil {
		return err
	}
	c, err := uplink.ParseSetting(string(class))
	if err != nil {
		return err
	}
	a.way.mu.Lock()
	before := a.way.chosen
	a.way.chosen = c
	a.way.mu.Unlock()
	if err := a.save(); err != nil {
		a.way.mu.Lock()
		a.way.chosen = before
		a.way.mu.Unlock()
		return err
	}
	a.judge()
	a.wake()
	return nil
}

func (w *way) setting() uplink.Class {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chosen
}

// policy is what the way allows, as last judged.
func (w *way) policy() uplink.Policy {
	w.mu.Lock()
	defer w.mu.Unlock()
	return uplink.For(w.class)
}

// judge finds out of what class the way is now. In the air it is another way than before: what was
// measured is forgotten. A stream that stands is ended where there must be none.
func (a *Agent) judge() uplink.Policy {
	air := slices.ContainsFunc(a.list(), func(f *flight) bool { return f.phase().air })
	a.mu.Lock()
	here := strings.HasPrefix(a.device.Ground, "http://")
	a.mu.Unlock()
	w := a.way
	w.mu.Lock()
	defer w.mu.Unlock()
	var samples []uplink.Sample
	if a.Uplink.Meter != nil {
		if air != w.air && w.class != "" {
			a.Uplink.Meter.Forget()
		}
		samples = a.Uplink.Meter.Samples()
	}
	was := w.class
	w.class, w.air = uplink.Classify(w.chosen, air, was, samples), air
	if w.chosen == uplink.Auto && (here || a.Uplink.Meter == nil) {
		w.class = uplink.Gate // a ground on this machine is no satellite away, and nothing is known of a way that is not measured
	}
	p := uplink.For(w.class)
	if was != w.class {
		w.fails = 0
		a.Log.Info("way to ground", "kind", string(w.class))
	}
	if !p.Watch && w.end != nil {
		w.end()
	}
	return p
}

// phase is where a flight stands, as far as the way to ground cares.
type phase struct {
	air    bool // between the doors and the landing
	landed bool
	sta    time.Time // as best known
}

// phase reads the flight; one that cannot be read is on the ground.
func (f *flight) phase() (p phase) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rec := f.record()
	if !f.stands(rec) || rec.Generation == 0 {
		return p
	}
	if f.phased != nil {
		return *f.phased
	}
	if f.peek() != nil {
		return p
	}
	v, err := f.outline()
	if err != nil {
		return p
	}
	var left time.Time
	for _, m := range []passenger.Movement{passenger.DoorsClosed, passenger.OffBlock, passenger.Off} {
		if at, ok := v.Moved(m); ok && at.After(left) {
			left = at
		}
	}
	down, landed := v.landed()
	p.landed = landed && !down.Before(left)
	p.air = !left.IsZero() && !p.landed && v.Closed == ""
	if p.sta = v.Genesis.STA; p.sta.IsZero() {
		p.sta = rec.arrives()
	}
	f.phased = &p
	return p
}

// stands reports whether a flight is this tablet's and not over.
func (f *flight) stands(rec record) bool {
	return rec.Purged == nil && !rec.Assignment.Removed && rec.Assignment.Stage != passenger.Sealed && rec.Assignment.Stage != passenger.Purged
}

// touchdown reports whether a flight has landed since the last look. A program that starts after
// the landing was not waiting for it.
func (a *Agent) touchdown() (now bool) {
	for _, f := range a.list() {
		landed := f.phase().landed
		a.way.mu.Lock()
		before, known := a.way.landed[f.id]
		a.way.landed[f.id] = landed
		a.way.mu.Unlock()
		now = now || known && !before && landed
	}
	return now
}

func (w *way) isBehind() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.caught || w.class == uplink.Satcom
}

func (w *way) setBehind(behind bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.caught = !behind
}

// watches keeps what ends the stream that begins; it is false when there must be none.
func (w *way) watches(end func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = end
	return end != nil && uplink.For(w.class).Watch
}
