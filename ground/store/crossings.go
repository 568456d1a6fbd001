package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type crossingRow struct {
	bun.BaseModel `bun:"table:crossings"`
	Flight        flightID  `bun:"flight_id,pk"`
	Author        int64     `bun:"author,pk"`
	Tablet        uuid.UUID `bun:"tablet_id"`
	Incarnation   token8    `bun:"incarnation"`
	FirstAt       time.Time `bun:"first_at,nullzero"`
	LastAt        time.Time `bun:"last_at,nullzero"`
	Issued        int64     `bun:"issued"`
	OnGround      int64     `bun:"on_ground"`
	Have          vector    `bun:"have"`
	SettledAt     time.Time `bun:"settled_at,nullzero"`
	SettledWhy    string    `bun:"settled_why"`
	Reviewed      int64     `bun:"reviewed"`
}

func (r crossingRow) noun() ground.Crossing {
	return ground.Crossing{Flight: passenger.FlightID(r.Flight), Tablet: r.Tablet, Author: flightsync.Author(r.Author),
		Incarnation: flightsync.Incarnation(r.Incarnation), FirstAt: utc(r.FirstAt), LastAt: utc(r.LastAt),
		Issued: uint64(r.Issued), OnGround: uint64(r.OnGround), Have: flightsync.Vector(r.Have),
		SettledAt: utc(r.SettledAt), SettledWhy: r.SettledWhy, Reviewed: uint64(r.Reviewed)}
}

// PutCrossing implements [ground.Ops].
func (t *tx) PutCrossing(ctx context.Context, cs ...ground.Crossing) error {
	rows := make([]*crossingRow, len(cs))
	for i, c := range cs {
		rows[i] = &crossingRow{Flight: flightID(c.Flight), Author: int64(c.Author), Tablet: c.Tablet,
			Incarnation: token8(c.Incarnation), FirstAt: micro(c.FirstAt), LastAt: micro(c.LastAt), Issued: int64(c.Issued),
			OnGround: int64(c.OnGround), Have: vector(c.Have), SettledAt: micro(c.SettledAt), SettledWhy: c.SettledWhy,
			Reviewed: int64(c.Reviewed)}
	}
	return upsertAll(ctx, t, "store.PutCrossing", rows)
}

// Crossings implements [ground.Ops].
func (t *tx) Crossings(ctx context.Context, id passenger.FlightID) ([]ground.Crossing, error) {
	return all[ground.Crossing, crossingRow](ctx, t, "store.Crossings", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("author")
	})
}

type gestureRow struct {
	bun.BaseModel `bun:"table:gestures"`
	Flight        flightID  `bun:"flight_id,pk"`
	Author        int64     `bun:"author,pk"`
	Seq           int64     `bun:"seq,pk"`
	Loop          uuid.UUID `bun:"loop_id"`
	Person        uuid.UUID `bun:"person_id"`
	Code          string    `bun:"code"`
	Quantity      int       `bun:"quantity"`
	At            time.Time `bun:"at,nullzero"`
	Voided        bool      `bun:"voided"`
}

func (r gestureRow) noun() ground.GestureRow {
	return ground.GestureRow{Flight: passenger.FlightID(r.Flight), Dot: dot(r.Author, r.Seq), Loop: r.Loop, Person: r.Person,
		Code: passenger.GestureCode(r.Code), Quantity: r.Quantity, At: utc(r.At), Voided: r.Voided}
}

// PutGesture implements [ground.Ops].
func (t *tx) PutGesture(ctx context.Context, g ground.GestureRow) error {
	return t.upsert(ctx, "store.PutGesture", &gestureRow{Flight: flightID(g.Flight), Author: int64(g.Dot.Author), Seq: int64(g.Dot.Seq),
		Loop: g.Loop, Person: g.Person, Code: string(g.Code), Quantity: g.Quantity, At: micro(g.At), Voided: g.Voided})
}

// Gestures implements [ground.Ops], by dot.
func (t *tx) Gestures(ctx context.Context, id passenger.FlightID) ([]ground.GestureRow, error) {
	return all[ground.GestureRow, gestureRow](ctx, t, "store.Gestures", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("author", "seq")
	})
}

// GesturesOfLoop implements [ground.Ops], oldest first.
func (t *tx) GesturesOfLoop(ctx context.Context, id passenger.LoopID) ([]ground.GestureRow, error) {
	return all[ground.GestureRow, gestureRow](ctx, t, "store.GesturesOfLoop", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("loop_id = ?", id).Order("at", "flight_id", "author", "seq")
	})
}
