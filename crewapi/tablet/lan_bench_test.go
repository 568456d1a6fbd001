package tablet

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// BenchmarkLANPropagation is one entry on one of 15 tablets until each of the 14 others has it on
// its disk: real stores, real TLS on loopback sockets, the usual pauses (an entry waits two seconds
// for more of its kind). Metrics: milliseconds from the tap to a tablet, and exchanges an entry.
func BenchmarkLANPropagation(b *testing.B) {
	const tablets = 15
	start := time.Now()
	now := func() time.Time { return t0.Add(time.Since(start)) }
	g := crewtest.New(b, now)
	hc := crewtest.Serve(b, g)
	f := g.Flight(key, t0.Add(2*time.Hour))
	var as []*Agent
	for i := range tablets {
		a, err := Open(Config{Dir: b.TempDir(), Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), HTTP: hc,
			LAN: &LAN{Listen: "127.0.0.1:0"}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { a.Close() })
		code := fmt.Sprintf("bench-%d", i)
		g.Code(code)
		if err := a.Enrol(b.Context(), crewtest.URL, code, "galley"); err != nil {
			b.Fatal(err)
		}
		f.Assign(a.tablet(), passenger.Cabin)
		as = append(as, a)
	}
	dot := f.Note(note(1, "14C"))
	for range 2 {
		for _, a := range as {
			syncB(b, a)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var runs sync.WaitGroup
	defer runs.Wait()
	defer cancel()
	for i, a := range as {
		runs.Go(func() { a.RunLAN(ctx) })
		await(b, func() bool { c, _ := a.Cabin(ctx); return c.On })
		for _, earlier := range as[:i] {
			c, _ := earlier.Cabin(ctx)
			if err := a.Connect(ctx, c.Invite); err != nil {
				b.Fatal(err)
			}
		}
	}
	quiet := func() bool { // all know that all have all
		return !slices.ContainsFunc(as, func(a *Agent) bool {
			c, err := a.Cabin(ctx)
			return err != nil || inReach(c) != tablets-1 || !allHave(c)
		})
	}
	await(b, quiet)
	calls := func() (n int64) {
		for _, a := range as {
			n += a.lan.made.Load()
		}
		return n
	}
	before := calls()
	var took []time.Duration
	n := uint64(0)
	for b.Loop() {
		from := as[n%tablets]
		n++
		begin := time.Now()
		e := Entry{Flight: f.A.Key, Note: dot, Feedback: acted, Nonce: [8]byte{1, byte(n >> 8), byte(n)}}
		if _, err := from.Record(ctx, e); err != nil {
			b.Fatal(err)
		}
		author, seq := head(b, from)
		left := slices.DeleteFunc(slices.Clone(as), func(a *Agent) bool { return a == from })
		for len(left) > 0 {
			left = slices.DeleteFunc(left, func(a *Agent) bool {
				if vectorOf(b, a).Of(author) < seq {
					return false
				}
				took = append(took, time.Since(begin))
				return true
			})
			time.Sleep(2 * time.Millisecond)
		}
		await(b, quiet)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(calls()-before)/float64(n), "exchanges/entry")
}

func await(tb testing.TB, ok func() bool) {
	tb.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatal("never")
}

func allHave(c Cabin) bool {
	return !slices.ContainsFunc(c.Others, func(t CabinTablet) bool { return !t.Has })
}

func head(tb testing.TB, a *Agent) (flightsync.Author, uint64) {
	fl, err := a.find("", key)
	if err != nil {
		tb.Fatal(err)
	}
	fl.mu.Lock()
	defer fl.mu.Unlock()
	me := fl.rep.State().Me
	return me, fl.rep.State().Vector().Of(me)
}

func vectorOf(tb testing.TB, a *Agent) flightsync.Vector {
	fl, err := a.find("", key)
	if err != nil {
		tb.Fatal(err)
	}
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if err := fl.use(); err != nil {
		tb.Fatal(err)
	}
	return fl.rep.State().Vector()
}
