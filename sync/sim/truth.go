package sim

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// form names one entry of a person, whatever becomes of its dot.
type form [8]byte

// entry is what a person recorded and was told is saved.
type entry struct {
	kind  flightsync.Kind
	note  string // the words of the note it is about
	words string // a text that nothing else has
	by    int    // address of the tablet
}

// truth is what really happened, known to nobody on board.
type truth struct {
	entries map[form]entry
	filled  map[form]bool                    // by a person, saved or not
	notes   map[string]passenger.TravellerNo // by their words
	erased  map[string]flightsync.Hash       // texts that must be nowhere, and the erase op that says so, by its commitment
	count   int
	// What bounds a check: after these no invariant that speaks of the world before them holds.
	restored int
	sealedAt bool
	crowded  bool // a lane has a further branch than are given homes: that one stays with its tablet
}

func newTruth() truth {
	return truth{entries: map[form]entry{}, filled: map[form]bool{}, notes: map[string]passenger.TravellerNo{}, erased: map[string]flightsync.Hash{}}
}

func (w *world) word(what string) string {
	w.truth.count++
	b := []byte(what + "-")
	for n := w.truth.count; n > 0; n /= 26 {
		b = append(b, byte('a'+n%26))
	}
	return string(append(b, '.'))
}

func (w *world) form(at int) (f form) {
	w.truth.count++
	binary.LittleEndian.PutUint32(f[:], uint32(w.truth.count))
	f[4], f[7] = byte(at), 1
	return f
}

// devKey is the key of ground (0) or of tablet n-1; 90 and up are strangers'. sign and verify are a
// cheap signature: a keyed FNV hash.
func devKey(n int) flightsync.PublicKey {
	return flightsync.PublicKey{Alg: 200, Bytes: string([]byte{'k', byte(n)})}
}

func sign(n int) func([]byte) ([]byte, error) {
	return func(msg []byte) ([]byte, error) { return mac(devKey(n).Bytes, msg), nil }
}

func mac(key string, msg []byte) []byte {
	h := fnv.New64a()
	h.Write([]byte(key))
	h.Write(msg)
	return h.Sum(nil)
}

func verify(alg flightsync.Algorithm, public, msg, sig []byte) bool {
	return alg == 200 && string(mac(string(public), msg)) == string(sig)
}

func (w *world) verify() flightsync.Verify {
	if w.planted(AcceptUnsigned) {
		return func(flightsync.Algorithm, []byte, []byte, []byte) bool { return true }
	}
	return verify
}

// formOf returns which entry an op is; ok is false for what no person entered.
func formOf(o flightsync.Op) (form, bool) { f := form(o.Header.Nonce); return f, f != form{} }

// forms lists the entries whose ops can be read; the op need not have its body any more.
func forms(ops []flightsync.Op) map[form]flightsync.Dot {
	out := map[form]flightsync.Dot{}
	for _, o := range ops {
		if f, ok := formOf(o); ok {
			if _, twice := out[f]; !twice {
				out[f] = o.Dot
			}
		}
	}
	return out
}
