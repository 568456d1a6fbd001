package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestLostRaceIsRunAgain(t *testing.T) {
	db := open(t, engines["sqlite"](t))
	race := passenger.Wrap(passenger.Raced, "test", "lost", &pgconn.PgError{Code: "40001"})
	for _, lose := range []int{0, 1, 11, 12} {
		tries := 0
		err := db.InTx(t.Context(), func(tx ground.Tx) error {
			fresh, err := tx.Receipt(t.Context(), fmt.Sprint("lose ", lose))
			if err != nil || !fresh {
				t.Errorf("try %d sees what an earlier one wrote: %v", tries, err)
			}
			if tries++; tries <= lose {
				return race
			}
			return nil
		})
		if want := min(lose+1, 12); tries != want {
			t.Errorf("%d lost races: run %d times, want %d", lose, tries, want)
		}
		if lose == 12 && passenger.CodeOf(err) != passenger.Raced || lose < 12 && err != nil {
			t.Errorf("%d lost races: %v", lose, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	err := db.InTx(ctx, func(ground.Tx) error { tries++; cancel(); return race })
	if !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("a race after the end: %v after %d tries, want canceled after 1", err, tries)
	}
	tries = 0
	if err := db.InTx(t.Context(), func(ground.Tx) error { tries++; return passenger.Errorf(passenger.Raced, "test", "ours") }); tries != 1 || err == nil {
		t.Errorf("an error of our own was run %d times, %v", tries, err)
	}
}

// TestTwoNodes: two open databases, as two processes have them, on the same data.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		nodes := []interface {
			InTx(context.Context, func(ground.Tx) error) error
		}{open(t, address), open(t, address)}
		var rows []uuid.UUID
		if err := nodes[0].InTx(ctx, func(tx ground.Tx) error {
			for n := range 2 {
				rows = append(rows, uuid.UUID{byte(n + 1)})
				if err := tx.InsertCase(ctx, ground.Case{ID: rows[n]}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		const writers, rounds = 4, 4
		var wg sync.WaitGroup
		errs := make([]error, writers)
		for w := range writers {
			wg.Go(func() {
				for range rounds {
					err := nodes[w%2].InTx(ctx, func(tx ground.Tx) error {
						for i := range 2 { // the nodes take the two rows in opposite order: a deadlock is undone
							c, err := tx.Case(ctx, rows[(i+w)%2])
							if err != nil {
								return err
							}
							c.Posts++
							if err := tx.UpdateCase(ctx, c); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						errs[w] = err
						return
					}
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if err := nodes[0].InTx(ctx, func(tx ground.Tx) error {
			for _, id := range rows {
				c, err := tx.Case(ctx, id)
				if err != nil || c.Posts != writers*rounds {
					t.Errorf("count %d, %v; want %d", c.Posts, err, writers*rounds)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDeadlineEndsWaiting(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		db := open(t, address)
		if err := db.InTx(t.Context(), func(tx ground.Tx) error {
			return tx.InsertFlight(t.Context(), ground.Flight{ID: laneGroup})
		}); err != nil {
			t.Fatal(err)
		}
		err := db.InTx(t.Context(), func(tx ground.Tx) error {
			if _, err := tx.LockFlight(t.Context(), laneGroup); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := db.InTx(ctx, func(other ground.Tx) error { _, err := other.LockFlight(ctx, laneGroup); return err })
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waiting for a lock past the deadline: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
