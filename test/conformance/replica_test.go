package conformance_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// lane is one lane as a replica holds it.
type lane struct {
	class       int
	incarnation []byte
	key         []byte
	fork        *fork
	start       []byte
	ops         []op
	freed       uint64
}

type fork struct {
	of, at       uint64
	start, first []byte
}

func (l *lane) seq() uint64 { return uint64(len(l.ops)) }

func (l *lane) headAt(n uint64) []byte {
	h := l.start
	for _, o := range l.ops[:n] {
		h = chainNext(h, o)
	}
	return h
}

func (l *lane) head() []byte { return l.headAt(l.seq()) }

// fault is what was odd about a run; seq 0 is a fork whose place is not known.
type fault struct {
	what   string
	author uint64
	seq    uint64
	fork   fork
	ours   []byte
}

// replica takes runs as exchange.md and forks.md say.
type replica struct {
	group, root, incarnation []byte
	ground                   bool
	me                       int // -1: not bound
	lanes                    map[uint64]*lane
	sealed                   bool
}

func newReplica(group, root, incarnation []byte, ground bool) *replica {
	r := &replica{group: group, root: root, incarnation: incarnation, ground: ground, me: -1, lanes: map[uint64]*lane{}}
	for a := range uint64(4) {
		r.lanes[a] = &lane{class: int(a) + 1, key: root, start: chainStart(group, a, nil)}
	}
	if ground {
		r.me = 0
	}
	return r
}

func (r *replica) clone() *replica {
	c := *r
	c.lanes = map[uint64]*lane{}
	for a, l := range r.lanes {
		x := *l
		x.ops = slices.Clone(l.ops)
		c.lanes[a] = &x
	}
	return &c
}

func (r *replica) vector() (out []uint64) {
	for a, l := range r.lanes {
		for uint64(len(out)) <= a {
			out = append(out, 0)
		}
		out[a] = l.seq()
	}
	return out
}

func short(h []byte) uint64 { return binary.LittleEndian.Uint64(h) }

func (r *replica) digest() (d uint64) {
	for _, l := range r.lanes {
		if l.seq() > 0 {
			d ^= short(l.head())
		}
	}
	return d
}

// proves is whose claim proves op n of a lane: that of the lane which its branch left.
func (r *replica) proves(author, n uint64) (uint64, []byte, uint64) {
	for range 64 {
		l := r.lanes[author]
		if l.fork == nil {
			return author, l.incarnation, n
		}
		author, n = l.fork.of, n+l.fork.at
	}
	return author, nil, n
}

var weight = map[int]int{admin: 0, safety: 1, notes: 2, manifest: 3, tablet: 4, 0: 5}

func (r *replica) receive(runs []run) (faults []fault) {
	class := func(x run) int {
		if l, ok := r.lanes[x.author]; ok {
			return l.class
		}
		return 0
	}
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b run) int {
		return cmp.Or(cmp.Compare(weight[class(a)], weight[class(b)]), cmp.Compare(a.author, b.author))
	})
	for _, x := range runs {
		if f := r.take(x); f != nil {
			faults = append(faults, *f)
		}
	}
	return faults
}

func (r *replica) take(x run) *fault {
	odd := func(what string, seq uint64) *fault { return &fault{what: what, author: x.author, seq: seq} }
	if x.author > 63 || x.first == 0 || len(x.ops) == 0 {
		return odd("malformed", x.first)
	}
	l, ok := r.lanes[x.author]
	if !ok {
		return odd("unbound", x.first)
	}
	if x.last() == l.seq() && bytes.Equal(x.head, l.head()) {
		return nil
	}
	if x.last() > 65536 {
		return odd("too-large", x.first)
	}
	a, inc, n := r.proves(x.author, x.last())
	if !verify(l.key, claimMessage(r.group, a, inc, n, x.head), x.sig) {
		return odd("forged", x.first)
	}
	if x.first > l.seq()+1 {
		return odd("gap", l.seq()+1)
	}
	h := l.headAt(x.first - 1)
	before := h
	var ops []op
	var heads [][]byte
	for i, raw := range x.ops {
		o, ok := parseOp(dot{x.author, x.first + uint64(i)}, raw)
		if !ok {
			return odd("too-large", o.dot.seq)
		}
		h = chainNext(h, o)
		ops, heads = append(ops, o), append(heads, h)
	}
	if !bytes.Equal(h, x.head) {
		return odd("fork", 0)
	}
	for i := range ops {
		at := x.first + uint64(i)
		if at > l.seq() {
			break
		}
		if ours := l.headAt(at); !bytes.Equal(ours, heads[i]) {
			start := before
			if i > 0 {
				start = heads[i-1]
			}
			k := fork{x.author, at - 1, start, heads[i]}
			if l.class == admin && r.movesOurs(ops[i:], fork{k.of, k.at, k.start, ours}) {
				return r.take(x)
			}
			for b, other := range r.lanes {
				if other.fork != nil && other.fork.equal(k) {
					if f := r.take(run{b, 1, x.ops[i:], x.head, x.sig}); f != nil {
						return f
					}
					return &fault{what: "branch", author: x.author, seq: at, fork: k}
				}
			}
			return &fault{"fork", x.author, at, k, ours}
		}
	}
	for _, o := range ops {
		if o.stub && o.dot.seq > l.seq() && !r.ordered(o.dot) {
			return odd("stripped", o.dot.seq)
		}
	}
	for _, o := range ops {
		if o.dot.seq == l.seq()+1 {
			r.append(x.author, o)
		}
	}
	return nil
}

func (f fork) equal(k fork) bool {
	return f.of == k.of && f.at == k.at && bytes.Equal(f.start, k.start) && bytes.Equal(f.first, k.first)
}

// movesOurs looks in another history of an admin lane for the home of what is held in its place.
func (r *replica) movesOurs(ops []op, ours fork) bool {
	for _, o := range ops {
		if o.header.Kind != 2 || o.poison != "" || o.stub {
			continue
		}
		c, err := contentOf(o)
		if err != nil || c["fork"] == nil {
			continue
		}
		if k := readFork(c["fork"]); k.equal(ours) {
			r.bind(c)
			return r.lanes[ours.of].seq() == ours.at
		}
	}
	return false
}

func readFork(v any) (k fork) {
	c, _ := v.(map[string]any)
	k.of, _ = c["of"].(uint64)
	k.at, _ = c["at"].(uint64)
	k.start, k.first = unhex(c["start"]), unhex(c["first"])
	return k
}

// ordered says whether an erase op that is held names an op, under any dot that it has had.
func (r *replica) ordered(d dot) bool {
	names := []string{d.String()}
	for l := r.lanes[d.author]; l.fork != nil; l = r.lanes[d.author] {
		d = dot{l.fork.of, d.seq + l.fork.at}
		names = append(names, d.String())
	}
	for _, l := range r.lanes {
		for _, o := range l.ops {
			if l.class == admin && o.header.Kind == 6 && slices.ContainsFunc(names, func(n string) bool { return slices.Contains(o.header.Over, n) }) {
				return true
			}
		}
	}
	return false
}

func (r *replica) append(a uint64, o op) {
	l := r.lanes[a]
	l.ops = append(l.ops, o)
	if l.class != admin || o.poison != "" || o.stub {
		return
	}
	c, err := contentOf(o)
	if err != nil {
		return
	}
	switch o.header.Kind {
	case 2:
		r.bind(c)
	case 9:
		final, _ := c["vector"].([]uint64)
		r.sealed = true
		for a, l := range r.lanes {
			if a < uint64(len(final)) {
				l.freed = max(l.freed, min(final[a], l.seq()))
			}
		}
	}
}

func unhex(v any) []byte {
	s, _ := v.(string)
	b, _ := hex.DecodeString(s)
	return b
}

// bind starts a lane from the content of a roster op.
func (r *replica) bind(c map[string]any) {
	a, _ := c["author"].(uint64)
	class, _ := c["class"].(uint64)
	if a < 4 || class < admin || class > tablet || r.lanes[a] != nil {
		return
	}
	l := &lane{class: int(class), incarnation: unhex(c["incarnation"]), key: unhex(c["public"])}
	if class != tablet {
		l.key = r.root
	}
	if c["fork"] != nil {
		k := readFork(c["fork"])
		l.fork = &k
		of := r.lanes[l.fork.of]
		if of == nil || l.fork.of == a || of.class != l.class {
			return
		}
		l.incarnation, l.key, l.start = nil, of.key, l.fork.start
		r.lanes[a] = l
		r.rehome(a)
		return
	}
	if len(bytes.Trim(l.incarnation, "\x00")) == 0 {
		return
	}
	l.start = chainStart(r.group, a, l.incarnation)
	r.lanes[a] = l
	r.adopt()
}

func (r *replica) adopt() {
	for _, a := range slices.Sorted(maps.Keys(r.lanes)) {
		if l := r.lanes[a]; r.me < 0 && l.class == tablet && l.fork == nil && bytes.Equal(l.incarnation, r.incarnation) {
			r.me = int(a)
		}
	}
}

// rehome moves the branch of lane a, if it is held.
func (r *replica) rehome(a uint64) {
	l := r.lanes[a]
	k := l.fork
	of := r.lanes[k.of]
	if l.seq() > 0 || of.seq() <= k.at || !bytes.Equal(of.headAt(k.at), k.start) || !bytes.Equal(of.headAt(k.at+1), k.first) {
		return
	}
	for _, o := range of.ops[k.at:] {
		o.dot = dot{a, o.dot.seq - k.at}
		l.ops = append(l.ops, o)
	}
	of.ops, of.freed = slices.Clone(of.ops[:k.at]), min(of.freed, k.at)
	if r.me == int(k.of) && of.class == tablet {
		r.me, r.incarnation = -1, newIncarnation(of.incarnation, k.first)
		r.adopt()
	}
}

// home is what ground does with a fork whose place it knows: which branch goes to index a.
func (r *replica) home(f fault, a uint64) {
	k := f.fork
	if r.lanes[k.of].class != tablet {
		k.first = f.ours
	}
	of := r.lanes[k.of]
	r.lanes[a] = &lane{class: of.class, key: of.key, fork: &k, start: k.start}
	r.rehome(a)
}

func (r *replica) receipts(rs []run) {
	for _, c := range rs {
		l, ok := r.lanes[c.author]
		if ok && c.first <= l.seq() && c.first > l.freed && bytes.Equal(l.headAt(c.first), c.head) && verify(r.root, receiptMessage(r.group, c.author, c.first, c.head), c.sig) {
			l.freed = c.first
		}
	}
}
