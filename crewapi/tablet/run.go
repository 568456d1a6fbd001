package tablet

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Run keeps the tablet in touch until ctx ends. At a gate: a round of syncing at once, after each
// local entry and every minute; between rounds a stream brings ground's news. On SATCOM: what
// package uplink says. Failures are waited out with growing, jittered pauses, behind the time a
// busy ground asked for. It returns nil.
func (a *Agent) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	parts.Go(func() { a.syncing(ctx) })
	parts.Go(func() { a.watching(ctx) })
	parts.Go(func() { a.RunLAN(ctx) })
	parts.Go(func() { a.speaking(ctx) })
	parts.Wait()
	return nil
}

// syncing runs rounds. Every wait has a timer.
func (a *Agent) syncing(ctx context.Context) {
	var wait backoff
	watched := "none yet"
	for ctx.Err() == nil {
		down := a.touchdown()
		p := a.judge()
		if p.Class == uplink.Satcom {
			watched = "none yet"
			a.pause(ctx, a.thinly(ctx, p, &wait))
			continue
		}
		if down { // tablets that land together do not come together
			leave(ctx, a.jitter(uplink.LandingJitter))
		}
		rep, err := a.syncNow(ctx, job{list: true})
		a.charge(nil)
		pause := a.jitter(p.Poll/2) + p.Poll/2
		switch {
		case ctx.Err() != nil:
			return
		case err != nil || len(rep.Problems) > 0:
			pause, watched = a.jitter(wait.next(p)), "none yet"
			if rep.unreached && rep.Pending > 0 { // to look whether the network is back costs ground nothing
				pause = min(pause, a.jitter(reachEvery))
			}
			a.Log.Debug("round failed", "dur", pause, "err", err)
			leave(ctx, a.asked(rep))
		default:
			wait.reset()
			if now := fmt.Sprint(slices.SortedFunc(maps.Keys(a.vectors()), byID)); now != watched {
				watched = now
				select {
				case a.up <- struct{}{}:
				default:
				}
			}
		}
		if a.pause(ctx, pause) {
			wait.reset() // an entry does not wait out the failures before it
		}
	}
}

// pause waits for d, or for something to do, and reports which.
func (a *Agent) pause(ctx context.Context, d time.Duration) (kicked bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-a.kick:
		return true
	case <-timer.C:
	}
	return false
}

// asked is how long ground wants to be left alone, with a random part on top: those that were sent
// away together do not come back together.
func (a *Agent) asked(rep SyncReport) time.Duration {
	if rep.RetryAfter <= 0 {
		return 0
	}
	return min(rep.RetryAfter+a.jitter(rep.RetryAfter/2), retryMost)
}

// leave leaves ground alone for d, whatever is recorded meanwhile.
func leave(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func byID(x, y passenger.FlightID) int { return slices.Compare(x[:], y[:]) }

// watching holds a stream wherever there may be one. It begins when a round has brought ground back
// or changed what there is to watch: before that there is no connection, and two at once cost more
// than one. One that ended is begun anew after a growing pause, too, while rounds go well: ground
// ends a stream that does not watch what it should, and must not be asked for it in a tight loop.
// What a frame cannot settle, a round does.
func (a *Agent) watching(ctx context.Context) {
	var wait backoff
	for ctx.Err() == nil {
		timer := time.NewTimer(a.jitter(wait.next(uplink.For(uplink.Gate))))
		select {
		case <-ctx.Done():
		case <-a.up:
		case <-timer.C:
		}
		timer.Stop()
		client, err := a.ready("tablet.watching")
		if err != nil || ctx.Err() != nil {
			continue
		}
		if a.way.isBehind() {
			continue
		}
		inner, end := context.WithCancel(ctx)
		if !a.way.watches(end) {
			end()
			continue
		}
		// A tablet without flights watches too: its first one is news.
		messages := 0
		err = client.Watch(inner, a.holdings(a.vectors()), func() {
			if messages++; messages > 1 {
				wait.reset() // it has lived
			}
		}, a.frame)
		a.way.watches(nil)
		end()
		if err == nil { // the list of flights changed
			a.wake()
		} else if ctx.Err() == nil {
			a.Log.Debug("stream ended", "err", err)
		}
	}
}

// vectors says what the tablet holds of each flight it watches. Of a destroyed one it says what
// it held: nothing of that comes again.
func (a *Agent) vectors() map[passenger.FlightID]flightsync.Vector {
	out := map[passenger.FlightID]flightsync.Vector{}
	for _, f := range a.list() {
		rec := f.record()
		if rec.Generation == 0 || rec.Assignment.Removed || rec.Assignment.Stage == passenger.Sealed {
			continue
		}
		if rec.Purged != nil {
			out[f.id] = rec.Held
			continue
		}
		f.mu.Lock()
		if err := f.peek(); err == nil {
			out[f.id] = f.rep.State().Vector()
		}
		f.mu.Unlock()
	}
	return out
}

// frame applies one frame of the stream.
func (a *Agent) frame(id passenger.FlightID, res flightsync.Response) error {
	if again := a.show(id, res); again {
		a.wake()
	}
	return nil
}

// show applies a frame, and reports whether an exchange must follow.
func (a *Agent) show(id passenger.FlightID, res flightsync.Response) (again bool) {
	a.mu.Lock()
	f, ok := a.flights[id]
	a.mu.Unlock()
	if !ok || f.record().Purged != nil {
		return false
	}
	a.time.hear(res.Now)
	t, err := f.take(res, taken{})
	if err != nil {
		a.Log.Warn("frame not taken", "flight", id.String(), "err", err)
		t.again = true
	}
	if t.news {
		a.tell(f.key)
	}
	return t.again
}

// backoff counts failures: the longest of the next pause doubles within what the policy allows.
type backoff struct{ times int }

func (b *backoff) reset() { b.times = 0 }

func (b *backoff) next(p uplink.Policy) time.Duration {
	b.times = min(b.times+1, 32)
	if d := p.First << (b.times - 1); d > 0 && d < p.Most {
		return d
	}
	return p.Most
}

// jitter draws a duration below d, at least a hundredth of it.
func (a *Agent) jitter(d time.Duration) time.Duration {
	b, err := a.random(8)
	if err != nil {
		return d
	}
	return max(d/100, time.Duration(binary.BigEndian.Uint64(b)%uint64(d)))
}
