package tablet

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

// BenchmarkTap is one tap on a flight that holds so many entries of this tablet already, on ground
// or not.
func BenchmarkTap(b *testing.B) {
	for _, onGround := range []bool{true, false} {
		for _, entries := range []int{100, 1000, 10000} {
			b.Run(fmt.Sprintf("%d,ground=%t", entries, onGround), func(b *testing.B) {
				a, f, dots := benchWorld(b)
				syncB(b, a)
				e := Entry{Flight: f.A.Key}
				n := uint64(0)
				next := func() Entry {
					n++
					e.Note = dots[n%uint64(len(dots))]
					e.Feedback = passenger.Feedback{Outcome: []passenger.Outcome{passenger.Acted, passenger.Declined}[n/uint64(len(dots))%2]}
					binary.BigEndian.PutUint64(e.Nonce[:], n)
					return e
				}
				fill(b, a, f.A.Flight, entries, next)
				if onGround {
					syncB(b, a)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := a.Record(b.Context(), next()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// fill records entries in large batches, without a fold each.
func fill(b *testing.B, a *Agent, id passenger.FlightID, entries int, next func() Entry) {
	b.Helper()
	f := a.flights[id]
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		b.Fatal(err)
	}
	for done := 0; done < entries; {
		v, err := f.view()
		if err != nil {
			b.Fatal(err)
		}
		for range 50 {
			ds, err := v.entry("fill", next())
			if err == nil {
				err = f.write(ds...)
			}
			if err != nil {
				b.Fatal(err)
			}
			done++
		}
	}
}
