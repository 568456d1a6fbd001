package store

import (
	"context"
	"reflect"

	"github.com/uptrace/bun"
)

// row is a model that stands for the noun N.
type row[N any] interface{ noun() N }

// where narrows and orders a query.
type where func(*bun.SelectQuery) *bun.SelectQuery

func by(cond string, args ...any) where {
	return func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where(cond, args...) }
}

// find reads the first row. hold keeps others from changing it until the transaction ends.
func find[N any, M row[N]](ctx context.Context, t *tx, op string, hold bool, w where) (N, bool, error) {
	var none N
	var ms []M
	q := w(t.NewSelect().Model(&ms).Limit(1))
	if hold && t.engine == postgres && !t.ro {
		q = q.For("NO KEY UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return none, false, t.fail(op, err)
	}
	if len(ms) == 0 {
		return none, false, nil
	}
	return ms[0].noun(), true, nil
}

// get is find with not_found.
func get[N any, M row[N]](ctx context.Context, t *tx, op, what string, hold bool, w where) (N, error) {
	n, ok, err := find[N, M](ctx, t, op, hold, w)
	if err == nil && !ok {
		err = notFound(op, what)
	}
	return n, err
}

// findOrClaim is find that, where it finds nothing, holds the key itself.
func findOrClaim[N any, M row[N]](ctx context.Context, t *tx, op string, w where, key ...string) (N, bool, error) {
	n, ok, err := find[N, M](ctx, t, op, true, w)
	if err != nil || ok || t.engine != postgres || t.ro {
		return n, ok, err
	}
	if err := t.claim(ctx, op, key...); err != nil {
		return n, false, err
	}
	return find[N, M](ctx, t, op, true, w)
}

// all reads every row.
func all[N any, M row[N]](ctx context.Context, t *tx, op string, w where) ([]N, error) {
	var ms []M
	if err := w(t.NewSelect().Model(&ms)).Scan(ctx); err != nil {
		return nil, t.fail(op, err)
	}
	var out []N
	for _, m := range ms {
		out = append(out, m.noun())
	}
	return out, nil
}

// insert adds a row; false when a key of it is taken.
func (t *tx) insert(ctx context.Context, op string, model any) (bool, error) {
	res, err := t.NewInsert().Model(model).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return false, t.fail(op, err)
	}
	n, err := res.RowsAffected()
	return n > 0, t.fail(op, err)
}

// insertNew adds a row; exists when a key of it is taken.
func (t *tx) insertNew(ctx context.Context, op, what string, model any) error {
	ok, err := t.insert(ctx, op, model)
	if err == nil && !ok {
		err = exists(op, what)
	}
	return err
}

// insertID adds a row whose key the database makes; 0 when another key of it is taken.
func (t *tx) insertID(ctx context.Context, op, column string, model any) (int64, error) {
	var ids []int64
	if err := t.NewInsert().Model(model).On("CONFLICT DO NOTHING").Returning("?", bun.Ident(column)).Scan(ctx, &ids); err != nil {
		return 0, t.fail(op, err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return ids[0], nil
}

// upsert adds a row or overwrites the one with the same primary key.
func (t *tx) upsert(ctx context.Context, op string, model any) error {
	return t.upsertRows(ctx, op, reflect.TypeOf(model), model)
}

// upsertAll is upsert for rows of which no two have the same key.
func upsertAll[M any](ctx context.Context, t *tx, op string, rows []*M) error {
	if len(rows) == 0 {
		return nil
	}
	return t.upsertRows(ctx, op, reflect.TypeFor[*M](), &rows)
}

func (t *tx) upsertRows(ctx context.Context, op string, row reflect.Type, model any) error {
	table := t.Dialect().Tables().Get(row)
	q := t.NewInsert().Model(model).Returning("NULL")
	var keys []bun.Ident
	for _, f := range table.PKs {
		keys = append(keys, bun.Ident(f.Name))
	}
	q = q.On("CONFLICT (?) DO UPDATE", bun.List(keys))
	for _, f := range table.DataFields {
		q = q.Set("? = EXCLUDED.?", bun.Ident(f.Name), bun.Ident(f.Name))
	}
	_, err := q.Exec(ctx)
	return t.fail(op, err)
}

// update overwrites the row with the same primary key; not_found when there is none.
func (t *tx) update(ctx context.Context, op, what string, model any) error {
	res, err := t.NewUpdate().Model(model).WherePK().Exec(ctx)
	if err != nil {
		return t.fail(op, err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return notFound(op, what)
	}
	return t.fail(op, err)
}
