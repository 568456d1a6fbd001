package store_test

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
)

// woken waits for a hint; every wait in these tests ends long before.
func woken(t *testing.T, hint <-chan struct{}) bool {
	t.Helper()
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	select {
	case <-hint:
		return true
	case <-timer.C:
		return false
	}
}

func TestHintCrossesNodes(t *testing.T) {
	ctx := t.Context()
	address := engines["postgres"](t)
	writer, reader := open(t, address), open(t, address)
	notify := func() {
		t.Helper()
		if err := writer.InTx(ctx, func(tx ground.Tx) error { return tx.Notify(ctx, "case", "1") }); err != nil {
			t.Fatal(err)
		}
	}
	if !woken(t, reader.Changed()) {
		t.Fatal("not woken after the listening began")
	}
	for range 3 {
		hint := reader.Changed()
		notify()
		if !woken(t, hint) {
			t.Fatal("a change of another node wakes nobody")
		}
	}
	hint := reader.Changed()
	if err := writer.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() AND datname = current_database()"); err != nil {
		t.Fatal(err)
	}
	if !woken(t, hint) {
		t.Fatal("not woken after the listening began again")
	}
	hint = reader.Changed()
	notify()
	if !woken(t, hint) {
		t.Fatal("a change after the break wakes nobody")
	}
}

func TestTrimChanges(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		db := open(t, address)
		for _, ref := range []string{"1", "2", "3"} {
			if err := db.InTx(ctx, func(tx ground.Tx) error { return tx.Notify(ctx, "case", ref) }); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range []struct {
			before time.Time
			want   int64
		}{{start, 0}, {start.Add(time.Second), 2}, {start.Add(time.Second), 0}} {
			if n, err := db.TrimChanges(ctx, row.before); err != nil || n != row.want {
				t.Errorf("trimmed %d, %v; want %d", n, err, row.want)
			}
		}
		if err := db.Read(ctx, func(tx ground.Tx) error {
			cs, err := tx.Changes(ctx, 0, 10)
			last, err2 := tx.LastChange(ctx)
			if err == nil {
				err = err2
			}
			if len(cs) != 1 || cs[0].Ref != "3" || last != cs[0].Seq {
				t.Errorf("left: %v, last %d; want the newest", cs, last)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
