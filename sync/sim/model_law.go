package sim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// What the reference takes for granted: who is who on a flight, which op is meant by a dot, and
// what nobody may read.

type member struct {
	class             byte
	tablet, role, inc string
	removed, branch   bool
	of                author // of a branch: whose, and behind which op
	at                uint64
}

// unread reports whether o says nothing here: it cannot be read, is cut off, or its words are on their way.
func (m *naive) unread(o op) (reason string) {
	n, cut := m.cuts[o.Dot.Author]
	switch {
	case o.Poison != "":
		return o.Poison
	case cut && o.Dot.Seq > n:
		return "cut"
	case o.IsStub() && !m.isErased(o.Dot):
		return "pending-stub"
	}
	return ""
}

// law reads the admin lanes, as far as they are known, by ground's clock.
func (m *naive) law() {
	ops := slices.DeleteFunc(slices.Clone(m.ops), func(o op) bool { return m.class(o.Dot) != 'A' || o.Poison != "" })
	slices.SortStableFunc(ops, func(a, b op) int {
		return cmp.Or(cmp.Compare(a.Header.Stamp.Ms, b.Header.Stamp.Ms), cmp.Compare(a.Header.Stamp.Ctr, b.Header.Stamp.Ctr))
	})
	erased := map[dot][]dot{}
	for _, o := range ops {
		if o.Header.Kind == flightsync.KindErase {
			for _, d := range m.meant(o).Over {
				erased[d] = append(erased[d], o.Dot)
			}
		}
	}
	m.roster, m.leads, m.erased, m.cuts = map[author]member{}, map[string]bool{}, erased, map[author]uint64{}
	stamp := func(s uint64, more time.Duration) uint64 {
		return uint64(time.Unix(int64(s), 0).Add(more).Sub(flightsync.StampEpoch) / time.Millisecond)
	}
	led := false
	for _, o := range ops {
		num, data, _ := proto(o.Content(), 0)
		switch k := o.Header.Kind; {
		case k == flightsync.KindGenesis || k == flightsync.KindAmend:
			if from := stamp(num[3], -passenger.OpenBefore); num[3] > 0 && (m.from == 0 || from < m.from) {
				m.from = from
			}
			if num[4] > 0 {
				m.to = max(m.to, stamp(num[4], 72*time.Hour))
			}
		case m.isErased(o.Dot):
		case k == flightsync.KindCut:
			m.cuts[author(num[1]-1)] = num[2]
		case k == flightsync.KindRoster:
			a := author(num[1] - 1)
			e := member{class: " ASMNT"[num[2]], tablet: string(data[3]), inc: string(data[4]), role: string(data[5]), removed: num[7] != 0}
			if b, ok := data[10]; ok {
				num, _, _ := proto(b, 0)
				e.branch, e.of, e.at = true, author(num[1]-1), num[2]
			}
			if was, ok := m.roster[a]; a < flightsync.FirstTablet || ok && (was.branch || e.branch || was.inc != "" && was.inc != e.inc) {
				continue // whose an index is stays what was said first
			}
			m.roster[a] = e
			who := m.acting()
			if who.role == "lead" && !led { // until then a purser only stood in
				led = true
				clear(m.leads)
			}
			m.leads[who.tablet] = who.role != ""
		}
	}
}

// acting is the first lead, or the first purser, of those on board.
func (m *naive) acting() (who member) {
	for _, a := range slices.Sorted(maps.Keys(m.roster)) {
		e := m.roster[a]
		better := e.role == "lead" && who.role != "lead" || e.role == "purser" && who.role == ""
		if better && e.class == 'T' && !e.removed && !e.branch {
			who = e
		}
	}
	return who
}

// places are where what had dot d may stand: there, or in a branch that was re-homed.
func (m *naive) places(d dot) []dot {
	out := []dot{d}
	for _, a := range slices.Sorted(maps.Keys(m.roster)) {
		if e := m.roster[a]; e.branch && e.of == d.Author && d.Seq > e.at {
			out = append(out, dot{Author: a, Seq: d.Seq - e.at})
		}
	}
	return out
}

// meant returns the header of o with every dot that it names where the op meant stands now: known
// by place in its own branch, by the mark elsewhere, and the first where one entry stands twice.
func (m *naive) meant(o op) flightsync.Header {
	now := func(d dot) dot {
		to := d
		for in, e := o.Dot.Author, m.roster[o.Dot.Author]; e.branch && to == d; in, e = e.of, m.roster[e.of] {
			if d.Author == e.of && d.Seq > e.at {
				to = dot{Author: in, Seq: d.Seq - e.at}
			}
		}
		i, another := slices.Index(o.Header.Over, d), false
		if i < 0 || len(o.Header.Marks) != 2*len(o.Header.Over) {
			return cmp.Or(m.same[to], to)
		}
		for _, t := range append([]dot{to}, m.places(d)...) {
			p, ok := m.held[t]
			if ok && string(p.Commit[:2]) == string(o.Header.Marks[2*i:2*i+2]) {
				return cmp.Or(m.same[t], t)
			}
			another = another || ok && (t == to || t == d)
		}
		if another { // what was meant is gone
			return dot{}
		}
		return cmp.Or(m.same[to], to)
	}
	h := o.Header
	h.Over, h.Entity = nil, now(h.Entity)
	for _, d := range o.Header.Over {
		h.Over = append(h.Over, now(d))
	}
	return h
}

// twice finds the same form of one tablet under several dots.
func (m *naive) twice() {
	var forms []op
	for _, o := range m.ops {
		h := o.Header
		if h.Nonce == [8]byte{} || !m.crew(o) || m.unread(o) != "" {
			continue
		}
		i := slices.IndexFunc(forms, func(p op) bool {
			g := p.Header
			return g.Nonce == h.Nonce && g.Kind == h.Kind && m.roster[p.Dot.Author].tablet == m.roster[o.Dot.Author].tablet &&
				(h.Kind == flightsync.KindGesture || g.Entity == h.Entity && len(g.Over) == len(h.Over))
		})
		if forms = append(forms, o); i < 0 {
			continue
		}
		p := forms[i]
		both := slices.Concat(m.erased[p.Dot], m.erased[o.Dot])
		if h.Kind == flightsync.KindGesture || len(both) > 0 || string(p.Content()) == string(o.Content()) {
			m.same[o.Dot], m.erased[p.Dot], m.erased[o.Dot] = p.Dot, both, both
		}
	}
}
