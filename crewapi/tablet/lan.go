package tablet

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/passenger"
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
	made  atomic.Int64 // exchanges asked for since the start

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
		Groups: a.lanGroups, Members: a.lanMembers, Serve: a.servePeer, Uplink: a.serveUplink, Found: l.found})
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
