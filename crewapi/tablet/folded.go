package tablet

import (
	"errors"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// folded is what the flight's ops say, and what the agent needs to know of its own.
type folded struct {
	*flightsync.View
	state   flightsync.State
	me      flightsync.Author
	mine    map[flightsync.Author]bool
	own     []flightsync.Op // of every lane this tablet has written, by dot
	rescued []flightsync.Op // own entries that wait to be recorded again, in no lane, by dot
	erased  []flightsync.Dot
	damaged []flightsync.Dot // in lanes
	missing []flightsync.Dot // what a repair could not read, and what has not come again
	travs   map[passenger.TravellerNo]flightsync.TravellerView
}

// view folds the flight; the caller holds f.mu and has called use.
func (f *flight) view() (*folded, error) {
	if f.folded != nil {
		return f.folded, nil
	}
	if f.db == nil {
		if err := f.use(); err != nil {
			return nil, err
		}
	}
	st := f.rep.State()
	if f.ops == nil {
		var err error
		if f.ops, f.bad, err = readable(f.db, st.Vector()); err != nil {
			return nil, err
		}
	}
	kept, err := f.keptApart()
	if err != nil {
		return nil, err
	}
	ops := slices.Clip(f.ops)
	for _, o := range kept.ops {
		if !st.Vector().Covers(o.Dot) {
			ops = append(ops, o)
		}
	}
	v := &folded{View: flightsync.Fold(ops), state: st, me: st.Me, damaged: f.bad,
		mine: map[flightsync.Author]bool{}, travs: map[passenger.TravellerNo]flightsync.TravellerView{}}
	v.whose(f.agent.identities(), st)
	for _, d := range kept.missing {
		if !st.Vector().Covers(d) {
			v.missing = append(v.missing, d)
		}
	}
	orders := map[flightsync.Dot]bool{}
	for _, d := range v.Erased {
		orders[d] = true
	}
	n := 0
	for a := range v.mine {
		n += int(st.Vector().Of(a))
	}
	v.own = make([]flightsync.Op, 0, n)
	for i := range f.ops {
		if v.mine[f.ops[i].Dot.Author] {
			v.own = append(v.own, f.ops[i])
		}
	}
	v.rescued = v.sortOut(kept.ops)
	v.own = append(v.own, v.rescued...)
	for i := range ops {
		if len(orders) > 0 && orders[ops[i].Dot] && !ops[i].IsStub() {
			v.erased = append(v.erased, ops[i].Dot)
		}
	}
	for _, t := range v.Travellers {
		v.travs[t.No] = t
	}
	f.folded = v
	return v, nil
}

// whose finds the author indexes that are this device's: one for each incarnation.
func (v *folded) whose(is []identity, st flightsync.State) {
	for _, e := range v.Roster {
		if owns(is, e) {
			v.mine[e.Author] = true
		}
	}
	for _, l := range st.Lanes { // the roster may be damaged
		if l.Author == st.Me || isCrew(l) && l.Key == st.Own && l.Key != (flightsync.PublicKey{}) {
			v.mine[l.Author] = true
		}
	}
}

func (a *Agent) tablet() passenger.TabletID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.device.Tablet
}

// readable reads every op up to v that can be read, and names those that cannot.
func readable(db *badgerstore.DB, v flightsync.Vector) (ops []flightsync.Op, damaged []flightsync.Dot, err error) {
	for i, last := range v {
		a := flightsync.Author(i)
		for next := uint64(1); next <= last; {
			err := db.Ops(a, next, func(o flightsync.Op) bool {
				ops, next = append(ops, o), o.Dot.Seq+1
				return o.Dot.Seq < last
			})
			if err == nil {
				break
			}
			d, ok := errors.AsType[badgerstore.Damaged](err)
			if !ok {
				return nil, nil, err
			}
			damaged, next = append(damaged, d.Dot), d.Dot.Seq+1
		}
	}
	return ops, damaged, nil
}

// pending counts ops of own lanes that ground's last vector does not cover.
func (v *folded) pending(peer flightsync.Vector) int {
	n := 0
	for a := range v.mine {
		if held, there := v.state.Vector().Of(a), peer.Of(a); held > there {
			n += int(held - there)
		}
	}
	return n
}

func (v *folded) counts(peer flightsync.Vector) counts {
	c := counts{Issued: len(v.rescued)}
	for a := range v.mine {
		held := v.state.Vector().Of(a)
		c.Issued += int(held)
		c.OnGround += int(min(held, peer.Of(a)))
	}
	return c
}

// byNonce finds what a form already wrote, of any of the kinds.
func (v *folded) byNonce(nonce [8]byte, kinds ...flightsync.Kind) (flightsync.Op, bool) {
	for i := range v.own { // an op is large to copy, and a lane may be long
		if h := &v.own[i].Header; h.Nonce == nonce && slices.Contains(kinds, h.Kind) {
			return v.own[i], true
		}
	}
	return flightsync.Op{}, false
}

// isLead reports whether this tablet decides service matters on board.
func (v *folded) isLead() bool {
	lead, ok := v.ActingLead()
	return ok && (lead == v.me || v.me == flightsync.Nobody && v.mine[lead])
}
