package subject

import (
	"context"
	"encoding/hex"
	"io"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Flights does the part of flights; ground/dispatch is one.
type Flights interface {
	// EraseOn does what an erasure has to do on one flight; doing it again writes nothing.
	EraseOn(ctx context.Context, job ground.ErasureFlight) error
	// Purge takes everything personal out of a sealed flight. Errors: phase for another one.
	Purge(ctx context.Context, id passenger.FlightID) error
}

// Service is safe for concurrent use.
type Service struct {
	Store   ground.Store
	Flights Flights
	Rand    io.Reader                   // crypto/rand in production
	Journal *Journal                    // nil: no journal is kept
	Scrub   func(context.Context) error // makes freed text go from the database's files; nil: nothing to do
}

// Subject names a person or, when Person is zero, a social account.
type Subject struct {
	Person  passenger.PersonID
	Account ground.Account
}

func (x Subject) isPerson() bool { return x.Person != passenger.PersonID{} }

func (x Subject) hash(k ground.LedgerKey) ground.LedgerHash {
	if x.isPerson() {
		return k.Person(x.Person)
	}
	return k.Account(x.Account)
}

// object is how the subject stands in the audit log.
func (x Subject) object(h ground.LedgerHash) string {
	if x.isPerson() {
		return x.Person.String()
	}
	return "account " + hex.EncodeToString(h[:])
}

// key returns the key of the ledger, and makes it the first time.
func (s *Service) key(ctx context.Context, tx ground.Tx) (ground.LedgerKey, error) {
	k, ok, err := tx.LedgerKey(ctx)
	if err != nil || ok {
		return k, err
	}
	if _, err := io.ReadFull(s.Rand, k[:]); err != nil {
		return k, passenger.Wrap(passenger.Internal, "subject.key", "this machine gave no random numbers", err)
	}
	return k, tx.SetLedgerKey(ctx, k)
}

func audit(ctx context.Context, tx ground.Tx, by, act, object, result string) error {
	return tx.Audit(ctx, ground.AuditRow{Actor: by, Role: "admin", Act: act, Object: object, Result: result})
}
