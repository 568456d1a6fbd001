package conformance_test

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type head struct {
	Dot     string `json:"dot"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Resolve bool   `json:"resolve,omitempty"`
}

type noteView struct {
	Dot       string   `json:"dot"`
	Traveller uint64   `json:"traveller,omitempty"`
	Erased    bool     `json:"erased,omitempty"`
	Retracted string   `json:"retracted,omitempty"`
	Delivered bool     `json:"delivered"`
	SeenBy    []uint64 `json:"seen_by,omitempty"`
	Claimed   []uint64 `json:"claimed,omitempty"`
	Disputed  bool     `json:"disputed,omitempty"`
	Outcome   string   `json:"outcome,omitempty"`
	Heads     []head   `json:"heads,omitempty"`
	Bucket    string   `json:"bucket"`

	dot   dot
	taken []dot
}

// folded is the part of a view that this reader makes: all that stands on the sums.
type folded struct {
	Notes      []*noteView       `json:"notes"`
	Closed     string            `json:"closed"`
	Fins       map[string]uint64 `json:"fins"`
	Quarantine map[string]string `json:"quarantine"`
	Skewed     []string          `json:"skewed"`
	Sums       map[string]int    `json:"sums"`
	ActingLead *uint64           `json:"acting_lead"`
}

type folder struct {
	*law
	folded
	ops    []op
	counts []op
	refs   map[dot]refs
}

func fold(ops []op) folded {
	slices.SortFunc(ops, func(a, b op) int {
		return cmp.Or(cmp.Compare(a.dot.author, b.dot.author), cmp.Compare(a.dot.seq, b.dot.seq))
	})
	f := &folder{law: readLaw(ops), ops: ops, refs: map[dot]refs{}, folded: folded{Quarantine: map[string]string{}, Sums: map[string]int{}}}
	f.twice()
	if a, _, ok := f.acting(); ok {
		f.ActingLead = &a
	}
	for _, o := range ops {
		classes, known := mayWrite[o.header.Kind]
		aside := ""
		switch {
		case o.poison != "":
			aside = o.poison
		case !known && o.header.Flags&1 != 0:
			aside = "update"
		case !known:
			continue
		case !slices.Contains(classes, f.class[o.dot.author]):
			aside = "unauthorised"
		case f.isCut(o.dot):
			aside = "cut"
		case o.stub && f.erased[o.dot] == nil:
			aside = "pending-stub"
		case f.same[o.dot] != dot{}:
			aside = "repeated"
		}
		if aside != "" {
			f.Quarantine[o.dot.String()] = aside
			continue
		}
		if _, _, ok := f.stamp(o); !ok {
			f.Skewed = append(f.Skewed, o.dot.String())
		}
		f.refs[o.dot] = f.meant(o)
		f.counts = append(f.counts, o)
	}
	// What cannot be read counts for nothing from here on; cut, roster and erase are the law's.
	f.counts = slices.DeleteFunc(f.counts, func(o op) bool {
		if f.erased[o.dot] != nil || slices.Contains([]uint64{2, 5, 6, 10, 34, 65, 68, 70, 72}, o.header.Kind) {
			return false
		}
		if _, err := contentOf(o); err != nil {
			f.Quarantine[o.dot.String()] = "unreadable"
			return true
		}
		return false
	})
	for _, o := range f.counts {
		if o.header.Kind == 4 && f.class[o.dot.author] == tablet && !f.leads[o.dot.author] {
			f.Quarantine[o.dot.String()] = "unauthorised"
		}
	}
	f.closed()
	f.notes()
	f.delivered()
	f.crew()
	f.sums()
	return f.folded
}

// each goes through the counting ops of a kind, erased ones too, by dot.
func (f *folder) each(kind uint64, fn func(o op, c map[string]any, erased bool)) {
	for _, o := range f.counts {
		if o.header.Kind != kind {
			continue
		}
		if f.erased[o.dot] != nil {
			fn(o, nil, true)
			continue
		}
		c, _ := contentOf(o)
		fn(o, c, false)
	}
}

func (f *folder) note(d dot) *noteView {
	for _, n := range f.Notes {
		if n.dot == d {
			return n
		}
	}
	return nil
}

// about finds the note that an op is about; one about none is set aside.
func (f *folder) about(o op) *noteView {
	fits := func(d dot) *noteView {
		n := f.note(d)
		if n == nil || o.header.Kind != 65 && n.Traveller != o.header.Traveller {
			return nil
		}
		return n
	}
	e := f.refs[o.dot].entity
	if n := fits(e); n != nil {
		return n
	}
	for _, a := range slices.Sorted(maps.Keys(f.roster)) {
		if k := f.roster[a].fork; k != nil && k.of == e.author && e.seq > k.at {
			if n := fits(dot{a, e.seq - k.at}); n != nil {
				return n
			}
		}
	}
	f.Quarantine[o.dot.String()] = "dangling"
	return nil
}

func (f *folder) closed() {
	back, reopens, sealed := map[dot]bool{}, []dot{}, false
	f.each(10, func(o op, _ map[string]any, _ bool) {
		reopens = append(reopens, o.dot)
		for _, d := range f.refs[o.dot].over {
			back[d] = true
		}
	})
	f.each(9, func(_ op, _ map[string]any, erased bool) { sealed = sealed || !erased })
	f.each(8, func(o op, c map[string]any, erased bool) {
		if !erased && (sealed || !back[o.dot]) {
			f.Closed = cmp.Or(str(c["text"]), "person")
		}
	})
	f.Fins = map[string]uint64{}
	f.each(72, func(o op, _ map[string]any, _ bool) {
		over := f.refs[o.dot].over
		knew := len(reopens) == 0 || slices.Contains(over, reopens[len(reopens)-1])
		if knew && !slices.ContainsFunc(f.ops, func(x op) bool { return x.dot.author == o.dot.author && x.dot.seq > o.dot.seq && x.header.Kind != 64 }) {
			f.Fins[strconv.FormatUint(o.dot.author, 10)] = o.dot.seq
		}
	})
}

func (f *folder) notes() {
	f.each(48, func(o op, _ map[string]any, erased bool) {
		f.Notes = append(f.Notes, &noteView{Dot: o.dot.String(), dot: o.dot, Traveller: o.header.Traveller, Erased: erased, taken: slices.Clone(f.erased[o.dot])})
	})
	f.each(17, func(o op, c map[string]any, erased bool) {
		n := f.about(o)
		if n == nil {
			return
		}
		n.taken = append(n.taken, o.dot)
		switch {
		case n.Retracted != "":
		case erased:
			n.Retracted = "erased"
		default:
			n.Retracted = cmp.Or(str(c["text"]), "recalled")
		}
	})
	for _, n := range f.Notes {
		if n.Erased && n.Retracted == "" {
			n.Retracted = "erased"
		}
	}
}

func (f *folder) delivered() {
	on, at := map[uint64]uint64{}, map[uint64]uint64{}
	f.each(4, func(o op, c map[string]any, erased bool) {
		a := o.dot.author
		switch word := str(c["word"]); {
		case erased:
		case word == "in" && on[a] == 0:
			on[a], at[a] = o.dot.seq, num(c["at"])
		case (word == "off-block" || word == "off") && num(c["at"]) > at[a]:
			on[a] = 0
		}
	})
	f.each(64, func(o op, c map[string]any, erased bool) {
		v, _ := c["vector"].([]uint64)
		covers := func(d dot) bool { return d.author < uint64(len(v)) && v[d.author] >= d.seq }
		if own := on[o.dot.author]; erased || own != 0 && own < o.dot.seq {
			return
		}
		for a, seq := range on {
			if seq != 0 && f.class[a] == admin && covers(dot{a, seq}) {
				return
			}
		}
		for _, n := range f.Notes {
			if covers(n.dot) && !slices.ContainsFunc(n.taken, covers) {
				n.Delivered = true
			}
		}
	})
}

func add(list []uint64, a uint64) []uint64 {
	if !slices.Contains(list, a) {
		list = append(list, a)
		slices.Sort(list)
	}
	return list
}

func (f *folder) crew() {
	f.each(65, func(o op, _ map[string]any, erased bool) {
		if !erased {
			if n := f.about(o); n != nil {
				n.SeenBy = add(n.SeenBy, o.dot.author)
			}
		}
	})
	f.each(70, func(o op, _ map[string]any, erased bool) {
		if !erased {
			if n := f.about(o); n != nil {
				n.Claimed = add(n.Claimed, o.dot.author)
			}
		}
	})
	type said struct {
		o      op
		n      *noteView
		c      map[string]any
		erased bool
	}
	var all []said
	of, settled, gone := map[dot]*noteView{}, map[*noteView]bool{}, map[dot]bool{}
	for _, kind := range []uint64{66, 71} {
		f.each(kind, func(o op, c map[string]any, erased bool) {
			n := f.about(o)
			byTablet := f.class[o.dot.author] == tablet
			switch {
			case n == nil:
			case kind == 71 && byTablet && !f.leads[o.dot.author]:
				f.Quarantine[o.dot.String()] = "unauthorised"
			default:
				all = append(all, said{o, n, c, erased})
				of[o.dot] = n
				settled[n] = settled[n] || !byTablet
			}
		})
	}
	for _, s := range all {
		for _, d := range f.refs[s.o.dot].over {
			if d != s.o.dot && of[d] == s.n {
				gone[d] = true
			}
		}
	}
	type stamped struct {
		ms uint64
		d  dot
	}
	when := map[string]stamped{}
	for _, s := range all {
		byTablet := f.class[s.o.dot.author] == tablet
		if byTablet {
			s.n.SeenBy = add(s.n.SeenBy, s.o.dot.author)
		}
		if gone[s.o.dot] || s.erased || s.o.header.Kind == 71 && settled[s.n] && byTablet {
			continue
		}
		ms, _, _ := f.stamp(s.o)
		when[s.o.dot.String()] = stamped{ms, s.o.dot}
		s.n.Heads = append(s.n.Heads, head{s.o.dot.String(), str(s.c["outcome"]), str(s.c["reason"]), s.o.header.Kind == 71})
	}
	for _, n := range f.Notes {
		n.Delivered = n.Delivered || len(n.SeenBy) > 0
		slices.SortFunc(n.Heads, func(a, b head) int {
			x, y := when[a.Dot], when[b.Dot]
			return cmp.Or(cmp.Compare(x.ms, y.ms), cmp.Compare(x.d.author, y.d.author), cmp.Compare(x.d.seq, y.d.seq))
		})
	}
}

func (f *folder) sums() {
	for _, n := range f.Notes {
		for _, h := range n.Heads {
			n.Disputed = n.Disputed || h.Outcome != n.Heads[0].Outcome || h.Reason != n.Heads[0].Reason
		}
		if len(n.Heads) > 0 && !n.Disputed {
			n.Outcome = n.Heads[len(n.Heads)-1].Outcome
		}
		seen := len(n.SeenBy) > 0
		switch {
		case !n.Delivered && n.Retracted != "":
			n.Bucket = "withdrawn"
		case !n.Delivered:
			n.Bucket = "never-delivered"
		case !seen:
			n.Bucket = "not-seen"
		case n.Disputed:
			n.Bucket = "disputed"
		default:
			n.Bucket = cmp.Or(n.Outcome, "no-outcome")
		}
		f.Sums["compiled"]++
		if n.Delivered {
			f.Sums["delivered"]++
		}
		if seen {
			f.Sums["seen"]++
		}
		f.Sums[strings.ReplaceAll(n.Bucket, "-", "_")]++
	}
}

func TestFold(t *testing.T) {
	for _, v := range load[[]struct {
		Name string
		Ops  []opOf
		View folded
	}](t, "fold.json") {
		var ops []op
		for _, x := range v.Ops {
			o, ok := parseOp(parseDot(x.Dot), x.Raw)
			if !ok {
				t.Fatal(x.Dot)
			}
			ops = append(ops, o)
		}
		slices.Reverse(ops)
		got := fold(ops)
		if a, b := jsonOf(t, got.Notes), jsonOf(t, v.View.Notes); a != b {
			t.Errorf("%s: notes\n%s\nwant\n%s", v.Name, a, b)
		}
		if got.Closed != v.View.Closed || !maps.Equal(got.Fins, v.View.Fins) {
			t.Errorf("%s: closed %q, handed in %v, want %q, %v", v.Name, got.Closed, got.Fins, v.View.Closed, v.View.Fins)
		}
		if a, b := got.Quarantine, v.View.Quarantine; !maps.Equal(a, b) {
			t.Errorf("%s: set aside %v, want %v", v.Name, a, b)
		}
		if a, b := got.Skewed, v.View.Skewed; !slices.Equal(a, b) {
			t.Errorf("%s: skewed %v, want %v", v.Name, a, b)
		}
		if a, b := jsonOf(t, got.ActingLead), jsonOf(t, v.View.ActingLead); a != b {
			t.Errorf("%s: lead %s, want %s", v.Name, a, b)
		}
		for name, n := range v.View.Sums {
			if got.Sums[name] != n {
				t.Errorf("%s: %s is %d, want %d", v.Name, name, got.Sums[name], n)
			}
		}
	}
}
