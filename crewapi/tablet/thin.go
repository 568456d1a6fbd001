package tablet

import (
	"context"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// job is what a round is to do and why.
type job struct {
	why     uplink.Why // None: it costs nothing
	list    bool       // ask for the list of flights first
	flights []*flight  // nil: all of them
}

// served lists the flights that the tablet speaks to ground about on SATCOM: those in the air; else
// those that stand, the nearest to their departure first.
func (a *Agent) served() []*flight {
	var air, ground []*flight
	for _, f := range a.inOrder() {
		rec := f.record()
		switch {
		case !f.stands(rec) || f.key32() == nil:
		case f.phase().air:
			air = append(air, f)
		case len(ground) < openStores:
			ground = append(ground, f)
		}
	}
	if len(air) > 0 {
		return air
	}
	return ground
}

// due says what there is to do on a dear link now, or when to look again.
func (a *Agent) due(p uplink.Policy) (j job, next time.Time) {
	now := a.Now()
	next = now.Add(p.Poll)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	flights := a.served()
	for _, f := range flights {
		w, begun := f.waiting(now)
		why, again := p.Due(now, w)
		if why == uplink.None {
			sooner(again)
			continue
		}
		if c := a.choose(f); begun && !c.Mine && (why != uplink.Urgent || c.Leased) {
			sooner(c.Recheck)
			continue
		}
		j.flights = append(j.flights, f)
		if j.why == uplink.None || why == uplink.Urgent {
			j.why = why
		}
		if why == uplink.Poll && !f.phase().air {
			j.list = true // on the ground, the list may have changed
		}
	}
	a.mu.Lock()
	listed := a.synced
	a.mu.Unlock()
	if len(flights) == 0 {
		if at := listed.Add(p.Poll); at.After(now) && !listed.After(now) {
			sooner(at)
		} else {
			j.why, j.list = uplink.Poll, true
		}
	}
	return j, next
}

// waiting reads what a flight has for ground. begun is false while it holds nothing at all.
func (f *flight) waiting(now time.Time) (w uplink.Waiting, begun bool) {
	ph := f.phase()
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Purse = f.purse()
	if f.record().Generation == 0 || f.peek() != nil {
		return w, false
	}
	v, err := f.outline()
	if err != nil {
		return w, true
	}
	if w.Asked = f.synced; ph.air {
		w.Arrives = ph.sta
	}
	for _, l := range v.state.Lanes {
		if there := max(f.talk.Peer.Of(l.Author), f.told.Of(l.Author)); isCrew(l) && l.Seq > there {
			w.Pending += int(l.Seq - there)
		}
	}
	for _, o := range f.ops {
		w.Urgent = w.Urgent || w.Pending > 0 && o.Header.Flags&flightsync.Urgent != 0 && isCrewOp(v.state, o) && !f.talk.Peer.Covers(o.Dot) && !f.told.Covers(o.Dot)
	}
	a := f.agent
	a.way.mu.Lock()
	defer a.way.mu.Unlock()
	since, ok := a.way.since[f.id]
	switch {
	case w.Pending == 0:
		delete(a.way.since, f.id)
	case !ok || since.After(now):
		since = now
		a.way.since[f.id] = now
		w.Since = now
	default:
		w.Since = since
	}
	return w, len(v.state.Vector()) > 0
}

func isCrewOp(st flightsync.State, o flightsync.Op) bool {
	l, ok := st.Lane(o.Dot.Author)
	return ok && isCrew(l)
}

// thinly does on a dear link what is due, and says how long nothing is.
func (a *Agent) thinly(ctx context.Context, p uplink.Policy, wait *backoff) time.Duration {
	j, next := a.due(p)
	if j.why == uplink.None {
		return min(max(next.Sub(a.Now()), time.Second), lookEvery)
	}
	rep, err := a.syncNow(ctx, j)
	if ctx.Err() != nil {
		return 0
	}
	failed := err != nil || len(rep.Problems) > 0
	a.way.mu.Lock()
	if a.way.fails = 0; failed {
		a.way.fails, a.way.failed = wait.times+1, a.Now()
	}
	a.way.mu.Unlock()
	if !failed {
		wait.reset()
		return 0
	}
	pause := a.jitter(wait.next(p))
	a.Log.Debug("round failed", "dur", pause, "err", err)
	a.rest(ctx, max(pause, a.asked(rep)))
	return 0
}

// rest leaves ground alone for d, whatever is recorded meanwhile, unless the way to it becomes
// another one.
func (a *Agent) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-a.kick:
			if a.judge().Class != uplink.Satcom {
				return
			}
		}
	}
}
