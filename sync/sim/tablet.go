package sim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// tablet is a tablet's driver: a store that outlives crashes, and a process that does not.
type tablet struct {
	w      *world
	at     int // address
	device int // a clone has that of the tablet it was copied from
	disk   *disk
	kept   []flightsync.Op // in the store: readable own entries of a damaged one, to be recorded again
	purged bool            // in the agent's own file: this flight is over here
	over   bool            // it was purged once, whatever the file says

	rep    *flightsync.Replica // nil while down
	talks  map[int]flightsync.Talk
	call   int // the exchange that is out
	busy   bool
	budget int // of both directions; 0: the default
	lazy   []flightsync.Batch
	erased map[flightsync.Dot]bool // by the orders that are held
	view   *flightsync.View
	viewed int // disk.writes at the time of view
	born   int
	stores int // how many this tablet has had

	skew   time.Duration // of its clock
	asleep time.Duration // until when
	lost   bool          // never comes back
	ends   int           // how the next batch goes: 1 the process ends before it is kept, 2 after

	owes    map[form]bool           // entries that somebody was told are in this store
	mine    map[form]flightsync.Dot // this tablet's own, for the marks
	vector  flightsync.Vector       // of the last view shown
	retired map[string]bool         // notes shown as taken back, by their words
	image   *disk                   // of some time ago
	imageOf map[form]flightsync.Dot
}

func newTablet(w *world, at int, d *disk, device int) *tablet {
	return &tablet{w: w, at: at, device: device, disk: d, owes: map[form]bool{}, mine: map[form]flightsync.Dot{}, retired: map[string]bool{}}
}

// live gives the tablet its habits.
func (t *tablet) live() {
	w := t.w
	w.every(actEvery, t.act)
	w.every(syncEvery, func() { t.callTo(0) })
	w.every(syncEvery, func() {
		if n := len(w.tablets); n > 1 {
			t.callTo(1 + w.rng.IntN(n))
		}
	})
}

// works reports whether the tablet does anything now.
func (t *tablet) works() bool {
	return t.rep != nil && !t.lost && !t.purged && t.w.now >= t.asleep
}

func (t *tablet) clock() time.Time { return start.Add(t.w.now + t.skew) }

func (t *tablet) me() flightsync.Author { return t.rep.State().Me }

// load is the start of the process.
func (t *tablet) load() {
	if t.lost || t.purged && !t.w.planted(ForgetPurge) {
		return
	}
	t.born++
	t.disk.halves, t.disk.lazy = t.w.planted(HalfBatch), t.w.planted(SkipFsync)
	t.disk.reopen(t.w.rng)
	t.rep, t.talks, t.busy, t.lazy, t.view, t.vector = nil, map[int]flightsync.Talk{}, false, nil, nil, nil
	if !t.disk.begun {
		if err := t.disk.Apply(flightsync.Create(t.w.group, flightsync.Nobody, t.w.incarnation(), devKey(0))); err != nil {
			t.trouble(err)
			return
		}
	}
	rep, err := flightsync.Load(t.disk, t.w.verify())
	if err != nil {
		t.trouble(err)
		return
	}
	t.rep = rep
	t.find()
	t.w.claims(t.disk)
	t.stands("after a restart")
	t.erased = t.orders()
	if t.w.planted(RewriteAfterCrash) {
		t.w.in(1e9, t.again) // not here: on a full disk it would start the process over and over
	}
	t.obey()
}

// stands checks that the store still holds what somebody was told is in it (I2).
func (t *tablet) stands(when string) {
	t.w.checked(I2)
	held := forms(t.disk.all())
	for _, o := range t.kept {
		if f, ok := formOf(o); ok {
			held[f] = o.Dot
		}
	}
	for f := range t.owes {
		if _, ok := held[f]; !ok {
			t.w.fail(I2, "tablet %d: entry %x was said to be in its store and is not there %s", t.at, f, when)
			return
		}
	}
}

func (t *tablet) crash() {
	if t.rep == nil && t.w.now > 0 && t.born == 0 {
		return
	}
	t.rep, t.lazy, t.view = nil, nil, nil
	t.w.log("tablet %d down", t.at)
	if t.w.healed {
		t.load()
		return
	}
	t.w.in(t.w.around(5*time.Minute), func() {
		if t.rep == nil && !t.w.healed {
			t.load()
			t.w.log("tablet %d up", t.at)
		}
	})
}

// do steps and persists; ok is false when the event came to nothing.
func (t *tablet) do(ev flightsync.Event) (flightsync.Ready, bool) {
	for _, b := range t.lazy {
		t.w.must(t.disk.Apply(b))
	}
	t.lazy = nil
	ready, err := t.rep.Step(ev)
	if err == nil {
		err = t.rep.Sign(&ready, sign(t.device+1))
	}
	if err != nil {
		t.trouble(err)
		return ready, false
	}
	if ready.Batch.IsEmpty() {
		return ready, true
	}
	ends := t.ends
	t.ends = 0
	switch {
	case ends == 1:
		t.w.fault("crash before persist")
		t.crash()
		return ready, false
	}
	if _, write := ev.(flightsync.Write); write && t.w.planted(AckBeforeCommit) {
		t.lazy = append(t.lazy, ready.Batch)
		return ready, true
	}
	if err := t.disk.Apply(t.spoil(ready.Batch)); err != nil {
		t.trouble(err)
		return ready, false
	}
	t.moved(ready.Batch)
	t.w.claims(t.disk)
	t.tellsTrue(ev, ready.Batch.Ops)
	if t.over && len(ready.Batch.Ops) > 0 {
		t.w.fail(I8, "tablet %d takes ops of a flight that it purged", t.at)
	}
	if ends == 2 {
		t.w.fault("crash after persist")
		t.crash()
		return ready, false
	}
	return ready, true
}

// trouble is what a driver does when a step was not persisted.
func (t *tablet) trouble(err error) {
	switch {
	case err == errCrash:
		t.crash()
	case passenger.CodeOf(err) == passenger.Corrupt && t.rep != nil:
		t.renew()
	case passenger.CodeOf(err) == passenger.Phase: // nothing changed
	case passenger.CodeOf(err) == passenger.TooMuch:
		t.w.reached("a lane or an exchange was too large")
	case err == errIO || passenger.CodeOf(err) == passenger.Unavailable:
		t.w.reached("a batch was not persisted")
		if t.w.planted(KeepReplica) && t.rep != nil {
			return
		}
		t.load()
	default:
		t.w.fail(I5, "tablet %d: %v", t.at, err)
	}
}

// moved follows this tablet's own entries into the lane of a branch.
func (t *tablet) moved(b flightsync.Batch) {
	t.view = nil
	if len(b.Cuts) == 0 {
		return
	}
	t.w.reached("a branch moved on a tablet")
	for _, c := range b.Cuts {
		if t.vector.Of(c.Author) > c.Seq {
			t.vector = t.vector.Set(c.Author, c.Seq)
		}
	}
	t.find()
}

// find looks where this tablet's own entries are now.
func (t *tablet) find() {
	at := forms(t.disk.all())
	for f := range t.mine {
		if d, ok := at[f]; ok {
			t.mine[f] = d
		}
	}
}

// renew sets a damaged store aside: an empty one under a new incarnation, with the own entries
// that can still be read, until it is known which of them ground lacks.
func (t *tablet) renew() {
	w := t.w
	w.reached("a damaged store was renewed")
	keep := append(t.kept, t.worth()...)
	fresh := w.disk(newDisk())
	if err := fresh.Apply(flightsync.Create(w.group, flightsync.Nobody, w.incarnation(), devKey(0))); err != nil {
		w.fail(I5, "renew: %v", err)
		return
	}
	t.disk, t.kept, t.image = fresh, keep, nil
	t.retired = map[string]bool{} // known to this store only, it is forgotten with it
	t.stores++
	left := forms(keep)
	maps.DeleteFunc(t.owes, func(f form, _ bool) bool { _, ok := left[f]; return !ok })
	t.mine = map[form]flightsync.Dot{}
	w.log("tablet %d renewed, %d entries kept", t.at, len(keep))
	t.load()
}

// worth lists the own entries that can be read.
func (t *tablet) worth() (out []flightsync.Op) {
	own := t.ours()
	for _, o := range t.disk.all() {
		if _, entered := formOf(o); entered && own[o.Dot.Author] && !o.IsStub() {
			out = append(out, o)
		}
	}
	return out
}

// ours lists the author indexes of this tablet, as far as its store can say.
func (t *tablet) ours() map[flightsync.Author]bool {
	out := map[flightsync.Author]bool{t.disk.state.Me: true}
	for _, l := range t.disk.state.Lanes {
		if l.Class == flightsync.TabletLane && l.Key == devKey(t.device+1) {
			out[l.Author] = true
		}
	}
	return out
}

// rollBack puts the store of some time ago back.
func (t *tablet) rollBack() {
	t.disk = t.w.disk(t.image.image())
	t.stores++
	t.kept = nil
	left := forms(t.disk.all())
	maps.DeleteFunc(t.owes, func(f form, _ bool) bool { _, ok := left[f]; return !ok })
	t.mine = maps.Clone(t.imageOf)
	t.retired = map[string]bool{}
	t.rep = nil
	t.load()
}

// orders lists the ops that the erase orders held here name.
func (t *tablet) orders() map[flightsync.Dot]bool {
	out := map[flightsync.Dot]bool{}
	for _, d := range t.fold().Erased {
		out[d] = true
	}
	return out
}

// obey drops the bodies that ground ordered erased.
func (t *tablet) obey() {
	if t.w.planted(IgnoreErase) && t.at > 1 {
		return
	}
	t.kept = slices.DeleteFunc(t.kept, func(o flightsync.Op) bool {
		if t.erased[o.Dot] {
			delete(t.owes, form(o.Header.Nonce))
		}
		return t.erased[o.Dot]
	})
	var dots []flightsync.Dot
	for d := range t.erased {
		if o, ok := t.disk.op(d); ok && !o.IsStub() {
			dots = append(dots, d)
		}
	}
	if len(dots) == 0 || t.rep == nil {
		return
	}
	slices.SortFunc(dots, func(a, b flightsync.Dot) int {
		return cmp.Or(cmp.Compare(a.Author, b.Author), cmp.Compare(a.Seq, b.Seq))
	})
	if ready, ok := t.do(flightsync.EraseBodies{Dots: dots}); ok && len(ready.Changed) > 0 {
		t.w.reached("a tablet obeyed an erase order")
		t.w.noPlaintext(t)
	}
}

// imprint keeps what rollBack goes back to.
func (t *tablet) imprint() {
	if len(t.kept) == 0 {
		t.image, t.imageOf = t.disk.image(), maps.Clone(t.mine)
	}
}
