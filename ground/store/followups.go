package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type followUpRow struct {
	bun.BaseModel `bun:"table:followups"`
	ID            int64     `bun:"id,pk,autoincrement"`
	Loop          uuid.UUID `bun:"loop_id"`
	Case          uuid.UUID `bun:"case_id"`
	Flight        flightID  `bun:"flight_id"`
	Cause         string    `bun:"cause"`
	Queue         string    `bun:"queue"`
	GroupKey      string    `bun:"group_key"`
	Deadline      time.Time `bun:"deadline,nullzero"`
	Escalated     bool      `bun:"escalated"`
	Evidence      string    `bun:"evidence"`
	OpenedAt      time.Time `bun:"opened_at,nullzero"`
	ClosedAt      time.Time `bun:"closed_at,nullzero"`
	ClosedBy      string    `bun:"closed_by"`
	Result        string    `bun:"result"`
}

func followUpOf(f ground.FollowUp) *followUpRow {
	return &followUpRow{ID: f.ID, Loop: f.Loop, Case: f.Case, Flight: flightID(f.Flight), Cause: f.Cause, Queue: f.Queue, GroupKey: f.GroupKey,
		Deadline: micro(f.Deadline), Escalated: f.Escalated, Evidence: f.Evidence, OpenedAt: micro(f.OpenedAt), ClosedAt: micro(f.ClosedAt),
		ClosedBy: f.ClosedBy, Result: f.Result}
}

func (r followUpRow) noun() ground.FollowUp {
	return ground.FollowUp{ID: r.ID, Loop: r.Loop, Case: r.Case, Flight: passenger.FlightID(r.Flight), Cause: r.Cause, Queue: r.Queue, GroupKey: r.GroupKey,
		Deadline: utc(r.Deadline), Escalated: r.Escalated, Evidence: r.Evidence, OpenedAt: utc(r.OpenedAt), ClosedAt: utc(r.ClosedAt),
		ClosedBy: r.ClosedBy, Result: r.Result}
}

// InsertFollowUp implements [ground.FollowUps]; the id given is not used.
func (t *tx) InsertFollowUp(ctx context.Context, f ground.FollowUp) (int64, error) {
	const op = "store.InsertFollowUp"
	r := followUpOf(f)
	r.ID = 0
	id, err := t.insertID(ctx, op, "id", r)
	if err != nil || id != 0 {
		return id, err
	}
	known, err := get[ground.FollowUp, followUpRow](ctx, t, op, "follow-up", false,
		by("loop_id = ? AND flight_id = ? AND cause = ?", f.Loop, flightID(f.Flight), f.Cause))
	return known.ID, err
}

// UpdateFollowUp implements [ground.FollowUps]. Errors: exists when another follow-up has the
// loop, flight and cause.
func (t *tx) UpdateFollowUp(ctx context.Context, f ground.FollowUp) error {
	const op = "store.UpdateFollowUp"
	return t.guarded(ctx, op, func() error { return t.update(ctx, op, "follow-up", followUpOf(f)) })
}

// FollowUp implements [ground.FollowUps].
func (t *tx) FollowUp(ctx context.Context, id int64) (ground.FollowUp, error) {
	return get[ground.FollowUp, followUpRow](ctx, t, "store.FollowUp", "follow-up", true, by("id = ?", id))
}

// ListFollowUps implements [ground.FollowUps]: only open ones, or all; no deadline last.
func (t *tx) ListFollowUps(ctx context.Context, open bool) ([]ground.FollowUp, error) {
	return t.followUps(ctx, "store.ListFollowUps", func(q *bun.SelectQuery) *bun.SelectQuery {
		if open {
			q = q.Where("closed_at IS NULL")
		}
		return q
	})
}

// FollowUpsOfLoop implements [ground.FollowUps], by deadline.
func (t *tx) FollowUpsOfLoop(ctx context.Context, id passenger.LoopID) ([]ground.FollowUp, error) {
	return t.followUps(ctx, "store.FollowUpsOfLoop", by("loop_id = ?", id))
}

// FollowUpsOn implements [ground.FollowUps], by deadline.
func (t *tx) FollowUpsOn(ctx context.Context, id passenger.FlightID) ([]ground.FollowUp, error) {
	return t.followUps(ctx, "store.FollowUpsOn", by("flight_id = ?", flightID(id)))
}

func (t *tx) followUps(ctx context.Context, op string, w where) ([]ground.FollowUp, error) {
	return all[ground.FollowUp, followUpRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery { return byDeadline(w(q)) })
}
