package store_test

import (
	"testing"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
	synctest "github.com/cabinloop/cabinloop/sync/storetest"
)

// laneGroup is the flight of the engine's suite.
var laneGroup = passenger.FlightID{1, 2, 3, 4, 5, 6, 7, 8}

// laneStore runs each call in a transaction of its own.
type laneStore struct {
	t       *testing.T
	db      *store.DB
	address string
}

func (s *laneStore) State() (st flightsync.State, err error) {
	err = s.db.Read(s.t.Context(), func(tx ground.Tx) error {
		st, err = tx.Lanes(s.t.Context(), laneGroup).State()
		return err
	})
	return st, err
}

func (s *laneStore) Ops(a flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	return s.db.Read(s.t.Context(), func(tx ground.Tx) error { return tx.Lanes(s.t.Context(), laneGroup).Ops(a, first, yield) })
}

func (s *laneStore) Apply(b flightsync.Batch) error {
	return s.db.InTx(s.t.Context(), func(tx ground.Tx) error {
		if _, err := tx.LockFlight(s.t.Context(), laneGroup); err != nil {
			return err
		}
		_ = tx.Lanes(s.t.Context(), laneGroup).Apply(b) // a failed Apply fails the transaction all the same
		return nil
	})
}

func TestLanesContract(t *testing.T) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Run(t,
				func(t *testing.T) flightsync.Store {
					s := &laneStore{t: t, address: address(t)}
					s.db = open(t, s.address)
					if err := s.db.InTx(t.Context(), func(tx ground.Tx) error {
						return tx.InsertFlight(t.Context(), ground.Flight{ID: laneGroup, Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1}})
					}); err != nil {
						t.Fatal(err)
					}
					return s
				},
				func(t *testing.T, old flightsync.Store) flightsync.Store {
					s := old.(*laneStore)
					if err := s.db.Close(); err != nil {
						t.Fatal(err)
					}
					return &laneStore{t: t, address: s.address, db: open(t, s.address)}
				})
		})
	}
}
