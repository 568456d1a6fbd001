package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func (r changeRow) noun() ground.Change {
	return ground.Change{Seq: r.Seq, Topic: r.Topic, Ref: r.Ref, At: utc(r.At)}
}

// Notify implements [ground.Journal]. The row is written at the commit, once for each topic and
// ref; this transaction's own Changes do not show it.
func (t *tx) Notify(_ context.Context, topic, ref string) error {
	if t.ro {
		return passenger.Errorf(passenger.Internal, "store.Notify", "a read-only transaction changes nothing")
	}
	if n := (note{topic, ref}); !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
	return nil
}

// Changes implements [ground.Journal]. Order of seq is order of commits on both engines: a
// reader that goes on behind the last seq it saw misses nothing. A limit of 0 is none.
func (t *tx) Changes(ctx context.Context, after int64, limit int) ([]ground.Change, error) {
	return all[ground.Change, changeRow](ctx, t, "store.Changes", func(q *bun.SelectQuery) *bun.SelectQuery {
		if limit > 0 {
			q = q.Limit(int64(limit))
		}
		return q.Where("seq > ?", after).Order("seq")
	})
}

// LastChange implements [ground.Journal]; 0 before the first change.
func (t *tx) LastChange(ctx context.Context) (int64, error) {
	var n int64
	err := t.NewSelect().Model((*changeRow)(nil)).ColumnExpr("COALESCE(MAX(seq), 0)").Scan(ctx, &n)
	return n, t.fail("store.LastChange", err)
}

// TrimChanges forgets changes of before a time, which every reader has passed long ago. The
// newest stays, so that LastChange never goes back. It returns how many went.
func (db *DB) TrimChanges(ctx context.Context, before time.Time) (n int64, err error) {
	const op = "store.TrimChanges"
	err = db.InTx(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		res, err := t.NewDelete().Model((*changeRow)(nil)).Where("at < ? AND seq < (SELECT MAX(seq) FROM changes)", micro(before)).Exec(ctx)
		if err != nil {
			return t.fail(op, err)
		}
		n, err = res.RowsAffected()
		return t.fail(op, err)
	})
	return n, err
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit"`
	Seq           int64     `bun:"seq,pk,autoincrement"`
	At            time.Time `bun:"at"`
	Actor         string    `bun:"actor"`
	Role          string    `bun:"role"`
	Act           string    `bun:"act"`
	Object        string    `bun:"object"`
	Result        string    `bun:"result"`
}

func (r auditRow) noun() ground.AuditRow {
	return ground.AuditRow{Seq: r.Seq, At: utc(r.At), Actor: r.Actor, Role: r.Role, Act: r.Act, Object: r.Object, Result: r.Result}
}

// Audit implements [ground.Journal].
func (t *tx) Audit(ctx context.Context, a ground.AuditRow) error {
	_, err := t.insertID(ctx, "store.Audit", "seq", &auditRow{At: t.now, Actor: a.Actor, Role: a.Role, Act: a.Act, Object: a.Object, Result: a.Result})
	return err
}

// AuditRows implements [ground.Journal]; "" is every object, a limit of 0 is none.
func (t *tx) AuditRows(ctx context.Context, object string, limit int) ([]ground.AuditRow, error) {
	return all[ground.AuditRow, auditRow](ctx, t, "store.AuditRows", func(q *bun.SelectQuery) *bun.SelectQuery {
		if object != "" {
			q = q.Where("object = ?", object)
		}
		if limit > 0 {
			q = q.Limit(int64(limit))
		}
		return q.OrderExpr("seq DESC")
	})
}
