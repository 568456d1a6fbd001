package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// device is a tablet with several flights.
type device struct {
	*fleet
	key    int     // of this enrolment
	points *points // of all its stores together, and of its own files
	index  *disk
	rows   map[passenger.FlightID]*row
	ids    []passenger.FlightID // of rows, in the order in which they came
	open   []*row               // stores, the longest unused first
	box    map[form]item        // sealed to ground, until it gives a receipt
	skew   time.Duration
	away   bool
	calm   bool // no more faults
}

// row is one flight of a tablet.
type row struct {
	leg    *leg
	key    int
	disk   *disk // nil before the first exchange, and once destroyed
	rep    *flightsync.Replica
	talk   flightsync.Talk
	locked bool // the own clock says that the lease has ended: nothing is shown
	word   bool // so does ground
	gone   bool
}

// item is an entry that only ground can read.
type item struct {
	form form
	leg  *leg
}

func (d *device) store() *disk { return &disk{points: d.points, rotten: map[flightsync.Dot]bool{}} }

func (d *device) calls() int { return d.points.calls }

// down is the end of the process and its next start.
func (d *device) down() {
	for _, id := range d.ids {
		if r := d.rows[id]; r.disk != nil {
			r.rep, r.talk = nil, flightsync.Talk{}
			r.disk.reopen(d.rng)
		}
	}
	d.open = nil
}

// failed reports whether err ended what was under way, and starts again.
func (d *device) failed(err error) bool {
	switch {
	case err == nil:
		return false
	case err == errCrash || err == errIO:
		d.down()
	default:
		d.fail(I5, "a tablet of the fleet: %v", err)
	}
	return true
}

// save changes the tablet's own files in one write. When the process ends there it was done or not.
func (d *device) save(change func()) bool {
	err := d.index.call()
	if err == nil || err == errCrash && d.chance(0.5) {
		change()
	}
	return !d.failed(err)
}

// use opens the store of a flight; the one that was not used for longest closes for it.
func (d *device) use(r *row) bool {
	if at := slices.Index(d.open, r); at >= 0 {
		d.open = append(slices.Delete(d.open, at, at+1), r)
		return true
	}
	for len(d.open) >= openStores {
		d.shut(d.open[0])
		d.reached("a store closed for another")
	}
	if r.disk == nil {
		r.disk = d.store()
	}
	if !r.disk.begun && d.failed(r.disk.Apply(flightsync.Create(r.leg.id, flightsync.Nobody, d.incarnation(), devKey(0)))) {
		return false
	}
	rep, err := flightsync.Load(r.disk, verify)
	if d.failed(err) {
		return false
	}
	r.rep = rep
	d.open = append(d.open, r)
	d.checked(I13)
	if len(d.open) > openStores {
		d.fail(I13, "%d stores are open", len(d.open))
	}
	return true
}

func (d *device) shut(r *row) {
	r.rep = nil
	d.open = slices.DeleteFunc(d.open, func(o *row) bool { return o == r })
}

func (d *device) do(r *row, ev flightsync.Event) (flightsync.Ready, bool) {
	ready, err := r.rep.Step(ev)
	if err == nil {
		err = r.rep.Sign(&ready, sign(r.key))
	}
	if err == nil {
		err = r.disk.Apply(ready.Batch)
	}
	return ready, !d.failed(err)
}

// own lists the entries in a flight's store that its tablet wrote.
func (r *row) own() (out []flightsync.Op) {
	if r.disk == nil {
		return nil
	}
	for _, l := range r.disk.state.Lanes {
		if l.Key == devKey(r.key) {
			for _, o := range r.disk.lanes[l.Author] {
				if _, ok := formOf(o); ok {
					out = append(out, o)
				}
			}
		}
	}
	return out
}

// any picks a flight that has a whole store.
func (d *device) any() *row {
	var has []*row
	for _, id := range d.ids {
		if r := d.rows[id]; r.disk != nil && r.disk.begun {
			has = append(has, r)
		}
	}
	if len(has) == 0 {
		return nil
	}
	return has[d.rng.IntN(len(has))]
}

func (d *device) record() {
	r := d.any()
	if r == nil || r.locked || !d.use(r) || r.rep.State().Me == flightsync.Nobody {
		return
	}
	e := d.form(r.key)
	ready, ok := d.do(r, flightsync.Write{Author: r.rep.State().Me, Drafts: []flightsync.Draft{flightsync.SeatNowDraft(1, "9F", nil, e)},
		Salts: [][flightsync.SaltSize]byte{d.salt()}, Now: start.Add(d.now + d.skew)})
	if ok && len(ready.Changed) > 0 {
		d.acked[e] = r.leg
	}
}

// merge writes a flight's store anew. The old one goes on until the new one was compared and the
// tablet's own files name it.
func (d *device) merge(r *row) {
	d.shut(r)
	was, fresh := r.disk, d.store()
	if d.planted(MergeDropsOld) {
		r.disk = fresh
	}
	err := copyStore(fresh, was)
	if err == nil {
		same := fresh.state.Digest() == was.state.Digest()
		for a := range was.lanes {
			same = same && slices.EqualFunc(fresh.lanes[a], was.lanes[a], func(x, y flightsync.Op) bool { return x.Dot == y.Dot && string(x.Raw()) == string(y.Raw()) })
		}
		if !same {
			d.fail(I5, "a merged store is another")
		}
		if d.save(func() { r.disk = fresh }) {
			d.reached("a store was merged")
		}
		return
	}
	d.reached("a merge failed and the old store went on")
	d.failed(err)
	if d.planted(MergeDropsOld) {
		fresh.reopen(d.rng)
	}
}

// copyStore writes all of a store into another, a few ops at a time.
func copyStore(to, from *disk) error {
	st, err := from.State()
	if err != nil {
		return err
	}
	for a := range from.lanes {
		var ops []flightsync.Op
		if err := from.Ops(flightsync.Author(a), 1, func(o flightsync.Op) bool { ops = append(ops, o); return true }); err != nil {
			return err
		}
		for part := range slices.Chunk(ops, 4) {
			b := flightsync.Batch{State: st, Ops: part}
			if err := to.Apply(b); err != nil {
				return err
			}
		}
	}
	return to.Apply(flightsync.Batch{State: st})
}

// tick looks at the leases. The own clock alone hides a flight, and shows it again when it comes
// right; it takes ground's word besides to destroy one.
func (d *device) tick() {
	for _, id := range slices.Clone(d.ids) {
		r := d.rows[id]
		if r.gone || r.disk == nil {
			continue
		}
		ended := d.now+d.skew >= r.leg.sta+leaseAfter
		if ended && !r.leg.over() {
			d.reached("a clock locked a flight in its lease")
		}
		if r.locked && !ended {
			d.reached("a locked flight was shown again")
		}
		r.locked = ended
		if ended && (r.word || d.planted(OwnClock)) {
			d.destroy(r)
		}
	}
}

// destroy ends a flight on this tablet: what ground may lack goes into the box first.
func (d *device) destroy(r *row) {
	d.checked(I17)
	if !r.leg.over() {
		d.fail(I17, "flight %x was destroyed in its lease", r.leg.id)
	}
	if !d.keep(r) {
		return
	}
	d.save(func() { d.drop(r) })
}

func (d *device) drop(r *row) {
	d.shut(r)
	r.disk, r.gone = nil, true
}

// keep seals the entries of a flight to ground.
func (d *device) keep(r *row) bool {
	return r.disk == nil || d.save(func() {
		for _, o := range r.own() {
			e, _ := formOf(o)
			d.box[e] = item{e, r.leg}
		}
	})
}

// enrol makes the tablet a new one to ground. What it holds of its former life comes home sealed.
func (d *device) enrol() {
	d.reached("a tablet was enrolled again")
	for _, id := range d.ids {
		if !d.planted(EnrolForgets) && !d.keep(d.rows[id]) {
			return
		}
	}
	key := d.fleet.key()
	d.access[key] = ""
	d.save(func() {
		for _, id := range d.ids {
			d.drop(d.rows[id])
		}
		d.key, d.ids = key, nil
		clear(d.rows)
	})
}

// round is one contact with ground.
func (d *device) round(most int) {
	if d.away {
		return
	}
	if d.access[d.key] != "" {
		d.reached("a tablet without access was refused")
		return
	}
	if !d.list() {
		return
	}
	d.tick()
	if !d.deliver() {
		return
	}
	var due []*row
	for _, id := range d.ids {
		if r := d.rows[id]; !r.gone && (r.disk != nil || !r.leg.over()) {
			due = append(due, r)
		}
	}
	if len(due) > most {
		d.rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		slices.SortStableFunc(due, func(a, b *row) int { return has(b) - has(a) }) // what has a store comes first
		due = due[:most]
		d.reached("a round left flights for the next")
	}
	for _, r := range due {
		if !d.exchange(r) {
			return
		}
	}
	d.tick()
	d.deliver()
}

func has(r *row) int {
	if r.disk != nil {
		return 1
	}
	return 0
}

// list reads ground's list page by page. What a page does not name is not gone.
func (d *device) list() bool {
	for from, more := 0, true; more; from += listPage {
		var page []*leg
		if page, more = d.fleet.list(from); more {
			d.reached("a list has a further page")
		}
		if d.planted(BelieveShortList) && len(d.ids) > listPage {
			for _, id := range d.ids {
				if !slices.ContainsFunc(page, func(l *leg) bool { return l.id == id }) {
					d.drop(d.rows[id])
				}
			}
		}
		for _, l := range page {
			if _, ok := d.rows[l.id]; !ok {
				if !d.save(func() { d.rows[l.id] = &row{leg: l, key: d.key}; d.ids = append(d.ids, l.id) }) {
					return false
				}
			}
		}
		if more && !d.calm && d.chance(0.1) {
			d.fault("list ends early")
			break
		}
	}
	return true
}

// exchange brings a flight to ground, and ground to it.
func (d *device) exchange(r *row) bool {
	for range 6 {
		if !d.use(r) {
			return false
		}
		ready, ok := d.do(r, r.talk.Ask(0, 0))
		if !ok {
			return false
		}
		nonce := d.rng.Uint64()
		a := r.leg.exchange(r.key, nonce, *ready.Request)
		d.wire = append(d.wire, a)
		if len(d.wire) > 32 {
			d.wire = d.wire[1:]
		}
		if !d.calm && d.chance(0.12) {
			if b := d.wire[d.rng.IntN(len(d.wire))]; b.nonce != nonce {
				if a = b; b.group != r.leg.id {
					d.fault("answer of another flight")
				} else {
					d.fault("stale answer")
				}
			}
		}
		if (a.group != r.leg.id || a.nonce != nonce) && !d.planted(BelieveCrossed) {
			d.reached("an answer of another question was refused")
			return true
		}
		if done, ok := d.hear(r, a); !ok {
			return false
		} else if done {
			break
		}
	}
	return true
}

// hear takes ground's answer; done when neither lacks anything.
func (d *device) hear(r *row, a answer) (done, ok bool) {
	ready, ok := d.do(r, flightsync.Receive{Runs: a.res.Runs, Receipts: a.res.Receipts, Peer: a.res.Have, Have: true, Salt: d.salt()})
	if !ok {
		return false, false
	}
	r.talk.Heard(a.res, ready, r.rep.State())
	r.word = r.word || a.over
	d.checked(I18)
	if a.group != r.leg.id || a.over && !r.leg.over() {
		d.fail(I18, "flight %x took an answer of flight %x", r.leg.id, a.group)
	}
	d.checked(I2)
	have := r.talk.Acked()
	for _, o := range r.own() { // the marks that people see
		if e, _ := formOf(o); have.Covers(o.Dot) && r.leg.effects[e] == 0 {
			d.fail(I2, "entry %x is said to be on ground, which never had it", e)
		}
	}
	return r.talk.Done(r.rep.State()), true
}

// deliver hands the box in. An entry leaves it for a receipt that ground signed.
func (d *device) deliver() bool {
	for _, e := range slices.SortedFunc(maps.Keys(d.box), compareForms) {
		it := d.box[e]
		var got []receipt
		if !d.calm && d.chance(0.15) {
			d.fault("vector that nobody signed")
			got = []receipt{{form: e}}
		} else if got = it.leg.review(it); !d.calm && d.chance(0.1) {
			d.fault("receipt lost")
			got = nil
		}
		for _, r := range got {
			if !verify(200, []byte(devKey(0).Bytes), r.message(it.leg), r.sig) && !d.planted(DropUnsigned) {
				continue
			}
			d.checked(I19)
			if it.leg.effects[r.form] == 0 {
				d.fail(I19, "entry %x left its tablet, and ground never had it", r.form)
			}
			if !d.save(func() { delete(d.box, r.form) }) {
				return false
			}
		}
	}
	return true
}
