package badgerstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// BenchmarkApply is one durable batch: ops of 250 bytes, state, and the mark in HIGH.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 40} {
		b.Run(fmt.Sprintf("ops=%d", size), func(b *testing.B) {
			d := open(b, b.TempDir())
			fill(b, d, 1)
			r, err := flightsync.Load(d, nil)
			if err != nil {
				b.Fatal(err)
			}
			note := passenger.Note{Traveller: 1, Name: "Ms J. Jansen", Seat: "14C", Words: fmt.Sprintf("%0180d", 1)}
			drafts := make([]flightsync.Draft, size)
			for i := range drafts {
				drafts[i] = flightsync.NoteDraft(note)
			}
			ev := flightsync.Write{Author: flightsync.Notes, Drafts: drafts, Salts: make([][flightsync.SaltSize]byte, size),
				Now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				ready, err := r.Step(ev)
				if err != nil {
					b.Fatal(err)
				}
				if err := d.Apply(ready.Batch); err != nil {
					b.Fatal(err)
				}
				n += size
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

// BenchmarkOpen opens and closes a store that holds 500 ops.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	d := open(b, dir)
	fill(b, d, 500)
	d.Close()
	for b.Loop() {
		d, err := Open(dir, testKey)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		d.Close()
		b.StartTimer()
	}
}
