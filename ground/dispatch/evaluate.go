package dispatch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// EvaluateAll evaluates loops, each once; one that fails does not stop the others.
func (s *Service) EvaluateAll(ctx context.Context, ids []passenger.LoopID) error {
	var errs []error
	done := map[passenger.LoopID]bool{}
	for _, id := range ids {
		if !done[id] {
			done[id] = true
			errs = append(errs, s.Evaluate(ctx, id))
		}
	}
	return errors.Join(errs...)
}

// Evaluate looks at a loop as it is now and moves it on: to the desk, to wait for a flight, on
// to a flight, from one flight to another, or to its end. Doing it again changes nothing.
func (s *Service) Evaluate(ctx context.Context, id passenger.LoopID) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		loop, err := tx.Loop(ctx, id)
		if err != nil {
			return err
		}
		switch loop.State {
		case ground.LoopDesk, ground.LoopWaiting, ground.LoopCompiled:
		default:
			return nil // reconciled and ended loops move by follow-ups only
		}
		e := &evaluation{s: s, tx: tx, loop: loop, before: loop}
		if e.kase, err = tx.Case(ctx, loop.Case); err != nil {
			return err
		}
		return e.run(ctx)
	})
}

// evaluation is one look at one loop, inside one transaction.
type evaluation struct {
	s        *Service
	tx       ground.Tx
	loop     ground.Loop
	before   ground.Loop
	kase     ground.Case
	consent  passenger.Consent
	cleared  map[string]bool // desk reasons that a person decided as done
	standing *ground.LoopFlight
	since    time.Time // departure of the flight on which the note stands
	history  map[passenger.FlightID]ground.LoopFlight
}

func (e *evaluation) run(ctx context.Context) error {
	if err := e.load(ctx); err != nil {
		return err
	}
	if e.loop.Event {
		return nil // an event note stands for the whole flight
	}
	if !e.tx.Now().Before(e.loop.ExpiresAt) {
		return e.end(ctx, "expired", flightsync.RetractExpired)
	}
	refused, missing, err := e.missing(ctx)
	switch {
	case err != nil:
		return err
	case refused != "":
		why := flightsync.RetractConsent
		if refused == "erased" {
			why = flightsync.RetractErased
		}
		return e.end(ctx, refused, why)
	case missing != "":
		return e.desk(ctx, missing, e.kase.Held, time.Time{})
	}
	return e.target(ctx)
}

func (e *evaluation) load(ctx context.Context) error {
	items, err := e.tx.DeskItemsOf(ctx, e.loop.ID)
	if err != nil {
		return err
	}
	e.cleared = map[string]bool{}
	for _, d := range items {
		if d.Decision == "done" {
			e.cleared[d.Reason] = true
		}
	}
	lfs, err := e.tx.LoopFlights(ctx, e.loop.ID)
	if err != nil {
		return err
	}
	e.history = map[passenger.FlightID]ground.LoopFlight{}
	for _, lf := range lfs {
		e.history[lf.Flight] = lf
		if lf.Retracted == "" && lf.Outcome == "" && lf.Flight == e.loop.Flight {
			e.standing = &lf
		}
	}
	return nil
}

// missing says what refuses the loop for good, or what it lacks before a note may be compiled.
func (e *evaluation) missing(ctx context.Context) (refused, missing string, err error) {
	links, err := e.tx.Links(ctx, e.loop.Case)
	if err != nil {
		return "", "", err
	}
	e.loop.Person = passenger.PersonID{}
	for _, l := range links {
		if l.State == ground.Linked {
			e.loop.Person = l.Person
			break
		}
	}
	if e.loop.Person == (passenger.PersonID{}) {
		return "", "identity", nil // an undone link withdraws what was built on it
	}
	person, err := e.tx.Person(ctx, e.loop.Person)
	if err != nil {
		return "", "", err
	}
	if !person.ErasedAt.IsZero() {
		return "erased", "", nil
	}
	c, err := e.tx.Consent(ctx, e.loop.Person)
	if err != nil {
		return "", "", err
	}
	e.consent = c.Answer
	switch {
	case c.Answer == passenger.ConsentNo:
		return notes.ConsentNo, "", nil
	case len(e.kase.Held) > 0 && !e.cleared[notes.Sensitive]:
		return "", notes.Sensitive, nil
	case c.Answer == passenger.ConsentNotAsked && !e.s.NotAskedAllowed:
		return "", "consent", nil
	}
	return "", "", nil
}

// candidate is one flight a note could go to.
type candidate struct {
	flight    ground.Flight
	traveller ground.Traveller
	note      passenger.Note
}

// target keeps the standing note true, or moves it, or finds the first flight for one.
func (e *evaluation) target(ctx context.Context) error {
	if e.standing != nil {
		f, err := e.tx.Flight(ctx, e.standing.Flight)
		if err != nil {
			return err
		}
		if (closing(f) || departed(f)) && f.Movement != passenger.Cancelled {
			return nil // reconciliation decides
		}
		e.since = f.STD
	}
	cands, refusal, err := e.candidates(ctx)
	if err != nil {
		return err
	}
	best := pick(cands, e.standing)
	if best == nil && refusal != nil && refusal.Desk {
		return e.desk(ctx, refusal.Code, refusal.Reasons, time.Time{})
	}
	if best == nil {
		if refusal != nil && (refusal.Code == notes.NothingToDo || refusal.Code == notes.CrewTopic || refusal.Code == notes.NoReach) && e.standing == nil {
			return e.end(ctx, refusal.Code, flightsync.RetractRecalled)
		}
		return e.wait(ctx)
	}
	return e.place(ctx, *best)
}

// pick prefers the flight on which the note stands; else the first to depart.
func pick(cands []candidate, standing *ground.LoopFlight) *candidate {
	for i, c := range cands {
		if standing != nil && c.flight.ID == standing.Flight {
			return &cands[i]
		}
	}
	if len(cands) == 0 {
		return nil
	}
	return &cands[0]
}

func closing(f ground.Flight) bool {
	return f.Stage == passenger.Closed || f.Stage == passenger.Sealed || f.Stage == passenger.Purged || !f.OnBlockAt.IsZero()
}

// departed reports whether the aircraft has left the gate and not come back.
func departed(f ground.Flight) bool {
	switch f.Movement {
	case passenger.OffBlock, passenger.Off, passenger.On, passenger.Diverted:
		return true
	}
	return false
}

// candidates compiles the note for every flight of the person on which crew can still act.
func (e *evaluation) candidates(ctx context.Context) ([]candidate, *notes.Refusal, error) {
	// A flight in the air departed at most a day ago, unless the note stands on an older one.
	from := e.tx.Now().Add(-24 * time.Hour)
	if !e.since.IsZero() && e.since.Before(from) {
		from = e.since
	}
	flights, travellers, err := e.tx.FlightsOf(ctx, e.loop.Person, from)
	if err != nil {
		return nil, nil, err
	}
	var out []candidate
	var refusal *notes.Refusal
	for i, f := range flights {
		if closing(f) || f.Movement == passenger.Cancelled || e.history[f.ID].Outcome != "" {
			continue
		}
		note, r := notes.Compile(e.input(f, travellers[i]))
		if r != nil {
			if refusal == nil {
				refusal = r
			}
			continue
		}
		out = append(out, candidate{f, travellers[i], note})
	}
	return out, refusal, nil
}

func (e *evaluation) input(f ground.Flight, t ground.Traveller) notes.Input {
	in := notes.Input{
		Topic: e.kase.Topic, Severity: e.kase.Severity,
		Complaint: notes.Complaint{Designator: e.kase.Flight, Day: e.kase.Day},
		Traveller: notes.Traveller{No: t.No, Surname: t.Surname, Given: t.Given, Title: t.Title, Seat: t.Seat, Tier: t.Tier, Cabin: t.Cabin,
			MinorPossible: t.Minor && !e.cleared[notes.MinorPossible], IdentitySure: !t.Unsure || e.cleared[notes.IdentityUnsure]},
		Flight:          notes.Flight{Key: f.Key, STD: f.STD, STA: f.STA},
		Consent:         e.consent,
		NotAskedAllowed: e.s.NotAskedAllowed,
		Reach:           notes.ReachOwn,
		Cleared:         e.cleared[notes.Sensitive],
		Settled:         e.kase.Status == ground.CaseClosed,
		Onward:          t.Onward != "",
		AgentAsked:      true,
		Now:             e.loop.FlaggedAt,
	}
	if in.Complaint.Day == "" {
		in.Complaint.Day = e.kase.OpenedAt.UTC().Format(time.DateOnly)
	}
	for id, lf := range e.history {
		in.MovedFrom = in.MovedFrom || id != f.ID && (lf.Retracted == "" || lf.Retracted == flightsync.RetractMoved || lf.Outcome != "")
	}
	if ed := e.loop.Edits; len(ed.Do)+len(ed.DoNot) > 0 || ed.Words != "" || ed.Moment != "" || ed.Priority != 0 || ed.Private {
		in.Edits = &notes.Edits{Do: ed.Do, DoNot: ed.DoNot, Words: ed.Words, Moment: ed.Moment, Priority: ed.Priority, Private: ed.Private}
	}
	return in
}

// place writes the note on its flight and takes it off the one before, both in this
// transaction. Flights are locked in the order of their keys.
func (e *evaluation) place(ctx context.Context, c candidate) error {
	hash := content(c.note)
	if e.standing != nil && e.standing.Flight == c.flight.ID && e.standing.Hash == hash {
		return e.settle(ctx, ground.LoopCompiled)
	}
	ids := []passenger.FlightID{c.flight.ID}
	keys := map[passenger.FlightID]string{c.flight.ID: c.flight.Key.String()}
	if e.standing != nil && e.standing.Flight != c.flight.ID {
		old, err := e.tx.Flight(ctx, e.standing.Flight)
		if err != nil {
			return err
		}
		ids, keys[old.ID] = append(ids, old.ID), old.Key.String()
	}
	slices.SortFunc(ids, func(a, b passenger.FlightID) int {
		if keys[a] < keys[b] {
			return -1
		}
		return 1
	})
	legs := map[passenger.FlightID]*leg{}
	for _, id := range ids {
		l, err := e.s.lock(ctx, e.tx, id)
		if err != nil {
			return err
		}
		legs[id] = l
	}
	lf := ground.LoopFlight{Loop: e.loop.ID, Flight: c.flight.ID, Traveller: c.traveller.No, Hash: hash, CreatedAt: e.tx.Now()}
	if e.standing != nil {
		reason := flightsync.RetractMoved
		if e.standing.Flight == c.flight.ID {
			reason = flightsync.RetractReplaced
		} else {
			lf.MovedFrom = e.standing.Flight
		}
		if legs[e.standing.Flight].flight.Movement == passenger.Cancelled {
			reason = flightsync.RetractCancelled
		}
		if err := e.retract(ctx, legs[e.standing.Flight], reason); err != nil {
			return err
		}
	}
	l := legs[c.flight.ID]
	dots, err := l.write(flightsync.Notes, flightsync.NoteDraft(c.note))
	if err != nil {
		return err
	}
	lf.Note = dots[0]
	if err := e.tx.PutLoopFlight(ctx, lf); err != nil {
		return err
	}
	if err := l.advance(ctx); err != nil {
		return err
	}
	for _, l := range legs {
		if err := l.save(ctx); err != nil {
			return err
		}
	}
	e.loop.Flight = c.flight.ID
	if err := e.tx.AddTransition(ctx, ground.Transition{Loop: e.loop.ID, Role: "rule", To: string(ground.LoopCompiled),
		Evidence: c.flight.Key.String() + " note " + lf.Note.String()}); err != nil {
		return err
	}
	return e.settle(ctx, ground.LoopCompiled)
}

// content hashes what a note says. Where its traveller sits and when it expires follow the
// manifest and the schedule on every tablet; they make no new note.
func content(n passenger.Note) [16]byte {
	n.Name, n.Seat, n.Tier, n.Expires = "", "", "", time.Time{}
	return notes.Hash(n)
}

// retract takes the standing note back on its flight.
func (e *evaluation) retract(ctx context.Context, l *leg, reason flightsync.RetractReason) error {
	if _, err := l.write(flightsync.Notes, flightsync.RetractDraft(e.standing.Note, e.standing.Traveller, reason)); err != nil {
		return err
	}
	e.standing.Retracted = reason
	return e.tx.PutLoopFlight(ctx, *e.standing)
}

// withdraw takes the standing note back, when there is one, in a step of its own.
func (e *evaluation) withdraw(ctx context.Context, reason flightsync.RetractReason) error {
	if e.standing == nil {
		return nil
	}
	l, err := e.s.lock(ctx, e.tx, e.standing.Flight)
	if err != nil {
		return err
	}
	if l.flight.Movement == passenger.Cancelled && reason == flightsync.RetractMoved {
		reason = flightsync.RetractCancelled
	}
	if err := e.retract(ctx, l, reason); err != nil {
		return err
	}
	e.loop.Flight, e.standing = passenger.FlightID{}, nil
	return l.save(ctx)
}
