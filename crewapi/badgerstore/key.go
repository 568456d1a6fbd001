package badgerstore

import (
	"encoding/binary"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

var stateKey = []byte{'s'}

func lanePrefix(a flightsync.Author) []byte {
	return binary.BigEndian.AppendUint32([]byte{'o'}, uint32(a))
}

func opKey(d flightsync.Dot) []byte {
	return binary.BigEndian.AppendUint64(lanePrefix(d.Author), d.Seq)
}

// spareKey is where a second copy of an op of ground's admin lane stands, which says who may do what:
// without one of these, the rest that can be read says little.
func spareKey(d flightsync.Dot) []byte {
	k := opKey(d)
	k[0] = 'a'
	return k
}

func parseOpKey(k []byte) (flightsync.Dot, bool) {
	if len(k) != 13 || k[0] != 'o' {
		return flightsync.Dot{}, false
	}
	return flightsync.Dot{Author: flightsync.Author(binary.BigEndian.Uint32(k[1:])), Seq: binary.BigEndian.Uint64(k[5:])}, true
}

func metaKey(name string) []byte { return append([]byte{'m'}, name...) }
