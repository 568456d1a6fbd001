package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type flightRow struct {
	bun.BaseModel `bun:"table:flights,alias:f"`
	ID            flightID                 `bun:"id,pk"`
	Carrier       string                   `bun:"carrier"`
	Number        int                      `bun:"number"`
	Suffix        string                   `bun:"suffix"`
	Date          string                   `bun:"date"`
	Departure     string                   `bun:"departure"`
	Attempt       int                      `bun:"attempt"`
	Arrival       string                   `bun:"arrival"`
	STD           time.Time                `bun:"std,nullzero"`
	STA           time.Time                `bun:"sta,nullzero"`
	Stage         string                   `bun:"stage"`
	Movement      string                   `bun:"movement"`
	MovedAt       time.Time                `bun:"moved_at,nullzero"`
	OnBlockAt     time.Time                `bun:"on_block_at,nullzero"`
	ClosedAt      time.Time                `bun:"closed_at,nullzero"`
	SealedAt      time.Time                `bun:"sealed_at,nullzero"`
	ListAt        time.Time                `bun:"list_at,nullzero"`
	ListDoubt     string                   `bun:"list_doubt"`
	List          object[ground.ListFacts] `bun:"list_facts"`
	Told          list[ground.Told]        `bun:"told"`
	ANA           int                      `bun:"ana"`
	Revision      int                      `bun:"revision"`
	Restores      int                      `bun:"restores"`
	Floor         uint32                   `bun:"author_floor"`
}

func flightOf(f ground.Flight) *flightRow {
	k := f.Key
	return &flightRow{ID: flightID(f.ID), Carrier: k.Carrier, Number: k.Number, Suffix: k.Suffix, Date: k.Date, Departure: k.Departure, Attempt: k.Attempt,
		Arrival: f.Arrival, STD: micro(f.STD), STA: micro(f.STA), Stage: string(f.Stage), Movement: string(f.Movement), MovedAt: micro(f.MovedAt),
		OnBlockAt: micro(f.OnBlockAt), ClosedAt: micro(f.ClosedAt), SealedAt: micro(f.SealedAt), ListAt: micro(f.ListAt), ListDoubt: f.ListDoubt, List: object[ground.ListFacts]{f.List}, Told: f.Told,
		ANA: f.ANA, Revision: f.Revision, Restores: f.Restores, Floor: uint32(f.Floor)}
}

func (r flightRow) noun() ground.Flight {
	return ground.Flight{ID: passenger.FlightID(r.ID),
		Key:     passenger.FlightKey{Carrier: r.Carrier, Number: r.Number, Suffix: r.Suffix, Date: r.Date, Departure: r.Departure, Attempt: r.Attempt},
		Arrival: r.Arrival, STD: utc(r.STD), STA: utc(r.STA), Stage: passenger.Stage(r.Stage), Movement: passenger.Movement(r.Movement),
		MovedAt: utc(r.MovedAt), OnBlockAt: utc(r.OnBlockAt), ClosedAt: utc(r.ClosedAt), SealedAt: utc(r.SealedAt), ListAt: utc(r.ListAt),
		ListDoubt: r.ListDoubt, List: r.List.V, Told: r.Told, ANA: r.ANA, Revision: r.Revision, Restores: r.Restores, Floor: flightsync.Author(r.Floor)}
}

// InsertFlight implements [ground.Flights]. The new flight counts as locked.
func (t *tx) InsertFlight(ctx context.Context, f ground.Flight) error {
	err := t.insertNew(ctx, "store.InsertFlight", "flight "+f.Key.String(), flightOf(f))
	if err == nil {
		t.locked[f.ID] = true
	}
	return err
}

// UpdateFlight implements [ground.Flights]. Errors: exists when the new key is another flight's.
func (t *tx) UpdateFlight(ctx context.Context, f ground.Flight) error {
	const op = "store.UpdateFlight"
	if f.Stage == passenger.Purged {
		if err := t.DestroyFlightKey(ctx, f.ID); err != nil {
			return err
		}
	}
	return t.guarded(ctx, op, func() error { return t.update(ctx, op, "flight", flightOf(f)) })
}

// LockFlight implements [ground.Flights].
func (t *tx) LockFlight(ctx context.Context, id passenger.FlightID) (ground.Flight, error) {
	const op = "store.LockFlight"
	if t.ro {
		return ground.Flight{}, passenger.Errorf(passenger.Internal, op, "a read-only transaction cannot lock a flight")
	}
	f, err := get[ground.Flight, flightRow](ctx, t, op, "flight", false, func(q *bun.SelectQuery) *bun.SelectQuery {
		if t.engine == postgres {
			q = q.For("UPDATE")
		}
		return q.Where("id = ?", flightID(id))
	})
	if err == nil {
		t.locked[id] = true
	}
	return f, err
}

// Flight implements [ground.Flights].
func (t *tx) Flight(ctx context.Context, id passenger.FlightID) (ground.Flight, error) {
	return get[ground.Flight, flightRow](ctx, t, "store.Flight", "flight", false, by("id = ?", flightID(id)))
}

// FlightByKey implements [ground.Flights]. A key that nobody has yet is held, so that an insert
// behind it does not meet another's.
func (t *tx) FlightByKey(ctx context.Context, k passenger.FlightKey) (ground.Flight, error) {
	const op = "store.FlightByKey"
	read := func() (ground.Flight, bool, error) {
		return find[ground.Flight, flightRow](ctx, t, op, false, by("carrier = ? AND number = ? AND suffix = ? AND date = ? AND departure = ? AND attempt = ?",
			k.Carrier, k.Number, k.Suffix, k.Date, k.Departure, k.Attempt))
	}
	f, ok, err := read()
	if err == nil && !ok && t.engine == postgres && !t.ro {
		if err = t.claim(ctx, op, "flight", k.String()); err == nil {
			f, ok, err = read()
		}
	}
	if err == nil && !ok {
		err = notFound(op, "flight "+k.String())
	}
	return f, err
}

// FindFlights implements [ground.Flights]. Both times are included.
func (t *tx) FindFlights(ctx context.Context, carrier string, number int, suffix, departure string, from, to time.Time) ([]ground.Flight, error) {
	return all[ground.Flight, flightRow](ctx, t, "store.FindFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("carrier = ? AND number = ? AND suffix = ?", carrier, number, suffix).
			Where("std >= ? AND std <= ?", micro(from), micro(to)).Order("std", "departure", "attempt")
		if departure != "" {
			q = q.Where("departure = ?", departure)
		}
		return q
	})
}

// ListFlights implements [ground.Flights].
func (t *tx) ListFlights(ctx context.Context, from, to time.Time) ([]ground.Flight, error) {
	return all[ground.Flight, flightRow](ctx, t, "store.ListFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("std >= ? AND std < ?", micro(from), micro(to)).Order("std", "carrier", "number", "suffix", "departure", "attempt")
	})
}

// UnfinishedFlights implements [ground.Flights]. The condition is that of index flights_unfinished.
func (t *tx) UnfinishedFlights(ctx context.Context, before time.Time) ([]ground.Flight, error) {
	return all[ground.Flight, flightRow](ctx, t, "store.UnfinishedFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("stage IN ('open', 'closed') AND std < ?", micro(before)).Order("std", "carrier", "number", "suffix", "departure", "attempt")
	})
}

type receiptRow struct {
	bun.BaseModel `bun:"table:receipts"`
	Key           string    `bun:"key,pk"`
	At            time.Time `bun:"at"`
}

// Receipt implements [ground.Flights].
func (t *tx) Receipt(ctx context.Context, key string) (bool, error) {
	return t.insert(ctx, "store.Receipt", &receiptRow{Key: key, At: t.now})
}

// HasReceipt implements [ground.Flights].
func (t *tx) HasReceipt(ctx context.Context, key string) (bool, error) {
	n, err := t.NewSelect().Model((*receiptRow)(nil)).Where("key = ?", key).Count(ctx)
	return n > 0, t.fail("store.HasReceipt", err)
}

type restoreRow struct {
	bun.BaseModel `bun:"table:restores"`
	N             int64     `bun:"n,pk,autoincrement"`
	At            time.Time `bun:"at"`
}

// AddRestore implements [ground.Flights].
func (t *tx) AddRestore(ctx context.Context) error {
	_, err := t.NewInsert().Model(&restoreRow{At: t.now}).Exec(ctx)
	return t.fail("store.AddRestore", err)
}

// Restores implements [ground.Flights].
func (t *tx) Restores(ctx context.Context) (int, error) {
	n, err := t.NewSelect().Model((*restoreRow)(nil)).Count(ctx)
	return int(n), t.fail("store.Restores", err)
}
