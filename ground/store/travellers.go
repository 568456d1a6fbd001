package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type travellerRow struct {
	bun.BaseModel `bun:"table:travellers,alias:t"`
	Flight        flightID                      `bun:"flight_id,pk"`
	No            int64                         `bun:"no,pk"`
	Person        uuid.UUID                     `bun:"person_id"`
	SourceKey     string                        `bun:"source_key"`
	Surname       string                        `bun:"surname"`
	Given         string                        `bun:"given"`
	Title         string                        `bun:"title"`
	Seat          string                        `bun:"seat"`
	Tier          string                        `bun:"tier"`
	Cabin         string                        `bun:"cabin"`
	Minor         bool                          `bun:"minor"`
	Unsure        bool                          `bun:"unsure"`
	Removed       bool                          `bun:"removed"`
	NoShow        bool                          `bun:"no_show"`
	Assistance    list[string]                  `bun:"assistance"`
	Onward        string                        `bun:"onward"`
	Erased        bool                          `bun:"erased"`
	Facts         object[ground.TravellerFacts] `bun:"facts"`
}

func (r travellerRow) noun() ground.Traveller {
	return ground.Traveller{Flight: passenger.FlightID(r.Flight), No: passenger.TravellerNo(r.No), Person: r.Person, SourceKey: r.SourceKey,
		Surname: r.Surname, Given: r.Given, Title: r.Title, Seat: passenger.Seat(r.Seat), Tier: r.Tier, Cabin: r.Cabin, Minor: r.Minor,
		Unsure: r.Unsure, Removed: r.Removed, NoShow: r.NoShow, Assistance: r.Assistance, Onward: r.Onward, Erased: r.Erased, Facts: r.Facts.V}
}

func travellerOf(v ground.Traveller) *travellerRow {
	return &travellerRow{Flight: flightID(v.Flight), No: int64(v.No), Person: v.Person, SourceKey: v.SourceKey,
		Surname: v.Surname, Given: v.Given, Title: v.Title, Seat: string(v.Seat), Tier: v.Tier, Cabin: v.Cabin, Minor: v.Minor,
		Unsure: v.Unsure, Removed: v.Removed, NoShow: v.NoShow, Assistance: v.Assistance, Onward: v.Onward, Erased: v.Erased,
		Facts: object[ground.TravellerFacts]{v.Facts}}
}

// PutTraveller implements [ground.Flights].
func (t *tx) PutTraveller(ctx context.Context, v ground.Traveller) error {
	return t.upsert(ctx, "store.PutTraveller", travellerOf(v))
}

// PutTravellers implements [ground.Flights], some hundreds a statement.
func (t *tx) PutTravellers(ctx context.Context, vs []ground.Traveller) error {
	for part := range slices.Chunk(vs, 500) {
		rows := make([]*travellerRow, len(part))
		for i, v := range part {
			rows[i] = travellerOf(v)
		}
		if err := upsertAll(ctx, t, "store.PutTravellers", rows); err != nil {
			return err
		}
	}
	return nil
}

// Travellers implements [ground.Flights].
func (t *tx) Travellers(ctx context.Context, id passenger.FlightID) ([]ground.Traveller, error) {
	return all[ground.Traveller, travellerRow](ctx, t, "store.Travellers", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("no")
	})
}

// FlightsOf implements [ground.Flights]. The two slices go together by index.
func (t *tx) FlightsOf(ctx context.Context, id passenger.PersonID, from time.Time) ([]ground.Flight, []ground.Traveller, error) {
	const op = "store.FlightsOf"
	ts, err := all[ground.Traveller, travellerRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Join("JOIN flights AS f ON f.id = t.flight_id").Where("t.person_id = ? AND NOT t.removed", id).
			Where("f.std >= ?", micro(from)).Order("f.std", "f.id", "t.no")
	})
	if err != nil || len(ts) == 0 {
		return nil, nil, err
	}
	ids := make([]flightID, len(ts))
	for i, v := range ts {
		ids[i] = flightID(v.Flight)
	}
	fs, err := all[ground.Flight, flightRow](ctx, t, op, by("id IN (?)", bun.List(ids)))
	if err != nil {
		return nil, nil, err
	}
	known := map[passenger.FlightID]ground.Flight{}
	for _, f := range fs {
		known[f.ID] = f
	}
	out := make([]ground.Flight, len(ts))
	for i, v := range ts {
		out[i] = known[v.Flight]
	}
	return out, ts, nil
}

type eventNoteRow struct {
	bun.BaseModel `bun:"table:event_notes"`
	Flight        flightID               `bun:"flight_id,pk"`
	Author        int64                  `bun:"author,pk"`
	Seq           int64                  `bun:"seq,pk"`
	Origin        string                 `bun:"origin"`
	Loops         list[passenger.LoopID] `bun:"loops"`
}

func (r eventNoteRow) noun() ground.EventNote {
	return ground.EventNote{Flight: passenger.FlightID(r.Flight), Note: dot(r.Author, r.Seq), Origin: r.Origin, Loops: r.Loops}
}

// EventNotes implements [ground.Flights], by note.
func (t *tx) EventNotes(ctx context.Context, id passenger.FlightID) ([]ground.EventNote, error) {
	return all[ground.EventNote, eventNoteRow](ctx, t, "store.EventNotes", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("author", "seq")
	})
}

// InsertEventNote implements [ground.Flights]. Errors: exists when the note has its row.
func (t *tx) InsertEventNote(ctx context.Context, e ground.EventNote) error {
	return t.insertNew(ctx, "store.InsertEventNote", "event note", &eventNoteRow{Flight: flightID(e.Flight), Author: int64(e.Note.Author),
		Seq: int64(e.Note.Seq), Origin: e.Origin, Loops: e.Loops})
}

// dot joins the two columns of a dot. Columns are signed; the bits are the same.
func dot(author, seq int64) flightsync.Dot {
	return flightsync.Dot{Author: flightsync.Author(author), Seq: uint64(seq)}
}
