package tablet

import (
	"context"
	"slices"
	"sync"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/passenger"
)

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
	if err := f.peek(); err != nil {
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
	// One that answers slowly, and always something else, must not keep the flight from the others.
	ctx, cancel := context.WithTimeout(ctx, pairFor)
	defer cancel()
	for range maxRounds {
		req, err := f.askPeer(p.Tablet)
		if err != nil {
			return err
		}
		l.made.Add(1)
		res, err := node.Exchange(ctx, p, req)
		if err != nil {
			return err
		}
		l.agent.time.hearTablet(p.Tablet, res.Now)
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
