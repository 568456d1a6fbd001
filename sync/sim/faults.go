package sim

import (
	"maps"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// faults that the world makes by itself; those of single messages and of programs are counted
// where they happen. do reports whether it did anything.
type fault struct {
	kind   string
	weight int
	do     func(w *world) bool
}

var faultTable = []fault{
	{"partition", 6, func(w *world) bool { return w.partition(true) }},
	{"asymmetric partition", 6, func(w *world) bool { return w.partition(false) }},
	{"link to ground down", 6, (*world).satcom},
	{"swizzle-clog", 4, (*world).swizzle},
	{"16 % loss", 3, (*world).lossy},
	{"crash at any moment", 6, func(w *world) bool {
		return w.some(func(t *tablet) { t.crash() })
	}},
	{"crash at a store call", 10, func(w *world) bool {
		d := w.ground.disk
		if w.chance(0.7) {
			t := w.anyTablet()
			if t == nil {
				return false
			}
			d = t.disk
		}
		d.ends = d.calls + 1 + w.rng.IntN(25)
		return true
	}},
	{"crash around a persist", 6, func(w *world) bool { return w.some(func(t *tablet) { t.ends = 1 + w.rng.IntN(2) }) }},
	{"crash of ground", 4, func(w *world) bool {
		if !w.ground.up {
			return false
		}
		w.ground.crash()
		return true
	}},
	{"I/O error at a store call", 4, func(w *world) bool {
		return w.some(func(t *tablet) { t.disk.fails = t.disk.calls + 1 + w.rng.IntN(25) })
	}},
	{"disk full", 4, func(w *world) bool {
		return w.some(func(t *tablet) {
			d := t.disk
			d.full = true
			w.in(w.around(20*time.Minute), func() { d.full = false })
		})
	}},
	{"bit rot", 3, (*world).rot},
	{"clock ±10 years", 3, func(w *world) bool {
		return w.some(func(t *tablet) {
			t.skew = time.Duration(w.rng.IntN(2)*2-1) * time.Duration(w.rng.IntN(10*365*24)) * time.Hour
			w.in(w.around(time.Hour), func() { t.skew = 0 })
		})
	}},
	{"clock backwards", 4, func(w *world) bool {
		return w.some(func(t *tablet) { t.skew -= time.Duration(w.rng.IntN(3600)) * time.Second })
	}},
	{"ground's clock jumps", 1, func(w *world) bool {
		w.ground.skew = time.Duration(w.rng.IntN(7200)-3600) * time.Second
		return true
	}},
	{"suspend", 5, func(w *world) bool {
		return w.some(func(t *tablet) { t.asleep = w.now + w.around(90*time.Minute) })
	}},
	{"clone", 1, (*world).clone},
	{"rollback", 2, func(w *world) bool {
		return w.some(func(t *tablet) {
			if t.image != nil {
				w.reached("a rolled-back store")
				t.rollBack()
			}
		})
	}},
	{"image taken", 4, func(w *world) bool { return w.some((*tablet).imprint) }},
	{"roster change", 3, func(w *world) bool {
		if len(w.ground.tables.role) == 0 {
			return false
		}
		w.ground.change(w.rng.IntN(w.ground.devices), []passenger.Role{passenger.Lead, passenger.Purser, passenger.Cabin}[w.rng.IntN(3)], false)
		return true
	}},
	{"crew change: tablet removed", 1, func(w *world) bool {
		if w.ground.devices < 3 || w.now < 3*time.Hour {
			return false
		}
		d := w.rng.IntN(w.ground.devices)
		w.ground.change(d, w.ground.tables.role[d], true)
		return true
	}},
	{"crew change: tablet added", 1, func(w *world) bool {
		if w.ground.devices >= flightsync.MaxTablets || !w.ground.up {
			return false
		}
		w.addTablet(true).live()
		return true
	}},
	{"cut", 1, (*world).cutLane},
	{"erase", 3, func(w *world) bool { return w.ground.erase() }},
	{"seal early", 1, func(w *world) bool {
		if w.now < 12*time.Hour || !w.ground.seal() {
			return false
		}
		w.truth.sealedAt = true
		return true
	}},
	{"backup of ground", 3, func(w *world) bool {
		if !w.ground.up {
			return false
		}
		w.ground.takeBackup()
		return true
	}},
	{"ground restored", 1, func(w *world) bool { return w.restore(false) }},
	{"ground restored and wrote on", 1, func(w *world) bool { return w.restore(true) }},
	{"poison: malformed", 2, func(w *world) bool {
		return w.poison(func() []byte { return []byte{0xff, 0xff, byte(w.rng.IntN(256))} })
	}},
	{"poison: unreadable", 2, func(w *world) bool { return w.poison(func() []byte { return rawOp([]byte{0x08, 0x00, 0x07}, nil) }) }},
	{"poison: too large", 1, func(w *world) bool {
		return w.poison(func() []byte { return rawOp([]byte{8, 65, 34, 2, 3, 1}, make([]byte, flightsync.MaxOpBytes)) })
	}},
	{"poison: unauthorised", 2, func(w *world) bool {
		return w.some(func(t *tablet) {
			if t.me() != flightsync.Nobody {
				t.write([]flightsync.Draft{flightsync.CloseDraft("person"), flightsync.EraseDraft([]flightsync.Dot{{Author: 3, Seq: 1}}),
					flightsync.Cut{Author: 4, Seq: 0}.Draft(), flightsync.NoteDraft(aNote(1, "forged-note."))}[w.rng.IntN(4)])
			}
		})
	}},
	{"poison: dangling", 1, func(w *world) bool {
		return w.some(func(t *tablet) {
			if t.me() != flightsync.Nobody {
				t.write(flightsync.SeenDraft(flightsync.Dot{Author: flightsync.Notes, Seq: 5000}))
			}
		})
	}},
	{"rogue: forged", 3, (*world).forge},
	{"rogue: unbound", 2, (*world).unbound},
	{"rogue: foreign flight", 2, (*world).foreign},
	{"rogue: equivocates", 1, (*world).equivocate},
	{"rogue: strips bodies", 2, (*world).strip},
	{"rogue: replays", 3, (*world).replay},
	{"tablet lost", 1, func(w *world) bool {
		if len(w.tablets) < 3 || w.now < 4*time.Hour {
			return false
		}
		return w.some(func(t *tablet) {
			t.lost, t.rep, t.owes = true, nil, map[form]bool{}
		})
	}},
	{"budget of one op", 3, func(w *world) bool {
		return w.some(func(t *tablet) {
			t.budget = 1
			w.in(w.around(time.Hour), func() { t.budget = 0 })
		})
	}},
}

// messageFaults are counted where they happen.
var messageFaults = []string{"loss", "duplication", "reorder", "cut mid-message", "delay up to 2,500 ms", "crash before persist", "crash after persist",
	"mixed versions: unknown kind", "mixed versions: unknown field", "mixed versions: must understand", "exchange replayed days later"}

// fleetFaults are those of a tablet with several flights.
var fleetFaults = []string{"store merge fails at a call", "crash at a call of any flight's store", "clock a day ahead", "clock a month ahead", "clock of 1970",
	"clock of 2099", "answer of another flight", "stale answer", "access revoked", "access lost", "access replaced", "list ends early",
	"vector that nobody signed", "receipt lost"}

// Faults lists every kind of fault.
func Faults() (out []string) {
	for _, f := range faultTable {
		if f.kind != "image taken" && f.kind != "backup of ground" && f.kind != "crash around a persist" {
			out = append(out, f.kind)
		}
	}
	return append(append(out, messageFaults...), fleetFaults...)
}

func (w *world) breakSomething() {
	if w.healed {
		return
	}
	sum := 0
	for _, f := range faultTable {
		sum += f.weight
	}
	n := w.rng.IntN(sum)
	for _, f := range faultTable {
		if n -= f.weight; n >= 0 {
			continue
		}
		if !w.without[f.kind] {
			w.log("fault %s", f.kind)
			if f.do(w) {
				w.fault(f.kind)
			}
		}
		break
	}
	w.in(w.gap(), w.breakSomething)
}

// anyTablet returns one that works, or nil.
func (w *world) anyTablet() *tablet {
	for range 4 {
		if t := w.tablets[w.rng.IntN(len(w.tablets))]; t.works() {
			return t
		}
	}
	return nil
}

func (w *world) some(do func(*tablet)) bool {
	t := w.anyTablet()
	if t != nil {
		do(t)
	}
	return t != nil
}

// partition parts the addresses in two that cannot reach each other, or in one direction only.
func (w *world) partition(both bool) bool {
	n := len(w.tablets) + 1
	side := make([]bool, n)
	for i := range side {
		side[i] = w.chance(0.5)
	}
	var cut [][2]int
	for i := range n {
		for j := range n {
			if i != j && side[i] && !side[j] {
				cut = append(cut, [2]int{i, j})
				if both {
					cut = append(cut, [2]int{j, i})
				}
			}
		}
	}
	w.cutFor(cut, w.around(40*time.Minute))
	return len(cut) > 0
}

func (w *world) cutFor(cut [][2]int, d time.Duration) {
	for _, c := range cut {
		w.net.down[c] = true
	}
	w.in(d, func() {
		for _, c := range cut {
			delete(w.net.down, c)
		}
	})
}

func (w *world) satcom() bool {
	var cut [][2]int
	for i := range w.tablets {
		cut = append(cut, [2]int{0, i + 1}, [2]int{i + 1, 0})
	}
	w.cutFor(cut, w.around(2*time.Hour))
	return true
}

// swizzle stops the network of one node after the other, and lets them go in another order.
func (w *world) swizzle() bool {
	for _, a := range w.rng.Perm(len(w.tablets) + 1) {
		if w.chance(0.6) {
			w.in(time.Duration(w.rng.IntN(60))*time.Second, func() { w.net.clogged[a] = w.now + w.around(3*time.Minute) })
		}
	}
	return true
}

func (w *world) lossy() bool {
	was := w.net.loss
	w.net.loss, w.net.slowest = 0.16, 2600*time.Millisecond
	w.in(w.around(time.Hour), func() { w.net.loss = was })
	return true
}

// rot makes one stored op of a tablet unreadable.
func (w *world) rot() bool {
	return w.some(func(t *tablet) {
		var dots []flightsync.Dot
		for _, l := range t.disk.lanes {
			for _, o := range l {
				dots = append(dots, o.Dot)
			}
		}
		if len(dots) == 0 {
			return
		}
		d := dots[w.rng.IntN(len(dots))]
		o, _ := t.disk.op(d)
		if f, ok := formOf(o); ok {
			delete(t.owes, f)
		}
		t.disk.rotten[d] = true
		t.disk.writes++
		// Until it is renewed, what is shown lacks what cannot be read: a retract, perhaps.
		t.vector, t.retired = nil, map[string]bool{}
	})
}

// clone copies a tablet: both live, and each believes to be the one.
func (w *world) clone() bool {
	if len(w.tablets) >= flightsync.MaxTablets {
		return false
	}
	return w.some(func(t *tablet) {
		if len(t.kept) > 0 || t.me() == flightsync.Nobody {
			return
		}
		c := newTablet(w, len(w.tablets)+1, t.disk.image(), t.device)
		c.mine = maps.Clone(t.mine)
		for f := range forms(c.disk.all()) {
			if _, ok := c.mine[f]; ok {
				c.owes[f] = true
			}
		}
		w.tablets = append(w.tablets, c)
		c.load()
		c.live()
	})
}

// cutLane ends a lane of a tablet where ground has it, or earlier.
func (w *world) cutLane() bool {
	g := w.ground
	if !g.up || w.now < 4*time.Hour {
		return false
	}
	for _, l := range g.rep.State().Lanes {
		if l.Class == flightsync.TabletLane && l.Seq > 2 && w.chance(0.3) {
			return len(g.write(flightsync.Admin, flightsync.Cut{Author: l.Author, Seq: l.Seq - uint64(w.rng.IntN(3))}.Draft())) > 0
		}
	}
	return false
}

func (w *world) restore(writeOn bool) bool {
	g := w.ground
	if g.backup == nil || w.truth.restored > 0 || w.anyPurged() {
		return false
	}
	g.restore()
	w.log("ground restored")
	if writeOn {
		for range 1 + w.rng.IntN(4) {
			g.act()
		}
		if w.chance(0.3) {
			g.erase()
		}
	} else if t := w.anyTablet(); t != nil {
		t.callTo(0)
	}
	return true
}

func (w *world) anyPurged() bool {
	for _, t := range w.tablets {
		if t.purged {
			return true
		}
	}
	return false
}
