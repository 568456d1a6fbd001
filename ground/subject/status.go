package subject

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// CopyState is what became of one tablet's copy of a flight.
type CopyState string

// The states of a copy.
const (
	CopyErased  CopyState = "erased"      // the tablet said so
	CopyWaiting CopyState = "not-reached" // until its next contact or the end of its window
	CopyEnded   CopyState = "window-over" // not reached, but its window is over: the tablet destroys it by itself
)

// Copy is one tablet's copy of one flight.
type Copy struct {
	Flight     string    `json:"flight"`
	Tablet     string    `json:"tablet"`
	State      CopyState `json:"state"`
	ContactAt  time.Time `json:"contact_at,omitzero"`
	WindowEnds time.Time `json:"window_ends"`
	Lost       bool      `json:"lost,omitempty"` // the tablet is lost or revoked
}

// Status says how far an erasure has come. On ground it is done when Ground is true.
type Status struct {
	Kind    ground.ErasureKind `json:"kind"`
	At      time.Time          `json:"ordered_at"`
	Ground  bool               `json:"ground"`
	Flights int                `json:"flights"`
	Tablets int                `json:"tablets"` // copies on tablets
	Erased  int                `json:"erased"`  // of them erased, by their own word
	Last    *Copy              `json:"last,omitempty"`
	Copies  []Copy             `json:"copies"`
	Done    bool               `json:"done"` // nothing is left anywhere
}

// Status tells of an erasure. Errors: not_found when none was ordered.
func (s *Service) Status(ctx context.Context, x Subject) (st Status, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		st, err = status(ctx, tx, x)
		return err
	})
	return st, err
}

func status(ctx context.Context, tx ground.Tx, x Subject) (Status, error) {
	none := passenger.Errorf(passenger.NotFound, "subject.Status", "no erasure of that %s was ordered", (&order{Subject: x}).kind())
	key, ok, err := tx.LedgerKey(ctx)
	if err != nil || !ok {
		return Status{}, cmpErr(err, none)
	}
	e, ok, err := tx.Erasure(ctx, x.hash(key))
	if err != nil || !ok {
		return Status{}, cmpErr(err, none)
	}
	fs, err := tx.ErasureFlights(ctx, e.Hash)
	if err != nil {
		return Status{}, err
	}
	st := Status{Kind: e.Kind, At: e.At, Ground: true, Flights: len(fs), Copies: []Copy{}}
	for _, f := range fs {
		st.Ground = st.Ground && !f.DoneAt.IsZero()
		if f.Op.IsZero() {
			continue // no tablet can have anything of it
		}
		if err := st.copies(ctx, tx, f); err != nil {
			return st, err
		}
	}
	st.Tablets, st.Done = len(st.Copies), st.Ground
	for i, c := range st.Copies {
		switch c.State {
		case CopyErased:
			st.Erased++
			if st.Last == nil || st.Last.ContactAt.Before(c.ContactAt) {
				st.Last = &st.Copies[i]
			}
		case CopyWaiting:
			st.Done = false
		}
	}
	return st, nil
}

// copies adds the copies of one flight: one for each tablet that ever exchanged.
func (st *Status) copies(ctx context.Context, tx ground.Tx, job ground.ErasureFlight) error {
	f, err := tx.Flight(ctx, job.Flight)
	if err != nil {
		return err
	}
	cs, err := tx.Crossings(ctx, job.Flight)
	if err != nil {
		return err
	}
	roster, err := tx.Roster(ctx, job.Flight)
	if err != nil {
		return err
	}
	left := map[passenger.TabletID]time.Time{}
	for _, r := range roster {
		if r.Removed {
			left[r.Tablet] = r.At
		}
	}
	newest := map[passenger.TabletID]ground.Crossing{} // of several stores of a tablet
	var tablets []passenger.TabletID
	for _, c := range cs {
		if c.FirstAt.IsZero() {
			continue
		}
		if _, ok := newest[c.Tablet]; !ok {
			tablets = append(tablets, c.Tablet)
		}
		newest[c.Tablet] = c
	}
	for _, id := range tablets {
		t, err := tx.Tablet(ctx, id)
		if err != nil {
			return err
		}
		c := newest[id]
		cp := Copy{Flight: f.Key.String(), Tablet: t.Name, State: CopyWaiting, ContactAt: c.LastAt, WindowEnds: windowEnds(f),
			Lost: !t.LostAt.IsZero() || !t.RevokedAt.IsZero()}
		at, removed := left[id]
		switch {
		case reached(c, job.Op), removed && c.LastAt.After(at) && c.Issued == c.OnGround:
			cp.State = CopyErased
		case !tx.Now().Before(cp.WindowEnds):
			cp.State = CopyEnded
		}
		st.Copies = append(st.Copies, cp)
	}
	return nil
}

// reached: a tablet claims an erase op only after the bodies are gone from its files.
func reached(c ground.Crossing, op flightsync.Dot) bool { return c.Have.Covers(op) }

// windowEnds is when the text leaves a tablet by itself (PRODUCT rule 5).
func windowEnds(f ground.Flight) time.Time {
	if !f.OnBlockAt.IsZero() {
		return f.OnBlockAt.Add(passenger.NoteLifeAfterLanding)
	}
	return f.STA.Add(passenger.NoteLifeAfterSTA)
}

// String says it for people: "erased on 4 of 5 tablets, last by …".
func (st Status) String() string {
	var b strings.Builder
	switch {
	case !st.Ground:
		b.WriteString("erased on ground but for some flights, which follow; ")
	case st.Tablets == 0:
		return "erased on ground; no tablet had anything of it"
	}
	fmt.Fprintf(&b, "erased on %d of %d tablets", st.Erased, st.Tablets)
	if st.Last != nil {
		fmt.Fprintf(&b, ", last by %s at %s", st.Last.Tablet, st.Last.ContactAt.Format(time.RFC3339))
	}
	for _, c := range st.Copies {
		lost := ""
		if c.Lost {
			lost = " (lost or revoked)"
		}
		switch c.State {
		case CopyWaiting:
			fmt.Fprintf(&b, "\nnot reached yet: %s%s with %s; its copy ends by itself at %s", c.Tablet, lost, c.Flight, c.WindowEnds.Format(time.RFC3339))
		case CopyEnded:
			fmt.Fprintf(&b, "\nnot reached: %s%s with %s; its window ended at %s", c.Tablet, lost, c.Flight, c.WindowEnds.Format(time.RFC3339))
		}
	}
	return b.String()
}
