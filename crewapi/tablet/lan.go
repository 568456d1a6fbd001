package tablet

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// LAN says how a tablet takes part in the cabin LAN.
type LAN struct {
	Listen   string           // "host:port"; ":8491" is every address
	Peers    []string         // invites or addresses of other tablets
	Discover cabin.Discoverer // nil: tablets do not find each other by themselves
	Link     cabin.Link       // nil: TCP
}

// pace is when this tablet speaks to others.
type pace struct{ write, news, even time.Duration }

var usualPace = pace{write: gossipAfter, news: spreadAfter, even: evenEvery}

// lan is the tablet on the cabin LAN. An entry of its own goes, a moment later, to the tablets
// that lack it, two at a time in random order, until each that is in reach has it; what came from
// elsewhere is passed on the same way. What that misses, anti-entropy brings: each flight is
// compared with one other tablet from time to time. Nothing is remembered as sent: who lacks what
// is a difference of durable vectors.
type lan struct {
	agent *Agent
	kick  chan struct{}

	mu      sync.Mutex
	node    *cabin.Node // nil while it cannot listen, or has no keys
	problem string
	typed   []string // addresses that people gave since the start
	spread  map[passenger.FlightID]time.Time
	even    map[passenger.FlightID]time.Time
	busy    map[passenger.FlightID]bool
	calls   map[pairing]bool // exchanges under way
}

type pairing struct {
	flight passenger.FlightID
	tablet passenger.TabletID
}

func newLAN(a *Agent) *lan {
	return &lan{agent: a, kick: make(chan struct{}, 1), spread: map[passenger.FlightID]time.Time{},
		even: map[passenger.FlightID]time.Time{}, busy: map[passenger.FlightID]bool{}, calls: map[pairing]bool{}}
}

// RunLAN takes part in the cabin LAN until ctx ends; without [Config.LAN] it does nothing. Run
// calls it. It returns nil.
func (a *Agent) RunLAN(ctx context.Context) error {
	if a.LAN == nil {
		return nil
	}
	for ctx.Err() == nil {
		a.lan.session(ctx)
		timer := time.NewTimer(a.jitter(retryMost))
		select {
		case <-ctx.Done():
		case <-a.lan.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// session runs a node with the keys as they are; it ends when they change or the node breaks.
func (l *lan) session(ctx context.Context) {
	a := l.agent
	a.mu.Lock()
	store := a.keys
	a.mu.Unlock()
	if store == nil {
		return
	}
	l.mu.Lock()
	peers := slices.Concat(a.LAN.Peers, l.typed)
	l.mu.Unlock()
	node, err := cabin.Open(ctx, cabin.Config{Keys: store.TLS(), Now: a.Now, Rand: a.Rand, Log: a.Log,
		Listen: a.LAN.Listen, Peers: peers, Discover: a.LAN.Discover, Link: a.LAN.Link,
		Groups: a.lanGroups, Members: a.lanMembers, Serve: a.servePeer, Found: l.found})
	l.mu.Lock()
	l.node, l.problem = node, ""
	if err != nil {
		l.node, l.problem = nil, passenger.Public(err)
	}
	l.mu.Unlock()
	if err != nil {
		a.Log.Warn("not on the cabin LAN", "err", err)
		return
	}
	inner, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() {
		defer cancel()
		if err := node.Run(inner); err != nil {
			a.Log.Warn("off the cabin LAN", "err", err)
		}
	})
	l.schedule(inner, func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.keys == store })
	cancel()
	parts.Wait()
	l.mu.Lock()
	l.node = nil
	l.mu.Unlock()
}

// schedule begins what is due until ctx ends or still says no.
func (l *lan) schedule(ctx context.Context, still func() bool) {
	var runs sync.WaitGroup
	defer runs.Wait()
	for ctx.Err() == nil && still() {
		begin, pause := l.next()
		for f, even := range begin {
			runs.Go(func() {
				defer l.done(f)
				l.gossip(ctx, f, even)
			})
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-l.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next takes the flights whose time has come, with whether anti-entropy is due, and says how long
// nothing else is.
func (l *lan) next() (begin map[*flight]bool, pause time.Duration) {
	a := l.agent
	flights := a.nearest()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := a.Now()
	begin, pause = map[*flight]bool{}, a.pace.even
	for i, f := range flights {
		due, some := l.spread[f.id]
		due = sane(due, now, a.pace.even)
		if i < openStores {
			if _, ok := l.even[f.id]; !ok {
				l.even[f.id] = now.Add(a.jitter(a.pace.even))
			}
		} else {
			delete(l.even, f.id) // opening the stores of far flights all the time is not worth it
		}
		tick, ticks := l.even[f.id]
		tick = sane(tick, now, 2*a.pace.even)
		if l.busy[f.id] {
			continue // done wakes the schedule
		}
		even := ticks && !tick.After(now)
		if even || some && !due.After(now) {
			begin[f], l.busy[f.id] = even, true
			delete(l.spread, f.id)
			if even {
				l.even[f.id] = now.Add(a.pace.even*3/4 + a.jitter(a.pace.even/2))
			}
			continue
		}
		if some {
			pause = min(pause, due.Sub(now))
		}
		if ticks {
			pause = min(pause, tick.Sub(now))
		}
	}
	return begin, max(pause, time.Millisecond)
}

// sane is now for a time that is farther ahead than it was ever set: the clock went back.
func sane(at, now time.Time, most time.Duration) time.Time {
	if at.Sub(now) > most {
		return now
	}
	return at
}

func (l *lan) done(f *flight) {
	l.mu.Lock()
	delete(l.busy, f.id)
	l.mu.Unlock()
	l.wake()
}

// nearest lists the flights on the LAN, those nearest to their departure first.
func (a *Agent) nearest() []*flight {
	now := a.Now()
	out := slices.DeleteFunc(a.list(), func(f *flight) bool { return !f.onLAN() })
	slices.SortStableFunc(out, func(f, g *flight) int {
		return int(f.std.Sub(now).Abs()/time.Minute) - int(g.std.Sub(now).Abs()/time.Minute)
	})
	return out
}

func (l *lan) wake() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// due has a flight spread within d, unless it is due sooner.
func (l *lan) due(f *flight, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.agent.Now().Add(d)
	if old, ok := l.spread[f.id]; !ok || at.Before(old) {
		l.spread[f.id] = at
		l.wake()
	}
}

// changed is told of every batch that was written. An entry waits for more of its kind, since crew
// tap several things in a row; news is passed on after a short random pause.
func (l *lan) changed(f *flight, b flightsync.Batch) {
	if l.agent.LAN == nil || len(b.Ops) == 0 {
		return
	}
	own := true
	for _, o := range b.Ops {
		own = own && o.Dot.Author == b.State.Me
		if o.Header.Kind == flightsync.KindRoster || o.Header.Kind == flightsync.KindSeal {
			f.pins.Store(nil)
		}
	}
	if own {
		l.due(f, l.agent.pace.write)
		return
	}
	l.due(f, l.agent.pace.news/2+l.agent.jitter(l.agent.pace.news))
}

// found is told of a tablet that came into reach: each common flight is compared at once.
func (l *lan) found(p cabin.PeerInfo) {
	for _, group := range l.agent.lanGroups() {
		for _, m := range l.agent.lanMembers(group) {
			if m.Tablet != p.Tablet {
				continue
			}
			l.agent.mu.Lock()
			f := l.agent.flights[group]
			l.agent.mu.Unlock()
			if f != nil {
				l.due(f, 0)
			}
		}
	}
}

// gossip exchanges a flight with the tablets in reach that lack something of it or hold something
// that lacks here; with even, first with one whatever is known of it. Each is tried once: what
// comes in meanwhile makes the flight due again.
func (l *lan) gossip(ctx context.Context, f *flight, even bool) {
	l.mu.Lock()
	node := l.node
	l.mu.Unlock()
	if node == nil {
		return
	}
	tried := map[passenger.TabletID]bool{}
	for ctx.Err() == nil {
		peers := slices.DeleteFunc(node.Peers(f.id), func(p cabin.PeerInfo) bool { return tried[p.Tablet] })
		if !even {
			uneven, err := f.uneven()
			if err != nil {
				return
			}
			peers = slices.DeleteFunc(peers, func(p cabin.PeerInfo) bool { return !uneven(p.Tablet) })
		}
		l.agent.shuffle(peers)
		wave := peers[:min(len(peers), fanOut)]
		if even {
			wave = peers[:min(len(peers), 1)]
		}
		if len(wave) == 0 && !even {
			return
		}
		even = false
		var calls sync.WaitGroup
		for _, p := range wave {
			tried[p.Tablet] = true
			calls.Go(func() {
				if err := l.exchange(ctx, node, f, p); err != nil && ctx.Err() == nil {
					l.agent.Log.Debug("tablet not reached", "flight", f.id.String(), "tablet", p.Tablet.String(), "err", err)
				}
			})
		}
		calls.Wait()
	}
}

// uneven returns what tells whether an exchange with another tablet would move anything.
func (f *flight) uneven() (func(passenger.TabletID) bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		return nil, err
	}
	mine := f.rep.State().Vector()
	known := map[passenger.TabletID]other{}
	for id, o := range f.near() {
		known[id] = *o
	}
	return func(id passenger.TabletID) bool {
		o, ok := known[id]
		switch {
		case !ok || o.have == nil:
			return true
		case mine.CoversAll(o.have) && o.have.CoversAll(mine):
			return false
		}
		return !slices.Equal(mine, o.mineThen) || !slices.Equal(o.have, o.theirsThen)
	}, nil
}

// exchange exchanges one flight with one tablet until neither side moves. Of two at once between
// the same two tablets one is enough.
func (l *lan) exchange(ctx context.Context, node *cabin.Node, f *flight, p cabin.PeerInfo) error {
	key := pairing{f.id, p.Tablet}
	l.mu.Lock()
	if l.calls[key] {
		l.mu.Unlock()
		return nil
	}
	l.calls[key] = true
	l.mu.Unlock()
	defer func() { l.mu.Lock(); delete(l.calls, key); l.mu.Unlock() }()
	for range maxRounds {
		req, err := f.askPeer(p.Tablet)
		if err != nil {
			return err
		}
		res, err := node.Exchange(ctx, p, req)
		if err != nil {
			return err
		}
		news, again, err := f.takePeer(p.Tablet, req, res)
		if err != nil {
			return err
		}
		if news {
			l.agent.tell(f.key)
		}
		if !again {
			return nil
		}
	}
	return nil
}

// shuffle puts peers in random order.
func (a *Agent) shuffle(peers []cabin.PeerInfo) {
	for i := len(peers) - 1; i > 0; i-- {
		b, err := a.random(1)
		if err != nil {
			return
		}
		j := int(b[0]) % (i + 1)
		peers[i], peers[j] = peers[j], peers[i]
	}
}
