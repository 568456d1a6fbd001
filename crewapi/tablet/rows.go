package tablet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Flights lists the flights: one in the air or boarding first, then the next to depart, then
// those that are over, newest first. A flight that cannot be read is listed as not ready.
func (a *Agent) Flights(ctx context.Context) ([]FlightRow, error) {
	var out []FlightRow
	for _, f := range a.list() {
		if err := alive(ctx); err != nil {
			return nil, err
		}
		row, _, err := f.summary()
		if err != nil {
			a.Log.Warn("flight cannot be read", "flight", f.id.String(), "err", err)
		}
		out = append(out, row)
	}
	now := a.now()
	slices.SortStableFunc(out, func(r, s FlightRow) int {
		p, q := r.place(now), s.place(now)
		if p != q {
			return cmp.Compare(p, q)
		}
		if p == over {
			return s.STD.Compare(r.STD)
		}
		return r.STD.Compare(s.STD)
	})
	return out, nil
}

const (
	underway = iota
	ahead
	over
)

// place says where in the list a row belongs.
func (r FlightRow) place(now time.Time) int {
	switch {
	case r.Stage == passenger.Sealed || r.Stage == passenger.Purged:
		return over
	case r.Movement == passenger.In || r.Movement == passenger.Cancelled || r.Stage == passenger.Closed:
		return over
	case r.Movement != "":
		return underway
	case now.After(r.STA.Add(passenger.CloseAfterSTA)):
		return over
	}
	return ahead
}

// summary returns the flight's line and its counts, computed once for each change.
func (f *flight) summary() (FlightRow, counts, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rec := f.record()
	if rec.Purged != nil {
		return *rec.Purged, rec.Counts, nil
	}
	if f.row != nil {
		return *f.row, f.own, nil
	}
	as := rec.Assignment
	row := FlightRow{Key: as.Key, Arrival: as.Arrival, STD: as.STD, STA: as.STA, Role: as.Role, Zone: as.Zone, Stage: as.Stage}
	if rec.Generation == 0 {
		return row, counts{}, nil
	}
	if err := f.use(); err != nil {
		row.Unknown = !f.gone
		return row, counts{}, err
	}
	v, err := f.view()
	if err != nil {
		row.Unknown = true
		return row, counts{}, err
	}
	row, f.own = f.rowOf(v, rec), v.counts(f.talk.Peer)
	f.row = &row
	return row, f.own, nil
}

func (f *flight) rowOf(v *folded, rec record) FlightRow {
	as := rec.Assignment
	r := FlightRow{Key: as.Key, Arrival: as.Arrival, STD: as.STD, STA: as.STA, Role: as.Role, Zone: as.Zone, Stage: as.Stage,
		Pending: v.pending(f.talk.Peer) + len(v.rescued) + f.sealedOnly(v), SyncedAt: f.synced,
		Unknown: slices.Contains(v.missing, blank), Damaged: len(v.damaged) + len(v.missing),
		Ready: v.Genesis.Key.Carrier != "" && len(v.mine) > 0}
	if v.Genesis.Key.Carrier != "" {
		r.Arrival, r.STD, r.STA = v.Genesis.Arrival, v.Genesis.STD, v.Genesis.STA
	}
	switch {
	case v.Sealed:
		r.Stage = passenger.Sealed
	case v.Closed != "":
		r.Stage = passenger.Closed
	}
	var last time.Time
	for _, m := range passenger.Movements {
		if at, ok := v.Moved(m); ok && !at.Before(last) {
			r.Movement, last = m, at
		}
	}
	for _, n := range v.Notes {
		if n.Retracted != "" || n.Erased {
			continue
		}
		r.Notes++
		if len(n.Heads) == 0 {
			r.Open++
		}
	}
	return r
}
