package ground

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
)

// FlightKeys keeps the key of each flight: made once, never replaced, destroyed when the flight
// is purged.
type FlightKeys interface {
	// InsertFlightKey errors: exists when the flight has a key, not_found for no such flight.
	InsertFlightKey(ctx context.Context, id passenger.FlightID, key []byte) error
	FlightKey(ctx context.Context, id passenger.FlightID) ([]byte, error)
	// FlightKeysOf leaves out flights without a key.
	FlightKeysOf(ctx context.Context, ids []passenger.FlightID) (map[passenger.FlightID][]byte, error)
	// DestroyFlightKey does nothing when there is none.
	DestroyFlightKey(ctx context.Context, id passenger.FlightID) error
}
