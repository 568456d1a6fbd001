package store

import (
	"context"

	"github.com/cabinloop/cabinloop/ground"
)

// Exec runs a statement past the interfaces: tests damage a database with it.
func (db *DB) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := db.write.ExecContext(ctx, statement, args...)
	return err
}

// Tables lists the tables of the database, without those behind SQLite's search index.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'post_search%' ORDER BY name"
	if db.engine == postgres {
		q = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name COLLATE "C"`
	}
	var names []string
	err := db.read.NewRaw(q).Scan(ctx, &names)
	return names, err
}

// SearchPlan says how the database would look the words of a search up.
func SearchPlan(ctx context.Context, gtx ground.Tx, words string) (plan string, err error) {
	t := gtx.(*tx)
	explain, column := "EXPLAIN QUERY PLAN ?", 3
	if t.engine == postgres {
		explain, column = "EXPLAIN ?", 0
		// A few thousand rows are read sooner than an index; with an index it must be possible.
		if _, err := t.ExecContext(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
			return "", err
		}
	}
	rows, err := t.QueryContext(ctx, explain, t.postsWith(words))
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		into := make([]any, column+1)
		for i := range into {
			into[i] = new(any)
		}
		into[column] = &line
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		plan += line + "\n"
	}
	return plan, rows.Err()
}
