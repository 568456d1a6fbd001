package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/passenger"
)

// lab is a site with the floor beside it: what the workloads W1 to W7 of the reference run on.
type lab struct {
	*site
	sheet   *sheet
	rounds  int
	storms  []int // how many tablets land at once; the last is the most
	content content
	dict    []byte
	floors  map[string]*floorSite // by who
}

// floorSite is a ground of the floor behind a relay of its own.
type floorSite struct {
	ground *floor.Ground
	dict   []byte
	addr   string
	link   *stage.Relay
	via    atomic.Value // string: where link leads instead
	stop   func()
}

// equip reads the page of a flight from the carrier's tablet and seeds the floors with it.
func (l *lab) equip() error {
	var pages []tablet.FlightPage
	a, err := l.agent(filepath.Join(l.dir, carrier))
	if err != nil {
		return err
	}
	for _, leg := range carried {
		p, err := a.Flight(l.ctx, leg.key())
		if err != nil {
			a.Close()
			return err
		}
		pages = append(pages, p)
	}
	if err := a.Close(); err != nil {
		return err
	}
	r := dice(l.seed, 71)
	l.content = contentOf(r, pages[0])
	if l.dict, err = train(r, pages[1:]...); err != nil {
		return err
	}
	l.floors = map[string]*floorSite{}
	for who, d := range map[string][]byte{least: nil, leastDict: l.dict} {
		if l.floors[who], err = l.newFloor(who, d); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) newFloor(who string, dict []byte) (*floorSite, error) {
	g, err := floor.NewGround(filepath.Join(l.dir, who+"-ground"), dict)
	if err != nil {
		return nil, err
	}
	if err := g.Seed(l.content.passengers, l.content.notes); err != nil {
		return nil, err
	}
	addr, stop, err := floor.Listen(g.Handler(), "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &floorSite{ground: g, dict: dict, addr: addr, stop: stop}
	f.link, err = stage.NewRelay(func() string {
		if to, _ := f.via.Load().(string); to != "" {
			return to
		}
		return addr
	})
	return f, err
}

// through puts a link between the floor's tablets and its ground.
func (f *floorSite) through(p link.Profile, fn func() error) error {
	return across(p, 1, f.addr, func(to string) { f.via.Store(to) }, fn)
}

func (l *lab) close() {
	for _, f := range l.floors {
		f.link.Close()
		f.stop()
		_ = f.ground.Close() // its folder goes
	}
}

// each calls fn for the floors in a fixed order.
func (l *lab) each(fn func(who string, f *floorSite) error) error {
	for _, who := range []string{least, leastDict} {
		if err := fn(who, l.floors[who]); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
	}
	return nil
}

// device is a tablet of the product in this process.
type device struct {
	*tablet.Agent
	dir string
	hc  *http.Client
}

// open opens a tablet's folder with a link of its own: the next call makes a new connection.
func (l *lab) open(dir string, wrap func(http.RoundTripper) http.RoundTripper) (device, error) {
	hc := crewapi.HTTPClient()
	if wrap != nil {
		hc.Transport = wrap(hc.Transport)
	}
	a, err := l.agentWith(dir, hc)
	return device{a, dir, hc}, err
}

// fresh enrols a tablet that serves legs; url is where it finds ground.
func (l *lab) fresh(name, url string, legs ...leg) (dir string, err error) {
	if dir, err = l.enrol(name, url); err != nil {
		return dir, err
	}
	return dir, l.give("crew", name+".csv", crew(name, legs...))
}

// local syncs and returns when the flight's page had all of it, counted from the call.
func (l *lab) local(d device, leg leg) (until time.Duration, err error) {
	whole := func(p tablet.FlightPage) bool { return len(p.Cards) >= leg.notes && len(p.Others) == seats }
	return l.reach(d, leg, whole)
}

// reach syncs and returns when the flight's page first was as wanted, counted from the call.
func (l *lab) reach(d device, leg leg, wanted func(tablet.FlightPage) bool) (until time.Duration, err error) {
	news := make(chan time.Time, 64)
	cancel := d.OnChange(func(passenger.FlightKey) {
		select {
		case news <- time.Now():
		default:
		}
	})
	found := make(chan time.Duration, 1)
	ctx, end := context.WithCancel(l.ctx)
	defer end()
	begun := time.Now()
	go func() {
		for {
			select {
			case at := <-news:
				if p, err := d.Flight(ctx, leg.key()); err == nil && wanted(p) {
					found <- at.Sub(begun)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	rep, err := d.Sync(l.ctx)
	cancel()
	if err == nil && len(rep.Problems) > 0 {
		err = fmt.Errorf("sync: %s", rep.Problems[0])
	}
	if err != nil {
		return 0, err
	}
	select {
	case until = <-found:
		return until, nil
	case <-time.After(waitLimit):
		return 0, fmt.Errorf("the round went well, but the page of %s is not whole", leg.key())
	}
}

// disk is what a folder takes: by length and by blocks, KiB.
func disk(dir string) (apparent, real float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		a, r := size(info)
		apparent, real = apparent+a/1024, real+r/1024
		return nil
	})
	return apparent, real, err
}

func (s *sheet) spread(work, name, who string, times []time.Duration) {
	x := spreadOf(slices.Clone(times))
	s.add(work, strings.TrimSpace(name+" p50"), "ms", who, x.P50)
	s.add(work, strings.TrimSpace(name+" p99"), "ms", who, x.P99)
}

// took returns what crossed a link since the last call, once it is quiet: h2 acknowledges settings
// and windows after the answer.
func took(link *stage.Relay) stage.Traffic {
	time.Sleep(quiet)
	return link.Take()
}
