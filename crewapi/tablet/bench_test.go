package tablet

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// benchWorld is a tablet on a flight with 360 travellers and 50 notes.
func benchWorld(b *testing.B) (*Agent, *crewtest.Flight, []flightsync.Dot) {
	now := func() time.Time { return t0 }
	g := crewtest.New(b, now)
	hc := crewtest.Serve(b, g)
	a, err := Open(Config{Dir: b.TempDir(), Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), HTTP: hc})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	if err := a.Enrol(b.Context(), crewtest.URL, "CODE", "galley"); err != nil {
		b.Fatal(err)
	}
	f := g.Flight(key, t0.Add(2*time.Hour))
	f.Assign(a.tablet(), passenger.Lead)
	var ts []flightsync.Traveller
	for i := range 360 {
		ts = append(ts, flightsync.Traveller{No: passenger.TravellerNo(i + 1), Name: fmt.Sprintf("Ms A. Traveller-%d", i),
			Seat: passenger.Seat(fmt.Sprintf("%d%c", 1+i/9, 'A'+rune(i%9))), Tier: "Gold"})
	}
	f.Write(flightsync.Manifest, flightsync.PageDrafts(ts)...)
	var dots []flightsync.Dot
	for i := range 50 {
		dots = append(dots, f.Note(note(passenger.TravellerNo(i*7+1), ts[i*7].Seat)))
	}
	return a, f, dots
}

func syncB(b *testing.B, a *Agent) {
	b.Helper()
	if rep, err := a.Sync(b.Context()); err != nil || len(rep.Problems) > 0 {
		b.Fatalf("%+v, %v", rep, err)
	}
}

// BenchmarkRecord is one tap: a durable write, with the fold it needs.
func BenchmarkRecord(b *testing.B) {
	a, f, dots := benchWorld(b)
	syncB(b, a)
	e := Entry{Flight: f.A.Key, Feedback: acted}
	n := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		e.Note = dots[n%uint64(len(dots))]
		binary.BigEndian.PutUint64(e.Nonce[:], n)
		if _, err := a.Record(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "taps/s")
}

// BenchmarkFirstLoad takes a flight of 360 travellers and 50 notes from ground into a new store.
func BenchmarkFirstLoad(b *testing.B) {
	a, f, _ := benchWorld(b)
	restore := f.Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		syncB(b, a)
		b.StopTimer()
		restore()
		a.mu.Lock()
		fl := a.flights[f.A.Flight]
		a.mu.Unlock()
		if p, err := a.Flight(b.Context(), key); err != nil || len(p.Cards) != 50 || len(p.Others) != 360 {
			b.Fatalf("%d notes, %d travellers, %v", len(p.Cards), len(p.Others), err)
		}
		fl.mu.Lock()
		if err := fl.begin(fl.record().Generation + 1); err != nil {
			b.Fatal(err)
		}
		a.touch(fl)
		fl.mu.Unlock()
		b.StartTimer()
	}
}

// BenchmarkPage folds a full flight and makes its page.
func BenchmarkPage(b *testing.B) {
	a, f, _ := benchWorld(b)
	syncB(b, a)
	a.mu.Lock()
	fl := a.flights[f.A.Flight]
	a.mu.Unlock()
	b.ReportAllocs()
	for b.Loop() {
		fl.mu.Lock()
		fl.folded = nil
		fl.mu.Unlock()
		if _, err := a.Flight(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkColdStart opens the program and the first flight from disk.
func BenchmarkColdStart(b *testing.B) {
	a, _, _ := benchWorld(b)
	syncB(b, a)
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := Open(a.Config)
		if err != nil {
			b.Fatal(err)
		}
		if p, err := c.Flight(b.Context(), key); err != nil || len(p.Cards) != 50 {
			b.Fatal(err)
		}
		b.StopTimer()
		c.Close()
		b.StartTimer()
	}
}
