package tablet

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// choose decides whether this tablet speaks to ground for a flight.
func (a *Agent) choose(f *flight) uplink.Choice {
	a.lan.mu.Lock()
	node := a.lan.node
	a.lan.mu.Unlock()
	now := a.Now()
	var peers []cabin.PeerInfo
	if node != nil {
		peers = node.Peers(f.id)
	}
	self := a.tablet()
	ranks := f.ranks(self)
	w := a.way
	w.mu.Lock()
	defer w.mu.Unlock()
	var near []uplink.Neighbour
	for _, p := range peers {
		key := pairing{f.id, p.Tablet}
		if at, ok := w.met[key]; !ok || at.After(now) {
			w.met[key] = now
		}
		if rank, ok := ranks[p.Tablet]; ok {
			near = append(near, uplink.Neighbour{Tablet: p.Tablet, Rank: rank, Since: w.met[key], Until: sane(w.leases[key], now, uplink.Lease)})
		}
	}
	for key := range w.met {
		if key.flight == f.id && !slices.ContainsFunc(peers, func(p cabin.PeerInfo) bool { return p.Tablet == key.tablet }) {
			delete(w.met, key)
			delete(w.leases, key)
		}
	}
	c := uplink.Choose(now, uplink.Self{Rank: ranks[self], Fails: w.fails, Last: w.failed}, near)
	if c.Alone && a.LAN != nil && now.Before(w.began.Add(meetFor)) && !w.began.After(now) {
		c.Mine, c.Recheck = false, w.began.Add(meetFor) // the others have not been found yet
	}
	return c
}

// ranks reads the order of the tablets off the roster; this tablet has one in any case.
func (f *flight) ranks(self passenger.TabletID) map[passenger.TabletID]uplink.Rank {
	out := map[passenger.TabletID]uplink.Rank{self: {Role: f.record().Assignment.Role, Author: flightsync.MaxAuthors}}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.peek() != nil {
		return out
	}
	v, err := f.outline()
	if err != nil {
		return out
	}
	for _, e := range v.Roster { // the last entry of a tablet counts
		if e.Class == flightsync.TabletLane && !e.Removed {
			out[e.Tablet] = uplink.Rank{Role: e.Role, Author: uint32(e.Author)}
		}
	}
	return out
}

// speaking tells the others, three times a lease, for which flights this tablet speaks to ground.
func (a *Agent) speaking(ctx context.Context) {
	if a.LAN == nil {
		return
	}
	a.way.mu.Lock()
	a.way.began = a.Now()
	a.way.mu.Unlock()
	for ctx.Err() == nil {
		if a.way.policy().Class == uplink.Satcom {
			for _, f := range a.served() {
				a.speak(ctx, f)
			}
		}
		leave(ctx, uplink.Renew)
	}
}

// speak says it to each tablet of the flight that is in reach, and hears what each has to say.
func (a *Agent) speak(ctx context.Context, f *flight) {
	a.lan.mu.Lock()
	node := a.lan.node
	a.lan.mu.Unlock()
	c := a.choose(f)
	if node == nil || !c.Mine || c.Alone {
		return
	}
	beat := uplink.Beat{Group: f.id, Lease: uplink.Lease, Spent: f.record().Spent}
	if c.Yields {
		beat.Lease = 0
	}
	var calls sync.WaitGroup
	for _, p := range node.Peers(f.id) {
		calls.Go(func() {
			answer, err := node.Uplink(ctx, p, beat)
			if err == nil {
				a.hear(f, p.Tablet, answer)
			} else if ctx.Err() == nil {
				a.Log.Debug("tablet not reached", "flight", f.id.String(), "tablet", p.Tablet.String(), "err", err)
			}
		})
	}
	calls.Wait()
}

// hear takes another tablet's word about a flight.
func (a *Agent) hear(f *flight, from passenger.TabletID, b uplink.Beat) {
	key, now := pairing{f.id, from}, a.Now()
	a.way.mu.Lock()
	before := a.way.leases[key]
	a.way.leases[key] = time.Time{}
	if b.Lease > 0 {
		a.way.leases[key] = now.Add(b.Lease)
	}
	other := before.After(now) != (b.Lease > 0)
	a.way.mu.Unlock()
	if f.spend(b.Spent) {
		if err := a.save(); err != nil {
			a.Log.Warn("what the flight has cost is not saved", "flight", f.id.String(), "err", err)
		}
		a.tell(f.key)
	}
	if other {
		a.nudge()
	}
}

// serveUplink answers a word with this tablet's own.
func (a *Agent) serveUplink(peer cabin.Member, b uplink.Beat) uplink.Beat {
	a.mu.Lock()
	f, ok := a.flights[b.Group]
	a.mu.Unlock()
	own := uplink.Beat{Group: b.Group}
	if !ok || f.record().Purged != nil {
		return own
	}
	a.hear(f, peer.Tablet, b)
	own.Spent = f.record().Spent
	if a.way.policy().Class == uplink.Satcom {
		if c := a.choose(f); c.Mine && !c.Alone && !c.Yields {
			own.Lease = uplink.Lease
		}
	}
	return own
}

// nudge has Run look again at what is due, where not every entry is.
func (a *Agent) nudge() {
	if a.way.policy().Batch > 0 {
		a.wake()
	}
}
