package tablet

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Config is what an [Agent] is made of. Everything but Floor, Writable, LAN, Uplink and Boot is needed.
type Config struct {
	Dir  string           // the data directory, made when missing
	Now  func() time.Time // UTC
	Rand io.Reader        // crypto/rand in production; safe for concurrent use
	Log  *slog.Logger
	HTTP *http.Client // without Timeout: streams live long
	// Floor is the free disk space below which nothing is recorded, bytes; 0 is the store's own.
	Floor uint64
	LAN   *LAN // nil: this tablet does not speak to others
	// Writable asks whether files can be made in a directory; nil asks the system.
	Writable func(dir string) error
	// Uplink is how the tablet uses its way to ground.
	Uplink Uplink
	// Boot counts the time since the machine started; nil is the machine's own count.
	Boot clock.Boot
}

// Agent is one tablet. Its methods are safe for concurrent use. Those that take a key accept a
// flight key ("KL0641/2026-11-21/AMS") or a designator that only one flight has ("KL0641").
type Agent struct {
	Config
	lock *os.File
	busy chan struct{} // one round of syncing at a time
	kick chan struct{} // something to send
	up   chan struct{} // a round went well
	lan  *lan
	way  *way
	pace pace
	time *timekeeper

	mu      sync.Mutex
	closed  bool
	device  device
	keys    keys.KeyStore // nil until enrolled
	former  []identity    // what this device was
	client  *crewapi.Client
	flights map[passenger.FlightID]*flight
	gone    counts
	synced  time.Time
	indexed int       // how often the index was saved
	stored  [32]byte  // the sum of what it then said, but for
	storedS time.Time // the time of the last round
	problem failure
	ends    time.Time // of ground's certificate, as last seen
	recent  []*flight // with an open store, the last used at the end
	subs    map[int]func(passenger.FlightKey)
	nextSub int
}

// Open takes the data directory. Errors: unavailable when another process has it, corrupt when
// its files cannot be read, phase when a later program wrote them.
func Open(c Config) (*Agent, error) {
	const op = "tablet.Open"
	err := os.MkdirAll(filepath.Join(c.Dir, "flights"), 0o700)
	if _, none := os.Stat(c.Dir); err != nil && none == nil {
		c.Log.Error("nothing can be written in the data directory", "err", err)
	} else if err != nil {
		return nil, passenger.Wrap(passenger.Unavailable, op, "the data directory cannot be made", err)
	}
	a := &Agent{Config: c, busy: make(chan struct{}, 1), kick: make(chan struct{}, 1), up: make(chan struct{}, 1),
		flights: map[passenger.FlightID]*flight{}, subs: map[int]func(passenger.FlightKey){}, pace: usualPace}
	a.lan, a.way = newLAN(a), newWay(a)
	if a.lock, err = lockDir(a.path("lock")); err != nil {
		return nil, err
	}
	if a.time, err = newTimekeeper(a.path("time.json"), a.Now, a.Boot); err != nil {
		a.Log.Warn("the time is not known until ground says it", "err", err)
	}
	if err := a.load(); err != nil {
		a.lock.Close()
		return nil, err
	}
	return a, nil
}

// finish removes what a program that ended meanwhile had begun to destroy. A directory that the index
// does not know stays: it may hold entries.
func (a *Agent) finish() {
	entries, err := os.ReadDir(a.path("flights"))
	if err != nil {
		return
	}
	for _, e := range entries {
		name, dead := strings.CutSuffix(e.Name(), removed)
		if id, err := passenger.ParseFlightID(name); err == nil && !dead {
			f, ok := a.flights[id]
			dead = ok && f.rec.Purged != nil
		}
		if !dead {
			continue
		}
		if err := os.RemoveAll(filepath.Join(a.path("flights"), e.Name())); err != nil {
			a.Log.Warn("a destroyed flight stays on disk", "flight", name, "err", err)
		}
	}
}

func (a *Agent) path(name string) string { return filepath.Join(a.Dir, name) }

func (a *Agent) load() error {
	var err error
	if a.device, a.keys, err = loadDevice(a.path("device.json"), a.path("device.keys"), a.Log); err != nil {
		return err
	}
	a.loadFormer()
	x, err := loadIndex(a.path("flights.json"))
	if passenger.CodeOf(err) == passenger.Phase {
		return err
	}
	if err != nil {
		a.Log.Error("the list of flights is lost; it is made again from their directories", "err", err)
	}
	listed := len(x.Flights)
	x.Flights = append(x.Flights, a.lostFlights(x.Flights)...)
	a.gone, a.synced, a.ends = x.Gone, x.LastSync, x.CertificateEnds
	if class, err := uplink.ParseSetting(string(cmp.Or(a.Uplink.Class, x.Link, uplink.Auto))); err == nil {
		a.way.chosen = class
	}
	for _, rec := range x.Flights {
		f := newFlight(a, rec)
		a.flights[f.id] = f
		if rec.Purged == nil {
			f.readKey()
			f.keepRecord(rec)
		}
	}
	if err == nil && len(x.Flights) == listed {
		was := a.index()
		was.Link = x.Link // another may have been chosen with this start
		a.stored, a.storedS = was.sum(), x.LastSync
	}
	a.finish()
	if a.device.enrolled() {
		a.client, err = crewapi.NewClient(a.device.Ground, a.device.Token, a.HTTP)
	}
	return err
}

// Close closes the stores and gives the directory back. Run must have returned.
func (a *Agent) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	all := a.all()
	a.mu.Unlock()
	var first error
	for _, f := range all {
		f.mu.Lock()
		if f.db != nil {
			f.keepSynced()
			f.tidy(manyTables) // a command's process comes to no round
		}
		f.mu.Unlock()
	}
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	for _, f := range all {
		f.mu.Lock()
		if err := f.shut(); err != nil && first == nil {
			first = err
		}
		f.mu.Unlock()
	}
	if err := a.lock.Close(); err != nil && first == nil {
		first = err
	}
	return first
}

// all returns the flights in the order of their schedule; the caller holds a.mu.
func (a *Agent) all() []*flight {
	var out []*flight
	for _, f := range a.flights {
		out = append(out, f)
	}
	slices.SortFunc(out, func(f, g *flight) int {
		if c := f.std.Compare(g.std); c != 0 {
			return c
		}
		return slices.Compare(f.id[:], g.id[:])
	})
	return out
}

func (a *Agent) list() []*flight {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all()
}

// save writes flights.json with what the flights' records now say.
func (a *Agent) save() error { return a.saveIf(func([32]byte) bool { return true }) }

// saveNews saves when anything changed. Where nothing did, the time of the last round alone is
// worth a write only now and then.
func (a *Agent) saveNews() error {
	return a.saveIf(func(sum [32]byte) bool {
		return sum != a.stored || a.synced.Sub(a.storedS).Abs() >= syncedEvery
	})
}

func (a *Agent) saveIf(worth func(sum [32]byte) bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.index()
	sum := x.sum()
	if !worth(sum) {
		return nil
	}
	err := writeFile(a.path("flights.json"), x)
	if err == nil {
		a.indexed++
		a.stored, a.storedS = sum, x.LastSync
	}
	return err
}

// index makes what flights.json holds; the caller holds a.mu.
func (a *Agent) index() index {
	x := index{Version: indexVersion, Gone: a.gone, LastSync: a.synced, Link: a.way.setting(), CertificateEnds: a.certificateEnds()}
	for _, f := range a.all() {
		x.Flights = append(x.Flights, f.record())
	}
	return x
}

// saves is how often the index was saved since this program started.
func (a *Agent) saves() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.indexed
}

// OnChange calls fn after anything on a flight changed, until cancel. fn must not block and
// must not call the agent.
func (a *Agent) OnChange(fn func(passenger.FlightKey)) (cancel func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := a.nextSub
	a.nextSub++
	a.subs[id] = fn
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.subs, id)
	}
}

func (a *Agent) tell(key passenger.FlightKey) {
	a.mu.Lock()
	var fns []func(passenger.FlightKey)
	for _, fn := range a.subs {
		fns = append(fns, fn)
	}
	a.mu.Unlock()
	for _, fn := range fns {
		fn(key)
	}
}

// now is the time that the tablet goes by.
func (a *Agent) now() time.Time {
	t, _ := a.time.now()
	return t
}

// wake asks Run for a round of syncing now.
func (a *Agent) wake() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}

func (a *Agent) ready(op string) (*crewapi.Client, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, passenger.Errorf(passenger.Unavailable, op, "this tablet's program is shutting down")
	case a.client == nil:
		return nil, passenger.Errorf(passenger.SignedOut, op, "this tablet is not enrolled; enrol it with a code from ground")
	}
	return a.client, nil
}

// random reads n random bytes.
func (a *Agent) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.Rand, b); err != nil {
		return nil, passenger.Wrap(passenger.Internal, "tablet.random", "this tablet gave no random numbers", err)
	}
	return b, nil
}

// alive reports the end of ctx before anything is begun.
func alive(ctx context.Context) error { return ctx.Err() }
