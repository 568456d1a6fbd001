package tablet

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/passenger"
)

// What the tablet believes of the time (docs/design.md, "Time on a tablet"). All arbitrary but standFor.
const (
	// slack is how far two clocks may be apart and still say the same.
	slack = 5 * time.Minute
	// standFor is how long a clock must stand, in time of the machine, to be believed when nobody
	// else says what time it is, or when another says otherwise.
	standFor = 2 * time.Hour
	// oddFor is how long ground must say a time that this tablet's clock and ground's own earlier
	// word contradict: one of ground's machines may be wrong.
	oddFor = 10 * time.Minute
	// freshFor is how long the word of another tablet is good for a comparison.
	freshFor = time.Hour
	// timeEvery is how often the time is written, so that a tablet that was off knows what it was.
	timeEvery = 10 * time.Minute
)

// reading is a time that was true when the machine's counter stood at At; it goes on with the counter.
type reading struct {
	Time time.Time     `json:"time,omitzero"`
	At   time.Duration `json:"at"`
}

func (r reading) now(up time.Duration) time.Time { return r.Time.Add(max(up-r.At, 0)) }

func near(t, u time.Time) bool { return t.Sub(u).Abs() <= slack }

// who said what time it is, since the machine started.
type who int

const (
	nobody who = iota
	tablets
	ground
)

// times is what a tablet knows of the time, as time.json holds it. The counters are those of one
// start of the machine.
type times struct {
	Version int    `json:"version"`
	Boot    string `json:"boot"`
	// Known is the time that more than this tablet's own clock vouches for: ground, two other
	// tablets, or a clock that has stood. Zero: none yet.
	Known reading       `json:"known"`
	Since time.Duration `json:"since"` // since when Known says about the same
	Heard who           `json:"heard"`
	// Wall is where this tablet's own clock began to run evenly.
	Wall reading `json:"wall"`
}

// timekeeper judges what time it is. It is the only one that says that a time has passed: no
// single clock destroys anything or makes a lease longer. It is safe for concurrent use.
type timekeeper struct {
	path string
	wall func() time.Time
	boot clock.Boot

	mu     sync.Mutex
	times  times
	others map[passenger.TabletID]reading
	odd    reading       // of ground, not believed yet
	saved  time.Duration // the counter when the file was written
	dirty  bool
}

// newTimekeeper goes on from what the file says. One that cannot be read is as none: ground says
// again what time it is.
func newTimekeeper(path string, wall func() time.Time, boot clock.Boot) (*timekeeper, error) {
	if boot == nil {
		boot = clock.Machine
	}
	k := &timekeeper{path: path, wall: wall, boot: boot, others: map[passenger.TabletID]reading{}}
	err := readFile(path, func(b []byte) (err error) {
		k.times, err = parseTimes(b)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	_, k.saved = k.look() // running time counts from here
	return k, err
}

// look reads the clocks; the caller holds k.mu.
func (k *timekeeper) look() (wall time.Time, up time.Duration) {
	wall = k.wall().UTC()
	id, up := k.boot()
	t := &k.times
	if t.Boot != id { // what it was goes on from here: the machine was off for nobody knows how long
		t.Boot, t.Heard, t.Known.At, t.Since, t.Wall = id, nobody, up, up, reading{wall, up}
		k.dirty = true
		clear(k.others)
	}
	if !near(wall, t.Wall.now(up)) {
		t.Wall, k.dirty = reading{wall, up}, true
	}
	if t.Heard == nobody && up-t.Wall.At >= standFor && wall.After(t.Known.now(up)) {
		k.believe(reading{wall, up}, nobody)
	}
	return wall, up
}

// believe takes a reading; the caller holds k.mu.
func (k *timekeeper) believe(r reading, by who) {
	t := &k.times
	if before := t.Known.now(r.At); t.Known.Time.IsZero() || !near(before, r.Time) {
		t.Since, k.dirty = r.At, true
	}
	k.dirty = k.dirty || by != t.Heard
	t.Known, t.Heard = r, by
}

// hear takes ground's word for the time, over its authenticated connection.
func (k *timekeeper) hear(now time.Time) {
	if !plausible(now) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	wall, up := k.look()
	if known := k.times.Known.now(up); k.times.Heard == ground && near(known, wall) && !near(known, now) {
		if k.odd.Time.IsZero() || !near(k.odd.now(up), now) {
			k.odd = reading{now, up}
		}
		if up-k.odd.At < oddFor {
			return
		}
	}
	k.odd = reading{}
	k.believe(reading{now, up}, ground)
}

// hearTablet takes another tablet's word. Two that agree are believed, unless ground has said what
// time it is since the machine started.
func (k *timekeeper) hearTablet(id passenger.TabletID, now time.Time) {
	if !plausible(now) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	_, up := k.look()
	k.others[id] = reading{now, up}
	if k.times.Heard == ground {
		return
	}
	for other, r := range k.others {
		if other == id || up-r.At > freshFor || !near(r.now(up), now) {
			continue
		}
		if t := r.now(up); t.Before(now) {
			now = t
		}
		k.believe(reading{now, up}, tablets)
		return
	}
}

// now is the time that the tablet goes by: its own clock, unless that is behind what was known
// already. Then it is not confirmed, and goes on in running time from what was known.
func (k *timekeeper) now() (t time.Time, confirmed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wall, up := k.look()
	if known := k.times.Known.now(up); !k.times.Known.Time.IsZero() && wall.Before(known.Add(-slack)) {
		return known, false
	}
	return wall, true
}

// past reports whether a time has passed as far as the tablet can tell: enough to hide.
func (k *timekeeper) past(t time.Time) bool {
	now, _ := k.now()
	return !now.Before(t)
}

// sure reports whether a time has passed by more than one clock's word: enough to destroy.
func (k *timekeeper) sure(t time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	wall, up := k.look()
	known := k.times.Known
	if known.Time.IsZero() || known.now(up).Before(t) {
		return false
	}
	return !wall.Before(t) || up-k.times.Since >= standFor
}

// save writes what changed, and from time to time what only went on.
func (k *timekeeper) save() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, up := k.look()
	if !k.dirty && (k.times.Known.Time.IsZero() || up-k.saved < timeEvery) {
		return nil
	}
	t := k.times
	t.Version = timesVersion
	if !t.Known.Time.IsZero() {
		t.Known = reading{t.Known.now(up), up}
	}
	if err := writeFile(k.path, t); err != nil {
		return err
	}
	k.saved, k.dirty = up, false
	return nil
}
