package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
)

// Node is one program of this ground, as its last beat says.
type Node struct {
	bun.BaseModel `bun:"table:nodes"`
	ID            string `bun:"node,pk"`
	At            int64  `bun:"at"`  // by its clock, milliseconds since 1970
	N             int64  `bun:"n"`   // beats so far
	Seq           int64  `bun:"seq"` // the lower, the longer its clock has stood
}

// Time is what the node's clock said.
func (n Node) Time() time.Time { return time.UnixMilli(n.At).UTC() }

// Beat writes that a node lives and what its clock says; with last it is from now on the one whose
// clock has stood the shortest, as a new one is. It returns the node's row and those of all others.
func (db *DB) Beat(ctx context.Context, id string, now time.Time, last bool) (own Node, others []Node, err error) {
	err = db.InTx(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		rows, err := t.nodes(ctx)
		if err != nil {
			return err
		}
		own, others = Node{ID: id, At: now.UnixMilli()}, nil
		top := int64(0)
		for _, r := range rows {
			top = max(top, r.Seq)
			if r.ID == id {
				own.N, own.Seq = r.N, r.Seq
			} else {
				others = append(others, r)
			}
		}
		own.N++
		if own.Seq == 0 || last {
			own.Seq = top + 1
		}
		return upsertAll(ctx, t, "store.Beat", []*Node{&own})
	})
	return own, others, err
}

// Nodes lists the rows of all nodes, also of those that ended without a word.
func (db *DB) Nodes(ctx context.Context) (rows []Node, err error) {
	err = db.Read(ctx, func(gt ground.Tx) error { rows, err = gt.(*tx).nodes(ctx); return err })
	return rows, err
}

func (t *tx) nodes(ctx context.Context) (rows []Node, err error) {
	err = t.NewSelect().Model(&rows).Order("seq", "node").Scan(ctx)
	return rows, t.fail("store.Nodes", err)
}

// DropNode forgets a node that has ended.
func (db *DB) DropNode(ctx context.Context, id string) error {
	return db.InTx(ctx, func(gt ground.Tx) error {
		t := gt.(*tx)
		_, err := t.NewDelete().Model(&Node{ID: id}).WherePK().Exec(ctx)
		return t.fail("store.DropNode", err)
	})
}

// ServerTime is what the database's own clock says; zero for SQLite, which has none.
func (db *DB) ServerTime(ctx context.Context) (at time.Time, err error) {
	if db.engine != postgres {
		return at, nil
	}
	err = db.read.NewRaw("SELECT clock_timestamp()").Scan(ctx, &at)
	return at, fail("store.ServerTime", err)
}
