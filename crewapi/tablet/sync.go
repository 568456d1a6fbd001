package tablet

import (
	"context"
	"errors"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Sync asks ground for this tablet's flights and exchanges each of them until neither side
// lacks anything. A flight that fails is named in the report's problems and does not stop the
// others, unless ground asks to be left alone for a while. Errors: signed_out, unavailable when ground cannot be reached at all.
//
// It is a person's wish: on SATCOM it goes whatever the purse says.
func (a *Agent) Sync(ctx context.Context) (SyncReport, error) {
	return a.syncNow(ctx, job{why: uplink.Person, list: true})
}

// syncNow does one round; at any time there is one.
func (a *Agent) syncNow(ctx context.Context, j job) (SyncReport, error) {
	rep := SyncReport{why: j.why}
	client, err := a.ready("tablet.Sync")
	if err != nil {
		return rep, err
	}
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	case <-ctx.Done():
		return rep, ctx.Err()
	}
	a.judge()
	err = a.round(ctx, client, j, &rep)
	a.way.setBehind(err != nil || len(rep.Problems) > 0)
	rep.unreached = rep.unreached || crewapi.Unreached(err)
	rep.RetryAfter = max(rep.RetryAfter, passenger.RetryAfter(err))
	for _, f := range a.list() {
		row, _, _ := f.summary()
		rep.Pending += row.Pending
		if row.Unknown {
			rep.Unknown++
		}
	}
	a.note(ctx, err, rep)
	return rep, err
}

// note keeps how the round went, for people.
func (a *Agent) note(ctx context.Context, err error, rep SyncReport) {
	if ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.problem = failure{err: err}
	case len(rep.causes) > 0:
		a.problem = rep.causes[0]
	default:
		a.problem = failure{}
	}
}

func (a *Agent) round(ctx context.Context, client *crewapi.Client, j job, rep *SyncReport) error {
	defer func() {
		if ctx.Err() == nil {
			a.sweepAll()
		}
	}()
	if j.list {
		err := a.assignments(ctx, client)
		a.chargeList(j)
		if passenger.CodeOf(err) == passenger.SignedOut {
			return a.ended(ctx, client, rep, err)
		}
		if err == nil {
			err = a.setAccess(passenger.AccessGood)
		}
		if err != nil {
			return err
		}
	}
	if j.flights == nil {
		j.flights = a.list()
	}
	var lost error
	for _, f := range j.flights {
		rec := f.record()
		var err error
		switch {
		case rec.Purged != nil && rec.Unsent == 0:
			continue
		case rec.Purged != nil:
			err = a.deliver(ctx, client, f, rep)
		default:
			rep.Flights++
			if !f.due(rec) {
				continue
			}
			err = a.exchange(ctx, client, f, rep)
		}
		if passenger.CodeOf(err) == passenger.Forbidden && len(a.identities()) > 1 {
			// Not this tablet's flight, but one of the tablet that this device was.
			if _, e := a.handOver(ctx, client, f, rep); e == nil {
				err = nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		a.Log.Warn("exchange failed", "flight", f.id.String(), "err", err)
		switch passenger.CodeOf(err) {
		case passenger.SignedOut:
			return a.ended(ctx, client, rep, err)
		case passenger.Unavailable:
			lost = errors.Join(lost, err)
		}
		rep.add(f, err)
		rep.RetryAfter = max(rep.RetryAfter, passenger.RetryAfter(err))
		if crewapi.Unreached(err) {
			rep.unreached = true
			break // nor would the other flights get through
		}
		if rep.RetryAfter > 0 && passenger.CodeOf(err) == passenger.TooMuch {
			break // the other flights would only be told the same
		}
	}
	if lost != nil && rep.Exchanges == 0 {
		return errors.Join(lost, a.saveNews()) // what it cost
	}
	a.mu.Lock()
	a.synced = a.now()
	a.mu.Unlock()
	return a.saveNews()
}

// chargeList charges the list of flights to the first flight that the round is about, or that the
// tablet serves.
func (a *Agent) chargeList(j job) {
	flights := j.flights
	if flights == nil {
		flights = a.served()
	}
	if len(flights) > 0 {
		a.charge(flights[0])
	}
}

// due reports whether a flight has anything to exchange: not one that ground has sealed and
// that has handed in all, but now and then while its text is here: it may have been erased.
func (f *flight) due(rec record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if rec.Generation == 0 {
		return !rec.Assignment.Removed && rec.Assignment.Stage != passenger.Purged && f.key32() != nil
	}
	if err := f.peek(); err != nil {
		return true // the exchange says what is wrong
	}
	v, err := f.outline()
	return err != nil || !v.Sealed || v.pending(f.talk.Peer) > 0 || !f.rests() && f.rescuing() || f.agent.now().Sub(f.synced).Abs() >= sealedEvery
}

// assignments takes over what ground says this tablet serves.
func (a *Agent) assignments(ctx context.Context, client *crewapi.Client) error {
	var have map[passenger.FlightID]flightsync.Vector
	budget := 0
	if a.way.isBehind() { // else the stream has brought what there is
		have, budget = a.vectors(), min(firstBudget, a.way.policy().Budget)
	}
	start, err := client.Start(ctx, a.holdings(have), budget)
	if err != nil {
		return err
	}
	a.time.hear(start.Now)
	var news []passenger.FlightKey
	a.mu.Lock()
	var granted []passenger.Duty
	for _, d := range start.Duties {
		as := d.Assignment
		if d.WrappedKey != nil {
			granted = append(granted, d)
		}
		f, known := a.flights[as.Flight]
		switch {
		case !known && (as.Removed || as.Stage == passenger.Purged || a.off(record{Assignment: as})):
			continue // it would leave the list at once
		case !known:
			a.flights[as.Flight] = newFlight(a, record{Assignment: as})
		case f.record().Assignment == as:
			continue
		default:
			f.recMu.Lock()
			f.rec.Assignment = as
			f.recMu.Unlock()
		}
		news = append(news, as.Key)
	}
	a.mu.Unlock()
	for _, d := range granted {
		a.mu.Lock()
		f, known := a.flights[d.Flight]
		a.mu.Unlock()
		if !known {
			continue
		}
		if err := f.revive(d); err != nil || f.record().Purged != nil {
			continue
		}
		if err := f.grant(d); err != nil {
			a.Log.Error("the key of a flight was not taken", "flight", d.Flight.String(), "err", err)
		}
	}
	// A first frame begins the flight's store, and that saves the index: once for both.
	saved := a.saves()
	for _, f := range start.Frames {
		a.show(f.Flight, f.Response)
	}
	if len(news) > 0 && a.saves() == saved {
		if err := a.save(); err != nil {
			return err
		}
	}
	for _, key := range news {
		a.stale(key)
		a.tell(key)
	}
	return nil
}

// stale makes the flight's line be computed anew.
func (a *Agent) stale(key passenger.FlightKey) {
	for _, f := range a.list() {
		if f.key == key {
			f.mu.Lock()
			f.row = nil
			f.mu.Unlock()
		}
	}
}

// sweepAll destroys what has had its time. Flights that leave the list are saved once for all.
func (a *Agent) sweepAll() {
	if err := a.time.save(); err != nil {
		a.Log.Warn("what is known of the time is not saved", "err", err)
	}
	off := 0
	for _, f := range a.list() {
		before := f.record().Purged != nil
		gone, err := a.sweep(f)
		if err != nil {
			a.Log.Warn("flight could not be cleared", "flight", f.id.String(), "err", err)
		}
		if gone {
			off++
		}
		if gone || before != (f.record().Purged != nil) {
			a.tell(f.key)
		}
	}
	a.dropFormer()
	if off == 0 {
		return
	}
	if err := a.save(); err != nil { // their directories are gone all the same, and the next round says so
		a.Log.Warn("the list of flights is not saved", "n", off, "err", err)
	}
}
