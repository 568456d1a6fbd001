package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// What a hold keeps, and what a loop that stands still needs.
const (
	heldCases = `SELECT hl.case_id FROM links AS hl JOIN holds AS h ON h.person_id = hl.person_id WHERE hl.state <> 'rejected'
		UNION SELECT ho.case_id FROM loops AS ho JOIN holds AS h ON h.person_id = ho.person_id
		UNION SELECT hc.id FROM cases AS hc JOIN accounts AS ha ON ha.channel = hc.channel AND ha.id = hc.account_id JOIN holds AS h ON h.person_id = ha.person_id`
	standing = `state NOT IN ('closed', 'ended')`
	oldRaw   = `FROM posts AS p WHERE p.raw IS NOT NULL AND p.arrived_at < ? AND p.case_id NOT IN (` + heldCases + `)`
	oldCases = `SELECT c.id FROM cases AS c WHERE (c.status = 'closed' AND c.closed_at < ? OR c.last_post_at < ?)
		AND EXISTS (SELECT 1 FROM post_words AS w WHERE w.case_id = c.id)
		AND NOT EXISTS (SELECT 1 FROM loops AS l WHERE l.case_id = c.id AND l.` + standing + `)
		AND c.id NOT IN (` + heldCases + `) ORDER BY c.last_post_at, c.id`
	noWords  = `'%"Words":""%'`
	oldLoops = `SELECT l.id FROM loops AS l WHERE l.state IN ('closed', 'ended') AND l.ended_at < ?
		AND (l.person_id <> ? OR CAST(l.edits AS TEXT) NOT LIKE ` + noWords + ` OR CAST(l.outcome AS TEXT) NOT LIKE ` + noWords + `)
		AND l.case_id NOT IN (` + heldCases + `) ORDER BY l.ended_at, l.id`
	oldFlights = `SELECT f.id FROM flights AS f WHERE f.stage = 'sealed' AND f.sealed_at < ?
		AND NOT EXISTS (SELECT 1 FROM travellers AS t JOIN holds AS h ON h.person_id = t.person_id WHERE t.flight_id = f.id)
		AND NOT EXISTS (SELECT 1 FROM followups AS u WHERE u.flight_id = f.id AND u.closed_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM loops AS l WHERE l.flight_id = f.id AND l.` + standing + `)
		ORDER BY f.sealed_at, f.id`
	oldPeople = `SELECT p.id FROM persons AS p WHERE p.erased_at IS NULL
		AND (SELECT MAX(f.std) FROM travellers AS t JOIN flights AS f ON f.id = t.flight_id WHERE t.person_id = p.id) < ?
		AND NOT EXISTS (SELECT 1 FROM loops AS l WHERE l.person_id = p.id AND l.` + standing + `)
		AND p.id NOT IN (SELECT person_id FROM holds) ORDER BY p.id`
	oldAudit = `FROM audit AS a WHERE a.at < ? AND a.object NOT IN (SELECT CAST(person_id AS TEXT) FROM holds
		UNION SELECT CAST(x.case_id AS TEXT) FROM (` + heldCases + `) AS x
		UNION SELECT CAST(y.id AS TEXT) FROM loops AS y JOIN holds AS h ON h.person_id = y.person_id)`
)

func (t *tx) count(ctx context.Context, op, from string, args ...any) (n int, err error) {
	err = t.NewRaw("SELECT COUNT(*) "+from, args...).Scan(ctx, &n)
	return n, t.fail(op, err)
}

func (t *tx) change(ctx context.Context, op, statement string, args ...any) (int, error) {
	res, err := t.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, t.fail(op, err)
	}
	n, err := res.RowsAffected()
	return int(n), t.fail(op, err)
}

// ids runs a query of one column of ids.
func ids[T any](ctx context.Context, t *tx, op string, limit int, query string, args ...any) ([]T, error) {
	if limit > 0 {
		query, args = query+" LIMIT ?", append(args, limit)
	}
	var out []T
	err := t.NewRaw(query, args...).Scan(ctx, &out)
	return out, t.fail(op, err)
}

// OldRaw implements [ground.Retention].
func (t *tx) OldRaw(ctx context.Context, before time.Time) (int, error) {
	return t.count(ctx, "store.OldRaw", oldRaw, micro(before))
}

// DropRaw implements [ground.Retention].
func (t *tx) DropRaw(ctx context.Context, before time.Time, limit int) (int, error) {
	return t.change(ctx, "store.DropRaw", "UPDATE posts SET raw = NULL WHERE id IN (SELECT p.id "+oldRaw+" ORDER BY p.id LIMIT ?)", micro(before), limit)
}

// OldCases implements [ground.Retention], oldest first.
func (t *tx) OldCases(ctx context.Context, closed, silent time.Time, limit int) ([]passenger.CaseID, error) {
	return ids[uuid.UUID](ctx, t, "store.OldCases", limit, oldCases, micro(closed), micro(silent))
}

// OldLoops implements [ground.Retention], oldest first.
func (t *tx) OldLoops(ctx context.Context, ended time.Time, limit int) ([]passenger.LoopID, error) {
	return ids[uuid.UUID](ctx, t, "store.OldLoops", limit, oldLoops, micro(ended), uuid.Nil)
}

// OldFlights implements [ground.Retention], oldest first.
func (t *tx) OldFlights(ctx context.Context, sealed time.Time, limit int) ([]passenger.FlightID, error) {
	rows, err := ids[flightID](ctx, t, "store.OldFlights", limit, oldFlights, micro(sealed))
	var out []passenger.FlightID
	for _, id := range rows {
		out = append(out, passenger.FlightID(id))
	}
	return out, err
}

// OldPeople implements [ground.Retention], by id.
func (t *tx) OldPeople(ctx context.Context, flown time.Time, limit int) ([]passenger.PersonID, error) {
	return ids[uuid.UUID](ctx, t, "store.OldPeople", limit, oldPeople, micro(flown))
}

// OldAudit implements [ground.Retention].
func (t *tx) OldAudit(ctx context.Context, before time.Time) (int, error) {
	return t.count(ctx, "store.OldAudit", oldAudit, micro(before))
}

// DropAudit implements [ground.Retention].
func (t *tx) DropAudit(ctx context.Context, before time.Time, limit int) (int, error) {
	return t.change(ctx, "store.DropAudit", "DELETE FROM audit WHERE seq IN (SELECT a.seq "+oldAudit+" ORDER BY a.seq LIMIT ?)", micro(before), limit)
}

var _ ground.Retention = (*tx)(nil)
