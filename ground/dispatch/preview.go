package dispatch

import (
	"context"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
)

// Preview is the pre-written note of a case as it would go out now.
type Preview struct {
	Note    passenger.Note // for the flight, or for a flight to come when none is known
	Plain   passenger.Note // the same without the edits; empty when it is refused
	Flight  string         // key, "" when no flight is known
	Departs time.Time
	Missing string // what sends it to the desk, or refuses it; "" when it can go
	Detail  []string
	Reach   string // own, partner, none
}

// Preview compiles without writing. Before a person is known, the note is shown for an unnamed
// traveller, so that the agent sees the words. Errors: not_found.
func (s *Service) Preview(ctx context.Context, id passenger.CaseID, edits ground.Edits) (p Preview, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		p = Preview{Reach: "own"}
		c, err := tx.Case(ctx, id)
		if err != nil {
			return err
		}
		loop, ok, err := tx.LoopOfCase(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			loop = ground.Loop{Case: id, FlaggedAt: tx.Now()}
		}
		loop.Edits = edits
		e := &evaluation{s: s, tx: tx, loop: loop, before: loop, kase: c}
		if err := e.load(ctx); err != nil {
			return err
		}
		refused, missing, err := e.missing(ctx)
		if err != nil {
			return err
		}
		p.Missing, p.Detail = refused+missing, c.Held
		if e.loop.Person != (passenger.PersonID{}) {
			if e.consent == "" {
				e.consent = passenger.ConsentNotAsked
			}
			asked := e.consent
			e.consent = passenger.ConsentYes // the words do not depend on the answer
			cands, refusal, err := e.candidates(ctx)
			e.consent = asked
			if err != nil {
				return err
			}
			if best := pick(cands, e.standing); best != nil {
				p.Note, p.Flight, p.Departs = best.note, best.flight.Key.String(), best.flight.STD
				in := e.input(best.flight, best.traveller)
				in.Consent, in.Edits = passenger.ConsentYes, nil
				p.Plain, _ = notes.Compile(in)
				return nil
			}
			if refusal != nil && p.Missing == "" {
				p.Missing, p.Detail = refusal.Code, refusal.Reasons
			}
		}
		return e.sample(&p)
	})
	return p, err
}

// sample compiles the note for an unnamed traveller of a flight to come.
func (e *evaluation) sample(p *Preview) error {
	now := e.tx.Now()
	in := e.input(ground.Flight{STD: now.Add(24 * time.Hour), STA: now.Add(32 * time.Hour)}, ground.Traveller{No: 1})
	in.Consent, in.Traveller.IdentitySure, in.Traveller.MinorPossible = passenger.ConsentYes, true, false
	note, refusal := notes.Compile(in)
	in.Edits = nil
	p.Plain, _ = notes.Compile(in)
	if refusal == nil {
		note.Name = ""
		p.Note = note
	} else if p.Missing == "" {
		p.Missing, p.Detail = refusal.Code, refusal.Reasons
	}
	return nil
}
