package main

import "slices"

// part is one thing that is measured, or made ready.
type part struct {
	name string
	do   func() error
}

// plan lists what a run does, in order. What a later part needs is always done.
func (c *benchCmd) plan(l *lab, r *result) []part {
	s := l.site
	all := len(c.Parts) == 0
	// A storm has a site of its own.
	need := all || slices.ContainsFunc(c.Parts, func(name string) bool { return name != "w5" && name != "w5-pg" && name != "fan-out" })
	var out []part
	for _, p := range []struct {
		part
		need bool
	}{
		{part{"posts", func() (err error) { r.Posts, err = s.measurePosts(); return err }}, false},
		{part{"flights", func() error { return s.prepare(append(carried, far, lossy), append(streamed, pushed)...) }}, need},
		{part{"wire", func() (err error) { r.Wire, err = s.measureWire(); return err }}, false},
		{part{"memory", func() (err error) {
			r.Memory, err = s.measureMemory()
			l.sheet.add("tablet", "memory, three flights", "MiB", ours, float64(r.Memory.PeakKB)/1024)
			l.sheet.add("tablet", "CPU, idle", "%", ours, r.Memory.TabletIdle)
			l.sheet.add("ground", "CPU, idle", "%", ours, r.Memory.GroundIdle)
			l.sheet.note("tablet", "CPU, idle", "of a core, for %v, three flights open, its stream to ground standing", idleFor)
			return err
		}}, need},
		{part{"equip", l.equip}, need},
		{part{"w1", l.coldSync}, false},
		{part{"w2", l.overLinks}, false},
		{part{"tls", l.connections}, false},
		{part{"w3", l.reconcile}, false},
		{part{"w7", l.localStore}, false},
		{part{"w4", l.live}, false},
		{part{"w5", l.storm(all || slices.Contains(c.Parts, "fan-out"))}, slices.Contains(c.Parts, "fan-out")},
		{part{"w5-pg", l.stormPostgres}, false},
		{part{"push", func() (err error) { r.Push, err = s.measurePush(); return err }}, false},
		{part{"start", func() (err error) {
			r.Start, err = s.measureStart()
			l.sheet.add("tablet", "start to first note, p99", "ms", ours, r.Start.FirstNote.P99)
			return err
		}}, false},
		{part{"record", func() (err error) { r.Record, err = s.measureRecord(); return err }}, false},
	} {
		if all || p.need || slices.Contains(c.Parts, p.name) {
			out = append(out, p.part)
		}
	}
	return out
}
