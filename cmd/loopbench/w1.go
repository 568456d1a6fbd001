package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/internal/stage"
)

// coldSync is W1 and W6: an empty tablet loads a flight; started again it finds nothing new, on a
// new connection and on the one it kept.
func (l *lab) coldSync() error {
	for i := range l.rounds {
		if err := l.coldOurs(i); err != nil {
			return err
		}
		if err := l.each(func(who string, f *floorSite) error { return l.coldFloor(i, who, f) }); err != nil {
			return err
		}
	}
	if mine := l.sheet.find("w1", "bytes"); mine != nil {
		l.sheet.add("w1", "bytes, floor without ids", "B", ours, mine.Value[ours])
		l.sheet.add("w1", "bytes, floor without ids", "B", least, mine.Value[least]-float64(l.content.ids()))
	}
	l.sheet.note("w1", "bytes", "floor: the same visible content in one call, each record with an id of 16 bytes as in the reference")
	l.sheet.note("w1", "turns", "list of flights, the flight, acknowledgement of the delivery; readable after two")
	l.sheet.note("w1", "tablet CPU", "purser sync --once, and the floor's pull, as processes: start and end included")
	return nil
}

func (l *lab) coldOurs(i int) error {
	leg := carried[0]
	dir, err := l.fresh(fmt.Sprintf("w1-%d", i), l.link.URL(), leg)
	if err != nil {
		return err
	}
	d, err := l.open(dir, nil)
	if err != nil {
		return err
	}
	took(l.link)
	local, err := l.local(d, leg)
	if err != nil {
		d.Close()
		return err
	}
	l.cold(ours, local, took(l.link))
	if err := d.Close(); err != nil {
		return err
	}
	if err := l.diskOf(ours, filepath.Join(dir, "flights")); err != nil {
		return err
	}
	if d, err = l.open(dir, nil); err != nil {
		return err
	}
	defer d.Close()
	again := func() error { _, err := d.Sync(l.ctx); return err }
	if err := l.noop(ours, l.link, again); err != nil {
		return err
	}
	// The same by the program itself, for processor time and memory.
	program, err := l.fresh(fmt.Sprintf("w1-p%d", i), l.ground.URL(), leg)
	if err != nil {
		return err
	}
	if err := l.process(ours, l.bins["purser"], "sync", "--once", "--data", program); err != nil || i < l.rounds-1 {
		return err
	}
	// Last: who loads the flight behind this loads its entries too. The other tablet is no news any more.
	if err := again(); err != nil {
		return err
	}
	return l.opsOnWire(d, leg, again)
}

func (l *lab) coldFloor(i int, who string, f *floorSite) error {
	dir := filepath.Join(l.dir, fmt.Sprintf("%s-tablet-%d", who, i))
	t, err := floor.NewTablet(dir, f.link.URL(), f.dict, floor.H2C())
	if err != nil {
		return err
	}
	took(f.link)
	begun := time.Now()
	news, err := t.Pull(l.ctx)
	passed := time.Since(begun)
	if err != nil || !news {
		t.Close()
		return fmt.Errorf("pull: news %v, %w", news, err)
	}
	l.cold(who, passed, took(f.link))
	if err := t.Close(); err != nil {
		return err
	}
	if err := l.diskOf(who, dir); err != nil {
		return err
	}
	if t, err = floor.NewTablet(dir, f.link.URL(), f.dict, floor.H2C()); err != nil {
		return err
	}
	defer t.Close()
	if err := l.noop(who, f.link, func() error { _, err := t.Pull(l.ctx); return err }); err != nil {
		return err
	}
	bin, ok := l.bins["loopfloor"]
	if who != least || !ok {
		return nil
	}
	return l.process(who, bin, "pull", filepath.Join(l.dir, fmt.Sprintf("floor-process-%d", i)), f.link.URL())
}

func (l *lab) cold(who string, passed time.Duration, t stage.Traffic) {
	l.sheet.add("w1", "bytes", "B", who, float64(t.Bytes()))
	l.sheet.add("w1", "turns", "", who, float64(t.Turns))
	l.sheet.add("w1", "time", "ms", who, ms(passed))
}

func (l *lab) diskOf(who, dir string) error {
	apparent, real, err := disk(dir)
	l.sheet.add("w1", "disk, real", "KiB", who, real)
	l.sheet.add("w1", "disk, apparent", "KiB", who, apparent)
	return err
}

func (l *lab) noop(who string, link *stage.Relay, again func() error) error {
	for _, how := range []string{"cold", "kept"} {
		took(link)
		if err := again(); err != nil {
			return err
		}
		t := took(link)
		l.sheet.add("w6", how+", bytes", "B", who, float64(t.Bytes()))
		l.sheet.add("w6", how+", turns", "", who, float64(t.Turns))
	}
	return nil
}

func (l *lab) process(who, bin string, args ...string) error {
	use, err := l.spend(bin, args...)
	l.sheet.add("w1", "tablet CPU", "ms", who, use.cpu)
	l.sheet.add("w1", "tablet RSS", "MiB", who, use.rss)
	return err
}
