package dispatch

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// errOtherFlights says that between looking and locking, what a loop needs came to be on
// another flight.
var errOtherFlights = passenger.Errorf(passenger.Raced, "dispatch.Evaluate", "the flights of this note changed at the same moment; try again")

// flightsFirst runs a decision about a loop in one transaction that locks in the one order
// everybody locks in: the flights that it writes to, by their keys, then the case, the loop, its desk items.
// Which flights those are is found by deciding once without locks; when it is no longer true
// under the locks, it is found again. Errors: raced after [maxLooks] looks; those of decide.
func (s *Service) flightsFirst(ctx context.Context, id passenger.LoopID, decide func(context.Context, *evaluation) (decision, error)) error {
	for look := 1; ; look++ {
		var kase ground.Case
		var seen decision
		if err := s.Store.Read(ctx, func(tx ground.Tx) error {
			loop, err := tx.Loop(ctx, id)
			if err != nil {
				return err
			}
			if kase, err = tx.Case(ctx, loop.Case); err != nil {
				return err
			}
			seen, err = s.look(ctx, tx, kase, loop, nil, decide)
			return err
		}); err != nil || seen.act == nil {
			return err
		}
		flights := seen.flights
		slices.SortFunc(flights, func(a, b ground.Flight) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
		err := s.Store.InTx(ctx, func(tx ground.Tx) error {
			legs := map[passenger.FlightID]*leg{}
			for _, f := range flights {
				if legs[f.ID] != nil {
					continue
				}
				l, err := s.lock(ctx, tx, f.ID)
				if err != nil {
					return err
				}
				legs[f.ID] = l
			}
			kase, err := tx.Case(ctx, kase.ID)
			if err != nil {
				return err
			}
			loop, err := tx.Loop(ctx, id)
			if err != nil {
				return err
			}
			d, err := s.look(ctx, tx, kase, loop, legs, decide)
			if err != nil || d.act == nil {
				return err
			}
			for _, f := range d.flights {
				if legs[f.ID] == nil {
					return errOtherFlights
				}
			}
			return d.act(ctx)
		})
		if !errors.Is(err, errOtherFlights) || look == maxLooks {
			return err
		}
	}
}

// look decides about a loop as it is in this transaction.
func (s *Service) look(ctx context.Context, tx ground.Tx, kase ground.Case, loop ground.Loop, legs map[passenger.FlightID]*leg,
	decide func(context.Context, *evaluation) (decision, error)) (none decision, err error) {
	e := &evaluation{s: s, tx: tx, loop: loop, before: loop, kase: kase, legs: legs}
	if err := e.load(ctx); err != nil {
		return none, err
	}
	return decide(ctx, e)
}
