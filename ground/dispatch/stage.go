package dispatch

import (
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// advance moves the stage of a locked flight as far as it goes now; it does not save the row.
//
//	planned → open    roster not empty and 72 h before departure
//	open    → closed  on-block, cancelled, or STA + 6 h without a movement
//	closed  → open    closed by time alone, and a movement, a later STA or the right time says that it goes on
//	closed  → sealed  every expected tablet has handed in, or 72 h after closing; by time alone not before 6 h
func (l *leg) advance(ctx context.Context) error {
	now := l.tx.Now()
	if l.flight.Stage == passenger.Planned && !now.Before(l.flight.STD.Add(-passenger.OpenBefore)) {
		rows, err := l.tx.Roster(ctx, l.flight.ID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !r.Removed {
				l.flight.Stage = passenger.Open
			}
		}
	}
	if err := l.reopen(ctx); err != nil {
		return err
	}
	if l.flight.Stage == passenger.Planned || l.flight.Stage == passenger.Open {
		if err := l.close(closeReason(l.flight, now)); err != nil {
			return err
		}
	}
	if l.flight.Stage != passenger.Closed {
		return nil
	}
	if closeReason(l.flight, now) == flightsync.NoMovement && now.Sub(l.flight.ClosedAt) < passenger.SealAfterNoMovement {
		return nil // a message may be late, and a seal is not taken back
	}
	in, err := l.handedIn(ctx)
	if err != nil {
		return err
	}
	if in || now.Sub(l.flight.ClosedAt) >= passenger.SealAfter {
		return l.seal()
	}
	return nil
}

// closeReason says why a flight closes at now; "" while it does not.
func closeReason(f ground.Flight, now time.Time) string {
	switch {
	case !f.OnBlockAt.IsZero():
		return "in"
	case f.Movement == passenger.Cancelled:
		return "cancelled"
	case f.Movement == "" && now.After(latest(f.STA, opened(f)).Add(passenger.CloseAfterSTA)):
		return flightsync.NoMovement
	}
	return ""
}

// opened is when a person opened the flight again last.
func opened(f ground.Flight) time.Time {
	for _, t := range f.Told {
		if t.What == toldOpen {
			return t.At.Time()
		}
	}
	return time.Time{}
}

func (l *leg) close(reason string) error {
	if reason == "" {
		return nil
	}
	if _, err := l.write(flightsync.Admin, flightsync.CloseDraft(reason)); err != nil {
		return err
	}
	l.flight.Stage, l.flight.ClosedAt = passenger.Closed, l.tx.Now()
	return nil
}

// handedIn reports whether every tablet that exchanged at least once has written a fin that
// nothing followed, and ground holds all it issued. For a tablet whose access was ended the flight waits
// until it has handed over what it may still have, or a person wrote that off.
// A flight that no tablet ever reached has nothing to wait for.
func (l *leg) handedIn(ctx context.Context) (bool, error) {
	cs, err := l.crossings(ctx)
	if err != nil {
		return false, err
	}
	v, err := l.view()
	if err != nil {
		return false, err
	}
	last := map[passenger.TabletID]ground.Crossing{} // the standing incarnation of each tablet
	for _, c := range cs {
		if c.FirstAt.IsZero() {
			continue
		}
		access, may, _, err := c.Stays(ctx, l.tx, l.rep.State(), v)
		if err != nil || may {
			return false, err
		}
		if access.Held() || access == passenger.AccessRenewed && !c.SettledAt.IsZero() {
			continue
		}
		if c.Issued > v.Vector.Of(c.Author) {
			return false, nil
		}
		if c.Author >= last[c.Tablet].Author {
			last[c.Tablet] = c
		}
	}
	for _, c := range last {
		if _, ok := v.Fins[c.Author]; !ok {
			return false, nil
		}
	}
	return true, nil
}

func (l *leg) seal() error {
	if _, err := l.write(flightsync.Admin, flightsync.SealDraft(l.rep.State().Vector())); err != nil {
		return err
	}
	l.flight.Stage, l.flight.SealedAt = passenger.Sealed, l.tx.Now()
	return nil
}

// Seal seals a flight by a named person's decision, whoever has not reported. Errors: phase
// when it is not closed, or sealed already.
func (s *Service) Seal(ctx context.Context, key passenger.FlightKey, by string) error {
	var loops []passenger.LoopID
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		l, err := s.lockKey(ctx, tx, key)
		if err != nil {
			return err
		}
		if l.flight.Stage == passenger.Open {
			if err := l.advance(ctx); err != nil {
				return err
			}
		}
		if l.flight.Stage != passenger.Closed {
			return passenger.Errorf(passenger.Phase, "dispatch.Seal", "flight %s is %s; only a closed flight can be sealed", key, l.flight.Stage)
		}
		if err := l.seal(); err != nil {
			return err
		}
		if loops, err = l.reconcile(ctx); err != nil {
			return err
		}
		if err := tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "seal", Object: l.flight.ID.String(), Result: "sealed"}); err != nil {
			return err
		}
		return l.save(ctx)
	})
	if err == nil {
		err = s.EvaluateAll(ctx, loops)
	}
	return err
}

// Move takes one movement of a flight, from a message or a person. Times go forward and back:
// a correction replaces what it corrects. What was sent before what is known changes nothing. Errors: not_found, phase for a sealed flight.
func (s *Service) Move(ctx context.Context, key passenger.FlightKey, u ground.MovementUpdate) error {
	var loops []passenger.LoopID
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		l, err := s.lockKey(ctx, tx, key)
		if err != nil {
			return err
		}
		if l.flight.Stage == passenger.Sealed || l.flight.Stage == passenger.Purged {
			return passenger.Errorf(passenger.Phase, "dispatch.Move", "flight %s is sealed; its movements no longer change", key)
		}
		v, err := l.view()
		if err != nil {
			return err
		}
		var ds []flightsync.Draft
		told := ground.NewStamp(tx.Now(), 0)
		if !u.Sent.IsZero() {
			told = ground.NewStamp(u.Sent, 0)
		}
		before := slices.Clone(l.flight.Told)
		if at, ok := v.Moved(u.Fact.Word); u.Fact.Word != "" && l.told(string(u.Fact.Word), told) && !(ok && at.Equal(u.Fact.At.Truncate(time.Second))) {
			ds = append(ds, u.Fact.Draft())
			l.moved(u.Fact)
		}
		var a flightsync.Amend
		if !u.ETA.IsZero() && l.told("sta", told) && !u.ETA.Equal(l.flight.STA) {
			a.STA = u.ETA.UTC()
			l.flight.STA = a.STA
		}
		if !u.STD.IsZero() && l.told("std", told) && !u.STD.Equal(l.flight.STD) {
			a.STD = u.STD.UTC()
			l.flight.STD = a.STD
		}
		if u.Arrival != "" && l.told("arrival", told) && u.Arrival != l.flight.Arrival {
			a.Arrival = u.Arrival
			l.flight.Arrival = a.Arrival
		}
		if a != (flightsync.Amend{}) {
			ds = append(ds, a.Draft())
		}
		switch {
		case len(ds) == 0 && slices.Equal(before, l.flight.Told):
			return nil // known already, or older than what is known
		case len(ds) == 0:
			return l.tx.UpdateFlight(ctx, l.flight)
		}
		if _, err := l.write(flightsync.Admin, ds...); err != nil {
			return err
		}
		if err := l.advance(ctx); err != nil {
			return err
		}
		lfs, err := tx.LoopFlightsOn(ctx, l.flight.ID)
		if err != nil {
			return err
		}
		for _, lf := range lfs {
			loops = append(loops, lf.Loop)
		}
		loops = append(loops, l.again...)
		if l.flight.Stage == passenger.Sealed {
			more, err := l.reconcile(ctx)
			if err != nil {
				return err
			}
			loops = append(loops, more...)
		}
		return l.save(ctx)
	})
	if err == nil {
		err = s.EvaluateAll(ctx, loops)
	}
	return err
}

// told notes that a message tells something; false when a newer one has told it already.
func (l *leg) told(what string, at ground.Stamp) bool {
	i := slices.IndexFunc(l.flight.Told, func(t ground.Told) bool { return t.What == what })
	switch {
	case i < 0:
		l.flight.Told = append(slices.Clone(l.flight.Told), ground.Told{What: what, At: at})
	case at < l.flight.Told[i].At:
		return false
	default:
		l.flight.Told = slices.Clone(l.flight.Told)
		l.flight.Told[i].At = at
	}
	return true
}

// moved notes a movement on the flight row; the newest by time is the last. Of one movement the later
// word counts: a correction may set an earlier time.
func (l *leg) moved(m flightsync.MovementFact) {
	if m.Word == l.flight.Movement || !m.At.Before(l.flight.MovedAt) {
		l.flight.Movement, l.flight.MovedAt = m.Word, m.At
	}
	if m.Word == passenger.In {
		l.flight.OnBlockAt = m.At
	}
}
