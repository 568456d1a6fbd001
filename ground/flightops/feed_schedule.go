package flightops

import (
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// affected is one flight that a change of schedule is about.
type affected struct {
	ground.Flight
	leg  ScheduleLeg // zero when the change names none
	date string      // of the flight the leg belongs to, YYYY-MM-DD
}

// schedule applies a change: CNL cancels, TIM re-times, EQT makes the list unsure. The others
// need a decision that no message carries and are refused.
func (f Feed) schedule(ctx context.Context, c ScheduleChange, received time.Time, rep *ground.ImportReport) error {
	for _, w := range c.Warnings {
		rep.Warn(w.File, w.Line, w.Text)
	}
	if !slices.Contains([]string{"CNL", "TIM", "EQT"}, c.Action) {
		rep.Refuse(c.File, c.Line, "action: "+c.Action+" is read but not applied; only CNL, TIM and EQT are; bring the flights in by a bookings CSV")
		return nil
	}
	var hit []affected
	known := false
	if err := f.Store.Read(ctx, func(tx ground.Tx) (err error) {
		hit = nil
		if known, err = tx.HasReceipt(ctx, c.Key); err != nil || known {
			return err
		}
		from, _ := time.Parse(time.DateOnly, c.From)
		to, _ := time.Parse(time.DateOnly, c.To)
		fs, err := tx.FindFlights(ctx, c.Carrier, c.Number, c.Suffix, "", from.Add(-2*day), to.Add(5*day))
		hit = c.affects(fs)
		return err
	}); err != nil {
		return err
	}
	switch {
	case known:
		rep.Duplicate++
		return nil
	case len(hit) == 0:
		rep.Refuse(c.File, c.Line, "no flight "+c.Designator()+" of these days is known; import its schedule first (bookings CSV)")
		return nil
	}
	refused := rep.Refused
	for _, a := range hit {
		twin := slices.IndexFunc(hit, func(b affected) bool { return b.ID != a.ID && b.Key.Departure == a.Key.Departure && b.date == a.date })
		var err error
		switch {
		case twin >= 0:
			err = passenger.Errorf(passenger.Invalid, "flightops.Feed", "%s and %s are both of that day; change them by hand", a.Key, hit[twin].Key)
		case a.Stage != passenger.Planned && a.Stage != passenger.Open && !closedByTime(a.Flight) || left(a.Flight):
			err = passenger.Errorf(passenger.Phase, "flightops.Feed", "flight %s has left or is closed; its schedule no longer changes", a.Key)
		case f.DryRun:
		default:
			err = f.change(ctx, c, a, received)
		}
		if err := ours(err, c.File, c.Line, rep); err != nil {
			return err
		}
	}
	if rep.Refused != refused {
		return nil // no receipt: what was applied is applied again, and changes nothing
	}
	rep.Taken++
	if f.DryRun {
		return nil
	}
	return f.Store.InTx(ctx, func(tx ground.Tx) error { _, err := tx.Receipt(ctx, c.Key); return err })
}

func (f Feed) change(ctx context.Context, c ScheduleChange, a affected, received time.Time) error {
	at := written(c.SentAt, received)
	switch c.Action {
	case "CNL":
		return f.Dispatch.Move(ctx, a.Key, ground.MovementUpdate{Sent: at, Fact: flightsync.MovementFact{Word: passenger.Cancelled, At: at}})
	case "TIM":
		std, sta, ok := c.Times(a.leg, a.date)
		if !ok {
			return passenger.Errorf(passenger.Invalid, "flightops.Feed", "the leg from %s gives no times, or arrives before it departs", a.leg.Departure)
		}
		return f.Dispatch.Move(ctx, a.Key, ground.MovementUpdate{Sent: at, STD: std, ETA: sta})
	}
	_, err := f.Dispatch.ApplyManifest(ctx, ground.ManifestUpdate{Key: a.Key, At: at, Sent: !c.SentAt.IsZero(), Rank: ground.MaxRank, Doubt: "aircraft", Aside: true})
	return err
}

// left reports whether the aircraft is off its gate, and not back there.
func left(f ground.Flight) bool {
	switch f.Movement {
	case "", passenger.Boarding, passenger.DoorsClosed, passenger.Cancelled:
		return false
	}
	return true
}

// closedByTime reports whether a flight is closed only because no movement came: a later schedule opens
// it again.
func closedByTime(f ground.Flight) bool { return f.Stage == passenger.Closed && f.Movement == "" }

// affects finds the flights of a change, newest attempts only, by date and departure. The date
// of a flight is that of its first departure as first scheduled, UTC; in a message of local
// times that of its present schedule, local.
func (c ScheduleChange) affects(flights []ground.Flight) (out []affected) {
	for _, x := range flights {
		date := x.Key.Date
		if zone, err := Zone(x.Key.Departure); c.Local && err == nil {
			date = x.STD.In(zone).Format(time.DateOnly)
		}
		a := affected{Flight: x, date: date}
		if i := slices.IndexFunc(c.Legs, func(l ScheduleLeg) bool { return l.Departure == x.Key.Departure }); i >= 0 {
			a.leg = c.Legs[i]
			if t, err := time.Parse(time.DateOnly, date); err == nil && i > 0 {
				a.date = t.AddDate(0, 0, -a.leg.DepartDaysOn).Format(time.DateOnly)
			}
		} else if len(c.Legs) > 0 {
			continue
		}
		if !c.On(a.date) {
			continue
		}
		same := func(b affected) bool { return b.Key.Departure == x.Key.Departure && b.Key.Date == x.Key.Date }
		if i := slices.IndexFunc(out, same); i >= 0 {
			if x.Key.Attempt > out[i].Key.Attempt {
				out[i] = a
			}
			continue
		}
		out = append(out, a)
	}
	return out
}
