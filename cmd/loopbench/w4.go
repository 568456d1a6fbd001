package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/passenger"
)

// live is W4: 500 notes, one every 20 ms at most, from before the ground's write call until the
// note is in the tablet's store.
func (l *lab) live() error {
	if err := l.liveOurs(); err != nil {
		return err
	}
	if err := l.each(l.liveFloor); err != nil {
		return err
	}
	l.sheet.note("w4", "p50", "ours: flag of a case, note compiled, op, transaction, stream, engine, Badger; floor: the record stored and sent")
	return nil
}

// liveOurs flags cases on two flights in turn, since a flight has 360 passengers.
func (l *lab) liveOurs() error {
	dir, err := l.fresh("w4", l.link.URL(), streamed...)
	if err != nil {
		return err
	}
	l.ground.Stop()
	defer l.ground.Start(l.ctx)
	h, err := l.host()
	if err != nil {
		return err
	}
	defer h.close()
	l.target(h.addr)
	defer l.target("")
	d, err := l.open(dir, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	ctx, end := context.WithCancel(l.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = d.Run(ctx) }) // it returns nil
	defer running.Wait()
	defer end()
	if err := l.until("the tablet is in touch", 10*time.Millisecond, func() (bool, error) {
		for _, leg := range streamed {
			if page, err := d.Flight(ctx, leg.key()); err != nil || len(page.Others) != seats || page.Pending > 0 {
				return false, nil
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	time.Sleep(time.Second) // for the stream to stand
	var ids [][]string
	for _, leg := range streamed {
		of, err := l.casesOf(leg)
		if err != nil {
			return err
		}
		ids = append(ids, of)
	}
	a := newArrivals(2 * streamed[0].notes)
	defer d.OnChange(func(passenger.FlightKey) { a.wake() })()
	reading, endReading := context.WithCancel(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		have := make([]int, len(streamed))
		for {
			var at time.Time
			select {
			case at = <-a.woken:
			case <-reading.Done():
				return
			}
			for i, leg := range streamed {
				page, err := d.Flight(ctx, leg.key())
				if err != nil {
					continue
				}
				for ; have[i] < len(page.Cards); have[i]++ {
					a.stored(have[i]*len(streamed)+i, at)
				}
			}
		}
	})
	defer reader.Wait()
	defer endReading()
	return l.liveRun(ours, a, l.link, func(n int) error {
		id, err := uuid.Parse(ids[n%len(ids)][n/len(ids)])
		if err != nil {
			return err
		}
		_, err = h.cases.Flag(ctx, passenger.CaseID(id), ground.Edits{}, cases.Actor{Name: "loopbench", Role: "social"})
		return err
	})
}

// liveFloor stores and sends a note's record again and again under a new id.
func (l *lab) liveFloor(who string, f *floorSite) error {
	t, err := floor.NewTablet(filepath.Join(l.dir, who+"-w4"), f.link.URL(), f.dict, floor.H2C())
	if err != nil {
		return err
	}
	defer t.Close()
	ctx, end := context.WithCancel(l.ctx)
	ready := make(chan struct{})
	a := newArrivals(2 * streamed[0].notes)
	n := 0
	var watching sync.WaitGroup
	watching.Go(func() { // ends with ctx
		_ = t.Watch(ctx, func() { close(ready) }, func() { a.stored(n, time.Now()); n++ })
	})
	defer watching.Wait()
	defer end()
	select {
	case <-ready:
	case <-time.After(waitLimit):
		return fmt.Errorf("the floor's stream does not stand")
	}
	r := dice(l.seed, 74)
	return l.liveRun(who, a, f.link, func(n int) error {
		note := l.content.notes[n%len(l.content.notes)]
		return f.ground.Publish(append(id(r), note[18:]...))
	})
}

// liveRun publishes every note at its time, or as soon as the one before is out.
func (l *lab) liveRun(who string, a *arrivals, link *stage.Relay, publish func(n int) error) error {
	took(link)
	begun := time.Now()
	for n := range len(a.begun) {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * between)))
		a.begin(n)
		if err := publish(n); err != nil {
			return err
		}
	}
	late := time.After(waitLimit)
	for a.missing() > 0 {
		select {
		case <-late:
			return fmt.Errorf("%d notes are not on the tablet after %v", a.missing(), waitLimit)
		case <-time.After(10 * time.Millisecond):
			a.wake()
		}
	}
	t := took(link)
	l.sheet.spread("w4", "", who, a.times())
	l.sheet.add("w4", "bytes a note", "B", who, float64(t.Bytes())/float64(len(a.begun)))
	l.sheet.add("w4", "notes a second", "", who, float64(len(a.begun))/time.Since(begun).Seconds())
	return nil
}

// arrivals are the times at which notes were published and stored. It is safe for concurrent use.
type arrivals struct {
	woken chan time.Time
	mu    sync.Mutex
	begun []time.Time
	at    []time.Time
	left  int
}

func newArrivals(n int) *arrivals {
	return &arrivals{woken: make(chan time.Time, 4096), begun: make([]time.Time, n), at: make([]time.Time, n), left: n}
}

// wake hands the moment to who reads the page.
func (a *arrivals) wake() {
	select {
	case a.woken <- time.Now():
	default:
	}
}

func (a *arrivals) begin(n int) { a.mu.Lock(); defer a.mu.Unlock(); a.begun[n] = time.Now() }

func (a *arrivals) stored(n int, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n < len(a.at) && a.at[n].IsZero() {
		a.at[n] = at
		a.left--
	}
}

func (a *arrivals) missing() int { a.mu.Lock(); defer a.mu.Unlock(); return a.left }

func (a *arrivals) times() (out []time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for n, at := range a.at {
		out = append(out, at.Sub(a.begun[n]))
	}
	return out
}
