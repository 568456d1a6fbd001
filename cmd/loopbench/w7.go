package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
)

// localStore is W7: the tablet alone, reading 50 notes and writing entries, and how often a pull
// and a write flush.
func (l *lab) localStore() error {
	leg := carried[1]
	for round := range l.rounds {
		if err := l.localOurs(round, leg); err != nil {
			return err
		}
		if err := l.localFloor(round); err != nil {
			return err
		}
	}
	l.sheet.note("w7", "list p50", "ours: the whole page of the flight, sorted, from the folded flight; floor: 50 records out of Badger")
	l.sheet.note("w7", "write p50", "ours: op, chain, envelope, flush, and the flight folded again for the card that the page shows")
	return nil
}

func (l *lab) localOurs(round int, leg leg) error {
	dir, err := l.fresh(fmt.Sprintf("w7-%d", round), l.link.URL(), leg)
	if err != nil {
		return err
	}
	d, err := l.open(dir, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	pull, why := flushes(l.ctx, func() error { _, err := l.local(d, leg); return err })
	if why != nil {
		return why
	}
	page, err := d.Flight(l.ctx, leg.key())
	if err != nil {
		return err
	}
	var lists []time.Duration
	for range entries {
		at := time.Now()
		p, err := d.Flight(l.ctx, leg.key())
		if err != nil || len(p.Cards) != notes {
			return fmt.Errorf("%d notes, %w", len(p.Cards), err)
		}
		lists = append(lists, time.Since(at))
	}
	l.sheet.spread("w7", "list", ours, lists)
	r, n := dice(l.seed, uint64(700+round)), 0
	write := func(ctx context.Context, many int) (times []time.Duration, err error) {
		for range many {
			n++
			e := tablet.Entry{Flight: page.Key, Note: page.Cards[n%len(page.Cards)].Dot, Feedback: report(r)}
			binary.BigEndian.PutUint64(e.Nonce[:], uint64(round+1)<<48|uint64(n))
			at := time.Now()
			if _, err := d.Record(ctx, e); err != nil {
				return nil, err
			}
			times = append(times, time.Since(at))
		}
		return times, nil
	}
	times, err := write(l.ctx, entries)
	if err != nil {
		return err
	}
	l.sheet.spread("w7", "write", ours, times)
	some, why := flushes(l.ctx, func() error { _, err := write(l.ctx, traced); return err })
	if why != nil {
		return why
	}
	l.flushed(ours, pull, some)
	return nil
}

func (l *lab) flushed(who string, pull, some count) {
	if pull.why != "" || some.why != "" {
		l.sheet.reason("w7", "flushes a write", "not counted: "+pull.why+some.why)
		return
	}
	l.sheet.add("w7", "flushes a pull", "", who, float64(pull.n))
	l.sheet.add("w7", "flushes a write", "", who, float64(some.n)/traced)
}

func (l *lab) localFloor(round int) error {
	f := l.floors[least]
	t, err := floor.NewTablet(filepath.Join(l.dir, fmt.Sprintf("floor-w7-%d", round)), f.link.URL(), nil, floor.H2C())
	if err != nil {
		return err
	}
	defer t.Close()
	pull, err := flushes(l.ctx, func() error { _, err := t.Pull(l.ctx); return err })
	if err != nil {
		return err
	}
	var lists, writes []time.Duration
	for range entries {
		at := time.Now()
		all, err := t.All("n/")
		if err != nil || len(all) != notes {
			return fmt.Errorf("%d notes, %w", len(all), err)
		}
		lists = append(lists, time.Since(at))
	}
	r, n := dice(l.seed, uint64(700+round)), uint64(0)
	write := func() error {
		n++
		return t.Write("w/", floorEntry(r, n, report(r)))
	}
	for range entries {
		at := time.Now()
		if err := write(); err != nil {
			return err
		}
		writes = append(writes, time.Since(at))
	}
	some, err := flushes(l.ctx, func() error {
		for range traced {
			if err := write(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.sheet.spread("w7", "list", least, lists)
	l.sheet.spread("w7", "write", least, writes)
	l.flushed(least, pull, some)
	return nil
}
