package sim

import (
	"maps"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// binding is who a tablet is under one incarnation.
type binding struct {
	device int
	inc    flightsync.Incarnation
}

// ground is the ground's driver. What is in tables is written in one transaction with the ops.
type ground struct {
	w       *world
	disk    *disk
	tables  tables
	backup  *disk
	backedT tables
	rep     *flightsync.Replica // nil while down
	up      bool
	born    int
	skew    time.Duration
	devices int               // on the roster so far
	in      flightsync.Dot    // on-block
	owes    map[form]bool     // entries that somebody was told ground has
	said    flightsync.Vector // the most that an answer acknowledged
	effects map[form]int      // the outside world: what the CRM was told, by entry
	view    *flightsync.View
	viewed  int
	floor   flightsync.Author // no index below is given to anybody after a restore
}

// tables are ground's rows beside the ops. Nobody changes a row in place.
type tables struct {
	bound    map[binding]flightsync.Author
	worked   map[form]bool // effects handed to the CRM
	verdicts map[flightsync.Dot]bool
	role     map[int]passenger.Role
	removed  map[int]bool
}

func (t tables) clone() tables {
	return tables{maps.Clone(t.bound), maps.Clone(t.worked), maps.Clone(t.verdicts), maps.Clone(t.role), maps.Clone(t.removed)}
}

// set changes a row within the transaction under way.
func set[K comparable, V any](g *ground, m map[K]V, k K, v V) {
	was, ok := m[k]
	m[k] = v
	g.disk.undo(func() {
		if ok {
			m[k] = was
		} else {
			delete(m, k)
		}
	})
}

func newGround(w *world) *ground {
	return &ground{w: w, disk: w.disk(newDisk()), owes: map[form]bool{}, effects: map[form]int{},
		tables: tables{map[binding]flightsync.Author{}, map[form]bool{}, map[flightsync.Dot]bool{}, map[int]passenger.Role{}, map[int]bool{}}}
}

// open begins the flight.
func (g *ground) open() {
	g.write(flightsync.Admin, genesis().Draft())
	g.write(flightsync.Manifest, flightsync.PageDrafts(someList(travellers))...)
}

func (w *world) must(err error) {
	if err != nil {
		w.fail(I5, "%v", err)
	}
}

func (g *ground) clock() time.Time { return start.Add(g.w.now + g.skew) }

func (g *ground) load() {
	g.born++
	g.disk.reopen(g.w.rng)
	if !g.disk.begun {
		if err := g.disk.Apply(flightsync.Create(g.w.group, flightsync.Admin, g.w.incarnation(), devKey(0))); err != nil {
			g.trouble(err)
			return
		}
	}
	rep, err := flightsync.Load(g.disk, g.w.verify())
	if err != nil {
		g.rep, g.up = nil, false
		g.trouble(err)
		return
	}
	g.rep, g.up, g.view = rep, true, nil
	if g.w.planted(ForgetDedupe) && g.born > 1 {
		g.tables.worked = map[form]bool{}
	}
	for f := range g.tables.worked { // the outbox: what a crash left undelivered
		if g.effects[f] == 0 {
			g.effects[f]++
			g.w.reached("an effect was delivered after a crash")
		}
	}
	g.w.claims(g.disk)
	g.stands("after a restart")
}

// stands checks that ground still holds what it acknowledged (I2).
func (g *ground) stands(when string) {
	w := g.w
	w.checked(I2)
	held := forms(g.disk.all())
	for f := range g.owes {
		if _, ok := held[f]; !ok {
			w.fail(I2, "ground: entry %x was acknowledged and is not there %s", f, when)
			return
		}
	}
	if v := g.rep.State().Vector(); !v.CoversAll(g.said) {
		w.fail(I2, "ground answered for %v and holds %v %s", g.said, v, when)
	}
}

func (g *ground) crash() {
	g.rep, g.up, g.view = nil, false, nil
	g.w.log("ground down")
	if g.w.healed {
		g.load()
		return
	}
	g.w.in(g.w.around(2*time.Minute), func() {
		if g.rep == nil && !g.w.healed {
			g.load()
			g.w.log("ground up")
		}
	})
}

func (g *ground) trouble(err error) {
	switch {
	case err == errCrash:
		g.crash()
	case err == errIO || passenger.CodeOf(err) == passenger.Unavailable:
		g.w.reached("a transaction of ground failed")
		g.load()
	case passenger.CodeOf(err) == passenger.TooMuch:
		g.w.reached("a lane or an exchange was too large")
		g.load()
	default:
		g.w.fail(I5, "ground: %v", err)
	}
}

// tx runs fn as one transaction; false when it came to nothing.
func (g *ground) tx(fn func() error) bool {
	g.disk.begin()
	err := fn()
	if err == nil {
		err = g.disk.commit()
	}
	if err != nil {
		g.disk.rollback()
		g.trouble(err)
		return false
	}
	g.w.claims(g.disk)
	return true
}

func (g *ground) step(ev flightsync.Event) (flightsync.Ready, error) {
	ready, err := g.rep.Step(ev)
	if err == nil {
		err = g.rep.Sign(&ready, sign(0))
	}
	if err == nil {
		err = g.disk.Apply(g.spoil(ready.Batch))
	}
	for _, c := range ready.Batch.Cuts { // what stood behind it is in another lane
		if g.said.Of(c.Author) > c.Seq {
			g.said = g.said.Set(c.Author, c.Seq)
		}
	}
	return ready, err
}

// put writes drafts within the transaction under way.
func (g *ground) put(a flightsync.Author, ds ...flightsync.Draft) ([]flightsync.Dot, error) {
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = g.w.salt()
	}
	ready, err := g.step(flightsync.Write{Author: a, Drafts: ds, Salts: salts, Now: g.clock()})
	return ready.Changed, err
}

func (g *ground) write(a flightsync.Author, ds ...flightsync.Draft) (dots []flightsync.Dot) {
	if !g.up {
		return nil
	}
	if !g.tx(func() (err error) { dots, err = g.put(a, ds...); return err }) {
		return nil
	}
	g.w.log("ground writes %v", dots)
	return dots
}

func (g *ground) fold() *flightsync.View {
	if g.view == nil || g.viewed != g.disk.writes {
		g.view, g.viewed = flightsync.Fold(g.disk.all()), g.disk.writes
	}
	return g.view
}

// schedule returns the ops that say when the flight is and whose the lanes are.
func (g *ground) schedule() (out []flightsync.Op) {
	for _, o := range g.disk.lanes[flightsync.Admin] {
		switch o.Header.Kind {
		case flightsync.KindGenesis, flightsync.KindAmend, flightsync.KindRoster:
			out = append(out, o)
		}
	}
	return out
}

// restoreSkips is how many indexes ground may have given away between a backup and its restore.
const restoreSkips = 16

// takeBackup keeps ground's database as it is now.
func (g *ground) takeBackup() { g.backup, g.backedT = g.disk.image(), g.tables.clone() }

// restore puts the backup back: what ground said since is owed by the fleet only.
func (g *ground) restore() {
	g.disk, g.tables = g.backup.image(), g.backedT.clone()
	// Since the backup ground may have given indexes away that it does not know of now. It knows
	// that it was restored, and gives none of those again.
	g.floor = g.next() + restoreSkips
	held := forms(g.disk.all())
	maps.DeleteFunc(g.owes, func(f form, _ bool) bool { _, ok := held[f]; return !ok })
	g.said, g.in = nil, flightsync.Dot{}
	for _, o := range g.disk.lanes[flightsync.Admin] {
		if o.Header.Kind == flightsync.KindMovement {
			g.in = o.Dot
		}
	}
	g.w.truth.restored++
	g.load()
}
