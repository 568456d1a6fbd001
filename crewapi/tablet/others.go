package tablet

import (
	"encoding/binary"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// metaOthers names the stored vectors of other tablets: id, length, packed vector each.
const metaOthers = "others"

// other is what this tablet knows of another one on a flight: its last durable vector, and the
// pair of vectors after the last exchange that ended well. What was unequal then stays so (a run
// that one side refuses) until one of them moves.
type other struct {
	have       flightsync.Vector
	mineThen   flightsync.Vector
	theirsThen flightsync.Vector
}

// near returns what is known of the other tablets; the caller holds f.mu and has called use.
func (f *flight) near() map[passenger.TabletID]*other {
	if f.others == nil {
		f.others = map[passenger.TabletID]*other{}
		if b, err := f.db.Meta(metaOthers); err == nil { // a hint: they say it again
			for id, v := range unpackOthers(b) {
				f.others[id] = &other{have: v}
			}
		}
	}
	return f.others
}

func (f *flight) other(id passenger.TabletID) *other {
	o, ok := f.near()[id]
	if !ok {
		o = &other{}
		f.others[id] = o
	}
	return o
}

// tells takes over the durable vector of another tablet. It reports whether that moves a mark of
// this tablet's own lane, and must be written at once to outlive a restart; else it goes with the
// next batch.
func (f *flight) tells(id passenger.TabletID, have flightsync.Vector) (urgent bool) {
	o, me := f.other(id), f.rep.State().Me
	if slices.Equal(o.have, have) {
		return false
	}
	var best uint64
	for _, p := range f.others {
		best = max(best, p.have.Of(me))
	}
	o.have, f.unsaved = slices.Clone(have), true
	return me != flightsync.Nobody && have.Of(me) > best
}

// withOther reports whether a durable vector of another tablet covers an op.
func withOther(others map[passenger.TabletID]*other, d flightsync.Dot) bool {
	for _, o := range others {
		if o.have.Covers(d) {
			return true
		}
	}
	return false
}

// onlyHere counts the tablets' entries that neither ground nor another tablet is known to hold;
// the caller holds f.mu and has called use.
func (f *flight) onlyHere(v *folded) int {
	n := len(v.rescued)
	for i, held := range v.state.Vector() {
		a := flightsync.Author(i)
		if m, ok := v.Member(a); !v.mine[a] && (!ok || m.Class != flightsync.TabletLane) {
			continue
		}
		safe := f.talk.Peer.Of(a)
		for _, o := range f.near() {
			safe = max(safe, o.have.Of(a))
		}
		if held > safe {
			n += int(held - safe)
		}
	}
	return n
}

func packOthers(others map[passenger.TabletID]*other) []byte {
	var b []byte
	for id, o := range others {
		v := o.have.Pack()
		b = append(b, id[:]...)
		b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
	}
	return b
}

// unpackOthers reads what packOthers wrote, as far as it can be read.
func unpackOthers(b []byte) map[passenger.TabletID]flightsync.Vector {
	out := map[passenger.TabletID]flightsync.Vector{}
	for {
		var id passenger.TabletID
		if len(b) < len(id) {
			return out
		}
		copy(id[:], b)
		l, n := binary.Uvarint(b[len(id):])
		b = b[len(id):]
		if n <= 0 || l > uint64(len(b)-n) {
			return out
		}
		v, err := flightsync.UnpackVector(b[n : n+int(l)])
		if err != nil {
			return out
		}
		out[id], b = v, b[n+int(l):]
	}
}
