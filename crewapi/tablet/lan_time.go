package tablet

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

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
	return slices.DeleteFunc(a.inOrder(), func(f *flight) bool { return !f.onLAN() })
}

// inOrder lists all flights, those nearest to their departure first.
func (a *Agent) inOrder() []*flight {
	now, out := a.Now(), a.list()
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
		if o.Header.Flags&flightsync.Urgent != 0 {
			defer l.due(f, 0)
		}
		if o.Header.Kind == flightsync.KindRoster || o.Header.Kind == flightsync.KindSeal {
			f.pins.Store(nil)
		}
	}
	if own {
		l.due(f, l.agent.pace.write)
		return
	}
	l.due(f, l.agent.pace.news/2+l.agent.jitter(l.agent.pace.news))
	l.agent.nudge()
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
