package store

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type holdRow struct {
	bun.BaseModel `bun:"table:holds"`
	Person        uuid.UUID `bun:"person_id,pk"`
	Reason        string    `bun:"reason"`
	By            string    `bun:"set_by"`
	At            time.Time `bun:"at,nullzero"`
}

func (r holdRow) noun() ground.Hold {
	return ground.Hold{Person: r.Person, Reason: r.Reason, By: r.By, At: utc(r.At)}
}

// SetHold implements [ground.Subjects].
func (t *tx) SetHold(ctx context.Context, h ground.Hold) error {
	return t.upsert(ctx, "store.SetHold", &holdRow{Person: h.Person, Reason: h.Reason, By: h.By, At: micro(h.At)})
}

// ClearHold implements [ground.Subjects].
func (t *tx) ClearHold(ctx context.Context, id passenger.PersonID) error {
	const op = "store.ClearHold"
	res, err := t.NewDelete().Model((*holdRow)(nil)).Where("person_id = ?", id).Exec(ctx)
	if err != nil {
		return t.fail(op, err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return notFound(op, "hold on this person")
	}
	return t.fail(op, err)
}

// Hold implements [ground.Subjects].
func (t *tx) Hold(ctx context.Context, id passenger.PersonID) (ground.Hold, bool, error) {
	return find[ground.Hold, holdRow](ctx, t, "store.Hold", false, by("person_id = ?", id))
}

// ledgerKey is the key of the ledger as a column.
type ledgerKey ground.LedgerKey

// Value implements [driver.Valuer].
func (k ledgerKey) Value() (driver.Value, error) { return k[:], nil }

// Scan implements sql.Scanner.
func (k *ledgerKey) Scan(src any) error { return fixed(k[:], src) }

type ledgerRow struct {
	bun.BaseModel `bun:"table:ledger"`
	ID            int64     `bun:"id,pk"`
	Key           ledgerKey `bun:"key"`
}

// LedgerKey implements [ground.Subjects].
func (t *tx) LedgerKey(ctx context.Context) (ground.LedgerKey, bool, error) {
	var rows []ledgerRow
	if err := t.NewSelect().Model(&rows).Scan(ctx); err != nil || len(rows) == 0 {
		return ground.LedgerKey{}, false, t.fail("store.LedgerKey", err)
	}
	return ground.LedgerKey(rows[0].Key), true, nil
}

// SetLedgerKey implements [ground.Subjects].
func (t *tx) SetLedgerKey(ctx context.Context, k ground.LedgerKey) error {
	return t.insertNew(ctx, "store.SetLedgerKey", "key of the ledger", &ledgerRow{ID: 1, Key: ledgerKey(k)})
}

type erasureRow struct {
	bun.BaseModel `bun:"table:erasures"`
	Hash          hash      `bun:"hash,pk"`
	Kind          string    `bun:"kind"`
	By            string    `bun:"ordered_by"`
	At            time.Time `bun:"at,nullzero"`
}

func (r erasureRow) noun() ground.Erasure {
	return ground.Erasure{Hash: ground.LedgerHash(r.Hash), Kind: ground.ErasureKind(r.Kind), By: r.By, At: utc(r.At)}
}

// PutErasure implements [ground.Subjects].
func (t *tx) PutErasure(ctx context.Context, e ground.Erasure) error {
	return t.upsert(ctx, "store.PutErasure", &erasureRow{Hash: hash(e.Hash), Kind: string(e.Kind), By: e.By, At: micro(e.At)})
}

// Erasure implements [ground.Subjects].
func (t *tx) Erasure(ctx context.Context, h ground.LedgerHash) (ground.Erasure, bool, error) {
	return find[ground.Erasure, erasureRow](ctx, t, "store.Erasure", false, by("hash = ?", hash(h)))
}

// Erasures implements [ground.Subjects].
func (t *tx) Erasures(ctx context.Context) ([]ground.Erasure, error) {
	return all[ground.Erasure, erasureRow](ctx, t, "store.Erasures", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("at", "hash") })
}

type erasureFlightRow struct {
	bun.BaseModel `bun:"table:erasure_flights"`
	Erasure       hash                        `bun:"erasure,pk"`
	Flight        flightID                    `bun:"flight_id,pk"`
	Travellers    list[passenger.TravellerNo] `bun:"travellers"`
	Notes         list[flightsync.Dot]        `bun:"notes"`
	Author        int64                       `bun:"author"`
	Seq           int64                       `bun:"seq"`
	DoneAt        time.Time                   `bun:"done_at,nullzero"`
}

func (r erasureFlightRow) noun() ground.ErasureFlight {
	return ground.ErasureFlight{Erasure: ground.LedgerHash(r.Erasure), Flight: passenger.FlightID(r.Flight), Travellers: r.Travellers,
		Notes: r.Notes, Op: dot(r.Author, r.Seq), DoneAt: utc(r.DoneAt)}
}

// PutErasureFlight implements [ground.Subjects].
func (t *tx) PutErasureFlight(ctx context.Context, f ground.ErasureFlight) error {
	return t.upsert(ctx, "store.PutErasureFlight", &erasureFlightRow{Erasure: hash(f.Erasure), Flight: flightID(f.Flight), Travellers: f.Travellers,
		Notes: f.Notes, Author: int64(f.Op.Author), Seq: int64(f.Op.Seq), DoneAt: micro(f.DoneAt)})
}

// ErasureFlights implements [ground.Subjects].
func (t *tx) ErasureFlights(ctx context.Context, h ground.LedgerHash) ([]ground.ErasureFlight, error) {
	return all[ground.ErasureFlight, erasureFlightRow](ctx, t, "store.ErasureFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("erasure = ?", hash(h)).Order("flight_id")
	})
}

// OpenErasureFlights implements [ground.Subjects].
func (t *tx) OpenErasureFlights(ctx context.Context) ([]ground.ErasureFlight, error) {
	return all[ground.ErasureFlight, erasureFlightRow](ctx, t, "store.OpenErasureFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("done_at IS NULL").Order("flight_id", "erasure")
	})
}

type tombstoneRow struct {
	bun.BaseModel `bun:"table:tombstones"`
	Kind          string   `bun:"kind,pk"`
	Hash          hash     `bun:"hash,pk"`
	Flight        flightID `bun:"flight_id"`
}

func (r tombstoneRow) noun() ground.Tombstone {
	return ground.Tombstone{Kind: ground.TombstoneKind(r.Kind), Flight: passenger.FlightID(r.Flight), Hash: ground.LedgerHash(r.Hash)}
}

// AddTombstones implements [ground.Subjects].
func (t *tx) AddTombstones(ctx context.Context, ts ...ground.Tombstone) error {
	for _, s := range ts {
		if _, err := t.insert(ctx, "store.AddTombstones", &tombstoneRow{Kind: string(s.Kind), Hash: hash(s.Hash), Flight: flightID(s.Flight)}); err != nil {
			return err
		}
	}
	return nil
}

// HasTombstone implements [ground.Subjects].
func (t *tx) HasTombstone(ctx context.Context, k ground.TombstoneKind, h ground.LedgerHash) (bool, error) {
	_, ok, err := find[ground.Tombstone, tombstoneRow](ctx, t, "store.HasTombstone", false, by("kind = ? AND hash = ?", string(k), hash(h)))
	return ok, err
}

// Tombstones implements [ground.Subjects].
func (t *tx) Tombstones(ctx context.Context, flight *passenger.FlightID) ([]ground.Tombstone, error) {
	return all[ground.Tombstone, tombstoneRow](ctx, t, "store.Tombstones", func(q *bun.SelectQuery) *bun.SelectQuery {
		if flight != nil {
			q = q.Where("flight_id = ?", flightID(*flight))
		}
		return q.Order("kind", "hash")
	})
}

// TravellersOf implements [ground.Subjects], by flight and number.
func (t *tx) TravellersOf(ctx context.Context, id passenger.PersonID) ([]ground.Traveller, error) {
	return all[ground.Traveller, travellerRow](ctx, t, "store.TravellersOf", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("person_id = ?", id).Order("flight_id", "no")
	})
}

// ErasedOn implements [ground.Subjects], by number.
func (t *tx) ErasedOn(ctx context.Context, id passenger.FlightID) ([]passenger.TravellerNo, error) {
	var nos []passenger.TravellerNo
	err := t.NewSelect().Model((*travellerRow)(nil)).Column("no").Where("flight_id = ? AND erased", flightID(id)).Order("no").Scan(ctx, &nos)
	return nos, t.fail("store.ErasedOn", err)
}
