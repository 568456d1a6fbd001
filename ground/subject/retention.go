package subject

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Swept says what a retention run did with one kind, or would do.
type Swept struct {
	Kind string `json:"kind"`
	Days int    `json:"days"`
	Gone int    `json:"gone"`
}

// Retain lets go what has had its time by the policy; held persons are left alone. dry only
// counts. A run that was cut short is gone on with by the next.
func (s *Service) Retain(ctx context.Context, p Policy, dry bool, by string) ([]Swept, error) {
	out := []Swept{}
	total := 0
	var said []string
	for _, r := range p {
		n, err := s.retain(ctx, r, dry)
		if err != nil {
			return out, err
		}
		out = append(out, Swept{r.Kind, int(r.Keep / day), n})
		total += n
		said = append(said, fmt.Sprintf("%s %d", r.Kind, n))
	}
	if dry || total == 0 {
		return out, nil
	}
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		return audit(ctx, tx, by, "retention", "policy", strings.Join(said, ", "))
	}); err != nil {
		return out, err
	}
	return out, s.finish(ctx)
}

func (s *Service) retain(ctx context.Context, r Rule, dry bool) (int, error) {
	before := func(tx ground.Tx) time.Time { return tx.Now().Add(-r.Keep) }
	switch r.Kind {
	case KindRaw:
		return s.rows(ctx, dry, func(tx ground.Tx) (int, error) { return tx.OldRaw(ctx, before(tx)) },
			func(tx ground.Tx) (int, error) { return tx.DropRaw(ctx, before(tx), batch) })
	case KindAudit:
		return s.rows(ctx, dry, func(tx ground.Tx) (int, error) { return tx.OldAudit(ctx, before(tx)) },
			func(tx ground.Tx) (int, error) { return tx.DropAudit(ctx, before(tx), batch) })
	case KindCases:
		return each(ctx, s, dry, func(tx ground.Tx, limit int) ([]passenger.CaseID, error) {
			return tx.OldCases(ctx, before(tx), time.Time{}, limit)
		}, emptyCase)
	case KindSilent:
		return each(ctx, s, dry, func(tx ground.Tx, limit int) ([]passenger.CaseID, error) {
			return tx.OldCases(ctx, time.Time{}, before(tx), limit)
		}, emptyCase)
	case KindLoops:
		return each(ctx, s, dry, func(tx ground.Tx, limit int) ([]passenger.LoopID, error) { return tx.OldLoops(ctx, before(tx), limit) }, emptyLoop)
	case KindPeople:
		return each(ctx, s, dry, func(tx ground.Tx, limit int) ([]passenger.PersonID, error) {
			return tx.OldPeople(ctx, before(tx), limit)
		},
			func(ctx context.Context, tx ground.Tx, id passenger.PersonID) error { return tx.ErasePerson(ctx, id) })
	case KindFlights:
		return s.oldFlights(ctx, r, dry)
	}
	return 0, passenger.Errorf(passenger.Invalid, "subject.Retain", "there is no kind %q to keep or let go", r.Kind)
}

// rows counts, or drops batch by batch, each in a transaction.
func (s *Service) rows(ctx context.Context, dry bool, count, drop func(ground.Tx) (int, error)) (sum int, err error) {
	if dry {
		err = s.Store.Read(ctx, func(tx ground.Tx) (err error) { sum, err = count(tx); return err })
		return sum, err
	}
	for {
		n := 0
		if err := s.Store.InTx(ctx, func(tx ground.Tx) (err error) { n, err = drop(tx); return err }); err != nil || n == 0 {
			return sum, err
		}
		sum += n
	}
}

// each counts, or empties what list finds batch by batch, each in a transaction. What has been
// emptied is not found again.
func each[ID any](ctx context.Context, s *Service, dry bool, list func(ground.Tx, int) ([]ID, error), empty func(context.Context, ground.Tx, ID) error) (sum int, err error) {
	if dry {
		err = s.Store.Read(ctx, func(tx ground.Tx) error {
			ids, err := list(tx, 0)
			sum = len(ids)
			return err
		})
		return sum, err
	}
	for {
		n := 0
		if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
			ids, err := list(tx, batch)
			for _, id := range ids {
				if err == nil {
					err = empty(ctx, tx, id)
				}
			}
			n = len(ids)
			return err
		}); err != nil || n == 0 {
			return sum, err
		}
		sum += n
	}
}

func emptyCase(ctx context.Context, tx ground.Tx, id passenger.CaseID) error {
	if err := tx.Notify(ctx, "case", id.String()); err != nil {
		return err
	}
	return tx.EraseCase(ctx, id, true)
}

func emptyLoop(ctx context.Context, tx ground.Tx, id passenger.LoopID) error {
	l, err := tx.Loop(ctx, id)
	if err != nil {
		return err
	}
	l.Person, l.Edits.Words, l.Outcome.Words = uuid.Nil, "", ""
	return tx.UpdateLoop(ctx, l)
}

// oldFlights purges flights, each in a transaction of its own.
func (s *Service) oldFlights(ctx context.Context, r Rule, dry bool) (int, error) {
	var ids []passenger.FlightID
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		ids, err = tx.OldFlights(ctx, tx.Now().Add(-r.Keep), 0)
		return err
	}); err != nil || dry {
		return len(ids), err
	}
	for i, id := range ids {
		if err := s.Flights.Purge(ctx, id); err != nil && passenger.CodeOf(err) != passenger.Phase {
			return i, err
		}
	}
	return len(ids), nil
}
