package followup

import (
	"context"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Service closes follow-ups and makes reports. It is safe for concurrent use.
type Service struct{ Store ground.Store }

// Answer is how a follow-up is closed. One that answers the customer needs a reply that a
// person released, or a reason for none; others need a result in words.
type Answer struct {
	Reply      string
	NoneReason string
	Result     string
	By         string
	Role       string
}

// NoneReasons are the reasons for closing without a reply (PRODUCT, "The loop and its states").
var NoneReasons = []string{"not-wanted", "no-lawful-channel", "account-gone", "settled-on-board", "covered-by-event-note"}

const maxReplyRunes = 4096 // the longest a channel takes (Telegram)

func (a Answer) validate(cause string) error {
	const op = "followup.Close"
	if cause != "reply" {
		if strings.TrimSpace(a.Result) == "" {
			return passenger.Errorf(passenger.Invalid, op, "say what was done")
		}
		return nil
	}
	if a.NoneReason != "" {
		for _, r := range NoneReasons {
			if r == a.NoneReason {
				return nil
			}
		}
		return passenger.Errorf(passenger.Invalid, op, "a reason for no reply is one of %s", strings.Join(NoneReasons, ", "))
	}
	if strings.TrimSpace(a.Reply) == "" {
		return passenger.Errorf(passenger.Invalid, op, "write the reply, or give a reason for none")
	}
	if n := len([]rune(a.Reply)); n > maxReplyRunes {
		return passenger.Errorf(passenger.TooMuch, op, "the reply has %d characters; at most %d fit", n, maxReplyRunes)
	}
	return nil
}

// Close closes a follow-up. With its last one the loop is closed; with its reply the case is.
// Errors: not_found, phase when it is closed, invalid.
func (s *Service) Close(ctx context.Context, id int64, a Answer) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		f, err := tx.FollowUp(ctx, id)
		if err != nil {
			return err
		}
		if !f.ClosedAt.IsZero() {
			return passenger.Errorf(passenger.Phase, "followup.Close", "this follow-up is closed already")
		}
		if err := a.validate(f.Cause); err != nil {
			return err
		}
		f.ClosedAt, f.ClosedBy, f.Result = tx.Now(), a.By, a.Result
		if f.Cause == "reply" {
			f.Result = "replied"
			if a.NoneReason != "" {
				f.Result = a.NoneReason
			}
			if err := s.answer(ctx, tx, f, a); err != nil {
				return err
			}
		}
		if err := tx.UpdateFollowUp(ctx, f); err != nil {
			return err
		}
		if err := tx.Audit(ctx, ground.AuditRow{Actor: a.By, Role: a.Role, Act: "close-followup", Object: strconv.FormatInt(id, 10), Result: f.Result}); err != nil {
			return err
		}
		if err := s.finish(ctx, tx, f, a.Role); err != nil {
			return err
		}
		return tx.Notify(ctx, "followup", f.Loop.String())
	})
}

func (s *Service) answer(ctx context.Context, tx ground.Tx, f ground.FollowUp, a Answer) error {
	c, err := tx.Case(ctx, f.Case)
	if err != nil {
		return err
	}
	if err := tx.InsertReply(ctx, ground.Reply{Case: f.Case, Text: a.Reply, NoneReason: a.NoneReason, By: a.By, At: tx.Now()}); err != nil {
		return err
	}
	c.Status, c.ClosedAt = ground.CaseClosed, tx.Now()
	return tx.UpdateCase(ctx, c)
}

// finish closes the loop when nothing of it is open any more.
func (s *Service) finish(ctx context.Context, tx ground.Tx, f ground.FollowUp, role string) error {
	if f.Loop == (passenger.LoopID{}) {
		return nil
	}
	all, err := tx.FollowUpsOfLoop(ctx, f.Loop)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ClosedAt.IsZero() && x.ID != f.ID {
			return nil
		}
	}
	loop, err := tx.Loop(ctx, f.Loop)
	if err != nil || loop.State != ground.LoopReconciled {
		return err
	}
	loop.State, loop.EndReason, loop.EndedAt = ground.LoopClosed, f.Result, tx.Now()
	if err := tx.UpdateLoop(ctx, loop); err != nil {
		return err
	}
	return tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: role, To: string(ground.LoopClosed), Evidence: f.Result})
}
