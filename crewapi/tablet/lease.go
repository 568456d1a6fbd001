package tablet

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// onBoard says since when people are on board, and whether they still are: the last boarding,
// doors, off-block or take-off, without a landing after it.
func (v *folded) onBoard() (since time.Time, still bool) {
	for _, m := range []passenger.Movement{passenger.Boarding, passenger.DoorsClosed, passenger.OffBlock, passenger.Off} {
		if at, ok := v.Moved(m); ok && at.After(since) {
			since = at
		}
	}
	landed, ok := v.landed()
	return since, !since.IsZero() && !(ok && !landed.Before(since))
}

func (v *folded) landed() (at time.Time, ok bool) {
	if at, ok = v.Moved(passenger.On); ok {
		return at, true
	}
	return v.Moved(passenger.In)
}

// leaseEnd is when note text leaves the tablet: 12 hours after landing, or 48 hours after the
// latest known scheduled arrival when no landing is known, counted from boarding when that was
// later (PRODUCT rule 5: never between boarding and landing).
func (v *folded) leaseEnd(a record) time.Time {
	since, still := v.onBoard()
	if landed, ok := v.landed(); ok && !still {
		return landed.Add(passenger.NoteLifeAfterLanding)
	}
	end := a.arrives()
	for _, t := range []time.Time{v.Genesis.STA, since} {
		if t.After(end) {
			end = t
		}
	}
	return end.Add(passenger.NoteLifeAfterSTA)
}

// arrives is when the flight is scheduled to arrive, as assigned: a day after the day of its key
// when nobody said.
func (r record) arrives() time.Time {
	if !r.Assignment.STA.IsZero() {
		return r.Assignment.STA
	}
	day, _ := time.Parse(time.DateOnly, r.Assignment.Key.Date)
	return day.Add(48 * time.Hour)
}

// off reports whether a flight leaves the list of which nothing but its line is here.
func (a *Agent) off(r record) bool {
	return r.Assignment.Removed || a.time.sure(r.arrives().Add(passenger.LineLife))
}

// sweep destroys the flight when its time is over by more than one clock's word, or when it is no longer this tablet's and
// nothing is pending. What ground lacks stays, sealed. It reports whether the flight is gone from
// the list. The caller does not hold f.mu.
func (a *Agent) sweep(f *flight) (gone bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rec := f.record()
	if rec.Purged != nil || rec.Generation == 0 {
		if rec.Unsent > 0 || !a.off(rec) {
			return false, nil
		}
		err := a.drop(f)
		return err == nil, err
	}
	defer f.tidy(manyTables)
	if err := f.peek(); err != nil {
		return false, err
	}
	v, err := f.outline()
	if err != nil {
		return false, err
	}
	// Also for what others recorded: this may be the only tablet that has it.
	waiting := !f.rests() && f.rescuing() || !f.talk.Done(v.state)
	switch {
	case rec.Assignment.Removed && !waiting:
		_, all, err := f.unproven()
		if err == nil && all > 0 {
			return false, f.purge(v, rec)
		}
		if err == nil {
			err = a.drop(f)
		}
		return err == nil, err
	case a.time.sure(v.leaseEnd(rec)):
		if err := f.use(); err != nil {
			return false, err
		}
		if v, err = f.view(); err != nil {
			return false, err
		}
		return false, f.purge(v, rec)
	}
	return false, nil
}

// purge destroys what the tablet knows of the flight. One line of it stays, and what ground
// lacks, which only ground can read. The key goes before the files: with it everything that the
// file system may keep.
func (f *flight) purge(v *folded, rec record) error {
	runs, err := f.unsentRuns(v.mine)
	if err != nil {
		return err
	}
	again, err := f.sealedApart(v, runs)
	if err != nil {
		return err
	}
	left := unsent{Runs: append(runs, again...), Assignment: &rec.Assignment}
	if err := f.agent.saveUnsent(f.id, left); err != nil {
		return err
	}
	row := f.rowOf(v, rec)
	own := v.counts(f.talk.Peer)
	waiting, all := left.count()
	row.Stage, row.Ready, row.Pending = passenger.Purged, false, waiting
	own.Issued = max(own.Issued, own.OnGround+waiting)
	if err := f.setRecord(func(r *record) {
		r.Purged, r.Counts, r.Held, r.Salt, r.Unsent, r.Ended = &row, own, v.state.Vector(), nil, all, v.leaseEnd(rec)
	}); err != nil {
		return err
	}
	if err := f.destroyKey(); err != nil {
		return err
	}
	f.agent.Log.Info("flight left the tablet", "flight", f.id.String())
	f.row = &row
	f.own = own
	f.close()
	return f.unlink()
}

// unlink removes the flight's key and directory. What is being removed has another name, so that it
// is never taken for a flight that the index has lost.
func (f *flight) unlink() error {
	if err := f.destroyKey(); err != nil {
		return err
	}
	const op, text = "tablet.unlink", "the flight's directory could not be removed"
	dead := f.parent() + removed
	if err := os.RemoveAll(dead); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, text, err)
	}
	if err := os.Rename(f.parent(), dead); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return passenger.Wrap(passenger.Unavailable, op, text, err)
	}
	if err := os.RemoveAll(dead); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, text, err)
	}
	return nil
}

// drop takes the flight off the list, with its key and directory; the caller holds f.mu and saves
// the index, once for all that it drops.
func (a *Agent) drop(f *flight) error {
	own := f.record().Counts
	if f.rep != nil {
		if v, err := f.outline(); err == nil {
			own = v.counts(f.talk.Peer)
		}
	}
	f.shut()
	if err := f.unlink(); err != nil {
		return err
	}
	f.gone = true
	a.mu.Lock()
	a.gone.Issued += own.Issued
	a.gone.OnGround += own.OnGround
	delete(a.flights, f.id)
	a.mu.Unlock()
	a.Log.Info("flight off the list", "flight", f.id.String())
	return nil
}
