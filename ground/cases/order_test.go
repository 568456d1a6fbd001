package cases_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
)

// telling is a store that tells, once, when a loop is about to be locked.
type telling struct {
	ground.Store
	tell func()
}

type tellingTx struct {
	ground.Tx
	tell func()
}

func (s telling) InTx(ctx context.Context, fn func(ground.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error { return fn(tellingTx{tx, s.tell}) })
}

func (t tellingTx) Loop(ctx context.Context, id passenger.LoopID) (ground.Loop, error) {
	t.tell()
	return t.Tx.Loop(ctx, id)
}

// TestADeskDecisionWaitsInNoCircle: somebody decides a desk item while a rule, which holds the loop,
// goes on to the item. PostgreSQL, which looks for circles after 5 ms here, finds none.
func TestADeskDecisionWaitsInNoCircle(t *testing.T) {
	address := testenv.Postgres(t)
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	var log bytes.Buffer
	db, err := store.Open(t.Context(), address+sep+"deadlock_timeout=5ms", store.Options{Now: func() time.Time { return start },
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{T: t, ctx: t.Context(), db: db, loops: evaluated{}}
	d.must(db.Migrate(d.ctx))
	d.Service = &cases.Service{Store: db, Loops: d.loops, Rand: rand.Reader}
	d.take(post("1", "a", angry))
	id := d.list()[0].ID
	by := cases.Actor{Name: "nora", Role: "social"}
	loop, err := d.Flag(d.ctx, id, ground.Edits{}, by)
	d.must(err)
	var item ground.DeskItem
	d.must(db.InTx(d.ctx, func(tx ground.Tx) error {
		n, err := tx.InsertDeskItem(d.ctx, ground.DeskItem{Loop: loop.ID, Case: id, Reason: "sensitive", OpenedAt: start})
		if err == nil {
			item, err = tx.DeskItem(d.ctx, n)
		}
		return err
	}))

	asked := make(chan struct{})
	d.Store = telling{db, sync.OnceFunc(func() { close(asked) })}
	var decided error
	var part sync.WaitGroup
	d.must(db.InTx(d.ctx, func(tx ground.Tx) error {
		if _, err := tx.Loop(d.ctx, loop.ID); err != nil {
			return err
		}
		part.Go(func() { decided = d.DecideDesk(d.ctx, item.ID, "refused", by) })
		<-asked
		item.Deadline = start.Add(time.Hour)
		return tx.UpdateDeskItem(d.ctx, item)
	}))
	part.Wait()
	d.must(decided)
	if n := strings.Count(log.String(), "40P01"); n > 0 {
		t.Errorf("PostgreSQL broke %d circles", n)
	}
	d.must(db.Read(d.ctx, func(tx ground.Tx) error {
		got, err := tx.DeskItem(d.ctx, item.ID)
		if got.Decision != "refused" || !got.Deadline.Equal(item.Deadline) {
			t.Errorf("the item after both: %+v", got)
		}
		return err
	}))
}
