package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// term is one number of an equation.
type term struct {
	Name string // of the message and of the data-test attribute
	N    int
}

// equation is one sum of a flight: the left side is what the right ones add up to.
type equation struct {
	Left  term
	Right []term
}

// Closes reports whether it adds up.
func (e equation) Closes() bool {
	n := 0
	for _, t := range e.Right {
		n += t.N
	}
	return n == e.Left.N
}

func equations(s flightsync.Sums) []equation {
	return []equation{
		{term{"compiled", s.Compiled}, []term{{"delivered", s.Delivered}, {"never-delivered", s.NeverDelivered}, {"withdrawn", s.Withdrawn}}},
		{term{"delivered", s.Delivered}, []term{{"seen", s.Seen}, {"not-seen", s.NotSeen}}},
		{term{"seen", s.Seen}, []term{{"acted", s.Acted}, {"declined", s.Declined}, {"not-possible", s.NotPossible}, {"disputed", s.Disputed}, {"no-outcome", s.NoOutcome}}},
	}
}

// noteRow is one note of the flight.
type noteRow struct {
	flightsync.NoteView
	Bucket string
	Case   passenger.CaseID // zero when unknown or not for this reader
	Says   []string
	Reason passenger.Reason
}

// tabletRow is one tablet of the flight.
type tabletRow struct {
	followup.TabletLine
	Last time.Time
	Mark string // waiting, holds, handed-in, never, in-contact
	// Lacks counts the entries that it told of and that are not on ground.
	Lacks uint64
}

// eventCase is a case that an event note could cover.
type eventCase struct {
	Loop  ground.Loop
	Case  ground.Case
	Ready bool // it is about this very disruption: its flight and day were read from the post
}

type flightPage struct {
	base
	Flight    ground.Flight
	Report    followup.Report
	Equations []equation
	Tablets   []tabletRow
	Notes     []noteRow
	Held      []followup.HeldEntry
	Names     bool // this reader may see who sits where
	Events    []ground.EventNote
	Offer     []eventCase
	MaySeal   bool
	MayReopen bool // and it is closed by time alone
	MayEvent  bool
	Travel    int
	Day       string // of the event form
}

func flightID(r *http.Request) (passenger.FlightID, error) {
	id, err := passenger.ParseFlightID(r.PathValue("id"))
	if err != nil {
		return id, notFound("console.flight")
	}
	return id, nil
}

func (s *server) flightPage(w http.ResponseWriter, r *http.Request) error {
	id, err := flightID(r)
	if err != nil {
		return err
	}
	p := &flightPage{base: s.page(r, "flights", "")}
	p.Names = slices.Contains(p.User.Roles, "social") || slices.Contains(p.User.Roles, "ground")
	ctx := r.Context()
	cases := map[flightsync.Dot]passenger.CaseID{}
	if err := s.Store.Read(ctx, func(tx ground.Tx) error { return p.load(ctx, tx, id, cases) }); err != nil {
		return err
	}
	p.Title, p.Day = p.Flight.Key.Designator(), p.Flight.Key.Date
	if p.Report, err = s.FollowUps.Report(ctx, id); err != nil {
		return err
	}
	if p.Held, err = s.FollowUps.Held(ctx, id); err != nil {
		return err
	}
	v, err := s.Dispatch.View(ctx, id)
	if err != nil {
		return err
	}
	p.Equations = equations(p.Report.Sums)
	p.MaySeal = p.May("seal") && p.Flight.Stage == passenger.Closed
	p.MayReopen = p.MaySeal && v.Closed == flightsync.NoMovement && p.Flight.OnBlockAt.IsZero()
	p.MayEvent = p.May("flag") && phaseOf(p.Flight) != "over"
	p.fillTablets()
	p.fillNotes(v, cases)
	return web.Render(w, s.tmpl, "flight", p)
}

func (p *flightPage) load(ctx context.Context, tx ground.Tx, id passenger.FlightID, cases map[flightsync.Dot]passenger.CaseID) (err error) {
	p.Offer = nil
	if p.Flight, err = tx.Flight(ctx, id); err != nil {
		return err
	}
	if p.Events, err = tx.EventNotes(ctx, id); err != nil {
		return err
	}
	travellers, err := tx.Travellers(ctx, id)
	if err != nil {
		return err
	}
	aboard := map[passenger.PersonID]bool{}
	for _, t := range travellers {
		if !t.Removed {
			aboard[t.Person] = true
		}
	}
	p.Travel = len(aboard)
	if p.May("cases") {
		lfs, err := tx.LoopFlightsOn(ctx, id)
		if err != nil {
			return err
		}
		for _, lf := range lfs[:min(len(lfs), 2*rowsPerPage)] {
			l, err := tx.Loop(ctx, lf.Loop)
			if err != nil {
				return err
			}
			cases[lf.Note] = l.Case
		}
	}
	if p.May("flag") && phaseOf(p.Flight) != "over" {
		return p.offer(ctx, tx, aboard)
	}
	return nil
}

// offer lists cases of travellers of this flight that have no note yet.
func (p *flightPage) offer(ctx context.Context, tx ground.Tx, aboard map[passenger.PersonID]bool) error {
	for _, state := range []ground.LoopState{ground.LoopWaiting, ground.LoopDesk} {
		loops, err := tx.ListLoops(ctx, state, maxEventLoops)
		if err != nil {
			return err
		}
		for _, l := range loops {
			if l.Person == (passenger.PersonID{}) || !aboard[l.Person] || len(p.Offer) >= maxEventCases {
				continue
			}
			c, err := tx.Case(ctx, l.Case)
			if err != nil {
				return err
			}
			p.Offer = append(p.Offer, eventCase{Loop: l, Case: c, Ready: c.Flight != ""})
		}
	}
	return nil
}

func (p *flightPage) fillTablets() {
	over := phaseOf(p.Flight) == "over"
	for _, t := range p.Report.Tablets {
		row := tabletRow{TabletLine: t, Lacks: max(t.Issued, t.OnGround) - t.OnGround}
		row.Last, _ = time.Parse(time.RFC3339, t.LastAt)
		switch {
		case t.HandedIn:
			row.Mark = "handed-in"
		case row.Last.IsZero():
			row.Mark = "never"
		case row.Lacks > 0:
			row.Mark = "holds"
		case over:
			row.Mark = "waiting"
		default:
			row.Mark = "in-contact"
		}
		p.Tablets = append(p.Tablets, row)
	}
}

func (p *flightPage) fillNotes(v *flightsync.View, cases map[flightsync.Dot]passenger.CaseID) {
	for _, n := range v.Notes {
		if t, ok := v.Traveller(n.Note.Traveller); ok && !n.Note.Event {
			n.Note.Name, n.Note.Seat, n.Note.Tier = t.Name, t.At(), t.Tier
		}
		if !p.Names {
			n.Note.Name, n.Note.Words = "", ""
		}
		row := noteRow{NoteView: n, Bucket: n.Bucket(), Case: cases[n.Dot]}
		for _, h := range n.Note.Happened {
			row.Says = append(row.Says, h.Words(p.Lang()))
		}
		if fb, ok := n.Outcome(); ok {
			row.Reason = fb.Reason
		}
		p.Notes = append(p.Notes, row)
	}
	slices.SortStableFunc(p.Notes, func(a, b noteRow) int {
		if a.Note.Event != b.Note.Event {
			return boolInt(b.Note.Event) - boolInt(a.Note.Event)
		}
		if a.Note.Priority != b.Note.Priority {
			return int(a.Note.Priority) - int(b.Note.Priority)
		}
		return boolInt(b.Note.Seat.Less(a.Note.Seat)) - boolInt(a.Note.Seat.Less(b.Note.Seat))
	})
}

// HasCase reports whether the reader may go on to the case.
func (n noteRow) HasCase() bool { return n.Case != (passenger.CaseID{}) }

// eventNote tells the whole flight of a disruption.
func (s *server) eventNote(w http.ResponseWriter, r *http.Request) error {
	const op = "console.eventNote"
	id, err := flightID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	carrier, number, suffix, err := passenger.ParseDesignator(r.PostForm.Get("designator"))
	if err != nil {
		return err
	}
	day := strings.TrimSpace(r.PostForm.Get("day"))
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return passenger.Errorf(passenger.Invalid, op, "the day of the disruption is written 2026-11-21")
	}
	var loops []passenger.LoopID
	for _, v := range r.PostForm["loop"] {
		l, err := uuid.Parse(v)
		if err != nil {
			return passenger.Errorf(passenger.Invalid, op, "the form names a case that is none; open the page again")
		}
		loops = append(loops, l)
	}
	key, err := s.flightKey(r.Context(), id)
	if err != nil {
		return err
	}
	designator := passenger.FlightKey{Carrier: carrier, Number: number, Suffix: suffix}.Designator()
	if _, err := s.Dispatch.EventNote(r.Context(), key, designator, day, loops, actor(r, "flag").Name); err != nil {
		return err
	}
	return s.done(w, r, "said.event", "/flight/"+id.String())
}

func (s *server) seal(w http.ResponseWriter, r *http.Request) error {
	id, err := flightID(r)
	if err != nil {
		return err
	}
	key, err := s.flightKey(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.Dispatch.Seal(r.Context(), key, actor(r, "seal").Name); err != nil {
		return err
	}
	return s.done(w, r, "said.seal", "/flight/"+id.String())
}

// reopen takes a close by time alone back, with a reason.
func (s *server) reopen(w http.ResponseWriter, r *http.Request) error {
	id, err := flightID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	key, err := s.flightKey(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.Dispatch.Reopen(r.Context(), key, actor(r, "seal").Name, r.PostForm.Get("reason")); err != nil {
		return err
	}
	return s.done(w, r, "said.reopen", "/flight/"+id.String())
}

func (s *server) flightKey(ctx context.Context, id passenger.FlightID) (k passenger.FlightKey, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		f, err := tx.Flight(ctx, id)
		k = f.Key
		return err
	})
	return k, err
}

// Contradiction says what does not fit in the books of the flight.
func (p *flightPage) Contradiction(c followup.Contradiction) string {
	short := func(s string) string { return clean(s, maxName, false) }
	says, other := short(c.Says), short(c.Other)
	if c.What == "booked" {
		says, other = p.Word("bucket", c.Says), p.Word("bucket", c.Other)
	}
	return p.T("contradiction."+c.What, "Of", short(c.Of), "Says", says, "Other", other)
}
