package subject

import (
	"context"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Hold puts a person under a legal hold, or renews its reason: nothing of them is erased, on
// request or by age. Errors: not_found, invalid without a reason, phase for an erased person.
func (s *Service) Hold(ctx context.Context, id passenger.PersonID, reason, by string) error {
	const op = "subject.Hold"
	if reason == "" {
		return passenger.Errorf(passenger.Invalid, op, "a hold needs a reason: a case number or a name of the matter, not of the person")
	}
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		if !p.ErasedAt.IsZero() {
			return passenger.Errorf(passenger.Phase, op, "this person was erased; there is nothing left to hold")
		}
		if err := tx.SetHold(ctx, ground.Hold{Person: id, Reason: reason, By: by, At: tx.Now()}); err != nil {
			return err
		}
		return audit(ctx, tx, by, "hold", id.String(), "set")
	})
}

// Release ends a legal hold. Errors: not_found when there is none.
func (s *Service) Release(ctx context.Context, id passenger.PersonID, by string) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		if err := tx.ClearHold(ctx, id); err != nil {
			return err
		}
		return audit(ctx, tx, by, "hold", id.String(), "cleared")
	})
}
