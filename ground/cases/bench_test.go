package cases_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/passenger"
)

// BenchmarkImport takes posts of different accounts in, as an import of a day's file does.
func BenchmarkImport(b *testing.B) {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "ground.db"), store.Options{Now: func() time.Time { return start }})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	s := &cases.Service{Store: db, Loops: evaluated{}, Rand: rand.Reader}
	n := 0
	for b.Loop() {
		var ps []passenger.Post
		for range 500 {
			n++
			ps = append(ps, post(fmt.Sprint(n), fmt.Sprintf("u%d", n), angry))
		}
		if _, err := s.Import(ctx, ps, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
}
