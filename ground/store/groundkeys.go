package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/passenger"
)

type groundKeysRow struct {
	bun.BaseModel `bun:"table:ground_keys"`
	N             int64     `bun:"n,pk"`
	Sign          []byte    `bun:"sign_key"`
	Agree         []byte    `bun:"agree_key"`
	At            time.Time `bun:"at"`
}

func (r groundKeysRow) noun() passenger.PublicKeys {
	return passenger.PublicKeys{Sign: r.Sign, Agree: r.Agree}
}

// GroundKeys implements [ground.GroundKeys].
func (t *tx) GroundKeys(ctx context.Context) (passenger.PublicKeys, bool, error) {
	return find[passenger.PublicKeys, groundKeysRow](ctx, t, "store.GroundKeys", false, by("n = 1"))
}

// KeepGroundKeys implements [ground.GroundKeys].
func (t *tx) KeepGroundKeys(ctx context.Context, k passenger.PublicKeys) (passenger.PublicKeys, error) {
	const op = "store.KeepGroundKeys"
	if _, err := t.insert(ctx, op, t.groundKeys(k)); err != nil {
		return k, err
	}
	return get[passenger.PublicKeys, groundKeysRow](ctx, t, op, "keys of the ground", false, by("n = 1"))
}

// ReplaceGroundKeys implements [ground.GroundKeys].
func (t *tx) ReplaceGroundKeys(ctx context.Context, k passenger.PublicKeys) error {
	_, err := t.NewInsert().Model(t.groundKeys(k)).On("CONFLICT (n) DO UPDATE").
		Set("sign_key = EXCLUDED.sign_key, agree_key = EXCLUDED.agree_key, at = EXCLUDED.at").Exec(ctx)
	return t.fail("store.ReplaceGroundKeys", err)
}

func (t *tx) groundKeys(k passenger.PublicKeys) *groundKeysRow {
	return &groundKeysRow{N: 1, Sign: k.Sign, Agree: k.Agree, At: t.now}
}
