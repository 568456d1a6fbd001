package dispatch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// feed follows the change feed once for all watchers of this node. A watcher is woken for what
// it watches only, and what a flight's watchers need is read once for all of them: ten thousand
// streams cost a node one question a second, not ten thousand.
//
// Whoever joins before it reads misses nothing: what was committed before is read, what comes
// after wakes. The follower runs while somebody watches; the last to leave waits for its end.
type feed struct {
	store ground.Store
	sign  func(msg []byte) ([]byte, error)

	mu      sync.Mutex
	readers map[string]map[*watcher]bool // by "topic ref"
	flights map[passenger.FlightID]*snapshot
	count   int
	end     func() // stops the follower and waits for it
}

// watcher is one stream's interest. ch has room for one: that there is something to look at.
type watcher struct {
	feed *feed
	ch   chan struct{}

	// guarded by feed.mu
	topics []string
	tablet bool // its own list of flights may have changed
	stale  map[passenger.FlightID]bool
}

func tabletTopic(id passenger.TabletID) string { return "tablet " + id.String() }
func flightTopic(id passenger.FlightID) string { return "flight " + id.String() }

// join adds a watcher of a tablet. The caller must leave.
func (f *feed) join(ctx context.Context, tablet passenger.TabletID) (*watcher, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		if err := f.start(ctx); err != nil {
			return nil, err
		}
	}
	f.count++
	w := &watcher{feed: f, ch: make(chan struct{}, 1), stale: map[passenger.FlightID]bool{}}
	f.add(w, tabletTopic(tablet))
	return w, nil
}

// start begins to follow behind the last change; the caller holds mu.
func (f *feed) start(ctx context.Context) error {
	var after int64
	if err := f.store.Read(ctx, func(tx ground.Tx) (err error) { after, err = tx.LastChange(ctx); return err }); err != nil {
		return err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.readers, f.flights = map[string]map[*watcher]bool{}, map[passenger.FlightID]*snapshot{}
	var running sync.WaitGroup
	running.Go(func() { f.follow(life, after) })
	f.end = func() { stop(); running.Wait() }
	return nil
}

func (f *feed) add(w *watcher, topic string) {
	w.topics = append(w.topics, topic)
	if f.readers[topic] == nil {
		f.readers[topic] = map[*watcher]bool{}
	}
	f.readers[topic][w] = true
}

// watch adds a flight to what wakes the watcher, and makes it look at it.
func (w *watcher) watch(id passenger.FlightID) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	if topic := flightTopic(id); !slices.Contains(w.topics, topic) {
		w.feed.add(w, topic)
		w.stale[id] = true
	}
}

func (w *watcher) leave() {
	f := w.feed
	f.mu.Lock()
	for _, topic := range w.topics {
		if delete(f.readers[topic], w); len(f.readers[topic]) == 0 {
			delete(f.readers, topic)
		}
	}
	end := func() {}
	if f.count--; f.count == 0 {
		end, f.end = f.end, nil
	}
	f.mu.Unlock()
	end()
}

// news says what the watcher must look at, once.
func (w *watcher) news() (tablet bool, flights []passenger.FlightID) {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	tablet, w.tablet = w.tablet, false
	for id := range w.stale {
		flights = append(flights, id)
	}
	clear(w.stale)
	return tablet, flights
}

// follow reads changes until life ends. A failed read is tried again at the next poll.
func (f *feed) follow(life context.Context, after int64) {
	poll := time.NewTicker(watchPoll)
	defer poll.Stop()
	for {
		hint := f.store.Changed()
		var changes []ground.Change
		err := f.store.Read(life, func(tx ground.Tx) (err error) { changes, err = tx.Changes(life, after, feedBatch); return err })
		if err == nil && len(changes) > 0 {
			after = changes[len(changes)-1].Seq
			f.wake(changes)
		}
		if err == nil && len(changes) == feedBatch {
			continue
		}
		select {
		case <-life.Done():
			return
		case <-hint:
		case <-poll.C:
		}
	}
}

func (f *feed) wake(changes []ground.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		id, err := passenger.ParseFlightID(c.Ref)
		flight := c.Topic == "flight" && err == nil
		if flight {
			delete(f.flights, id)
		}
		for w := range f.readers[c.Topic+" "+c.Ref] {
			if flight {
				w.stale[id] = true
			} else {
				w.tablet = true
			}
			select {
			case w.ch <- struct{}{}:
			default:
			}
		}
	}
}

// snapshot is a flight as its watchers need it, read once after a change.
type snapshot struct {
	once sync.Once
	err  error

	flight    ground.Flight
	roster    []ground.RosterRow
	crossings []ground.Crossing
	vector    flightsync.Vector

	mu     sync.Mutex
	frames map[string]*flightsync.Response // by what the watcher holds, packed
}

// snapshot returns the flight as it is now or was after its last change.
func (f *feed) snapshot(ctx context.Context, id passenger.FlightID) (*snapshot, error) {
	f.mu.Lock()
	s := f.flights[id]
	if s == nil {
		s = &snapshot{frames: map[string]*flightsync.Response{}}
		f.flights[id] = s
	}
	f.mu.Unlock()
	s.once.Do(func() {
		s.err = f.store.Read(context.WithoutCancel(ctx), func(tx ground.Tx) (err error) {
			if s.flight, err = tx.Flight(ctx, id); err != nil {
				return err
			}
			if s.roster, err = tx.Roster(ctx, id); err != nil {
				return err
			}
			if s.crossings, err = tx.Crossings(ctx, id); err != nil {
				return err
			}
			st, err := tx.Lanes(ctx, id).State()
			s.vector = st.Vector()
			return err
		})
	})
	if s.err != nil { // the next one reads again
		f.mu.Lock()
		if f.flights[id] == s {
			delete(f.flights, id)
		}
		f.mu.Unlock()
	}
	return s, s.err
}

// frame answers a watcher that holds have; nil when nothing is news to it. Watchers that hold
// the same get the same answer, which none may change.
func (f *feed) frame(ctx context.Context, s *snapshot, tablet passenger.TabletID, have flightsync.Vector) (*flightsync.Response, error) {
	have = slices.Clone(have)
	for _, c := range s.crossings {
		if c.Tablet == tablet { // its own ops are no news to it
			have = have.Set(c.Author, max(have.Of(c.Author), s.vector.Of(c.Author)))
		}
	}
	if have.CoversAll(s.vector) {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(have.Pack())
	if res, ok := s.frames[key]; ok {
		return res, nil
	}
	if len(s.frames) >= maxFrames { // what they say they hold is theirs to choose
		clear(s.frames)
	}
	err := f.store.Read(ctx, func(tx ground.Tx) error {
		rep, err := flightsync.Load(tx.Lanes(ctx, s.flight.ID), nil)
		if err != nil {
			return err
		}
		ready, err := rep.Step(flightsync.Answer{Request: flightsync.Request{Group: s.flight.ID, Me: flightsync.Nobody, Have: have}})
		if err == nil {
			err = rep.Sign(&ready, f.sign)
		}
		s.frames[key] = ready.Response
		return err
	})
	if err != nil {
		delete(s.frames, key)
		return nil, err
	}
	return s.frames[key], nil
}
