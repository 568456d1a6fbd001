package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	streamCount = 10_000 // shared out among the fleet's tablets
	publishes   = 40     // one flight at a time
	openLimit   = 60 * time.Second
)

// crowdOf is many streams of the fleet's tablets, over few h2 connections.
type crowdOf struct {
	streams []*watcher
	hc      *http.Client
	end     context.CancelFunc
	running sync.WaitGroup
}

// watcher is one stream: what it was told of its flight. It is safe for concurrent use.
type watcher struct {
	tablet int
	flight passenger.FlightID
	mu     sync.Mutex
	have   flightsync.Vector
	at     time.Time // of the last frame
	up     bool
}

// fanOut is the watch of 10,000 streams on the ground of the storm: a tablet's entry reaches
// the others of its flight, one flight at a time and all flights at once, and nothing is lost
// over a reconnect.
func (l *lab) fanOut(f *fleet) error {
	// All tablets are in touch and hold all: what is measured is news. What the later ones of a
	// first time round wrote reaches the earlier ones in a second.
	for range 2 {
		if err := together(8, func(k int) error {
			for i := k; i < len(f.tablets); i += 8 {
				if err := f.tablets[i].hand(f.ctx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	var streams []*watcher
	for i, t := range f.tablets {
		for range streamCount / len(f.tablets) {
			streams = append(streams, &watcher{tablet: i, flight: t.flight, have: t.rep.State().Vector()})
		}
	}
	begun := time.Now()
	c, err := f.watch(streams)
	if err != nil {
		return err
	}
	l.sheet.add("fan-out", "streams", "", ours, float64(len(streams)))
	l.sheet.add("fan-out", "streams stand after", "ms", ours, ms(time.Since(begun)))
	if missing, err := f.await(streams, f.newest()); err != nil || missing > 0 {
		c.close()
		return fmt.Errorf("%d streams do not catch up: %w", missing, err)
	}
	var one []time.Duration
	for i := range publishes {
		times, err := f.publish(streams, []int{(i * fleetPerFlight) % len(f.tablets)})
		if err != nil {
			c.close()
			return err
		}
		one = append(one, times...)
	}
	l.sheet.spread("fan-out", "one flight", ours, one)
	var first []int
	for i := 0; i < len(f.tablets); i += fleetPerFlight {
		first = append(first, i)
	}
	all, err := f.publish(streams, first)
	if err != nil {
		c.close()
		return err
	}
	l.sheet.spread("fan-out", "all flights", ours, all)
	u, err := useOf(f.ground)
	if err != nil {
		return err
	}
	l.sheet.add("fan-out", "server memory", "MiB", ours, float64(u.peak)/1024)
	c.close()
	// While every stream is away, an entry on each flight; then all come back.
	for _, i := range first {
		if err := f.enter(i); err != nil {
			return err
		}
	}
	want := f.vectors(first)
	begun = time.Now()
	if c, err = f.watch(streams); err != nil {
		return err
	}
	defer c.close()
	missing, err := f.await(streams, want)
	l.sheet.add("fan-out", "missing after reconnect", "", ours, float64(missing))
	l.sheet.add("fan-out", "all there after reconnect", "ms", ours, ms(time.Since(begun)))
	return err
}

// watch opens the streams and returns when each stands.
func (f *fleet) watch(streams []*watcher) (*crowdOf, error) {
	ctx, end := context.WithCancel(f.ctx)
	c := &crowdOf{streams: streams, hc: floor.H2C(), end: end}
	var standing sync.WaitGroup
	for _, w := range streams {
		w.mu.Lock()
		w.up = false
		w.mu.Unlock()
		client, err := crewapi.NewClient(f.ground.URL(), f.tablets[w.tablet].token, c.hc)
		if err != nil {
			c.close()
			return nil, err
		}
		standing.Add(1)
		c.running.Go(func() { w.run(ctx, client, standing.Done) })
	}
	stood := make(chan struct{})
	go func() { standing.Wait(); close(stood) }()
	select {
	case <-stood:
		return c, nil
	case <-time.After(openLimit):
		n := 0
		for _, w := range streams {
			w.mu.Lock()
			if w.up {
				n++
			}
			w.mu.Unlock()
		}
		c.close()
		return nil, fmt.Errorf("%d of %d streams stand after %v", n, len(streams), openLimit)
	}
}

func (c *crowdOf) close() {
	c.end()
	c.running.Wait()
	c.hc.CloseIdleConnections()
}

// run holds a stream until ctx ends; one that ground ends is begun anew.
func (w *watcher) run(ctx context.Context, client *crewapi.Client, stands func()) {
	var once sync.Once
	alive := func() {
		w.mu.Lock()
		w.up = true
		w.mu.Unlock()
		once.Do(stands)
	}
	for ctx.Err() == nil {
		w.mu.Lock()
		have := []crewapi.Holding{{Flight: w.flight, Begun: true, Have: append(flightsync.Vector(nil), w.have...)}}
		w.mu.Unlock()
		_ = client.Watch(ctx, have, alive, w.frame) // what it says is in the log of ground
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	once.Do(stands)
}

func (w *watcher) frame(_ passenger.FlightID, res flightsync.Response) error {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range res.Runs {
		w.have = w.have.Set(r.Author, r.First+uint64(len(r.Ops))-1)
	}
	w.at = now
	return nil
}

// enter records one entry on a tablet and hands it to ground.
func (f *fleet) enter(i int) error {
	t := f.tablets[i]
	if err := t.write(i, 1); err != nil {
		return err
	}
	return t.hand(f.ctx)
}

// vectors are what ground holds of the flights of those tablets, as it told them.
func (f *fleet) vectors(of []int) map[passenger.FlightID]flightsync.Vector {
	out := map[passenger.FlightID]flightsync.Vector{}
	for _, i := range of {
		out[f.tablets[i].flight] = f.tablets[i].talk.Peer
	}
	return out
}

// newest is the newest that ground told any tablet of each flight.
func (f *fleet) newest() map[passenger.FlightID]flightsync.Vector {
	out := map[passenger.FlightID]flightsync.Vector{}
	for _, t := range f.tablets {
		v := out[t.flight]
		for a, n := range t.talk.Peer {
			v = v.Set(flightsync.Author(a), max(v.Of(flightsync.Author(a)), n))
		}
		out[t.flight] = v
	}
	return out
}

// publish enters something on each of those tablets at once and returns how long each stream of
// the other tablets of their flights waited for it.
func (f *fleet) publish(streams []*watcher, of []int) ([]time.Duration, error) {
	begun := make(map[passenger.FlightID]time.Time, len(of))
	mine := map[int]bool{}
	for _, i := range of {
		mine[i] = true
		begun[f.tablets[i].flight] = time.Now()
	}
	if err := together(len(of), func(k int) error { return f.enter(of[k]) }); err != nil {
		return nil, err
	}
	want := f.vectors(of)
	var waited []*watcher
	for _, w := range streams {
		if _, ok := want[w.flight]; ok && !mine[w.tablet] {
			waited = append(waited, w)
		}
	}
	missing, err := f.await(waited, want)
	if err != nil || missing > 0 {
		return nil, fmt.Errorf("%d of %d streams did not get an entry: %w", missing, len(waited), err)
	}
	var out []time.Duration
	for _, w := range waited {
		w.mu.Lock()
		out = append(out, w.at.Sub(begun[w.flight]))
		w.mu.Unlock()
	}
	return out, nil
}

// await waits until each stream holds what ground holds, its own tablet's lane apart.
func (f *fleet) await(streams []*watcher, want map[passenger.FlightID]flightsync.Vector) (missing int, err error) {
	late := time.After(openLimit)
	for {
		missing = 0
		for _, w := range streams {
			own := f.tablets[w.tablet].rep.State().Me
			w.mu.Lock()
			for a, n := range want[w.flight] {
				if flightsync.Author(a) != own && w.have.Of(flightsync.Author(a)) < n {
					missing++
					break
				}
			}
			w.mu.Unlock()
		}
		if missing == 0 {
			return 0, nil
		}
		select {
		case <-late:
			return missing, nil
		case <-f.ctx.Done():
			return missing, f.ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}
