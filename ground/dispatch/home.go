package dispatch

import (
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// take steps the runs of a tablet. Branches get a home in the same transaction: of a cloned or
// rolled-back tablet store, or of ground's own lanes after its database came from a backup.
func (l *leg) take(ctx context.Context, runs []flightsync.Run) (flightsync.Ready, error) {
	ready, err := l.step(flightsync.Receive{Runs: runs, Now: l.tx.Now()})
	if err != nil {
		return ready, err
	}
	if l.several && l.odd(ready) {
		return ready, errApart
	}
	cs, err := l.crossings(ctx)
	if err != nil {
		return ready, err
	}
	next := flightsync.Nobody
	homes := l.rep.Homes(ready.Notes, func() flightsync.Author {
		if next == flightsync.Nobody {
			next, err = l.nextAuthor(ctx, cs)
		}
		next++
		return next - 1
	})
	if err != nil {
		return ready, err
	}
	if len(homes) > 0 {
		changed := ready.Changed
		for _, h := range homes {
			if _, err := l.step(flightsync.Bind{Entry: h.Branch}); err != nil {
				return ready, err
			}
		}
		if ready, err = l.step(flightsync.Receive{Runs: runs, Now: l.tx.Now()}); err != nil {
			return ready, err
		}
		ready.Changed = append(changed, ready.Changed...)
		for _, h := range homes {
			if err := l.settle(ctx, h, cs); err != nil {
				return ready, err
			}
		}
	}
	if l.brought(ready.Changed) {
		return ready, l.regained(ctx)
	}
	return ready, nil
}

// odd reports whether a step brought more than new ops of tablets: something to log or to answer to
// one of several, a branch, or what ground had lost.
func (l *leg) odd(ready flightsync.Ready) bool {
	return len(ready.Notes)+len(ready.Batch.Cuts) > 0 || l.brought(ready.Changed)
}

// brought reports whether ops of ground's own are among those that a tablet brought.
func (l *leg) brought(changed []flightsync.Dot) bool {
	st := l.rep.State()
	return slices.ContainsFunc(changed, func(d flightsync.Dot) bool {
		lane, _ := st.Lane(d.Author)
		return lane.Class != flightsync.TabletLane
	})
}

// settle writes who a branch is, and under which index its tablet goes on.
func (l *leg) settle(ctx context.Context, h flightsync.Home, cs []ground.Crossing) error {
	of := h.Branch.Fork.Of
	for {
		lane, _ := l.rep.State().Lane(of)
		if !lane.Fork.Is() {
			break
		}
		of = lane.Fork.Of
	}
	l.s.Log.Error("two histories of one lane; both are kept", "flight", l.flight.ID.String(), "seq", h.Branch.Fork.At+1)
	h.Branch.Removed = true
	if h.Live == nil {
		_, err := l.write(flightsync.Admin, h.Branch.Draft())
		return err
	}
	for _, c := range cs {
		if c.Author != of {
			continue
		}
		v, err := l.view()
		if err != nil {
			return err
		}
		e, _ := v.Member(of)
		for _, x := range []*flightsync.RosterEntry{&h.Branch, h.Live} {
			x.Tablet, x.Role, x.Zone = c.Tablet, e.Role, e.Zone
		}
		now := l.tx.Now()
		for _, x := range []ground.Crossing{
			{Author: h.Branch.Author, Incarnation: flightsync.Incarnation(h.Branch.Fork.First[:8])}, // its own name: a branch has no incarnation
			{Author: h.Live.Author, Incarnation: h.Live.Incarnation},
		} {
			x.Flight, x.Tablet, x.FirstAt = l.flight.ID, c.Tablet, now
			if err := l.putCrossing(ctx, x); err != nil {
				return err
			}
		}
	}
	if _, err := l.write(flightsync.Admin, h.Branch.Draft(), h.Live.Draft()); err != nil {
		return err
	}
	v, err := l.view()
	if err != nil {
		return err
	}
	if _, cut := v.Cuts[of]; !cut {
		return nil
	}
	// A second history is no way around the end of the first.
	_, err = l.write(flightsync.Admin, flightsync.Cut{Author: h.Branch.Author}.Draft(), flightsync.Cut{Author: h.Live.Author}.Draft())
	return err
}

// regained brings ground's own rows to what its lanes say after a tablet brought back what the
// database had lost: the fleet is ground's last backup.
func (l *leg) regained(ctx context.Context) error {
	v, err := l.view()
	if err != nil {
		return err
	}
	cs, err := l.crossings(ctx)
	if err != nil {
		return err
	}
	known := map[flightsync.Author]ground.Crossing{}
	for _, c := range cs {
		known[c.Author] = c
	}
	for _, e := range v.Roster {
		if e.Class != flightsync.TabletLane {
			continue
		}
		c, ok := known[e.Author]
		if ok && (c.Incarnation != (flightsync.Incarnation{}) || e.Incarnation == (flightsync.Incarnation{})) {
			continue
		}
		c.Flight, c.Tablet, c.Author, c.Incarnation = l.flight.ID, e.Tablet, e.Author, e.Incarnation
		if e.Fork.Is() {
			c.Incarnation = flightsync.Incarnation(e.Fork.First[:8])
		}
		if c.Incarnation != (flightsync.Incarnation{}) && c.FirstAt.IsZero() {
			c.FirstAt = l.tx.Now()
		}
		if c.Tablet, err = l.known(ctx, e); err != nil {
			return err
		}
		if err := l.putCrossing(ctx, c); err != nil {
			return err
		}
	}
	for _, m := range v.Movements {
		l.moved(m)
	}
	if g := v.Genesis; g.Key == l.flight.Key {
		l.flight.Arrival, l.flight.STD, l.flight.STA = g.Arrival, g.STD, g.STA
	}
	if v.Closed != "" && (l.flight.Stage == passenger.Planned || l.flight.Stage == passenger.Open) {
		l.flight.Stage, l.flight.ClosedAt = passenger.Closed, l.tx.Now()
	}
	if v.Closed == "" && l.flight.Stage == passenger.Closed {
		l.flight.Stage, l.flight.ClosedAt = passenger.Open, time.Time{}
	}
	if v.Sealed && l.flight.Stage == passenger.Closed {
		l.flight.Stage, l.flight.SealedAt = passenger.Sealed, l.tx.Now()
	}
	return l.relink(ctx, v)
}

// known returns the tablet of a roster entry that came back. One that the database lost is the tablet
// as which its device has enrolled since, or comes back under a name of its own.
func (l *leg) known(ctx context.Context, e flightsync.RosterEntry) (passenger.TabletID, error) {
	_, err := l.tx.Tablet(ctx, e.Tablet)
	if passenger.CodeOf(err) != passenger.NotFound {
		return e.Tablet, err
	}
	if id, a, err := ground.Standing(ctx, l.tx, []byte(e.Key.Bytes)); err != nil || a != passenger.AccessUnknown {
		return id, err
	}
	return e.Tablet, l.tx.InsertTablet(ctx, ground.Tablet{ID: e.Tablet, Name: "lost by a restore " + e.Tablet.String()[:8], SignKey: []byte(e.Key.Bytes), CreatedAt: l.tx.Now()})
}

// relink ties notes that came back to the loops they were written for: the loop of the traveller's
// person that waits without a note on this flight. Otherwise the loop would get a second note.
func (l *leg) relink(ctx context.Context, v *flightsync.View) error {
	byNote, err := l.loopsByNote(ctx)
	if err != nil {
		return err
	}
	ts, err := l.tx.Travellers(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	persons := map[passenger.TravellerNo]passenger.PersonID{}
	for _, t := range ts {
		persons[t.No] = t.Person
	}
	var waiting map[passenger.PersonID]ground.Loop
	for _, n := range v.Notes {
		if n.Note.Event || n.Retracted != "" || len(byNote[n.Dot]) > 0 {
			continue
		}
		if waiting == nil {
			if waiting, err = l.waiting(ctx); err != nil {
				return err
			}
		}
		person, known := persons[n.Note.Traveller]
		loop, ok := waiting[person]
		if !known || !ok {
			l.s.Log.Error("a note came back that no loop explains; somebody has to look at it", "flight", l.flight.ID.String(), "note", n.Dot.String())
			continue
		}
		delete(waiting, person)
		loop.State, loop.Person, loop.Flight = ground.LoopCompiled, person, l.flight.ID
		if err := l.tx.PutLoopFlight(ctx, ground.LoopFlight{Loop: loop.ID, Flight: l.flight.ID, Traveller: n.Note.Traveller,
			Note: n.Dot, Hash: notes.Hash(n.Note), CreatedAt: l.tx.Now()}); err != nil {
			return err
		}
		if err := l.tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: "rule", To: string(ground.LoopCompiled), Evidence: l.flight.Key.String() + " note " + n.Dot.String() + " came back from a tablet"}); err != nil {
			return err
		}
		if err := l.tx.UpdateLoop(ctx, loop); err != nil {
			return err
		}
	}
	return nil
}

// waiting maps persons to their loop that has no note.
func (l *leg) waiting(ctx context.Context) (map[passenger.PersonID]ground.Loop, error) {
	out := map[passenger.PersonID]ground.Loop{}
	for _, state := range []ground.LoopState{ground.LoopWaiting, ground.LoopDesk} {
		loops, err := l.tx.ListLoops(ctx, state, 0)
		if err != nil {
			return nil, err
		}
		for _, loop := range loops {
			links, err := l.tx.Links(ctx, loop.Case)
			if err != nil {
				return nil, err
			}
			for _, k := range links {
				if k.State == ground.Linked {
					out[k.Person] = loop
				}
			}
		}
	}
	return out, nil
}
