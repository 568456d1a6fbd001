package sim

import (
	"container/heap"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Point is what goes wrong in a scripted flight: the n-th store call of all stores together.
type Point struct {
	N     int
	Fails bool // with an I/O error; else the process ends there
	Stick bool // and so do all calls of that store that follow, until it is opened anew
}

// Crash plays the scripted flight with one point. fired is false when the flight has no call n.
func Crash(p Point, opt Options) (res Result, fired bool) {
	w := newWorld(1, opt)
	w.points = &points{}
	p.arm(w.points)
	w.ground = newGround(w)
	w.ground.load()
	w.play(w.script())
	at := w.points.calls
	w.points.ends, w.points.fails = 0, 0
	w.heal()
	if w.points.calls = at; !w.points.fired {
		p.arm(w.points)
	}
	if len(w.res.Failures) == 0 {
		w.once()
		w.healed = false
		w.play(w.partings())
		w.over()
	}
	w.res.Calls = w.points.calls
	return w.res, w.points.fired
}

func (p Point) arm(to *points) {
	if to.stick = p.Stick; p.Fails {
		to.fails = p.N
	} else {
		to.ends = p.N
	}
}

// play does one deed after the other. Whoever went down starts again behind it, and what came to
// nothing is done again.
func (w *world) play(deeds []deed) {
	for _, d := range deeds {
		for tries := 0; len(w.res.Failures) == 0; tries++ {
			if tries == 8 {
				w.fail(I12, "%q comes to nothing", d.what)
				return
			}
			w.log("%s", d.what)
			ok := d.do()
			w.now += pause
			for len(w.queue) > 0 && w.queue[0].at <= w.now {
				heap.Pop(&w.queue).(event).do()
			}
			if w.allUp(); ok {
				break
			}
		}
	}
}

// allUp starts who is down.
func (w *world) allUp() {
	for range 4 { // the point may be in the start itself
		if !w.ground.up {
			w.ground.load()
		}
		for _, t := range w.tablets {
			if t.rep == nil && !t.purged {
				t.load()
			}
		}
	}
}

// once checks that ground holds each entry and each note that was acknowledged, and counts it once.
func (w *world) once() {
	view := w.ground.fold()
	entries, notes := map[form]int{}, map[string]int{}
	for _, o := range w.ground.disk.all() {
		if _, twin := view.Repeated[o.Dot]; twin {
			continue
		}
		if f, ok := formOf(o); ok {
			entries[f]++
		}
		if o.Header.Kind == flightsync.KindNote && !o.IsStub() {
			_, data, _ := proto(o.Content(), 0)
			notes[string(data[10])]++
		}
	}
	w.checked(I3)
	for f := range w.truth.entries {
		switch n := entries[f]; {
		case n == 0:
			w.fail(I2, "entry %x was acknowledged and is nowhere", f)
		case n > 1:
			w.fail(I3, "entry %x counts %d times", f, n)
		}
	}
	for words := range w.truth.notes {
		_, erased := w.truth.erased[words]
		switch n := notes[words]; {
		case n == 0 && !erased:
			w.fail(I2, "%s was written and is nowhere", words)
		case n > 1:
			w.fail(I3, "%s is there %d times", words, n)
		}
	}
}

// partings: the sealed flight leaves the tablets.
func (w *world) partings() (out []deed) {
	for _, t := range w.tablets {
		out = append(out, deed{"a tablet forgets the flight", func() bool { return w.handIn(t) && t.purged }})
	}
	return out
}

// over checks what is left behind the flight.
func (w *world) over() {
	for _, t := range w.tablets {
		if w.checked(I12); !t.purged {
			w.fail(I12, "tablet %d never forgets the flight", t.at)
		}
	}
	w.ground.stands("behind the flight")
	w.once()
}
