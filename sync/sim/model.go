package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The reference: what everybody should see of an op set, by the rules of the flight, as slowly
// and plainly as they are said. It knows the engine's types and kinds and none of its code.

// writers says which lanes may hold a kind: Admin, Safety, Manifest, Notes, Tablet.
var writers = map[flightsync.Kind]string{1: "A", 2: "A", 3: "A", 4: "AT", 5: "A", 6: "A", 7: "A", 8: "A", 9: "A", 16: "ST", 17: "SN",
	32: "M", 33: "M", 34: "M", 35: "M", 48: "N", 64: "T", 65: "T", 66: "T", 67: "T", 68: "T", 69: "T", 70: "T", 71: "AT", 72: "T"}

type member struct {
	class        byte
	tablet, role string
	inc          string
	removed      bool
	branch       bool
	of           flightsync.Author // of a branch: whose, and behind which op
	at           uint64
}

type naive struct {
	ops      []flightsync.Op // by dot
	roster   map[flightsync.Author]member
	leads    map[flightsync.Author]bool
	erased   map[flightsync.Dot][]flightsync.Dot // by which orders
	cuts     map[flightsync.Author]uint64
	from, to uint64                              // the window
	good     map[flightsync.Dot]flightsync.Op    // ops that count
	by       map[flightsync.Kind][]flightsync.Op // the same, by kind and dot
	same     map[flightsync.Dot]flightsync.Dot   // an entry that stands twice: the dot that counts
	lines    []string
}

func (m *naive) say(format string, args ...any) {
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

// model returns the lines that a view of ops must come to; see [render].
func model(ops []flightsync.Op) []string {
	m := &naive{ops: slices.SortedFunc(slices.Values(ops), byDot), good: map[flightsync.Dot]flightsync.Op{}, by: map[flightsync.Kind][]flightsync.Op{}, same: map[flightsync.Dot]flightsync.Dot{}}
	for range 5 { // a roster op may bind a further admin lane
		m.law()
	}
	m.twice()
	for _, o := range m.ops {
		m.accept(o)
	}
	m.flight()
	m.manifest()
	m.notes()
	slices.Sort(m.lines)
	return slices.Compact(m.lines)
}

func (m *naive) class(a flightsync.Author) byte {
	if a < flightsync.FirstTablet {
		return "ASMN"[a]
	}
	return m.roster[a].class
}

func (m *naive) isErased(d flightsync.Dot) bool { return len(m.erased[d]) > 0 }

func (m *naive) isCut(d flightsync.Dot) bool { n, ok := m.cuts[d.Author]; return ok && d.Seq > n }

// law reads the admin lanes, as far as they are known, by ground's clock.
func (m *naive) law() {
	ops := slices.DeleteFunc(slices.Clone(m.ops), func(o flightsync.Op) bool { return m.class(o.Dot.Author) != 'A' || o.Poison != "" })
	slices.SortStableFunc(ops, func(a, b flightsync.Op) int {
		return cmp.Or(cmp.Compare(a.Header.Stamp.Ms, b.Header.Stamp.Ms), cmp.Compare(a.Header.Stamp.Ctr, b.Header.Stamp.Ctr))
	})
	before := *m
	m.roster, m.leads, m.erased, m.cuts = map[flightsync.Author]member{}, map[flightsync.Author]bool{}, map[flightsync.Dot][]flightsync.Dot{}, map[flightsync.Author]uint64{}
	stamp := func(s uint64, more time.Duration) uint64 {
		return uint64(time.Unix(int64(s), 0).Add(more).Sub(flightsync.StampEpoch) / time.Millisecond)
	}
	for _, o := range ops {
		if o.Header.Kind == flightsync.KindErase {
			for _, d := range before.meant(o).Over {
				if !d.IsZero() {
					m.erased[d] = append(m.erased[d], o.Dot)
				}
			}
		}
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
			m.cuts[flightsync.Author(num[1]-1)] = num[2]
		case k == flightsync.KindRoster:
			a := flightsync.Author(num[1] - 1)
			e := member{class: " ASMNT"[num[2]], tablet: string(data[3]), inc: string(data[4]), role: string(data[5]), removed: num[7] != 0}
			if b, ok := data[10]; ok {
				num, _, _ := proto(b, 0)
				e.branch, e.of, e.at = true, flightsync.Author(num[1]-1), num[2]
			}
			was, ok := m.roster[a]
			if a < flightsync.FirstTablet || ok && (was.branch || e.branch || was.inc != "" && was.inc != e.inc) {
				continue // whose an index is stays what was said first
			}
			m.roster[a] = e
			if a, ok := m.acting(); ok {
				if m.roster[a].role == "lead" && !led { // until then a purser only stood in
					led = true
					clear(m.leads)
				}
				m.leads[a] = true
			}
		}
	}
	for a := range maps.Clone(m.leads) { // a tablet leads under all its indexes
		for b, e := range m.roster {
			if e.tablet == m.roster[a].tablet && e.class == 'T' {
				m.leads[b] = true
			}
		}
	}
}

func (m *naive) acting() (flightsync.Author, bool) {
	for _, role := range []string{"lead", "purser"} {
		for _, a := range slices.Sorted(maps.Keys(m.roster)) {
			if e := m.roster[a]; e.class == 'T' && e.role == role && !e.removed && !e.branch {
				return a, true
			}
		}
	}
	return 0, false
}

// follow says where an op of a re-homed branch means, when it names an op of its old lane.
func (m *naive) follow(in flightsync.Author, d flightsync.Dot) flightsync.Dot {
	for e := m.roster[in]; e.branch; in, e = e.of, m.roster[e.of] {
		if d.Author == e.of && d.Seq > e.at {
			return flightsync.Dot{Author: in, Seq: d.Seq - e.at}
		}
	}
	return d
}

// meant returns the header of o with every dot that it names where the op meant stands now: known
// by place in its own branch, by the mark elsewhere, and the first where one entry stands twice.
func (m *naive) meant(o flightsync.Op) flightsync.Header {
	h := o.Header
	now := func(d flightsync.Dot) flightsync.Dot {
		to := m.follow(o.Dot.Author, d)
		i := slices.Index(o.Header.Over, d)
		tries := []flightsync.Dot{to, d}
		for _, a := range slices.Sorted(maps.Keys(m.roster)) {
			if e := m.roster[a]; e.branch && e.of == d.Author && d.Seq > e.at {
				tries = append(tries, flightsync.Dot{Author: a, Seq: d.Seq - e.at})
			}
		}
		if i >= 0 && len(h.Marks) == 2*len(o.Header.Over) {
			held := false
			for _, t := range tries {
				at, ok := slices.BinarySearchFunc(m.ops, flightsync.Op{Dot: t}, byDot)
				if ok && string(m.ops[at].Commit[:2]) == string(h.Marks[2*i:2*i+2]) {
					return cmp.Or(m.same[t], t)
				}
				held = held || ok && (t == to || t == d)
			}
			if held { // another op is there: what was meant is gone
				return flightsync.Dot{}
			}
		}
		return cmp.Or(m.same[to], to)
	}
	h.Over = nil
	for _, d := range o.Header.Over {
		h.Over = append(h.Over, now(d))
	}
	h.Entity = now(h.Entity)
	return h
}

// at is the stamp, moved into the window: the one that an op is ordered by.
func (m *naive) at(o flightsync.Op) flightsync.Stamp {
	if s := o.Header.Stamp.Ms; m.to != 0 && s > m.to {
		return flightsync.Stamp{Ms: m.to}
	} else if m.to != 0 && s < m.from && m.class(o.Dot.Author) == 'T' {
		return flightsync.Stamp{Ms: m.from}
	}
	return o.Header.Stamp
}

// twice finds the same form of one tablet under several dots.
func (m *naive) twice() {
	for i, o := range m.ops {
		h := o.Header
		if h.Nonce == [8]byte{} || o.Poison != "" || m.class(o.Dot.Author) != 'T' || m.isCut(o.Dot) || o.IsStub() && !m.isErased(o.Dot) {
			continue
		}
		for _, p := range m.ops[:i] {
			g := p.Header
			gone := m.isErased(p.Dot) || m.isErased(o.Dot)
			if g.Nonce != h.Nonce || g.Kind != h.Kind || p.Poison != "" || m.class(p.Dot.Author) != 'T' || m.isCut(p.Dot) || p.IsStub() && !m.isErased(p.Dot) ||
				m.roster[p.Dot.Author].tablet != m.roster[o.Dot.Author].tablet || h.Kind != flightsync.KindGesture && (g.Entity != h.Entity || len(g.Over) != len(h.Over)) {
				continue
			}
			if h.Kind == flightsync.KindGesture || gone || string(p.Content()) == string(o.Content()) {
				m.same[o.Dot] = p.Dot
				if gone {
					both := append(slices.Clone(m.erased[p.Dot]), m.erased[o.Dot]...)
					m.erased[p.Dot], m.erased[o.Dot] = both, both
				}
			}
			break
		}
	}
}

func (m *naive) accept(o flightsync.Op) {
	who, known := writers[o.Header.Kind]
	reason := ""
	switch {
	case o.Poison != "":
		reason = o.Poison
	case !known && o.Header.Flags&1 != 0:
		reason = "update"
	case !known:
		return
	case !strings.ContainsRune(who, rune(m.class(o.Dot.Author))):
		reason = "unauthorised"
	case m.isCut(o.Dot):
		reason = "cut"
	case o.IsStub() && !m.isErased(o.Dot):
		reason = "pending-stub"
	case m.same[o.Dot] != flightsync.Dot{}:
		reason = "repeated"
	}
	if reason != "" {
		m.say("quarantine %s %s", o.Dot, reason)
		return
	}
	if o.Header.Stamp != (flightsync.Stamp{}) && m.at(o) != o.Header.Stamp {
		m.say("skewed %s", o.Dot)
	}
	o.Header = m.meant(o)
	m.good[o.Dot] = o
	m.by[o.Header.Kind] = append(m.by[o.Header.Kind], o)
}

// each calls do for the ops of a kind that count and were not erased.
func (m *naive) each(k flightsync.Kind, do func(o flightsync.Op, num map[int]uint64, data map[int][]byte)) {
	for _, o := range m.by[k] {
		if !m.isErased(o.Dot) {
			num, data, _ := proto(o.Content(), 0)
			do(o, num, data)
		}
	}
}

func (m *naive) flight() {
	for a, e := range m.roster {
		m.say("roster %d %s removed=%v branch=%v", a, e.role, e.removed, e.branch)
	}
	m.each(flightsync.KindMovement, func(o flightsync.Op, _ map[int]uint64, data map[int][]byte) {
		switch a := o.Dot.Author; {
		case m.class(a) == 'A':
			m.say("movement %s", data[1])
		case m.leads[a]:
			m.say("reported %s by %d", data[1], a)
		default:
			m.say("quarantine %s unauthorised", o.Dot)
		}
	})
	m.each(flightsync.KindVerdict, func(_ flightsync.Op, num map[int]uint64, data map[int][]byte) {
		m.say("verdict %d.%d %s", num[1]-1, num[2], data[4])
	})
	m.each(flightsync.KindClose, func(flightsync.Op, map[int]uint64, map[int][]byte) { m.say("closed") })
	m.each(flightsync.KindSeal, func(flightsync.Op, map[int]uint64, map[int][]byte) { m.say("sealed") })
	voided := map[flightsync.Dot]bool{}
	for _, o := range m.by[flightsync.KindVoid] {
		by, of := m.roster[o.Dot.Author].tablet, m.roster[o.Header.Entity.Author].tablet
		if o.Dot.Author == o.Header.Entity.Author || by != "" && by == of || m.leads[o.Dot.Author] {
			voided[o.Header.Entity] = true
		} else {
			m.say("quarantine %s unauthorised", o.Dot)
		}
	}
	m.each(flightsync.KindGesture, func(o flightsync.Op, _ map[int]uint64, data map[int][]byte) {
		m.say("gesture %s %s void=%v", o.Dot, data[1], voided[o.Dot])
	})
}

func (m *naive) manifest() {
	list, removed := map[passenger.TravellerNo]string{}, map[passenger.TravellerNo]bool{}
	put := func(b []byte) {
		num, data, _ := proto(b, 0)
		list[passenger.TravellerNo(num[1])], removed[passenger.TravellerNo(num[1])] = string(data[3]), false
	}
	for _, o := range slices.SortedFunc(slices.Values(slices.Concat(m.by[flightsync.KindPage], m.by[flightsync.KindChange], m.by[flightsync.KindRemove])), byDot) {
		_, _, page := proto(o.Content(), 1)
		switch no := o.Header.Traveller; {
		case m.isErased(o.Dot):
		case o.Header.Kind == flightsync.KindPage:
			for _, b := range page {
				put(b)
			}
		case o.Header.Kind == flightsync.KindChange:
			put(o.Content())
		default:
			seat := list[no] // one who was never on the list is on it, removed
			list[no], removed[no] = seat, true
		}
	}
	for no, seat := range list {
		var needs, dots []string
		m.each(flightsync.KindAssistance, func(o flightsync.Op, _ map[int]uint64, data map[int][]byte) {
			if o.Header.Traveller == no && !m.over(o) {
				needs = append(needs, string(data[1]))
			}
		})
		now, best := "", flightsync.Op{}
		m.each(flightsync.KindSeatNow, func(o flightsync.Op, _ map[int]uint64, data map[int][]byte) {
			if o.Header.Traveller == no && !m.over(o) {
				dots = append(dots, o.Dot.String())
				if now == "" || !m.at(o).Less(m.at(best)) {
					now, best = string(data[1]), o
				}
			}
		})
		m.say("traveller %d %s removed=%v now=%s %v needs %v", no, seat, removed[no], now, dots, needs)
	}
}

// over reports whether another op that counts superseded o. Crew never supersedes ground.
func (m *naive) over(o flightsync.Op) bool {
	return slices.ContainsFunc(m.by[o.Header.Kind], func(p flightsync.Op) bool {
		return p.Dot != o.Dot && p.Header.Traveller == o.Header.Traveller && slices.Contains(p.Header.Over, o.Dot) &&
			(m.class(p.Dot.Author) != 'T' || m.class(o.Dot.Author) == 'T')
	})
}

// subject is the note that a crew op is about; two notes may have had one dot before a restore.
func (m *naive) subject(o flightsync.Op) flightsync.Dot {
	tries := []flightsync.Dot{o.Header.Entity}
	for _, a := range slices.Sorted(maps.Keys(m.roster)) {
		if e := m.roster[a]; e.branch && e.of == o.Header.Entity.Author && o.Header.Entity.Seq > e.at {
			tries = append(tries, flightsync.Dot{Author: a, Seq: o.Header.Entity.Seq - e.at})
		}
	}
	for _, d := range tries {
		n := m.good[d]
		if n.Header.Kind == flightsync.KindNote && (o.Header.Kind == flightsync.KindSeen || n.Header.Traveller == o.Header.Traveller) {
			return d
		}
	}
	return flightsync.Dot{}
}

func (m *naive) notes() {
	about := map[flightsync.Dot]map[flightsync.Kind][]flightsync.Op{} // by note: the ops about it that count
	settled := map[flightsync.Dot]bool{}                              // by ground
	for _, k := range []flightsync.Kind{flightsync.KindRetract, flightsync.KindSeen, flightsync.KindClaim, flightsync.KindOutcome, flightsync.KindResolve} {
		for _, o := range m.by[k] {
			d, tablet := m.subject(o), m.class(o.Dot.Author) == 'T'
			switch {
			case m.isErased(o.Dot) && (k == flightsync.KindSeen || k == flightsync.KindClaim):
			case d.IsZero():
				m.say("quarantine %s dangling", o.Dot)
			case k == flightsync.KindResolve && tablet && !m.leads[o.Dot.Author]:
				m.say("quarantine %s unauthorised", o.Dot)
			default:
				if about[d] == nil {
					about[d] = map[flightsync.Kind][]flightsync.Op{}
				}
				about[d][k] = append(about[d][k], o)
				settled[d] = settled[d] || k == flightsync.KindResolve && !tablet
			}
		}
	}
	in := m.onBlock()
	for _, n := range m.by[flightsync.KindNote] {
		ops := about[n.Dot]
		_, data, _ := proto(n.Content(), 0)
		retracts := slices.Clone(m.erased[n.Dot])
		reason, text := "", string(data[10])
		if m.isErased(n.Dot) {
			reason, text = "erased", ""
		}
		for i, o := range ops[flightsync.KindRetract] {
			if retracts = append(retracts, o.Dot); i == 0 {
				_, data, _ := proto(o.Content(), 0)
				reason = cmp.Or(string(data[1]), "erased")
			}
		}
		heads := append(slices.Clone(ops[flightsync.KindOutcome]), ops[flightsync.KindResolve]...)
		seen := map[flightsync.Author]bool{}
		for _, o := range append(slices.Clone(ops[flightsync.KindSeen]), heads...) {
			if m.class(o.Dot.Author) == 'T' {
				seen[o.Dot.Author] = true
			}
		}
		for _, o := range heads {
			gone := slices.ContainsFunc(heads, func(p flightsync.Op) bool {
				undoes := o.Header.Kind != flightsync.KindResolve || m.class(p.Dot.Author) != 'T' || m.class(o.Dot.Author) == 'T' && m.leads[p.Dot.Author]
				return undoes && p.Dot != o.Dot && slices.Contains(p.Header.Over, o.Dot)
			})
			byLead := o.Header.Kind == flightsync.KindResolve && m.class(o.Dot.Author) == 'T'
			if !gone && !m.isErased(o.Dot) && !(byLead && settled[n.Dot]) {
				_, data, _ := proto(o.Content(), 0)
				m.say("head %s of %s %s %s", o.Dot, n.Dot, data[1], data[2])
			}
		}
		delivered := len(seen) > 0 || slices.ContainsFunc(m.by[flightsync.KindHave], func(o flightsync.Op) bool {
			_, data, _ := proto(o.Content(), 0)
			have, _ := flightsync.UnpackVector(data[1])
			return !m.isErased(o.Dot) && have.Covers(n.Dot) && !slices.ContainsFunc(retracts, have.Covers) && !in(o.Dot, have)
		})
		claims := map[flightsync.Author]bool{}
		for _, o := range ops[flightsync.KindClaim] {
			claims[o.Dot.Author] = true
		}
		m.say("note %s for %d %q retracted=%s delivered=%v seen %v claimed %v", n.Dot, n.Header.Traveller, text, reason, delivered,
			slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(claims)))
	}
}

// onBlock tells whether a have op was written by somebody who knew that the aircraft is on-block.
func (m *naive) onBlock() func(by flightsync.Dot, have flightsync.Vector) bool {
	at, when := map[flightsync.Author]uint64{}, map[flightsync.Author]uint64{}
	m.each(flightsync.KindMovement, func(o flightsync.Op, num map[int]uint64, data map[int][]byte) {
		switch a := o.Dot.Author; string(data[1]) {
		case "in":
			if at[a] == 0 {
				at[a], when[a] = o.Dot.Seq, num[2]
			}
		case "off", "off-block":
			if num[2] > when[a] {
				at[a] = 0
			}
		}
	})
	return func(by flightsync.Dot, have flightsync.Vector) bool {
		for a, seq := range at {
			if seq != 0 && (a == by.Author && seq < by.Seq || m.class(a) == 'A' && have.Of(a) >= seq) {
				return true
			}
		}
		return false
	}
}
