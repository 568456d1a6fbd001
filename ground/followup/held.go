package followup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// HeldEntry is an entry of a tablet whose access had ended: kept as evidence, counted only once a
// person accepts it.
type HeldEntry struct {
	Tablet  string                `json:"tablet"` // its name
	Dot     string                `json:"dot"`
	Note    string                `json:"note,omitempty"`
	Seat    passenger.Seat        `json:"seat,omitempty"`
	Outcome passenger.Outcome     `json:"outcome,omitempty"`
	Reason  passenger.Reason      `json:"reason,omitempty"`
	Gesture passenger.GestureCode `json:"gesture,omitempty"`
	At      time.Time             `json:"at,omitzero"` // by the tablet's clock
}

// Held lists what waits for a person on a flight, and what it would say if it counted. Entries that
// say nothing by themselves (seen, handed in) have a dot only. Errors: not_found.
func (s *Service) Held(ctx context.Context, id passenger.FlightID) (out []HeldEntry, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = nil
		lanes := tx.Lanes(ctx, id)
		v, err := flightsync.FoldStorage(lanes)
		if err != nil {
			return err
		}
		held := map[flightsync.Dot]bool{}
		for _, q := range v.Quarantine {
			if q.Reason == flightsync.BehindCut {
				held[q.Dot] = true
			}
		}
		if len(held) == 0 {
			return nil
		}
		cs, err := tx.Crossings(ctx, id)
		if err != nil {
			return err
		}
		said, err := uncut(lanes, v)
		if err != nil {
			return err
		}
		for _, c := range cs {
			t, err := tx.Tablet(ctx, c.Tablet)
			if err != nil {
				return err
			}
			for d := range held {
				if d.Author == c.Author && d.Seq > c.Reviewed {
					e := said[d]
					e.Tablet, e.Dot = t.Name, d.String()
					out = append(out, e)
				}
			}
		}
		slices.SortFunc(out, func(a, b HeldEntry) int {
			return cmp.Or(cmp.Compare(a.Tablet, b.Tablet), cmp.Compare(len(a.Dot), len(b.Dot)), cmp.Compare(a.Dot, b.Dot))
		})
		return nil
	})
	return out, err
}

// uncut reads what entries would say if no lane ended before them.
func uncut(s flightsync.Storage, v *flightsync.View) (map[flightsync.Dot]HeldEntry, error) {
	var ops []flightsync.Op
	for a := range v.Vector {
		if err := s.Ops(flightsync.Author(a), 1, func(o flightsync.Op) bool {
			if o.Header.Kind != flightsync.KindCut {
				ops = append(ops, o)
			}
			return true
		}); err != nil {
			return nil, err
		}
	}
	out := map[flightsync.Dot]HeldEntry{}
	all := flightsync.Fold(ops)
	seat := map[flightsync.Dot]passenger.Seat{}
	for _, n := range all.Notes {
		seat[n.Dot] = n.Note.Seat
		for _, h := range n.Heads {
			out[h.Dot] = HeldEntry{Note: n.Dot.String(), Seat: n.Note.Seat, Outcome: h.Feedback.Outcome, Reason: h.Feedback.Reason, At: h.At}
		}
	}
	for _, g := range all.Gestures {
		out[g.Dot] = HeldEntry{Note: g.Note.String(), Seat: seat[g.Note], Gesture: g.Code, At: g.At}
	}
	return out, nil
}

// Ended is a flight on which a tablet without access may still hold entries, or has some that wait
// for a person.
type Ended struct {
	Tablet  string             `json:"tablet"`
	Flight  string             `json:"flight"`
	ID      passenger.FlightID `json:"-"`
	Gone    passenger.Access   `json:"gone"`
	MayHold bool               `json:"may_hold"`
	Review  int                `json:"review"`
}

// Ended lists those of every tablet, by tablet and departure. Flights that are purged wait for nobody.
func (s *Service) Ended(ctx context.Context) (out []Ended, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = nil
		ts, err := tx.ListTablets(ctx)
		if err != nil {
			return err
		}
		formers, err := tx.ListFormerKeys(ctx)
		if err != nil {
			return err
		}
		had := map[passenger.TabletID]bool{}
		for _, k := range formers {
			had[k.Tablet] = had[k.Tablet] || k.Why.Held()
		}
		for _, t := range ts {
			if !t.Access().Held() && !had[t.ID] {
				continue
			}
			rows, err := tx.RosterOf(ctx, t.ID)
			if err != nil {
				return err
			}
			for _, row := range rows {
				e, err := endedOn(ctx, tx, t, row.Flight)
				if err != nil {
					return err
				}
				if e.MayHold || e.Review > 0 {
					out = append(out, e)
				}
			}
		}
		return nil
	})
	return out, err
}

func endedOn(ctx context.Context, tx ground.Tx, t ground.Tablet, id passenger.FlightID) (e Ended, err error) {
	f, err := tx.Flight(ctx, id)
	if err != nil {
		return e, err
	}
	e = Ended{Tablet: t.Name, Flight: f.Key.String(), ID: id}
	lanes := tx.Lanes(ctx, id)
	v, err := flightsync.FoldStorage(lanes)
	if err != nil {
		return e, err
	}
	st, err := lanes.State()
	if err != nil {
		return e, err
	}
	cs, err := tx.Crossings(ctx, id)
	if err != nil {
		return e, err
	}
	for _, c := range cs {
		if c.Tablet != t.ID {
			continue
		}
		access, may, wait, err := c.Stays(ctx, tx, st, v)
		if err != nil {
			return e, err
		}
		if e.MayHold, e.Review = e.MayHold || may, e.Review+wait; access.Held() {
			e.Gone = access
		}
	}
	return e, nil
}
