package cases

import (
	"context"
	"strconv"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Actor is who decides.
type Actor struct {
	Name string // user name, or "rule"
	Role string // social, ground, admin, rule
}

// Flag decides that the crew should know. It always succeeds for an open case; what is missing
// goes to the note desk. Flagging again changes the edits of the standing loop. Errors:
// not_found, phase for a loop that has ended.
func (s *Service) Flag(ctx context.Context, id passenger.CaseID, edits ground.Edits, by Actor) (loop ground.Loop, err error) {
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		c, err := tx.Case(ctx, id)
		if err != nil {
			return err
		}
		known, ok, err := tx.LoopOfCase(ctx, id)
		if err != nil {
			return err
		}
		if ok && known.State != ground.LoopEnded && known.State != ground.LoopClosed {
			if known.State == ground.LoopReconciled {
				return passenger.Errorf(passenger.Phase, "cases.Flag", "the crew has already reported on this case; see its follow-up")
			}
			loop = known
			loop.Edits = edits
			if err := tx.UpdateLoop(ctx, loop); err != nil {
				return err
			}
			return s.audit(ctx, tx, by, "edit-note", id.String(), "")
		}
		loop = ground.Loop{Case: id, State: ground.LoopWaiting, FlaggedBy: by.Name, FlaggedAt: tx.Now(),
			ExpiresAt: tx.Now().Add(passenger.LoopLife), Edits: edits}
		if loop.ID, err = s.newID(); err != nil {
			return err
		}
		if err := tx.InsertLoop(ctx, loop); err != nil {
			return err
		}
		if err := tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: by.Role, To: "flagged", Evidence: "case " + string(c.Channel)}); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, by, "flag", id.String(), loop.ID.String()); err != nil {
			return err
		}
		return tx.Notify(ctx, "case", id.String())
	})
	if err != nil {
		return loop, err
	}
	if err := s.Loops.Evaluate(ctx, loop.ID); err != nil {
		return loop, err
	}
	err = s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		loop, err = tx.Loop(ctx, loop.ID)
		return err
	})
	return loop, err
}

// SetLink confirms or rejects that a person is the affected one. What was built on a rejected
// link is withdrawn. Errors: not_found.
func (s *Service) SetLink(ctx context.Context, id passenger.CaseID, person passenger.PersonID, state ground.LinkState, by Actor) error {
	return s.decide(ctx, id, by, "link", string(state), func(tx ground.Tx) error {
		if _, err := tx.Person(ctx, person); err != nil {
			return err
		}
		links, err := tx.Links(ctx, id)
		if err != nil {
			return err
		}
		l := ground.Link{Case: id, Person: person, Reasons: []string{"person"}}
		for _, k := range links {
			if k.Person == person {
				l = k
			} else if state == ground.Linked && k.State == ground.Linked {
				k.State, k.By, k.At = ground.LinkCandidate, by.Name, tx.Now()
				if err := tx.SetLink(ctx, k); err != nil {
					return err
				}
			}
		}
		l.State, l.By, l.At = state, by.Name, tx.Now()
		return tx.SetLink(ctx, l)
	})
}

// SetConsent records the answer of the case's linked person. "No" stops compiling at once and
// recalls. Errors: not_found, phase when nobody is linked, invalid for another answer.
func (s *Service) SetConsent(ctx context.Context, id passenger.CaseID, answer passenger.Consent, words string, by Actor) error {
	const op = "cases.SetConsent"
	switch answer {
	case passenger.ConsentYes, passenger.ConsentNo, passenger.ConsentNotAsked:
	default:
		return passenger.Errorf(passenger.Invalid, op, "consent is yes, no or not-asked")
	}
	return s.decide(ctx, id, by, "consent", string(answer), func(tx ground.Tx) error {
		links, err := tx.Links(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.State == ground.Linked {
				return tx.SetConsent(ctx, ground.ConsentRecord{Person: l.Person, Answer: answer, Words: words, Asker: by.Name, At: tx.Now()})
			}
		}
		return passenger.Errorf(passenger.Phase, op, "confirm first whom this case is about; consent belongs to a person")
	})
}

// DecideDesk closes a desk item: done lets the note go on, refused ends the loop there.
// Errors: not_found, phase when somebody decided before, invalid.
func (s *Service) DecideDesk(ctx context.Context, item int64, decision string, by Actor) error {
	const op = "cases.DecideDesk"
	if decision != "done" && decision != "refused" {
		return passenger.Errorf(passenger.Invalid, op, "a desk decision is done or refused")
	}
	var d ground.DeskItem
	read := func(tx ground.Tx) (err error) { d, err = tx.DeskItem(ctx, item); return err }
	if err := s.Store.Read(ctx, read); err != nil { // only whose item it is; that stays
		return err
	}
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		// Locked in the one order everybody locks in: the case, the loop, its desk items.
		if _, err := tx.Case(ctx, d.Case); err != nil {
			return err
		}
		loop, err := tx.Loop(ctx, d.Loop)
		if err != nil {
			return err
		}
		if err := read(tx); err != nil {
			return err
		}
		if !d.DoneAt.IsZero() {
			return passenger.Errorf(passenger.Phase, op, "this was decided already")
		}
		if decision == "done" && (d.Reason == "identity" || d.Reason == "consent") {
			return passenger.Errorf(passenger.Phase, op, "confirm the person or record the consent on the case; the desk item then closes by itself")
		}
		d.DoneAt, d.Decision, d.By = tx.Now(), decision, by.Name
		if err := tx.UpdateDeskItem(ctx, d); err != nil {
			return err
		}
		if decision == "refused" {
			loop.State, loop.EndReason, loop.EndedAt = ground.LoopEnded, "desk-refused", tx.Now()
			if err := tx.UpdateLoop(ctx, loop); err != nil {
				return err
			}
			if err := tx.AddTransition(ctx, ground.Transition{Loop: d.Loop, Role: by.Role, To: string(ground.LoopEnded), Evidence: "desk-refused"}); err != nil {
				return err
			}
		}
		if err := s.audit(ctx, tx, by, "desk", strconv.FormatInt(item, 10), decision); err != nil {
			return err
		}
		return tx.Notify(ctx, "desk", d.Loop.String())
	})
	if err != nil {
		return err
	}
	return s.Loops.Evaluate(ctx, d.Loop)
}

// decide runs a decision about a case and evaluates its loop, when it has one.
func (s *Service) decide(ctx context.Context, id passenger.CaseID, by Actor, act, result string, fn func(ground.Tx) error) error {
	var loop ground.Loop
	var flagged bool
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		if _, err := tx.Case(ctx, id); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		var err error
		if loop, flagged, err = tx.LoopOfCase(ctx, id); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, by, act, id.String(), result); err != nil {
			return err
		}
		return tx.Notify(ctx, "case", id.String())
	}); err != nil {
		return err
	}
	if !flagged {
		return nil
	}
	return s.Loops.Evaluate(ctx, loop.ID)
}

func (s *Service) audit(ctx context.Context, tx ground.Tx, by Actor, act, object, result string) error {
	return tx.Audit(ctx, ground.AuditRow{Actor: by.Name, Role: by.Role, Act: act, Object: object, Result: result})
}
