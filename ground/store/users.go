package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
)

type userRow struct {
	bun.BaseModel `bun:"table:users"`
	ID            int64        `bun:"id,pk,autoincrement"`
	Name          string       `bun:"name"`
	Roles         list[string] `bun:"roles"`
	Hash          string       `bun:"hash"`
	Lang          string       `bun:"lang"`
	MustChange    bool         `bun:"must_change"`
	Disabled      bool         `bun:"disabled"`
	CreatedAt     time.Time    `bun:"created_at,nullzero"`
}

func userOf(u ground.User) *userRow {
	return &userRow{ID: u.ID, Name: u.Name, Roles: u.Roles, Hash: u.Hash, Lang: u.Lang, MustChange: u.MustChange, Disabled: u.Disabled, CreatedAt: micro(u.CreatedAt)}
}

func (r userRow) noun() ground.User {
	return ground.User{ID: r.ID, Name: r.Name, Roles: r.Roles, Hash: r.Hash, Lang: r.Lang, MustChange: r.MustChange, Disabled: r.Disabled, CreatedAt: utc(r.CreatedAt)}
}

// InsertUser implements [ground.Users]; the id given is not used. Errors: exists.
func (t *tx) InsertUser(ctx context.Context, u ground.User) (int64, error) {
	const op = "store.InsertUser"
	r := userOf(u)
	r.ID = 0
	id, err := t.insertID(ctx, op, "id", r)
	if err == nil && id == 0 {
		err = exists(op, "sign-in name")
	}
	return id, err
}

// UpdateUser implements [ground.Users]. Errors: exists when the name is taken.
func (t *tx) UpdateUser(ctx context.Context, u ground.User) error {
	const op = "store.UpdateUser"
	return t.guarded(ctx, op, func() error { return t.update(ctx, op, "user", userOf(u)) })
}

// UserByName implements [ground.Users].
func (t *tx) UserByName(ctx context.Context, name string) (ground.User, error) {
	return get[ground.User, userRow](ctx, t, "store.UserByName", "user", true, by("name = ?", name))
}

// User implements [ground.Users].
func (t *tx) User(ctx context.Context, id int64) (ground.User, error) {
	return get[ground.User, userRow](ctx, t, "store.User", "user", true, by("id = ?", id))
}

// ListUsers implements [ground.Users], by name.
func (t *tx) ListUsers(ctx context.Context) ([]ground.User, error) {
	return all[ground.User, userRow](ctx, t, "store.ListUsers", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("name") })
}
