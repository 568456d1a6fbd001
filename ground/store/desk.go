package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type deskRow struct {
	bun.BaseModel `bun:"table:desk_items"`
	ID            int64        `bun:"id,pk,autoincrement"`
	Loop          uuid.UUID    `bun:"loop_id"`
	Case          uuid.UUID    `bun:"case_id"`
	Reason        string       `bun:"reason"`
	Detail        list[string] `bun:"detail"`
	Deadline      time.Time    `bun:"deadline,nullzero"`
	OpenedAt      time.Time    `bun:"opened_at,nullzero"`
	DoneAt        time.Time    `bun:"done_at,nullzero"`
	Decision      string       `bun:"decision"`
	By            string       `bun:"decided_by"`
}

func deskOf(d ground.DeskItem) *deskRow {
	return &deskRow{ID: d.ID, Loop: d.Loop, Case: d.Case, Reason: d.Reason, Detail: d.Detail, Deadline: micro(d.Deadline), OpenedAt: micro(d.OpenedAt),
		DoneAt: micro(d.DoneAt), Decision: d.Decision, By: d.By}
}

func (r deskRow) noun() ground.DeskItem {
	return ground.DeskItem{ID: r.ID, Loop: r.Loop, Case: r.Case, Reason: r.Reason, Detail: r.Detail, Deadline: utc(r.Deadline), OpenedAt: utc(r.OpenedAt),
		DoneAt: utc(r.DoneAt), Decision: r.Decision, By: r.By}
}

// InsertDeskItem implements [ground.Desk]; the id given is not used.
func (t *tx) InsertDeskItem(ctx context.Context, d ground.DeskItem) (int64, error) {
	r := deskOf(d)
	r.ID = 0
	return t.insertID(ctx, "store.InsertDeskItem", "id", r)
}

// UpdateDeskItem implements [ground.Desk].
func (t *tx) UpdateDeskItem(ctx context.Context, d ground.DeskItem) error {
	return t.update(ctx, "store.UpdateDeskItem", "desk item", deskOf(d))
}

// DeskItem implements [ground.Desk].
func (t *tx) DeskItem(ctx context.Context, id int64) (ground.DeskItem, error) {
	return get[ground.DeskItem, deskRow](ctx, t, "store.DeskItem", "desk item", true, by("id = ?", id))
}

// DeskItemsOf implements [ground.Desk].
func (t *tx) DeskItemsOf(ctx context.Context, id passenger.LoopID) ([]ground.DeskItem, error) {
	return all[ground.DeskItem, deskRow](ctx, t, "store.DeskItemsOf", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("loop_id = ?", id).Order("id")
	})
}

// OpenDeskItems implements [ground.Desk].
func (t *tx) OpenDeskItems(ctx context.Context, loop *passenger.LoopID) ([]ground.DeskItem, error) {
	return all[ground.DeskItem, deskRow](ctx, t, "store.OpenDeskItems", func(q *bun.SelectQuery) *bun.SelectQuery {
		if loop != nil {
			q = q.Where("loop_id = ?", *loop)
		}
		return byDeadline(q.Where("done_at IS NULL"))
	})
}

// byDeadline orders by deadline, none last.
func byDeadline(q *bun.SelectQuery) *bun.SelectQuery {
	return q.OrderExpr("CASE WHEN deadline IS NULL THEN 1 ELSE 0 END, deadline, id")
}
