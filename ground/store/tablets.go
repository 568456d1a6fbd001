package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type tabletRow struct {
	bun.BaseModel `bun:"table:tablets"`
	ID            uuid.UUID `bun:"id,pk"`
	Name          string    `bun:"name"`
	SignKey       []byte    `bun:"sign_key"`
	AgreeKey      []byte    `bun:"agree_key"`
	TokenHash     []byte    `bun:"token_hash"`
	CreatedAt     time.Time `bun:"created_at,nullzero"`
	EnrolledAt    time.Time `bun:"enrolled_at,nullzero"`
	RevokedAt     time.Time `bun:"revoked_at,nullzero"`
	LostAt        time.Time `bun:"lost_at,nullzero"`
	LastSeenAt    time.Time `bun:"last_seen_at,nullzero"`
}

func tabletOf(v ground.Tablet) *tabletRow {
	return &tabletRow{ID: v.ID, Name: v.Name, SignKey: some(v.SignKey), AgreeKey: some(v.AgreeKey), TokenHash: some(v.TokenHash), CreatedAt: micro(v.CreatedAt),
		EnrolledAt: micro(v.EnrolledAt), RevokedAt: micro(v.RevokedAt), LostAt: micro(v.LostAt), LastSeenAt: micro(v.LastSeenAt)}
}

func (r tabletRow) noun() ground.Tablet {
	return ground.Tablet{ID: r.ID, Name: r.Name, SignKey: r.SignKey, AgreeKey: r.AgreeKey, TokenHash: r.TokenHash, CreatedAt: utc(r.CreatedAt),
		EnrolledAt: utc(r.EnrolledAt), RevokedAt: utc(r.RevokedAt), LostAt: utc(r.LostAt), LastSeenAt: utc(r.LastSeenAt)}
}

// some is b, nil when it is empty: no bytes are NULL.
func some(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// InsertTablet implements [ground.Tablets]. Errors: exists when id, name or token is taken.
func (t *tx) InsertTablet(ctx context.Context, v ground.Tablet) error {
	return t.insertNew(ctx, "store.InsertTablet", "tablet name", tabletOf(v))
}

// UpdateTablet implements [ground.Tablets]. Errors: exists when the name or token is taken.
func (t *tx) UpdateTablet(ctx context.Context, v ground.Tablet) error {
	const op = "store.UpdateTablet"
	return t.guarded(ctx, op, func() error { return t.update(ctx, op, "tablet", tabletOf(v)) })
}

// SeenTablets implements [ground.Tablets].
func (t *tx) SeenTablets(ctx context.Context, ids []passenger.TabletID, now, before time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.NewUpdate().Model((*tabletRow)(nil)).Set("last_seen_at = ?", micro(now)).
		Where("id IN (?) AND (last_seen_at IS NULL OR last_seen_at < ?)", bun.List(ids), micro(before)).Exec(ctx)
	return t.fail("store.SeenTablets", err)
}

func (t *tx) tablet(ctx context.Context, op string, w where) (ground.Tablet, error) {
	return get[ground.Tablet, tabletRow](ctx, t, op, "tablet", true, w)
}

// Tablet implements [ground.Tablets].
func (t *tx) Tablet(ctx context.Context, id passenger.TabletID) (ground.Tablet, error) {
	return t.tablet(ctx, "store.Tablet", by("id = ?", id))
}

// TabletByToken implements [ground.Tablets]. No hash is nobody's.
func (t *tx) TabletByToken(ctx context.Context, hash []byte) (ground.Tablet, error) {
	const op = "store.TabletByToken"
	if len(hash) == 0 {
		return ground.Tablet{}, notFound(op, "tablet")
	}
	return t.tablet(ctx, op, by("token_hash = ?", hash))
}

// TabletByName implements [ground.Tablets].
func (t *tx) TabletByName(ctx context.Context, name string) (ground.Tablet, error) {
	return t.tablet(ctx, "store.TabletByName", by("name = ?", name))
}

// TabletBySignKey implements [ground.Tablets].
func (t *tx) TabletBySignKey(ctx context.Context, key []byte) (ground.Tablet, error) {
	return t.tablet(ctx, "store.TabletBySignKey", by("sign_key = ?", key))
}

type formerKeyRow struct {
	bun.BaseModel `bun:"table:former_keys"`
	Key           []byte    `bun:"sign_key,pk"`
	Tablet        uuid.UUID `bun:"tablet_id"`
	Why           string    `bun:"why"`
	EndedAt       time.Time `bun:"ended_at,nullzero"`
}

func (r formerKeyRow) noun() ground.FormerKey {
	return ground.FormerKey{Key: r.Key, Tablet: r.Tablet, Why: passenger.Access(r.Why), EndedAt: utc(r.EndedAt)}
}

// PutFormerKey implements [ground.Tablets].
func (t *tx) PutFormerKey(ctx context.Context, k ground.FormerKey) error {
	return t.upsert(ctx, "store.PutFormerKey", &formerKeyRow{Key: k.Key, Tablet: k.Tablet, Why: string(k.Why), EndedAt: micro(k.EndedAt)})
}

// FormerKey implements [ground.Tablets].
func (t *tx) FormerKey(ctx context.Context, key []byte) (ground.FormerKey, error) {
	return get[ground.FormerKey, formerKeyRow](ctx, t, "store.FormerKey", "former key", true, by("sign_key = ?", key))
}

// ListFormerKeys implements [ground.Tablets].
func (t *tx) ListFormerKeys(ctx context.Context) ([]ground.FormerKey, error) {
	return all[ground.FormerKey, formerKeyRow](ctx, t, "store.ListFormerKeys", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("ended_at", "sign_key") })
}

// ListTablets implements [ground.Tablets].
func (t *tx) ListTablets(ctx context.Context) ([]ground.Tablet, error) {
	return all[ground.Tablet, tabletRow](ctx, t, "store.ListTablets", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("name") })
}

type enrolCodeRow struct {
	bun.BaseModel `bun:"table:enrol_codes"`
	Hash          []byte    `bun:"hash,pk"`
	Tablet        uuid.UUID `bun:"tablet_id"`
	ExpiresAt     time.Time `bun:"expires_at,nullzero"`
	UsedAt        time.Time `bun:"used_at,nullzero"`
}

func (r enrolCodeRow) noun() ground.EnrolCode {
	return ground.EnrolCode{Hash: r.Hash, Tablet: r.Tablet, ExpiresAt: utc(r.ExpiresAt), UsedAt: utc(r.UsedAt)}
}

// InsertEnrolCode implements [ground.Tablets].
func (t *tx) InsertEnrolCode(ctx context.Context, c ground.EnrolCode) error {
	return t.insertNew(ctx, "store.InsertEnrolCode", "enrolment code",
		&enrolCodeRow{Hash: c.Hash, Tablet: c.Tablet, ExpiresAt: micro(c.ExpiresAt), UsedAt: micro(c.UsedAt)})
}

// UseEnrolCode implements [ground.Tablets]. One statement decides who wins.
func (t *tx) UseEnrolCode(ctx context.Context, hash []byte, now time.Time) (ground.EnrolCode, error) {
	const op = "store.UseEnrolCode"
	res, err := t.NewUpdate().Model((*enrolCodeRow)(nil)).Set("used_at = ?", micro(now)).
		Where("hash = ? AND used_at IS NULL AND expires_at > ?", hash, micro(now)).Exec(ctx)
	if err != nil {
		return ground.EnrolCode{}, t.fail(op, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return ground.EnrolCode{}, t.fail(op, err)
	}
	c, err := get[ground.EnrolCode, enrolCodeRow](ctx, t, op, "enrolment code", false, by("hash = ?", hash))
	if err == nil && n == 0 {
		return ground.EnrolCode{}, passenger.Errorf(passenger.Forbidden, op, "this enrolment code is used or past its life; ask for a new one")
	}
	return c, err
}

type rosterRow struct {
	bun.BaseModel `bun:"table:roster,alias:r"`
	Flight        flightID  `bun:"flight_id,pk"`
	Tablet        uuid.UUID `bun:"tablet_id,pk"`
	Role          string    `bun:"role"`
	Zone          string    `bun:"zone"`
	Removed       bool      `bun:"removed"`
	At            time.Time `bun:"at,nullzero"`
}

func (r rosterRow) noun() ground.RosterRow {
	return ground.RosterRow{Flight: passenger.FlightID(r.Flight), Tablet: r.Tablet, Role: passenger.Role(r.Role), Zone: r.Zone,
		Removed: r.Removed, At: utc(r.At)}
}

// PutRoster implements [ground.Tablets].
func (t *tx) PutRoster(ctx context.Context, r ground.RosterRow) error {
	return t.upsert(ctx, "store.PutRoster", &rosterRow{Flight: flightID(r.Flight), Tablet: r.Tablet, Role: string(r.Role), Zone: r.Zone,
		Removed: r.Removed, At: micro(r.At)})
}

// Roster implements [ground.Tablets], oldest first.
func (t *tx) Roster(ctx context.Context, id passenger.FlightID) ([]ground.RosterRow, error) {
	return all[ground.RosterRow, rosterRow](ctx, t, "store.Roster", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("flight_id = ?", flightID(id)).Order("at", "tablet_id")
	})
}

// RosterOf implements [ground.Tablets], by departure.
func (t *tx) RosterOf(ctx context.Context, id passenger.TabletID) ([]ground.RosterRow, error) {
	return all[ground.RosterRow, rosterRow](ctx, t, "store.RosterOf", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Join("JOIN flights AS f ON f.id = r.flight_id").Where("r.tablet_id = ? AND f.stage <> ?", id, string(passenger.Purged)).
			Order("f.std", "f.id")
	})
}

// Duties implements [ground.Tablets], by departure. Of a flight without a time of arrival the day
// of its key counts, and a day.
func (t *tx) Duties(ctx context.Context, id passenger.TabletID, since time.Time, held []passenger.FlightID) ([]ground.Flight, []ground.RosterRow, error) {
	const op = "store.Duties"
	mine := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("r.tablet_id = ? AND (f.id IN (?) OR f.stage <> ? AND (f.sta >= ? OR f.moved_at >= ? OR f.sta IS NULL AND f.date >= ?))", id,
			bun.List(flightIDs(held)), string(passenger.Purged), micro(since), micro(since), since.AddDate(0, 0, -2).Format(time.DateOnly)).Order("f.std", "f.id")
	}
	flights, err := all[ground.Flight, flightRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery {
		return mine(q.Join("JOIN roster AS r ON r.flight_id = f.id"))
	})
	if err != nil {
		return nil, nil, err
	}
	rows, err := all[ground.RosterRow, rosterRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery {
		return mine(q.Join("JOIN flights AS f ON f.id = r.flight_id"))
	})
	return flights, rows, err
}

func flightIDs(ids []passenger.FlightID) []flightID {
	out := make([]flightID, len(ids))
	for i, id := range ids {
		out[i] = flightID(id)
	}
	return out
}
