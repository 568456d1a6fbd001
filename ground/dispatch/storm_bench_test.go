package dispatch_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// A storm: tablets, fifteen a flight, that hand over as many entries each at one moment.
const (
	stormTablets = 150
	stormEntries = 40
)

func BenchmarkStorm(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchStorm(b, "sqlite:"+filepath.Join(b.TempDir(), "ground.db")) })
	b.Run("postgres", func(b *testing.B) { benchStorm(b, testenv.Postgres(b)) })
}

// benchStorm reports what ground makes of a storm: entries a second, and the processor time of
// one exchange, ms. What the tablets do is not timed.
func benchStorm(b *testing.B, url string) {
	w := newWorld(b, url)
	tablets := w.fleet(stormTablets)
	var ops int
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		asks := make([]flightsync.Request, len(tablets))
		for i, t := range tablets {
			t.outcomes(i, stormEntries)
			asks[i] = *t.step(t.talk.Ask(0, 0)).Request
		}
		answers := make([]flightsync.Response, len(tablets))
		errs := make([]error, len(tablets))
		cpu := processor()
		b.StartTimer()
		var landing sync.WaitGroup
		for i, t := range tablets {
			landing.Go(func() {
				for {
					if answers[i], errs[i] = w.dispatch.Exchange(w.ctx, t.id, asks[i]); passenger.CodeOf(errs[i]) != passenger.TooMuch {
						return
					}
				}
			})
		}
		landing.Wait()
		b.StopTimer()
		spent += processor() - cpu
		ops += len(tablets) * stormEntries
		for i, t := range tablets {
			w.must(errs[i])
			t.heard(answers[i])
			t.sync()
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(ops)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(ops/stormEntries), "cpu-ms/exchange")
}

// fleet enrols tablets, fifteen to a flight with four notes, and lets each take its flight.
func (w *world) fleet(n int) (out []*tablet) {
	w.Helper()
	var k passenger.FlightKey
	for i := range n {
		f := i / 15
		if i%15 == 0 {
			k = key(fmt.Sprintf("KL%04d", 1000+f), "2026-11-21", "AMS")
			for s := range 4 {
				who := fmt.Sprintf("F%dS%d", f, s)
				w.flight(k, start.Add(4*time.Hour), false, row(who, "JANSEN", fmt.Sprintf("%dC", 10+s)))
				w.loop(who, passenger.TopicMeal)
			}
		}
		t := w.tablet(fmt.Sprintf("t%04d", i), k, passenger.Cabin)
		t.sync()
		out = append(out, t)
	}
	return out
}

// outcomes records n outcomes on one of the flight's notes, each in place of the last.
func (t *tablet) outcomes(i, n int) {
	t.Helper()
	v := t.view()
	note := v.Notes[i%len(v.Notes)]
	var over []flightsync.Dot
	for _, h := range note.Heads {
		if h.By == t.rep.State().Me {
			over = []flightsync.Dot{h.Dot}
		}
	}
	for range n {
		t.entries++
		nonce := [8]byte{1, byte(t.entries >> 16), byte(t.entries >> 8), byte(t.entries)}
		over = t.write(flightsync.OutcomeDraft(note.Dot, note.Note.Traveller, passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased}, over, nonce))
	}
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it has no error for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
