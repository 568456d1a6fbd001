package dispatch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// heldCause is the follow-up of a flight that somebody has to look at entries of a tablet whose
// access had ended.
const heldCause = "held-entries"

// review opens the follow-up of held entries, or opens it again. It is about the flight, no loop.
func (l *leg) review(ctx context.Context) error {
	fs, err := l.tx.FollowUpsOn(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	now := l.tx.Now()
	for _, f := range fs {
		if f.Cause != heldCause {
			continue
		}
		if f.ClosedAt.IsZero() {
			return nil
		}
		f.ClosedAt, f.ClosedBy, f.Result = time.Time{}, "", ""
		f.OpenedAt, f.Deadline = now, now.Add(settleWithin)
		if err := l.tx.UpdateFollowUp(ctx, f); err != nil {
			return err
		}
		return l.tx.Notify(ctx, "followup", l.flight.ID.String())
	}
	if _, err := l.tx.InsertFollowUp(ctx, ground.FollowUp{Flight: l.flight.ID, Cause: heldCause, Queue: "ground", GroupKey: l.flight.Key.String() + " " + heldCause,
		OpenedAt: now, Deadline: now.Add(settleWithin), Evidence: l.flight.Key.String()}); err != nil {
		return err
	}
	return l.tx.Notify(ctx, "followup", l.flight.ID.String())
}

// reviewed closes that follow-up when nothing waits any more.
func (l *leg) reviewed(ctx context.Context, by, result string) error {
	v, err := l.view()
	if err != nil {
		return err
	}
	cs, err := l.crossings(ctx)
	if err != nil {
		return err
	}
	for _, c := range cs {
		if _, _, wait, err := c.Stays(ctx, l.tx, l.rep.State(), v); err != nil || wait > 0 {
			return err
		}
	}
	fs, err := l.tx.FollowUpsOn(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if f.Cause == heldCause && f.ClosedAt.IsZero() {
			f.ClosedAt, f.ClosedBy, f.Result = l.tx.Now(), by, result
			if err := l.tx.UpdateFollowUp(ctx, f); err != nil {
				return err
			}
			return l.tx.Notify(ctx, "followup", l.flight.ID.String())
		}
	}
	return nil
}

// accept moves the end of lanes behind what ground holds of them, with all effects of what counts
// now, and returns how many ops those are. most, when not 0, is where such a lane ends from now on.
func (l *leg) accept(ctx context.Context, which func(flightsync.Lane, ground.Crossing) bool, most uint64) (n int, err error) {
	v, err := l.view()
	if err != nil {
		return 0, err
	}
	cs, err := l.crossings(ctx)
	if err != nil {
		return 0, err
	}
	var ds []flightsync.Draft
	var dots []flightsync.Dot
	for _, c := range cs {
		lane, _ := l.rep.State().Lane(c.Author)
		cut, ok := v.Cuts[c.Author]
		if !ok || cut >= max(lane.Seq, most) || !which(lane, c) {
			continue
		}
		ds = append(ds, flightsync.Cut{Author: c.Author, Seq: max(lane.Seq, most)}.Draft())
		for seq := cut + 1; seq <= lane.Seq; seq++ {
			dots = append(dots, flightsync.Dot{Author: c.Author, Seq: seq})
		}
	}
	if _, err := l.write(flightsync.Admin, ds...); err != nil || len(dots) == 0 {
		return 0, err
	}
	if err := l.effects(ctx, dots); err != nil {
		return 0, err
	}
	if err := l.reviewed(ctx, "rule", "accepted"); err != nil {
		return 0, err
	}
	_, err = l.reported(ctx, true)
	return len(dots), err
}

// Accept lets the entries count that are held of a tablet on a flight, by a person's decision, and
// returns how many those are. Errors: not_found, phase when nothing is held, invalid without a reason.
func (s *Service) Accept(ctx context.Context, key passenger.FlightKey, tablet, by, reason string) (n int, err error) {
	err = s.decide(ctx, key, tablet, by, "accept-held", reason, func(l *leg, t ground.Tablet, _ []ground.Crossing) error {
		n, err = l.accept(ctx, func(_ flightsync.Lane, c ground.Crossing) bool { return c.Tablet == t.ID }, 0)
		if err == nil && n == 0 {
			err = passenger.Errorf(passenger.Phase, "dispatch.Accept", "no entries of tablet %s wait for a decision on this flight", tablet)
		}
		return err
	})
	return n, err
}

// WriteOff stops waiting for a tablet on a flight, by a person's decision: what it may still have is
// not waited for, and what is held of it counts for nothing and stays as evidence. What comes later is taken all
// the same. Errors: not_found, invalid without a reason.
func (s *Service) WriteOff(ctx context.Context, key passenger.FlightKey, tablet, by, reason string) error {
	return s.decide(ctx, key, tablet, by, "write-off", reason, func(l *leg, t ground.Tablet, cs []ground.Crossing) error {
		for i := range cs {
			lane, _ := l.rep.State().Lane(cs[i].Author)
			cs[i].SettledAt, cs[i].SettledWhy, cs[i].Reviewed = l.tx.Now(), strings.TrimSpace(reason), lane.Seq
		}
		if err := l.putCrossing(ctx, cs...); err != nil {
			return err
		}
		if err := l.reviewed(ctx, by, strings.TrimSpace(reason)); err != nil {
			return err
		}
		_, err := l.reported(ctx, true)
		return err
	})
}

// decide runs a person's decision about a tablet of a flight.
func (s *Service) decide(ctx context.Context, key passenger.FlightKey, tablet, by, act, reason string, fn func(*leg, ground.Tablet, []ground.Crossing) error) error {
	if r := strings.TrimSpace(reason); r == "" || len([]rune(r)) > maxReason {
		return passenger.Errorf(passenger.Invalid, "dispatch.decide", "say why, in 1 to %d characters", maxReason)
	}
	var loops []passenger.LoopID
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		loops = nil
		f, err := tx.FlightByKey(ctx, key)
		if err != nil {
			return err
		}
		t, err := tx.TabletByName(ctx, tablet)
		if err != nil {
			return err
		}
		l, err := s.lock(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		cs, err := l.crossings(ctx)
		if err != nil {
			return err
		}
		cs = slices.DeleteFunc(slices.Clone(cs), func(c ground.Crossing) bool { return c.Tablet != t.ID || c.FirstAt.IsZero() })
		if len(cs) == 0 {
			return passenger.Errorf(passenger.NotFound, "dispatch.decide", "tablet %s never spoke to ground about this flight", tablet)
		}
		if err := fn(l, t, cs); err != nil {
			return err
		}
		lfs, err := tx.LoopFlightsOn(ctx, f.ID)
		if err != nil {
			return err
		}
		for _, lf := range lfs {
			loops = append(loops, lf.Loop)
		}
		return tx.Audit(ctx, ground.AuditRow{Actor: by, Act: act, Object: f.ID.String() + " " + t.ID.String(), Result: strings.TrimSpace(reason)})
	}); err != nil {
		return err
	}
	return s.EvaluateAll(ctx, loops)
}
