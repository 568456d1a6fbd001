package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The reference: what everybody should see of an op set, by the rules of the flight, as slowly
// and plainly as they are said. It knows the engine's types and kinds and none of its code.

type (
	op     = flightsync.Op
	dot    = flightsync.Dot
	author = flightsync.Author
)

// writers says which lanes may hold a kind: Admin, Safety, Manifest, Notes, Tablet.
var writers = map[flightsync.Kind]string{1: "A", 2: "A", 3: "A", 4: "AT", 5: "A", 6: "A", 7: "A", 8: "A", 9: "A", 10: "A", 16: "ST", 17: "SN",
	32: "M", 33: "M", 34: "M", 35: "M", 48: "N", 64: "T", 65: "T", 66: "T", 67: "T", 68: "T", 69: "T", 70: "T", 71: "AT", 72: "T"}

type naive struct {
	ops      []op // by dot
	held     map[dot]op
	roster   map[author]member
	leads    map[string]bool // by tablet: one leads under all its indexes
	erased   map[dot][]dot   // by which orders
	cuts     map[author]uint64
	from, to uint64                   // the window
	same     map[dot]dot              // an entry that stands twice: the dot that counts
	good     []op                     // ops that count, by dot, with the dots they name where they now stand
	by       map[flightsync.Kind][]op // the same, by kind
	lines    []string
}

func (m *naive) say(format string, args ...any) {
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

func (m *naive) refuse(o op, reason string) { m.say("quarantine %s %s", o.Dot, reason) }

// model returns the lines that a view of ops must come to; see [render].
func model(ops []op) []string {
	m := &naive{ops: slices.SortedFunc(slices.Values(ops), byDot), held: map[dot]op{}, same: map[dot]dot{}, by: map[flightsync.Kind][]op{}}
	for _, o := range ops {
		m.held[o.Dot] = o
	}
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

func (m *naive) class(d dot) byte {
	if d.Author < flightsync.FirstTablet {
		return "ASMN"[d.Author]
	}
	return m.roster[d.Author].class
}

func (m *naive) crew(o op) bool { return m.class(o.Dot) == 'T' }

func (m *naive) isLead(o op) bool { return m.crew(o) && m.leads[m.roster[o.Dot.Author].tablet] }

func (m *naive) isErased(d dot) bool { return len(m.erased[d]) > 0 }

// at is the stamp, moved into the window: the one that an op is ordered by.
func (m *naive) at(o op) flightsync.Stamp {
	if s := o.Header.Stamp.Ms; m.to != 0 && s > m.to {
		return flightsync.Stamp{Ms: m.to}
	} else if m.to != 0 && s < m.from && m.crew(o) {
		return flightsync.Stamp{Ms: m.from}
	}
	return o.Header.Stamp
}

func (m *naive) accept(o op) {
	who, known := writers[o.Header.Kind]
	readable := o.Poison == ""
	switch reason := m.unread(o); {
	case readable && !known && o.Header.Flags&1 != 0:
		m.refuse(o, "update")
	case readable && !known:
	case readable && !strings.ContainsRune(who, rune(m.class(o.Dot))):
		m.refuse(o, "unauthorised")
	case reason != "":
		m.refuse(o, reason)
	case m.same[o.Dot] != dot{}:
		m.refuse(o, "repeated")
	default:
		if o.Header.Stamp != (flightsync.Stamp{}) && m.at(o) != o.Header.Stamp {
			m.say("skewed %s", o.Dot)
		}
		o.Header = m.meant(o)
		m.good, m.by[o.Header.Kind] = append(m.good, o), append(m.by[o.Header.Kind], o)
	}
}

func (m *naive) flight() {
	for a, e := range m.roster {
		m.say("roster %d %s removed=%v branch=%v", a, e.role, e.removed, e.branch)
	}
	mayVoid := func(o op) bool {
		by, of := m.roster[o.Dot.Author].tablet, m.roster[o.Header.Entity.Author].tablet
		return o.Dot.Author == o.Header.Entity.Author || by != "" && by == of || m.isLead(o)
	}
	for _, o := range m.good {
		num, data, _ := proto(o.Content(), 0)
		switch k := o.Header.Kind; {
		case k == flightsync.KindVoid && !mayVoid(o):
			m.refuse(o, "unauthorised")
		case m.isErased(o.Dot):
		case k == flightsync.KindMovement && !m.crew(o):
			m.say("movement %s", data[1])
		case k == flightsync.KindMovement && m.isLead(o):
			m.say("reported %s by %d", data[1], o.Dot.Author)
		case k == flightsync.KindMovement:
			m.refuse(o, "unauthorised")
		case k == flightsync.KindVerdict:
			m.say("verdict %d.%d %s", num[1]-1, num[2], data[4])
		case k == flightsync.KindClose && m.reopened(o):
		case k == flightsync.KindClose:
			m.say("closed")
		case k == flightsync.KindSeal:
			m.say("sealed")
		case k == flightsync.KindGesture:
			void := slices.ContainsFunc(m.by[flightsync.KindVoid], func(v op) bool { return v.Header.Entity == o.Dot && mayVoid(v) })
			m.say("gesture %s %s void=%v", o.Dot, data[1], void)
		}
	}
}

// reopened reports whether ground took a close back, and has not sealed the flight.
func (m *naive) reopened(o op) bool {
	return slices.ContainsFunc(m.by[flightsync.KindReopen], func(r op) bool { return slices.Contains(r.Header.Over, o.Dot) }) &&
		!slices.ContainsFunc(m.by[flightsync.KindSeal], func(s op) bool { return !m.isErased(s.Dot) })
}

func (m *naive) manifest() {
	type traveller struct {
		seat, now   string
		removed     bool
		by          op // who wrote now
		dots, needs []string
	}
	list := map[passenger.TravellerNo]traveller{}
	for _, o := range m.good {
		_, _, rows := proto(o.Content(), 1)
		switch {
		case m.isErased(o.Dot):
			continue
		case o.Header.Kind == flightsync.KindChange:
			rows = [][]byte{o.Content()}
		case o.Header.Kind == flightsync.KindRemove:
			list[o.Header.Traveller] = traveller{seat: list[o.Header.Traveller].seat, removed: true} // one who was never on the list is on it, removed
			continue
		case o.Header.Kind != flightsync.KindPage:
			continue
		}
		for _, b := range rows {
			num, data, _ := proto(b, 0)
			list[passenger.TravellerNo(num[1])] = traveller{seat: string(data[3])}
		}
	}
	for no, t := range list {
		for _, o := range slices.Concat(m.by[flightsync.KindAssistance], m.by[flightsync.KindSeatNow]) {
			if o.Header.Traveller != no || m.isErased(o.Dot) || m.over(o) {
				continue
			}
			_, data, _ := proto(o.Content(), 0)
			if o.Header.Kind == flightsync.KindAssistance {
				t.needs = append(t.needs, string(data[1]))
				continue
			}
			if t.dots = append(t.dots, o.Dot.String()); !m.at(o).Less(m.at(t.by)) {
				t.now, t.by = string(data[1]), o
			}
		}
		m.say("traveller %d %s removed=%v now=%s %v needs %v", no, t.seat, t.removed, t.now, t.dots, t.needs)
	}
}

// over reports whether another op that counts superseded o. Crew never supersedes ground.
func (m *naive) over(o op) bool {
	return slices.ContainsFunc(m.by[o.Header.Kind], func(p op) bool {
		return p.Dot != o.Dot && p.Header.Traveller == o.Header.Traveller && slices.Contains(p.Header.Over, o.Dot) && (!m.crew(p) || m.crew(o))
	})
}

// subject is the note that a crew op is about; two notes may have had one dot before a restore.
func (m *naive) subject(o op) dot {
	for _, d := range m.places(o.Header.Entity) {
		if slices.ContainsFunc(m.by[flightsync.KindNote], func(n op) bool {
			return n.Dot == d && (o.Header.Kind == flightsync.KindSeen || n.Header.Traveller == o.Header.Traveller)
		}) {
			return d
		}
	}
	return dot{}
}

func (m *naive) notes() {
	var about []op // those about a note that count
	for _, k := range []flightsync.Kind{flightsync.KindRetract, flightsync.KindSeen, flightsync.KindClaim, flightsync.KindOutcome, flightsync.KindResolve} {
		for _, o := range m.by[k] {
			o.Header.Entity = m.subject(o)
			switch {
			case m.isErased(o.Dot) && (k == flightsync.KindSeen || k == flightsync.KindClaim):
			case o.Header.Entity.IsZero():
				m.refuse(o, "dangling")
			case k == flightsync.KindResolve && m.crew(o) && !m.isLead(o):
				m.refuse(o, "unauthorised")
			default:
				about = append(about, o)
			}
		}
	}
	haves := m.haves()
	for _, n := range m.by[flightsync.KindNote] {
		_, data, _ := proto(n.Content(), 0)
		reason, text, gone := "", string(data[10]), slices.Clone(m.erased[n.Dot])
		if len(gone) > 0 {
			reason, text = "erased", ""
		}
		retracted, settled, heads, seen, claimed := false, false, []op{}, map[author]bool{}, map[author]bool{}
		for _, o := range about {
			if o.Header.Entity != n.Dot {
				continue
			}
			switch k, a := o.Header.Kind, o.Dot.Author; k {
			case flightsync.KindRetract:
				if gone = append(gone, o.Dot); !retracted {
					_, data, _ := proto(o.Content(), 0)
					retracted, reason = true, cmp.Or(string(data[1]), "erased")
				}
			case flightsync.KindClaim:
				claimed[a] = true
			case flightsync.KindOutcome, flightsync.KindResolve:
				heads = append(heads, o)
				fallthrough
			case flightsync.KindSeen:
				if m.crew(o) {
					seen[a] = true
				} else {
					settled = true // by ground
				}
			}
		}
		for _, o := range heads {
			byCrew, resolve := m.crew(o), o.Header.Kind == flightsync.KindResolve
			undone := slices.ContainsFunc(heads, func(p op) bool {
				return p.Dot != o.Dot && slices.Contains(p.Header.Over, o.Dot) && (!resolve || !m.crew(p) || byCrew && m.isLead(p))
			})
			if !undone && !m.isErased(o.Dot) && !(resolve && byCrew && settled) {
				_, data, _ := proto(o.Content(), 0)
				m.say("head %s of %s %s %s", o.Dot, n.Dot, data[1], data[2])
			}
		}
		delivered := len(seen) > 0 || slices.ContainsFunc(haves, func(v flightsync.Vector) bool { return v.Covers(n.Dot) && !slices.ContainsFunc(gone, v.Covers) })
		m.say("note %s for %d %q retracted=%s delivered=%v seen %v claimed %v", n.Dot, n.Header.Traveller, text, reason, delivered,
			slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(claimed)))
	}
}

// haves are what tablets said they had, before they knew that the aircraft is on-block.
func (m *naive) haves() (out []flightsync.Vector) {
	in, when := map[author]uint64{}, map[author]uint64{} // by who said so: that op, and its time
	for _, o := range m.by[flightsync.KindMovement] {
		num, data, _ := proto(o.Content(), 0)
		switch a := o.Dot.Author; {
		case m.isErased(o.Dot):
		case string(data[1]) == "in" && in[a] == 0:
			in[a], when[a] = o.Dot.Seq, num[2]
		case strings.HasPrefix(string(data[1]), "off") && num[2] > when[a]:
			delete(in, a)
		}
	}
	for _, o := range m.by[flightsync.KindHave] {
		_, data, _ := proto(o.Content(), 0)
		have, _ := flightsync.UnpackVector(data[1])
		knew := false
		for a, seq := range in {
			knew = knew || a == o.Dot.Author && seq < o.Dot.Seq || m.class(dot{Author: a}) == 'A' && have.Of(a) >= seq
		}
		if !knew && !m.isErased(o.Dot) {
			out = append(out, have)
		}
	}
	return out
}
