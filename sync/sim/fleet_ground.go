package sim

import (
	"bytes"
	"iter"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// leg is one flight on ground. It is a reference until a tablet comes for it.
type leg struct {
	*fleet
	id      passenger.FlightID
	sta     time.Duration
	disk    *disk
	rep     *flightsync.Replica
	bound   map[int]flightsync.Author // by key
	effects map[form]int              // how often an entry counted
}

func (l *leg) over() bool { return l.now >= l.sta+leaseAfter }

// answer is what ground says. It carries what the question named: the flight and a nonce.
type answer struct {
	group passenger.FlightID
	nonce uint64
	res   flightsync.Response
	over  bool // by ground's clock the lease has ended
}

// receipt says under ground's signature that an entry is on ground.
type receipt struct {
	form form
	sig  []byte
}

func (r receipt) message(l *leg) []byte {
	return append(append([]byte("receipt"), l.id[:]...), r.form[:]...)
}

func compareForms(a, b form) int { return bytes.Compare(a[:], b[:]) }

func keysOf(m map[form]*leg, of *leg) iter.Seq[form] {
	return func(yield func(form) bool) {
		for f, l := range m {
			if l == of && !yield(f) {
				return
			}
		}
	}
}

// list is a page of the flights that matter most to a tablet, from a place on; more says that it
// is not the last.
func (f *fleet) list(from int) (page []*leg, more bool) {
	end := min(from+listPage, len(f.legs))
	return f.legs[from:end], end < len(f.legs)
}

func (l *leg) must(ready flightsync.Ready, err error) flightsync.Ready {
	if err == nil {
		err = l.rep.Sign(&ready, sign(0))
	}
	if err == nil {
		err = l.disk.Apply(ready.Batch)
	}
	l.world.must(err)
	return ready
}

func (l *leg) write(a flightsync.Author, d flightsync.Draft) {
	l.must(l.rep.Step(flightsync.Write{Author: a, Drafts: []flightsync.Draft{d}, Salts: [][flightsync.SaltSize]byte{l.salt()}, Now: start.Add(l.now)}))
}

// exchange takes the ops of a tablet and answers.
func (l *leg) exchange(key int, nonce uint64, req flightsync.Request) (out answer) {
	if l.rep == nil {
		l.disk = newDisk()
		l.world.must(l.disk.Apply(flightsync.Create(l.id, flightsync.Admin, l.incarnation(), devKey(0))))
		rep, err := flightsync.Load(l.disk, verify)
		l.world.must(err)
		l.rep = rep
		g := genesis()
		g.STD, g.STA = start.Add(l.sta-8*time.Hour), start.Add(l.sta)
		l.write(flightsync.Admin, g.Draft())
		l.write(flightsync.Notes, flightsync.NoteDraft(aNote(1, l.word("note"))))
	}
	l.res.Exchanges++
	got := l.must(l.rep.Step(flightsync.Receive{Runs: req.Runs}))
	if _, ok := l.bound[key]; !ok && req.Me == flightsync.Nobody {
		a := flightsync.FirstTablet + flightsync.Author(len(l.bound))
		l.bound[key] = a
		l.write(flightsync.Admin, flightsync.RosterEntry{Author: a, Class: flightsync.TabletLane, Tablet: tabletID(key), Incarnation: req.Incarnation,
			Key: devKey(key), Role: passenger.Cabin}.Draft())
	}
	for _, d := range got.Changed {
		o, _ := l.disk.op(d)
		if e, ok := formOf(o); ok {
			l.count(e)
		}
	}
	res := l.must(l.rep.Step(flightsync.Answer{Request: req, Notes: got.Notes})).Response
	return answer{l.id, nonce, *res, l.over()}
}

// count works the effect of an entry, however it came, once.
func (l *leg) count(e form) {
	if l.effects[e] > 0 && !l.planted(CountReviews) {
		return
	}
	l.effects[e]++
	l.checked(I3)
	if l.effects[e] > 1 {
		l.fail(I3, "entry %x counts again when it comes home", e)
	}
}

// review takes entries that come sealed: after a lease, or of an identity that has ended.
func (l *leg) review(its ...item) (out []receipt) {
	for _, it := range its {
		if l.effects[it.form] == 0 {
			l.reached("an entry came home as review")
		} else {
			l.reached("an entry came home that ground had")
		}
		l.count(it.form)
		r := receipt{form: it.form}
		r.sig, _ = sign(0)(r.message(l))
		out = append(out, r)
	}
	return out
}
