package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cabinloop/cabinloop/ground"
)

// Writers that share a commit stand or fall alone: what succeeded is there, what failed, panicked
// or was given up is not, and nothing was run into another's.
func TestWritersTogether(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		db := open(t, address)
		refused := errors.New("refused")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		name := func(i int) string { return fmt.Sprintf("writer %d", i) }
		fresh := func(ctx context.Context, i int) (fresh bool, err error) {
			err = db.InTx(ctx, func(tx ground.Tx) error {
				if fresh, err = tx.Receipt(ctx, name(i)); err != nil {
					return err
				}
				switch i % 5 {
				case 1:
					return refused
				case 2:
					panic(name(i))
				}
				return nil
			})
			return fresh, err
		}
		const n = 200
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				ctx, died := t.Context(), any(nil)
				if i%5 == 3 {
					ctx = gone
				}
				var first bool
				var err error
				func() {
					defer func() { died = recover() }()
					first, err = fresh(ctx, i)
				}()
				switch i % 5 {
				case 1:
					if !errors.Is(err, refused) {
						t.Errorf("%s: %v, want refused", name(i), err)
					}
				case 2:
					if died != name(i) {
						t.Errorf("%s: panicked with %v", name(i), died)
					}
				case 3:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%s: %v, want canceled", name(i), err)
					}
				default:
					if err != nil || !first {
						t.Errorf("%s: first %v, %v", name(i), first, err)
					}
				}
			})
		}
		wg.Wait()
		for i := range n {
			err := db.InTx(t.Context(), func(tx ground.Tx) error {
				first, err := tx.Receipt(t.Context(), name(i))
				if stands := i%5 == 0 || i%5 == 4; first == stands {
					t.Errorf("%s: stands %v, want %v", name(i), !first, stands)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
