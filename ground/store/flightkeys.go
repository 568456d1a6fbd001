package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/passenger"
)

type flightKeyRow struct {
	bun.BaseModel `bun:"table:flight_keys"`
	Flight        flightID `bun:"flight_id,pk"`
	Key           []byte   `bun:"key"`
}

func (r flightKeyRow) noun() []byte { return r.Key }

// InsertFlightKey implements [ground.FlightKeys].
func (t *tx) InsertFlightKey(ctx context.Context, id passenger.FlightID, key []byte) error {
	return t.insertNew(ctx, "store.InsertFlightKey", "flight key", &flightKeyRow{Flight: flightID(id), Key: key})
}

// FlightKey implements [ground.FlightKeys].
func (t *tx) FlightKey(ctx context.Context, id passenger.FlightID) ([]byte, error) {
	return get[[]byte, flightKeyRow](ctx, t, "store.FlightKey", "flight key", false, by("flight_id = ?", flightID(id)))
}

// FlightKeysOf implements [ground.FlightKeys].
func (t *tx) FlightKeysOf(ctx context.Context, ids []passenger.FlightID) (map[passenger.FlightID][]byte, error) {
	keys := map[passenger.FlightID][]byte{}
	var rows []flightKeyRow
	if err := t.NewSelect().Model(&rows).Where("flight_id IN (?)", bun.List(flightIDs(ids))).Scan(ctx); err != nil {
		return nil, t.fail("store.FlightKeysOf", err)
	}
	for _, r := range rows {
		keys[passenger.FlightID(r.Flight)] = r.Key
	}
	return keys, nil
}

// DestroyFlightKey implements [ground.FlightKeys].
func (t *tx) DestroyFlightKey(ctx context.Context, id passenger.FlightID) error {
	_, err := t.NewDelete().Model((*flightKeyRow)(nil)).Where("flight_id = ?", flightID(id)).Exec(ctx)
	return t.fail("store.DestroyFlightKey", err)
}
