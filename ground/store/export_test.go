package store

import "context"

// Exec runs a statement past the interfaces: tests damage a database with it.
func (db *DB) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := db.write.ExecContext(ctx, statement, args...)
	return err
}

// Tables lists the tables of the database.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if db.engine == postgres {
		q = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name COLLATE "C"`
	}
	var names []string
	err := db.read.NewRaw(q).Scan(ctx, &names)
	return names, err
}
