package dispatch

import (
	"context"
	"errors"
	"reflect"
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
	return s.flightsFirst(ctx, id, func(ctx context.Context, e *evaluation) (decision, error) {
		if !alive(e.loop) {
			return decision{}, nil // reconciled and ended loops move by follow-ups only
		}
		return e.decide(ctx)
	})
}

// endExpired ends a loop whose time is over.
const endExpired = "expired"

// alive reports whether a loop is one that rules and recalls move.
func alive(l ground.Loop) bool {
	return l.State == ground.LoopDesk || l.State == ground.LoopWaiting || l.State == ground.LoopCompiled
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
	asked    bool            // an item of the desk is open
	standing *ground.LoopFlight
	stands   ground.Flight // the flight on which the note stands
	history  map[passenger.FlightID]ground.LoopFlight
	legs     map[passenger.FlightID]*leg // locked
}

// decision is what becomes of a loop. The zero decision leaves it as it is.
type decision struct {
	act     func(context.Context) error
	flights []ground.Flight // that act writes to
}

// ending, asking and waiting take the standing note back, when there is one.
func (e *evaluation) ending(reason string, why flightsync.RetractReason) decision {
	return decision{func(ctx context.Context) error { return e.end(ctx, reason, why) }, e.standsOn()}
}

func (e *evaluation) asking(reason string, detail []string) decision {
	return decision{func(ctx context.Context) error { return e.desk(ctx, reason, detail, time.Time{}) }, e.standsOn()}
}

func (e *evaluation) standsOn() []ground.Flight {
	if e.standing == nil {
		return nil
	}
	return []ground.Flight{e.stands}
}

// decide says what becomes of the loop. It writes nothing.
func (e *evaluation) decide(ctx context.Context) (none decision, err error) {
	if e.loop.Event {
		return none, nil // an event note stands for the whole flight
	}
	if !e.tx.Now().Before(e.loop.ExpiresAt) {
		return e.ending(endExpired, flightsync.RetractExpired), nil
	}
	refused, missing, err := e.missing(ctx)
	switch {
	case err != nil:
		return none, err
	case refused != "":
		why := flightsync.RetractConsent
		if refused == "erased" {
			why = flightsync.RetractErased
		}
		return e.ending(refused, why), nil
	case missing != "":
		return e.asking(missing, e.kase.Held), nil
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
		e.asked = e.asked || d.DoneAt.IsZero()
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
	if e.standing != nil {
		e.stands, err = e.tx.Flight(ctx, e.standing.Flight)
	}
	return err
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
func (e *evaluation) target(ctx context.Context) (none decision, err error) {
	if f := e.stands; e.standing != nil && (closing(f) || departed(f)) {
		done := f.Movement != passenger.Cancelled
		if !done {
			if done, err = e.done(ctx); err != nil {
				return none, err
			}
		}
		if done {
			return none, nil // reconciliation decides
		}
	}
	cands, refusal, err := e.candidates(ctx)
	if err != nil {
		return none, err
	}
	best := pick(cands, e.standing)
	if best == nil && refusal != nil && refusal.Desk {
		return e.asking(refusal.Code, refusal.Reasons), nil
	}
	if best == nil {
		if refusal != nil && (refusal.Code == notes.NothingToDo || refusal.Code == notes.CrewTopic || refusal.Code == notes.NoReach) && e.standing == nil {
			return e.ending(refusal.Code, flightsync.RetractRecalled), nil
		}
		if e.standing == nil && e.settled(ground.LoopWaiting, passenger.FlightID{}) {
			return none, nil
		}
		return decision{e.wait, e.standsOn()}, nil
	}
	if e.unchanged(*best) && e.settled(ground.LoopCompiled, e.loop.Flight) {
		return none, nil
	}
	if e.standing != nil && !e.unchanged(*best) { // new words, or another flight: not for what the crew has done
		if done, err := e.done(ctx); err != nil || done {
			return none, err
		}
	}
	d := decision{act: func(ctx context.Context) error { return e.place(ctx, *best) }}
	if !e.unchanged(*best) {
		d.flights = append(e.standsOn(), best.flight)
	}
	return d, nil
}

// settled reports whether nothing is left to write of a loop in a state, on a flight: a sweep looks
// at every standing loop and must not take the database's writer for each.
func (e *evaluation) settled(state ground.LoopState, flight passenger.FlightID) bool {
	l := e.loop
	l.State, l.Flight = state, flight
	return !e.asked && reflect.DeepEqual(l, e.before)
}

// done reports whether the crew has done what the standing note is for, as far as ground knows: then
// it does not move on with the passenger of a cancelled flight.
func (e *evaluation) done(ctx context.Context) (bool, error) {
	v, err := flightsync.FoldStorage(e.tx.Lanes(ctx, e.stands.ID))
	if err != nil {
		return false, err
	}
	n, _ := v.Note(e.standing.Note)
	fb, ok := n.Outcome()
	return ok && fb.Outcome != passenger.NotPossible, nil
}

// unchanged reports whether the note stands as it would be written.
func (e *evaluation) unchanged(c candidate) bool {
	return e.standing != nil && e.standing.Flight == c.flight.ID && e.standing.Hash == content(c.note)
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
	if e.standing != nil && e.stands.STD.Before(from) {
		from = e.stands.STD
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
	for id, lf := range e.history { // what stays as it is once the note has moved: else it would be written again
		in.MovedFrom = in.MovedFrom || id != f.ID && (lf.Retracted == "" || lf.Retracted == flightsync.RetractMoved || lf.Retracted == flightsync.RetractCancelled)
	}
	if ed := e.loop.Edits; len(ed.Do)+len(ed.DoNot) > 0 || ed.Words != "" || ed.Moment != "" || ed.Priority != 0 || ed.Private {
		in.Edits = &notes.Edits{Do: ed.Do, DoNot: ed.DoNot, Words: ed.Words, Moment: ed.Moment, Priority: ed.Priority, Private: ed.Private}
	}
	return in
}

// place writes the note on its flight and takes it off the one before, both in this
// transaction.
func (e *evaluation) place(ctx context.Context, c candidate) error {
	if e.unchanged(c) {
		return e.settle(ctx, ground.LoopCompiled)
	}
	l := e.legs[c.flight.ID]
	lf := ground.LoopFlight{Loop: e.loop.ID, Flight: c.flight.ID, Traveller: c.traveller.No, Hash: content(c.note), CreatedAt: e.tx.Now()}
	if e.standing != nil {
		reason := flightsync.RetractMoved
		if e.standing.Flight == c.flight.ID {
			reason = flightsync.RetractReplaced
		} else {
			lf.MovedFrom = e.standing.Flight
		}
		old := e.legs[e.standing.Flight]
		if old.flight.Movement == passenger.Cancelled {
			reason = flightsync.RetractCancelled
		}
		if err := e.retract(ctx, old, reason); err != nil {
			return err
		}
		if old != l {
			if err := old.save(ctx); err != nil {
				return err
			}
		}
	}
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
	if err := l.save(ctx); err != nil {
		return err
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
	l := e.legs[e.standing.Flight]
	if l.flight.Movement == passenger.Cancelled && reason == flightsync.RetractMoved {
		reason = flightsync.RetractCancelled
	}
	if err := e.retract(ctx, l, reason); err != nil {
		return err
	}
	e.loop.Flight, e.standing = passenger.FlightID{}, nil
	return l.save(ctx)
}
