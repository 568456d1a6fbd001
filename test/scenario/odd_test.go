package scenario_test

import (
	"bytes"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// raw reads one op of a store.
func raw(s flightsync.Storage, d flightsync.Dot) (out []byte, err error) {
	err = s.Ops(d.Author, d.Seq, func(o flightsync.Op) bool { out = bytes.Clone(o.Raw()); return false })
	return out, err
}

// rawOn reads one op of what a tablet holds; nil when it does not hold it.
func (w *world) rawOn(t device, k passenger.FlightKey, d flightsync.Dot) []byte {
	w.Helper()
	if p, ok := t.(*purser); ok {
		for _, o := range p.files(k).Ops {
			if o.Dot == d {
				return o.Raw()
			}
		}
		return nil
	}
	b, err := raw(t.(*bare).leg(k).store, d)
	w.must(err)
	return b
}

// odd puts a tablet on the flight that writes what no program of today does, and lets it write.
func (w *world) odd(d flightsync.Draft) (*bare, flightsync.Dot) {
	w.Helper()
	b := newBare(w, "odd")
	w.assign(first, "odd", passenger.Cabin)
	w.sync(b, b)
	r := b.leg(first)
	w.must(r.write(d))
	st := r.rep.State()
	return b, flightsync.Dot{Author: st.Me, Seq: st.Vector().Of(st.Me)}
}

// An entry that cannot be read stands in quarantine everywhere and blocks nothing behind it.
func poison(w *world) {
	_, _, ts := w.crewed("fore")
	n := w.standing(ts[0], first, "14C")
	b, bad := w.odd(flightsync.Draft{Kind: flightsync.KindOutcome, Entity: n.Dot, Traveller: n.Traveller, Content: []byte{0x0a, 0xff, 0xff}})
	w.record(b, first, "15A", passenger.Acted)
	w.sync(b, ts[0])
	w.record(ts[0], first, "14C", passenger.Declined)
	w.sync(ts[0], b)
	for name, v := range map[string]*flightsync.View{"ground": w.view(first), "fore": ts[0].View(first), "odd": b.View(first)} {
		found := false
		for _, q := range v.Quarantine {
			found = found || q.Dot == bad
		}
		want(w, "in quarantine on "+name, found, true)
		want(w, "all in quarantine on "+name, len(v.Quarantine), 1)
	}
	want(w, "what came behind it", w.standing(ts[0], first, "15A").Outcome, passenger.Acted)
	w.over(first, append(ts, b)...)
	r := w.booksClose(first)
	want(w, "acted", r.Acted, 1)
	want(w, "declined", r.Declined, 1)
}

// A kind of a later version is kept, passed on bit by bit and passed over; one that must be
// understood says that the program is too old.
func unknownKind(w *world) {
	_, _, ts := w.crewed("fore", "aft")
	b, later := w.odd(flightsync.Draft{Kind: 4000, Content: []byte("of a later version")})
	w.must(b.leg(first).write(flightsync.Draft{Kind: 4001, Flags: flightsync.MustUnderstand, Content: []byte("must be understood")}))
	must := flightsync.Dot{Author: later.Author, Seq: later.Seq + 1}
	w.sync(b)
	ts[1].Offline(true)
	w.sync(ts[0])
	w.meet(first, ts...)
	for _, d := range []flightsync.Dot{later, must} {
		wrote := w.rawOn(b, first, d)
		for _, t := range ts {
			want(w, "bit by bit on "+t.Name(), bytes.Equal(w.rawOn(t, first, d), wrote), true)
		}
	}
	v := ts[1].View(first)
	want(w, "in quarantine", len(v.Quarantine), 1)
	if len(v.Quarantine) == 1 {
		want(w, "what is to be updated", v.Quarantine[0], flightsync.Quarantined{Dot: must, Reason: "update"})
	}
	w.record(ts[1], first, "14C", passenger.Acted)
	ts[1].Offline(false)
	w.over(first, append(ts, b)...)
	want(w, "acted", w.booksClose(first).Acted, 1)
}
