package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/internal/testenv"
)

const (
	stormOps   = 40               // entries of each tablet that lands
	stormLimit = 45 * time.Second // the rest of the run goes on
)

// storm is W5 on SQLite, and the fan-out on its fleet.
func (l *lab) storm(fan bool) func() error {
	return func() error {
		if err := l.stormFloor(); err != nil {
			return err
		}
		f, err := l.newFleet("fleet-sqlite", "", slices.Max(l.storms))
		if err != nil {
			return err
		}
		err = l.stormOn(f, "w5", l.storms)
		if err == nil && fan {
			err = l.fanOut(f)
		}
		f.close()
		if err != nil {
			return fmt.Errorf("%w%s", err, f.lastWords())
		}
		return nil
	}
}

// stormPostgres is W5 on PostgreSQL.
func (l *lab) stormPostgres() error {
	sizes := l.storms
	const work = "w5 pg"
	// With fsync: nothing is acknowledged that a power cut could take.
	url, stop, err := testenv.StartPostgres("", "-c", "fsync=on")
	if err != nil {
		l.sheet.reason(work, fmt.Sprintf("%d tablets, rate", sizes[0]), "not measured: "+strings.ReplaceAll(err.Error(), "\n", " "))
		return nil
	}
	defer stop()
	f, err := l.newFleet("fleet-postgres", url, slices.Max(sizes))
	if err != nil {
		return err
	}
	defer f.close()
	for _, n := range sizes { // the floor is the one that SQLite was held against
		for _, what := range []string{"rate", "ops", "p99", "all", "ground CPU each", "ground RSS"} {
			name := fmt.Sprintf("%d tablets, %s", n, what)
			if f := l.sheet.find("w5", name); f != nil {
				l.sheet.add(work, name, f.Unit, least, f.Value[least])
			}
		}
	}
	if err := l.stormOn(f, work, sizes); err != nil {
		return fmt.Errorf("%w%s", err, f.lastWords())
	}
	return nil
}

func (l *lab) stormOn(f *fleet, work string, sizes []int) error {
	for _, n := range sizes {
		now := f.tablets[:n]
		for i, t := range now {
			if err := t.write(i, stormOps); err != nil {
				return err
			}
			t.again = 0
		}
		if err := l.land(ours, work, n, f.ground, func(ctx context.Context, i int) error { return now[i].hand(ctx) }); err != nil {
			return err
		}
		again := 0
		for _, t := range now {
			again += t.again
		}
		l.sheet.add(work, fmt.Sprintf("%d tablets, put off", n), "", ours, float64(again))
	}
	return nil
}

// land lets n tablets hand over at once and reads what ground's process took for it.
func (l *lab) land(who, work string, n int, ground *stage.Process, hand func(ctx context.Context, i int) error) error {
	before, err := useOf(ground)
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(l.ctx, stormLimit)
	defer end()
	times := make([]time.Duration, n)
	begun := time.Now()
	var out atomic.Int64
	if err := together(n, func(i int) error {
		err := hand(ctx, i)
		times[i] = time.Since(begun)
		if err != nil && ctx.Err() != nil && l.ctx.Err() == nil {
			out.Add(1)
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	passed := time.Since(begun)
	landed := n - int(out.Load())
	after, err := useOf(ground)
	if err != nil {
		return err
	}
	name := func(what string) string { return fmt.Sprintf("%d tablets, %s", n, what) }
	x := spreadOf(times)
	if landed < n {
		l.sheet.add(work, name("not landed"), "", who, float64(n-landed))
		l.sheet.note(work, name("not landed"), "cut off after %v: p99 and all are at least that", stormLimit)
	}
	l.sheet.add(work, name("rate"), "/s", who, float64(landed)/passed.Seconds())
	l.sheet.add(work, name("ops"), "/s", who, float64(landed*stormOps)/passed.Seconds())
	l.sheet.add(work, name("p99"), "ms", who, x.P99)
	l.sheet.add(work, name("all"), "ms", who, x.Max)
	l.sheet.add(work, name("ground CPU each"), "ms", who, ms(after.cpu-before.cpu)/float64(max(landed, 1)))
	l.sheet.add(work, name("ground RSS"), "MiB", who, float64(after.peak)/1024)
	return nil
}

// stormFloor is the same by the floor: its tablets share one store, as the reference's did.
func (l *lab) stormFloor() error {
	bin, ok := l.bins["loopfloor"]
	if !ok {
		return nil
	}
	for _, n := range l.storms {
		p := &stage.Process{Name: "floor", Bin: bin, Log: l.log, Args: func(listen string) []string {
			return []string{"ground", filepath.Join(l.dir, fmt.Sprintf("floor-storm-%d", n)), listen}
		}}
		if err := l.stormFloorOf(p, n); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) stormFloorOf(p *stage.Process, n int) (err error) {
	if err := p.Start(l.ctx); err != nil {
		return err
	}
	defer p.Stop()
	store, err := floor.OpenStore(filepath.Join(l.dir, fmt.Sprintf("floor-fleet-%d", n)))
	if err != nil {
		return err
	}
	defer store.Close()
	tablets, err := floor.Tablets(n, store, p.URL(), floor.H2C)
	if err != nil {
		return err
	}
	prefix := func(i int) string { return fmt.Sprintf("s/%04d/", i) }
	for i := range tablets {
		r := dice(l.seed, uint64(5000+i))
		var records []floor.Record
		for k := range stormOps {
			e := floorEntry(r, uint64(i)<<8|uint64(k), report(r))
			records = append(records, floor.Record{Key: prefix(i) + string(e[:8]), Value: e})
		}
		if err := store.Put(records...); err != nil {
			return err
		}
	}
	if err := l.land(least, "w5", n, p, func(ctx context.Context, i int) error { return tablets[i].Push(ctx, prefix(i)) }); err != nil {
		return err
	}
	return nil
}
