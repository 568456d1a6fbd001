package conformance_test

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"
)

// entry is a roster entry of the law.
type entry struct {
	class, role, tablet, incarnation string
	removed                          bool
	fork                             *fork
}

func (e entry) isTablet() bool { return e.class == "5" }

// law is what view.md calls so.
type law struct {
	ops    []op // by dot
	class  map[uint64]int
	roster map[uint64]entry
	cuts   map[uint64]uint64
	erased map[dot][]dot // by which ops
	leads  map[uint64]bool
	same   map[dot]dot // to the dot that counts
	from   uint64
	to     uint64
}

func num(v any) uint64 { n, _ := v.(uint64); return n }
func str(v any) string { s, _ := v.(string); return s }

func readLaw(ops []op) *law {
	l := &law{ops: ops, class: map[uint64]int{0: admin}}
	for range 65 {
		next := l.again()
		if maps.Equal(l.class, next.class) && len(l.roster) == len(next.roster) {
			return next
		}
		l = next
	}
	return l
}

func stampMs(unix uint64) uint64 {
	return unix*1000 - uint64(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
}

// again reads the law once more, by the lanes and branches of what was read before.
func (l *law) again() *law {
	n := &law{ops: l.ops, class: map[uint64]int{0: admin, 1: safety, 2: manifest, 3: notes}, roster: map[uint64]entry{}, cuts: map[uint64]uint64{}, erased: map[dot][]dot{},
		leads: map[uint64]bool{}, same: map[dot]dot{}}
	var as []op
	for _, o := range l.ops {
		if l.class[o.dot.author] == admin && o.poison == "" {
			as = append(as, o)
		}
	}
	slices.SortStableFunc(as, func(a, b op) int {
		return cmp.Or(cmp.Compare(a.header.Ms, b.header.Ms), cmp.Compare(a.header.Ctr, b.header.Ctr))
	})
	for _, o := range as {
		c, err := contentOf(o)
		switch {
		case o.header.Kind == 6:
			for _, d := range l.meant(o).over {
				n.erased[d] = append(n.erased[d], o.dot)
			}
		case (o.header.Kind == 1 || o.header.Kind == 3) && !o.stub && err == nil:
			const day = 24 * 3600 * 1000
			if std := num(c["std"]); std != 0 && (n.from == 0 || stampMs(std)-3*day < n.from) {
				n.from = stampMs(std) - 3*day
			}
			if sta := num(c["sta"]); sta != 0 {
				n.to = max(n.to, stampMs(sta)+3*day)
			}
		}
	}
	for _, o := range as {
		if c, err := contentOf(o); o.header.Kind == 5 && err == nil && n.erased[o.dot] == nil {
			n.cuts[num(c["author"])] = num(c["seq"])
		}
	}
	led := false
	for _, o := range as {
		c, err := contentOf(o)
		a := num(c["author"])
		if o.header.Kind != 2 || err != nil || a < 4 || n.erased[o.dot] != nil || n.isCut(o.dot) {
			continue
		}
		e := entry{class: string(rune('0' + num(c["class"]))), role: str(c["role"]), tablet: str(c["tablet"]), incarnation: str(c["incarnation"]), removed: c["removed"] == true}
		if c["fork"] != nil {
			k := readFork(c["fork"])
			e.fork = &k
		}
		if was, ok := n.roster[a]; ok && (was.fork != nil || e.fork != nil || was.incarnation != "" && was.incarnation != e.incarnation) {
			continue
		}
		n.roster[a], n.class[a] = e, int(num(c["class"]))
		if lead, role, ok := n.acting(); ok {
			if role == "lead" && !led {
				led = true
				clear(n.leads)
			}
			n.leads[lead] = true
		}
	}
	for a := range maps.Clone(n.leads) {
		for b, e := range n.roster {
			if e.isTablet() && e.tablet != "" && e.tablet == n.roster[a].tablet {
				n.leads[b] = true
			}
		}
	}
	return n
}

// acting is the lead of a roster, and as what.
func (l *law) acting() (uint64, string, bool) {
	for _, role := range []string{"lead", "purser"} {
		for _, a := range slices.Sorted(maps.Keys(l.roster)) {
			if e := l.roster[a]; e.isTablet() && e.role == role && !e.removed && e.fork == nil {
				return a, role, true
			}
		}
	}
	return 0, "", false
}

func (l *law) isCut(d dot) bool {
	n, ok := l.cuts[d.author]
	return ok && d.seq > n
}

// stamp is what an op is ordered by; ok is false when it was clamped.
func (l *law) stamp(o op) (ms, ctr uint64, ok bool) {
	ms, ctr = o.header.Ms, o.header.Ctr
	switch {
	case l.to == 0 || ms == 0 && ctr == 0:
		return ms, ctr, true
	case ms > l.to:
		return l.to, 0, false
	case ms < l.from && l.class[o.dot.author] == tablet:
		return l.from, 0, false
	}
	return ms, ctr, true
}

// refs is what an op names, where it stands now.
type refs struct {
	entity dot
	over   []dot
}

func (l *law) home(in uint64, d dot) dot {
	for k := l.roster[in].fork; k != nil; k = l.roster[in].fork {
		if d.author == k.of && d.seq > k.at {
			return dot{in, d.seq - k.at}
		}
		in = k.of
	}
	return d
}

func (l *law) meant(o op) (r refs) {
	r.entity = l.home(o.dot.author, parseDot(o.header.Entity))
	for i, s := range o.header.Over {
		d := parseDot(s)
		to := l.home(o.dot.author, d)
		if len(o.header.Marks) > 0 {
			tries := []dot{to, d}
			for _, a := range slices.Sorted(maps.Keys(l.roster)) {
				if k := l.roster[a].fork; k != nil && k.of == d.author && d.seq > k.at {
					tries = append(tries, dot{a, d.seq - k.at})
				}
			}
			for _, x := range tries {
				if at, ok := l.op(x); ok && bytes.HasPrefix(at.commit, o.header.Marks[2*i:2*i+2]) {
					to = x
					break
				}
			}
		}
		if s == o.header.Entity {
			r.entity = to
		}
		r.over = append(r.over, to)
	}
	for i, d := range r.over {
		if to, ok := l.same[d]; ok {
			r.over[i] = to
		}
	}
	if to, ok := l.same[r.entity]; ok {
		r.entity = to
	}
	return r
}

func (l *law) op(d dot) (op, bool) {
	i, ok := slices.BinarySearchFunc(l.ops, d, func(o op, d dot) int {
		return cmp.Or(cmp.Compare(o.dot.author, d.author), cmp.Compare(o.dot.seq, d.seq))
	})
	if !ok {
		return op{}, false
	}
	return l.ops[i], true
}

// twice finds the same entry under several dots.
func (l *law) twice() {
	type form struct {
		by            string
		as, kind      uint64
		nonce, entity string
		over          int
	}
	first := map[form]op{}
	for _, o := range l.ops {
		h := o.header
		if len(h.Nonce) == 0 || o.poison != "" || l.class[o.dot.author] != tablet || l.isCut(o.dot) || o.stub && l.erased[o.dot] == nil {
			continue
		}
		f := form{by: l.roster[o.dot.author].tablet, kind: h.Kind, nonce: string(h.Nonce)}
		if f.by == "" {
			f.as = o.dot.author
		}
		if h.Kind != 67 {
			f.entity, f.over = h.Entity, len(h.Over)
		}
		was, ok := first[f]
		if !ok {
			first[f] = o
			continue
		}
		if h.Kind == 67 || l.erased[was.dot] != nil || l.erased[o.dot] != nil || bytes.Equal(was.content, o.content) {
			l.same[o.dot] = was.dot
			if by := slices.Concat(l.erased[was.dot], l.erased[o.dot]); len(by) > 0 {
				l.erased[was.dot], l.erased[o.dot] = by, by
			}
		}
	}
}
