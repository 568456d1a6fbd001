package tablet

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Run keeps the tablet in touch until ctx ends: a round of syncing at once, after each local
// entry and every minute; between rounds a stream brings ground's news. Failures are waited
// out with growing, jittered pauses, behind the time a busy ground asked for. It returns nil.
func (a *Agent) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	parts.Go(func() { a.syncing(ctx) })
	parts.Go(func() { a.watching(ctx) })
	parts.Go(func() { a.RunLAN(ctx) })
	parts.Wait()
	return nil
}

// syncing runs rounds. Every wait has a timer.
func (a *Agent) syncing(ctx context.Context) {
	var wait backoff
	watched := "none yet"
	for ctx.Err() == nil {
		rep, err := a.Sync(ctx)
		pause := a.jitter(pollEvery/2) + pollEvery/2
		switch {
		case ctx.Err() != nil:
			return
		case err != nil || len(rep.Problems) > 0:
			pause, watched = a.jitter(wait.next()), "none yet"
			a.Log.Debug("round failed", "dur", pause, "err", err)
			leave(ctx, min(rep.RetryAfter, retryMost))
		default:
			wait = 0
			if now := fmt.Sprint(slices.SortedFunc(maps.Keys(a.vectors()), byID)); now != watched {
				watched = now
				select {
				case a.up <- struct{}{}:
				default:
				}
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-a.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
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

// watching holds a stream. One that ended is begun anew after a growing pause, or at once when a
// round has brought ground back or changed what there is to watch: ground ends a stream that does not
// watch what it should, and must not be asked for it in a tight loop. What a frame cannot settle,
// a round does.
func (a *Agent) watching(ctx context.Context) {
	var wait backoff
	for ctx.Err() == nil {
		timer := time.NewTimer(a.jitter(wait.next()))
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
		// A tablet without flights watches too: its first one is news.
		messages := 0
		err = client.Watch(ctx, a.vectors(), func() {
			if messages++; messages > 1 {
				wait = 0 // it has lived
			}
		}, a.frame)
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
		if err := f.use(); err == nil {
			out[f.id] = f.rep.State().Vector()
		}
		f.mu.Unlock()
	}
	return out
}

// frame applies one frame of the stream.
func (a *Agent) frame(id passenger.FlightID, res flightsync.Response) error {
	a.mu.Lock()
	f, ok := a.flights[id]
	a.mu.Unlock()
	if !ok || f.record().Purged != nil {
		return nil
	}
	t, err := f.take(res, taken{})
	if err != nil {
		a.Log.Warn("frame not taken", "flight", id.String(), "err", err)
		t.again = true
	}
	if t.news {
		a.tell(f.key)
	}
	if t.again {
		a.wake()
	}
	return nil
}

// backoff is the longest of the next pause; it doubles from retryFirst to retryMost.
type backoff time.Duration

func (b *backoff) next() time.Duration {
	*b = min(max(*b*2, backoff(retryFirst)), backoff(retryMost))
	return time.Duration(*b)
}

// jitter draws a duration below d, at least a hundredth of it.
func (a *Agent) jitter(d time.Duration) time.Duration {
	b, err := a.random(8)
	if err != nil {
		return d
	}
	return max(d/100, time.Duration(binary.BigEndian.Uint64(b)%uint64(d)))
}
