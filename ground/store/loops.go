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

type loopRow struct {
	bun.BaseModel `bun:"table:loops"`
	ID            uuid.UUID                  `bun:"id,pk"`
	Case          uuid.UUID                  `bun:"case_id"`
	Person        uuid.UUID                  `bun:"person_id"`
	State         string                     `bun:"state"`
	FlaggedBy     string                     `bun:"flagged_by"`
	FlaggedAt     time.Time                  `bun:"flagged_at,nullzero"`
	ExpiresAt     time.Time                  `bun:"expires_at,nullzero"`
	Flight        flightID                   `bun:"flight_id"`
	Event         bool                       `bun:"event"`
	Edits         object[ground.Edits]       `bun:"edits"`
	Outcome       object[passenger.Feedback] `bun:"outcome"`
	EndReason     string                     `bun:"end_reason"`
	EndedAt       time.Time                  `bun:"ended_at,nullzero"`
}

func loopOf(l ground.Loop) *loopRow {
	return &loopRow{ID: l.ID, Case: l.Case, Person: l.Person, State: string(l.State), FlaggedBy: l.FlaggedBy, FlaggedAt: micro(l.FlaggedAt),
		ExpiresAt: micro(l.ExpiresAt), Flight: flightID(l.Flight), Event: l.Event, Edits: object[ground.Edits]{l.Edits},
		Outcome: object[passenger.Feedback]{l.Outcome}, EndReason: l.EndReason, EndedAt: micro(l.EndedAt)}
}

func (r loopRow) noun() ground.Loop {
	return ground.Loop{ID: r.ID, Case: r.Case, Person: r.Person, State: ground.LoopState(r.State), FlaggedBy: r.FlaggedBy, FlaggedAt: utc(r.FlaggedAt),
		ExpiresAt: utc(r.ExpiresAt), Flight: passenger.FlightID(r.Flight), Event: r.Event, Edits: r.Edits.V, Outcome: r.Outcome.V,
		EndReason: r.EndReason, EndedAt: utc(r.EndedAt)}
}

// InsertLoop implements [ground.Loops]; the case counts as flagged from then on.
func (t *tx) InsertLoop(ctx context.Context, l ground.Loop) error {
	const op = "store.InsertLoop"
	if err := t.insertNew(ctx, op, "loop", loopOf(l)); err != nil {
		return err
	}
	_, err := t.NewUpdate().Table("cases").Set("flagged = TRUE").Where("id = ? AND NOT flagged", l.Case).Exec(ctx)
	return t.fail(op, err)
}

// UpdateLoop implements [ground.Loops].
func (t *tx) UpdateLoop(ctx context.Context, l ground.Loop) error {
	return t.update(ctx, "store.UpdateLoop", "loop", loopOf(l))
}

// Loop implements [ground.Loops].
func (t *tx) Loop(ctx context.Context, id passenger.LoopID) (ground.Loop, error) {
	return get[ground.Loop, loopRow](ctx, t, "store.Loop", "loop", true, by("id = ?", id))
}

// LoopOfCase implements [ground.Loops]. The case is held when it has none.
func (t *tx) LoopOfCase(ctx context.Context, id passenger.CaseID) (ground.Loop, bool, error) {
	return findOrClaim[ground.Loop, loopRow](ctx, t, "store.LoopOfCase", newestLoops(func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("case_id = ?", id)
	}), "loop", id.String())
}

// ListLoops implements [ground.Loops]. A limit of 0 is none.
func (t *tx) ListLoops(ctx context.Context, state ground.LoopState, limit int) ([]ground.Loop, error) {
	return all[ground.Loop, loopRow](ctx, t, "store.ListLoops", newestLoops(func(q *bun.SelectQuery) *bun.SelectQuery {
		if state != "" {
			q = q.Where("state = ?", string(state))
		}
		if limit > 0 {
			q = q.Limit(int64(limit))
		}
		return q
	}))
}

// LoopsOfPerson implements [ground.Loops], newest first.
func (t *tx) LoopsOfPerson(ctx context.Context, id passenger.PersonID) ([]ground.Loop, error) {
	return all[ground.Loop, loopRow](ctx, t, "store.LoopsOfPerson", newestLoops(by("person_id = ?", id)))
}

// LoopsOfCase implements [ground.Subjects], newest first.
func (t *tx) LoopsOfCase(ctx context.Context, id passenger.CaseID) ([]ground.Loop, error) {
	return all[ground.Loop, loopRow](ctx, t, "store.LoopsOfCase", newestLoops(by("case_id = ?", id)))
}

func newestLoops(w where) where {
	return func(q *bun.SelectQuery) *bun.SelectQuery { return w(q).OrderExpr("flagged_at DESC, id DESC") }
}

type loopFlightRow struct {
	bun.BaseModel `bun:"table:loop_flights"`
	Loop          uuid.UUID `bun:"loop_id,pk"`
	Flight        flightID  `bun:"flight_id,pk"`
	Traveller     int64     `bun:"traveller"`
	Author        int64     `bun:"author"`
	Seq           int64     `bun:"seq"`
	Hash          hash      `bun:"hash"`
	Retracted     string    `bun:"retracted"`
	MovedFrom     flightID  `bun:"moved_from"`
	CreatedAt     time.Time `bun:"created_at,nullzero"`
	Outcome       string    `bun:"outcome"`
}

func (r loopFlightRow) noun() ground.LoopFlight {
	return ground.LoopFlight{Loop: r.Loop, Flight: passenger.FlightID(r.Flight), Traveller: passenger.TravellerNo(r.Traveller), Note: dot(r.Author, r.Seq),
		Hash: r.Hash, Retracted: flightsync.RetractReason(r.Retracted), MovedFrom: passenger.FlightID(r.MovedFrom), CreatedAt: utc(r.CreatedAt), Outcome: r.Outcome}
}

// PutLoopFlight implements [ground.Loops].
func (t *tx) PutLoopFlight(ctx context.Context, lf ground.LoopFlight) error {
	return t.upsert(ctx, "store.PutLoopFlight", &loopFlightRow{Loop: lf.Loop, Flight: flightID(lf.Flight), Traveller: int64(lf.Traveller),
		Author: int64(lf.Note.Author), Seq: int64(lf.Note.Seq), Hash: lf.Hash, Retracted: string(lf.Retracted), MovedFrom: flightID(lf.MovedFrom),
		CreatedAt: micro(lf.CreatedAt), Outcome: lf.Outcome})
}

// LoopFlights implements [ground.Loops].
func (t *tx) LoopFlights(ctx context.Context, id passenger.LoopID) ([]ground.LoopFlight, error) {
	return all[ground.LoopFlight, loopFlightRow](ctx, t, "store.LoopFlights", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("loop_id = ?", id).Order("created_at", "flight_id")
	})
}

// LoopFlightsOn implements [ground.Loops].
func (t *tx) LoopFlightsOn(ctx context.Context, id passenger.FlightID) ([]ground.LoopFlight, error) {
	return all[ground.LoopFlight, loopFlightRow](ctx, t, "store.LoopFlightsOn", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("author", "seq", "loop_id")
	})
}

type transitionRow struct {
	bun.BaseModel `bun:"table:transitions"`
	Loop          uuid.UUID `bun:"loop_id,pk"`
	Seq           int64     `bun:"seq,pk"`
	At            time.Time `bun:"at"`
	Role          string    `bun:"role"`
	To            string    `bun:"state"`
	Evidence      string    `bun:"evidence"`
}

func (r transitionRow) noun() ground.Transition {
	return ground.Transition{Loop: r.Loop, Seq: int(r.Seq), At: utc(r.At), Role: r.Role, To: r.To, Evidence: r.Evidence}
}

// AddTransition implements [ground.Loops]; the loop is held. Errors: not_found for the loop.
func (t *tx) AddTransition(ctx context.Context, v ground.Transition) error {
	const op = "store.AddTransition"
	if _, err := t.Loop(ctx, v.Loop); err != nil {
		return err
	}
	var last int64
	err := t.NewSelect().Model((*transitionRow)(nil)).ColumnExpr("COALESCE(MAX(seq), 0)").Where("loop_id = ?", v.Loop).Scan(ctx, &last)
	if err != nil {
		return t.fail(op, err)
	}
	return t.insertNew(ctx, op, "step of a loop", &transitionRow{Loop: v.Loop, Seq: last + 1, At: t.now, Role: v.Role, To: v.To, Evidence: v.Evidence})
}

// Transitions implements [ground.Loops], oldest first.
func (t *tx) Transitions(ctx context.Context, id passenger.LoopID) ([]ground.Transition, error) {
	return all[ground.Transition, transitionRow](ctx, t, "store.Transitions", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("loop_id = ?", id).Order("seq")
	})
}
