package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/link"
)

// far is the flight that tablets load over links.
var far = leg{number: 707, notes: notes}

// Tablets that load over a lossy link, each with its own luck.
const (
	lossyTablets = 5
	worstTablets = 2
)

// overLinks is W2, the waits of W1 and W6 counted by a link that is nothing but far, and the
// first note over lossy links.
func (l *lab) overLinks() error {
	base := map[string]time.Duration{}
	for _, p := range []link.Profile{{Name: "none"}, counted, satcom} {
		if err := l.linkOurs(p, base); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if err := l.each(func(who string, f *floorSite) error { return l.linkFloor(p, who, f, base) }); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	l.sheet.note("w1", "eRTT, all local", "(time at 400 ms round trip − time at none) ÷ 400 ms: connection, list of flights, the flight; TLS 1.3 adds one for both")
	l.sheet.note("w6", "cold, eRTT", "the same for a round that finds nothing new")
	for _, f := range [][2]string{{"w1", "eRTT, all local"}, {"w6", "cold, eRTT"}, {"w6", "kept, eRTT"}} {
		l.sheet.uncounted(f[0], f[1])
	}
	for _, x := range []struct {
		p link.Profile
		n int
	}{{link.Satcom700, lossyTablets}, {link.Satcom2000, worstTablets}} {
		if err := l.firstNotes(x.p, x.n); err != nil {
			return fmt.Errorf("%s: %w", x.p.Name, err)
		}
	}
	return nil
}

// through puts a link between the tablets of the product and ground.
func (l *lab) through(p link.Profile, seed uint64, fn func() error) error {
	return across(p, seed, strings.TrimPrefix(l.ground.URL(), "http://"), l.target, fn)
}

// timed files what a load or a round took over a link.
func (l *lab) timed(p link.Profile, who, what string, took time.Duration, base map[string]time.Duration) {
	switch p.Name {
	case "none":
		base[who+what] = took
	case counted.Name:
		work := map[string]string{"cold": "w1 eRTT, all local", "noop": "w6 cold, eRTT", "kept": "w6 kept, eRTT"}[what]
		if work != "" {
			w, name, _ := strings.Cut(work, " ")
			// Waits are whole; the rest is what a busy machine takes.
			l.sheet.add(w, name, "", who, math.Round((took-base[who+what]).Seconds()/p.RTT.Seconds()))
		}
	case satcom.Name:
		if name := map[string]string{"cold": "cold, all local", "notes": "cold, all notes", "connected": "kept connection"}[what]; name != "" {
			l.sheet.add("w2", name, "ms", who, ms(took))
		}
	}
}

func (l *lab) linkOurs(p link.Profile, base map[string]time.Duration) error {
	dir, err := l.fresh("w2-"+p.Name+"-cold", l.link.URL(), far)
	if err != nil {
		return err
	}
	d, err := l.open(dir, nil)
	if err != nil {
		return err
	}
	if err := l.through(p, 1, func() error {
		var notesAt time.Duration
		all, err := l.reachBoth(d, far, &notesAt)
		if err != nil {
			return err
		}
		l.timed(p, ours, "cold", all, base)
		l.timed(p, ours, "notes", notesAt, base)
		for _, what := range []string{"noop", "kept"} {
			if what == "noop" {
				d.hc.CloseIdleConnections()
			}
			begun := time.Now()
			if _, err := d.Sync(l.ctx); err != nil {
				return err
			}
			l.timed(p, ours, what, time.Since(begun), base)
		}
		return nil
	}); err != nil {
		return errors.Join(err, d.Close())
	}
	if err := d.Close(); err != nil || p.Name != satcom.Name {
		return err
	}
	// On a connection that stands: the tablet was in touch before it was given the flight.
	name := "w2-" + p.Name + "-kept"
	if dir, err = l.enrol(name, l.link.URL()); err != nil {
		return err
	}
	if d, err = l.open(dir, nil); err != nil {
		return err
	}
	defer d.Close()
	return l.through(p, 2, func() error {
		if _, err := d.Sync(l.ctx); err != nil {
			return err
		}
		if err := l.give("crew", name+".csv", crew(name, far)); err != nil {
			return err
		}
		all, err := l.local(d, far)
		l.timed(p, ours, "connected", all, base)
		return err
	})
}

// reachBoth loads a flight; notesAt is when all notes could be read.
func (l *lab) reachBoth(d device, leg leg, notesAt *time.Duration) (all time.Duration, err error) {
	begun := time.Now()
	return l.reach(d, leg, func(p tablet.FlightPage) bool {
		if *notesAt == 0 && len(p.Cards) >= leg.notes {
			*notesAt = time.Since(begun)
		}
		return len(p.Cards) >= leg.notes && len(p.Others) == seats
	})
}

func (l *lab) linkFloor(p link.Profile, who string, f *floorSite, base map[string]time.Duration) error {
	for _, first := range []string{"cold", "connected"} {
		if first == "connected" && p.Name != satcom.Name {
			continue
		}
		t, err := floor.NewTablet(filepath.Join(l.dir, who+"-w2-"+p.Name+first), f.link.URL(), f.dict, floor.H2C())
		if err != nil {
			return err
		}
		err = f.through(p, func() error {
			pull := func(what string) error {
				begun := time.Now()
				_, err := t.Pull(l.ctx)
				l.timed(p, who, what, time.Since(begun), base)
				return err
			}
			if first == "connected" {
				if err := t.Push(l.ctx, "none/"); err != nil { // the connection stands
					return err
				}
			}
			if err := pull(first); err != nil || first == "connected" {
				return err
			}
			if p.Name == satcom.Name { // one answer: notes and all come at once
				fig := l.sheet.find("w2", "cold, all local")
				l.sheet.add("w2", "cold, all notes", "ms", who, fig.Value[who])
			}
			t.Disconnect()
			return errors.Join(pull("noop"), pull("kept"))
		})
		if err = errors.Join(err, t.Close()); err != nil {
			return err
		}
	}
	return nil
}

// firstNotes loads the flight over a lossy link until a note can be read.
func (l *lab) firstNotes(p link.Profile, n int) error {
	var times []time.Duration
	for i := range n {
		dir, err := l.fresh(fmt.Sprintf("%s-%d", p.Name, i), l.link.URL(), lossy)
		if err != nil {
			return err
		}
		d, err := l.open(dir, nil)
		if err != nil {
			return err
		}
		err = l.through(p, uint64(100+i), func() error {
			at, err := l.reach(d, lossy, func(p tablet.FlightPage) bool { return len(p.Cards) > 0 })
			times = append(times, at)
			return err
		})
		if err = errors.Join(err, d.Close()); err != nil {
			return err
		}
	}
	x := spreadOf(times)
	l.sheet.add("link", p.Name+", first note p50", "ms", ours, x.P50)
	l.sheet.add("link", p.Name+", first note worst", "ms", ours, x.Max)
	l.sheet.note("link", p.Name+", first note worst", "cold, of %d tablets; without TLS, which adds a round trip", n)
	return nil
}

// lossy is the flight that tablets load over lossy links.
var lossy = leg{number: 709, notes: notes}
