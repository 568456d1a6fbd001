package sync

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// Fold computes the view of an op set. It is pure: the same set gives the same view, whatever
// the order and however often an op appears. ops is not changed.
//
// A branch that ground re-homed folds like any lane of its author.
//
// It runs in passes, because an op may arrive before what it refers to: who may write (roster,
// cuts), what was erased, the flight and its manifest, notes and retracts, then crew ops.
func Fold(ops []Op) *View {
	f := &folder{view: &View{Fins: map[Author]uint64{}}, byKind: map[Kind][]Op{}}
	f.sort(ops)
	f.admit()
	f.admin()
	f.manifest()
	f.notes()
	f.crew()
	f.seats()
	f.finish()
	return f.view
}

// FoldStorage folds everything a storage holds. Errors: those of the storage.
func FoldStorage(s Storage) (*View, error) {
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	var ops []Op
	for _, l := range st.Lanes {
		if err := s.Ops(l.Author, 1, func(o Op) bool { ops = append(ops, o); return o.Dot.Seq < l.Seq }); err != nil {
			return nil, err
		}
	}
	return Fold(ops), nil
}

type folder struct {
	view   *View
	ops    []Op // by dot, each once
	byKind map[Kind][]Op
	last   map[Author]uint64
	law
}

func (f *folder) sort(ops []Op) {
	f.ops = slices.DeleteFunc(slices.Clone(ops), func(o Op) bool { return o.Dot.IsZero() || o.Dot.Author >= MaxAuthors })
	slices.SortFunc(f.ops, func(a, b Op) int {
		if a.Dot != b.Dot {
			return compareDots(a.Dot, b.Dot)
		}
		// A stub and its op are one op; the op says more, so it stands first.
		return cmp.Or(bytes.Compare(a.Head, b.Head), bytes.Compare(a.Commit[:], b.Commit[:]), -bytes.Compare(a.Body, b.Body))
	})
	f.ops = slices.CompactFunc(f.ops, func(a, b Op) bool { return a.Dot == b.Dot })
	f.last = map[Author]uint64{}
	for _, o := range f.ops {
		f.view.Vector = f.view.Vector.Set(o.Dot.Author, o.Dot.Seq)
		if o.Header.Kind != KindHave { // taking in what ground sends does not undo a hand-in
			f.last[o.Dot.Author] = o.Dot.Seq
		}
	}
}

func compareDots(a, b Dot) int {
	if a.Author != b.Author {
		return cmp.Compare(a.Author, b.Author)
	}
	return cmp.Compare(a.Seq, b.Seq)
}

func (f *folder) quarantine(o Op, reason string) {
	f.view.Quarantine = append(f.view.Quarantine, Quarantined{o.Dot, reason})
}

// admit decides who may write what and sorts the accepted ops by kind.
func (f *folder) admit() {
	f.law = readLaw(f.ops)
	f.view.Erased = slices.SortedFunc(maps.Keys(f.erased), compareDots)
	f.twice()
	f.view.Cuts = f.cuts
	for _, e := range f.roster {
		f.view.Roster = append(f.view.Roster, e)
	}
	slices.SortFunc(f.view.Roster, func(a, b RosterEntry) int { return cmp.Compare(a.Author, b.Author) })
	for _, o := range f.ops {
		classes, known := matrix[o.Header.Kind]
		class, bound := f.class[o.Dot.Author]
		switch {
		case o.Poison != "":
			f.quarantine(o, o.Poison)
		case !known && o.Header.Flags&MustUnderstand != 0:
			f.quarantine(o, "update")
		case !known: // from a newer peer: kept, forwarded, ignored
		case !bound || !slices.Contains(classes, class):
			f.quarantine(o, "unauthorised")
		case f.isCut(o.Dot):
			f.quarantine(o, BehindCut)
		case o.IsStub() && !f.isErased(o.Dot):
			f.quarantine(o, "pending-stub")
		case f.same[o.Dot] != Dot{}:
			f.quarantine(o, "repeated")
		default:
			if f.at(o) != o.Header.Stamp && o.Header.Stamp != (Stamp{}) {
				f.view.Skewed = append(f.view.Skewed, o.Dot)
			}
			f.byKind[o.Header.Kind] = append(f.byKind[o.Header.Kind], f.meant(f.ops, o))
		}
	}
}

// twice finds entries that stand under several dots: a form sent twice, or what a tablet recorded
// again out of a damaged store while its first op came to ground by another way. The lowest dot
// counts; what names another of them means it; what erases one hides all.
func (f *folder) twice() {
	type form struct {
		by     passenger.TabletID
		as     Author
		kind   Kind
		nonce  [8]byte
		entity Dot
		over   int
	}
	first, met, twins := map[form]Op{}, map[form]Op{}, map[Dot]Dot{}
	for _, o := range f.ops {
		h := o.Header
		if h.Nonce == [8]byte{} || o.Poison != "" || f.class[o.Dot.Author] != TabletLane || o.IsStub() && !f.isErased(o.Dot) {
			continue
		}
		k := form{kind: h.Kind, nonce: h.Nonce}
		if k.by = f.roster[o.Dot.Author].Tablet; k.by == (passenger.TabletID{}) {
			k.as = o.Dot.Author
		}
		if h.Kind != KindGesture {
			k.entity, k.over = h.Entity, len(h.Over)
		}
		again := func(was Op) bool {
			return h.Kind == KindGesture || f.isErased(was.Dot) || f.isErased(o.Dot) || bytes.Equal(was.Content(), o.Content())
		}
		if was, ok := met[k]; !ok {
			met[k] = o
		} else if again(was) {
			twins[o.Dot] = was.Dot
		}
		if f.isCut(o.Dot) {
			continue
		}
		switch was, ok := first[k]; {
		case !ok:
			first[k] = o
		case again(was):
			f.same[o.Dot] = was.Dot
			if orders := append(slices.Clone(f.erased[was.Dot]), f.erased[o.Dot]...); len(orders) > 0 {
				f.erased[was.Dot], f.erased[o.Dot] = orders, orders
			}
		}
	}
	if len(twins) > 0 {
		f.view.Repeated = twins
	}
}

// each calls fn for the accepted ops of a kind, by dot; erased ones and those fn cannot read
// are left out, the latter to quarantine.
func (f *folder) each(k Kind, fn func(Op) error) {
	for _, o := range f.byKind[k] {
		if f.isErased(o.Dot) {
			continue
		}
		if err := fn(o); err != nil {
			f.quarantine(o, "unreadable")
		}
	}
}

func (f *folder) admin() {
	v := f.view
	f.each(KindGenesis, func(o Op) error {
		g, err := decodeSchedule(o.Content())
		if err == nil && v.Genesis.Key.Carrier == "" {
			v.Genesis = g
		}
		return err
	})
	f.each(KindAmend, func(o Op) error {
		g, err := decodeSchedule(o.Content())
		if err != nil {
			return err
		}
		if g.Arrival != "" {
			v.Genesis.Arrival = g.Arrival
		}
		if !g.STD.IsZero() {
			v.Genesis.STD = g.STD
		}
		if !g.STA.IsZero() {
			v.Genesis.STA = g.STA
		}
		return nil
	})
	f.each(KindMovement, func(o Op) error {
		m, err := decodeMovement(o.Content())
		if err != nil {
			return err
		}
		switch {
		case f.class[o.Dot.Author] == AdminLane:
			v.Movements = append(v.Movements, m)
		case f.leads[o.Dot.Author]:
			v.Reported = append(v.Reported, Reported{m, o.Dot.Author})
		default:
			f.quarantine(o, "unauthorised")
		}
		return nil
	})
	f.each(KindVerdict, func(o Op) error {
		x, err := decodeVerdict(o.Content())
		if err == nil {
			v.Verdicts = append(v.Verdicts, x)
		}
		return err
	})
	f.each(KindSeal, func(o Op) error {
		final, err := decodeHave(o.Content())
		if err == nil {
			v.Sealed, v.Final = true, final
		}
		return err
	})
	f.close()
}

func (f *folder) finish() {
	for _, o := range f.byKind[KindFin] {
		if f.last[o.Dot.Author] == o.Dot.Seq && f.standing(o) {
			f.view.Fins[o.Dot.Author] = o.Dot.Seq
		}
	}
	slices.SortFunc(f.view.Quarantine, func(a, b Quarantined) int { return compareDots(a.Dot, b.Dot) })
}

// superseded collects the dots that accepted ops of a kind list in their over. An op that
// cannot be read, or is about another traveller, hides nothing.
func (f *folder) superseded(k Kind, read func(Op) error) map[Dot]bool {
	about := map[Dot]passenger.TravellerNo{}
	for _, o := range f.byKind[k] {
		about[o.Dot] = o.Header.Traveller
	}
	out := map[Dot]bool{}
	for _, o := range f.byKind[k] {
		if !f.isErased(o.Dot) && read(o) != nil {
			continue
		}
		for _, d := range o.Header.Over {
			if t, ok := about[d]; ok && t == o.Header.Traveller && d != o.Dot {
				out[d] = true
			}
		}
	}
	return out
}

// manifest replays pages, changes and removals in lane order: a single writer, last one wins.
func (f *folder) manifest() {
	var lane []Op
	for _, k := range []Kind{KindPage, KindChange, KindRemove} {
		lane = append(lane, f.byKind[k]...)
	}
	slices.SortFunc(lane, func(a, b Op) int { return compareDots(a.Dot, b.Dot) })
	gone := f.superseded(KindPage, func(o Op) error { _, err := decodePage(o.Content()); return err })
	list := map[passenger.TravellerNo]TravellerView{}
	for _, o := range lane {
		if f.isErased(o.Dot) || gone[o.Dot] {
			continue
		}
		var ts []Traveller
		var err error
		switch o.Header.Kind {
		case KindPage:
			ts, err = decodePage(o.Content())
		case KindChange:
			var t Traveller
			t, err = decodeTraveller(o.Content())
			ts = []Traveller{t}
		case KindRemove:
			t := list[o.Header.Traveller]
			t.No, t.Removed = o.Header.Traveller, true
			list[t.No] = t
		}
		if err != nil {
			f.quarantine(o, "unreadable")
			continue
		}
		for _, t := range ts {
			list[t.No] = TravellerView{Traveller: t}
		}
	}
	f.assistance(list)
	for _, t := range list {
		f.view.Travellers = append(f.view.Travellers, t)
	}
	slices.SortFunc(f.view.Travellers, func(a, b TravellerView) int { return cmp.Compare(a.No, b.No) })
	f.each(KindListAge, func(o Op) error {
		l, err := decodeListAge(o.Content())
		if err == nil {
			f.view.List = l
		}
		return err
	})
}

// assistance keeps every sibling visible: what ground says goes by ground's word only, what crew
// correct stands beside it until ground takes it up.
func (f *folder) assistance(list map[passenger.TravellerNo]TravellerView) {
	gone := map[Dot]bool{}
	about := map[Dot]Op{}
	for _, o := range f.byKind[KindAssistance] {
		about[o.Dot] = o
	}
	for _, o := range f.byKind[KindAssistance] {
		if _, err := decodeText(o.Content()); err != nil && !f.isErased(o.Dot) {
			continue
		}
		for _, d := range o.Header.Over {
			was, ok := about[d]
			byCrew := f.class[o.Dot.Author] == TabletLane
			if ok && d != o.Dot && was.Header.Traveller == o.Header.Traveller && !(byCrew && f.class[d.Author] != TabletLane) {
				gone[d] = true
			}
		}
	}
	f.each(KindAssistance, func(o Op) error {
		code, err := decodeText(o.Content())
		t, ok := list[o.Header.Traveller]
		if err == nil && ok && !gone[o.Dot] && code != "" {
			t.Assistance = append(t.Assistance, code)
			t.AssistanceDots = append(t.AssistanceDots, o.Dot)
			list[t.No] = t
		}
		return err
	})
}
