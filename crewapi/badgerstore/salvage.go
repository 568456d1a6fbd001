package badgerstore

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4/pb"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Salvaged is what can be read of a store whose files are damaged.
type Salvaged struct {
	State    flightsync.State  // the newest that can be read; the zero State when none can
	Ops      []flightsync.Op   // by dot
	Damaged  []flightsync.Dot  // ops once applied that cannot be read
	High     flightsync.Vector // how far the store once went, as far as that is known
	metas    map[string][]byte
	restored int // values found under another key than the files say, or as a second copy
}

// Meta returns a value of the agent; nil when it was never set or cannot be read.
func (s Salvaged) Meta(name string) []byte { return s.metas[name] }

// Metas yields the values of the agent whose names begin with prefix, in no order, until yield
// returns false.
func (s Salvaged) Metas(prefix string, yield func(name string, value []byte) bool) error {
	for name, value := range s.metas {
		if strings.HasPrefix(name, prefix) && !yield(name, value) {
			break
		}
	}
	return nil
}

// value is the value under a key of the state or of the agent.
func (s Salvaged) value(key []byte) []byte {
	if key[0] == stateKey[0] {
		return s.State.Marshal()
	}
	return s.metas[string(key[1:])]
}

// ops is [DB.Ops] over what was read.
func (s Salvaged) ops(op string, a flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	i, _ := slices.BinarySearchFunc(s.Ops, flightsync.Dot{Author: a, Seq: first}, func(o flightsync.Op, d flightsync.Dot) int {
		return cmp.Or(cmp.Compare(o.Dot.Author, d.Author), cmp.Compare(o.Dot.Seq, d.Seq))
	})
	for last := s.State.Vector().Of(a); first <= last; first++ {
		if i >= len(s.Ops) || s.Ops[i].Dot != (flightsync.Dot{Author: a, Seq: first}) {
			return damaged(op, flightsync.Dot{Author: a, Seq: first}, nil)
		}
		if !yield(s.Ops[i]) {
			break
		}
		i++
	}
	return nil
}

// Salvage reads what is left in dir, without Badger, which cuts a log at the first bad record
// and refuses or panics over a bad table. Nothing is written. Only values whose envelope opens
// under their key count, so that a damaged byte never turns into other text. Errors: corrupt
// when the registry of keys and its copy are both unreadable.
func Salvage(dir string, key [32]byte, group passenger.FlightID) (Salvaged, error) {
	const op = "badgerstore.Salvage"
	outer, err := derive(key, "files")
	if err != nil {
		return Salvaged{}, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	inner, err := derive(key, "values")
	if err != nil {
		return Salvaged{}, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	s := salvage{found: map[string]version{}}
	if s.env, err = newEnvelope(inner, group); err != nil {
		return Salvaged{}, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	if s.keys, err = dataKeys(dir, outer); err != nil {
		return Salvaged{}, passenger.Wrap(passenger.Corrupt, op, "the keys of the flight's files cannot be read", err)
	}
	for _, path := range filesOf(dir, "*.sst") {
		if b, err := os.ReadFile(path); err == nil {
			s.table(b)
		}
	}
	for _, path := range filesOf(dir, "*.mem") {
		if b, err := os.ReadFile(path); err == nil {
			s.log(b)
		}
	}
	return s.result(dir), nil
}

// checkLogs reports what was once written to its end and Badger would silently drop, since it stands
// behind a damaged place of a log.
func checkLogs(dir string, outer []byte, env envelope) error {
	logs := filesOf(dir, "*.mem")
	h, err := readHigh(dir)
	if len(logs) == 0 || err != nil {
		return nil // a new store
	}
	s := salvage{env: env, found: map[string]version{}}
	if s.keys, err = dataKeys(dir, outer); err != nil {
		return err
	}
	for _, path := range logs {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		unseen, whole := s.log(b)
		if !whole {
			return fmt.Errorf("log %s is damaged before the end of a transaction", filepath.Base(path))
		}
		for _, key := range unseen {
			if dot, ok := parseOpKey([]byte(key)); ok && h.vector.Covers(dot) {
				return fmt.Errorf("log %s is damaged before op %s", filepath.Base(path), dot)
			}
		}
	}
	return nil
}

// filesOf lists the files of dir that fit a pattern (constant and valid), by name.
func filesOf(dir, pattern string) []string {
	paths, _ := filepath.Glob(filepath.Join(dir, pattern))
	return paths
}

// dataKeys reads Badger's registry of keys and its copy.
func dataKeys(dir string, outer []byte) ([]*pb.DataKey, error) {
	keys, err := registryKeys(dir, outer)
	spare, spareErr := registryKeys(filepath.Join(dir, registryCopy), outer)
	if err != nil && spareErr != nil {
		return nil, err
	}
	for _, k := range spare {
		if !slices.ContainsFunc(keys, func(o *pb.DataKey) bool { return bytes.Equal(o.Data, k.Data) }) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// salvage gathers values; of two under one key the one that Badger wrote later counts.
type salvage struct {
	env   envelope
	keys  []*pb.DataKey
	found map[string]version
	lost  [][]byte // sealed values that do not open under the key they stand under
}

type version struct {
	ts    uint64
	value []byte
}

// take reports whether the sealed value opens under key, and keeps it.
func (s *salvage) take(key []byte, ts uint64, sealed []byte) bool {
	value, err := s.env.open(key, sealed)
	if err != nil {
		return false
	}
	if value == nil {
		value = []byte{}
	}
	if old, ok := s.found[string(key)]; !ok || old.ts <= ts {
		s.found[string(key)] = version{ts, value}
	}
	return true
}

// drop notes that a value of the agent was taken away.
func (s *salvage) drop(key []byte, ts uint64) {
	if old := s.found[string(key)]; len(key) > 0 && key[0] == 'm' && old.ts <= ts {
		s.found[string(key)] = version{ts, nil}
	}
}

// result sorts what was found. A value whose key is damaged is tried under the keys that are
// missing: the envelope says which is right.
func (s *salvage) result(dir string) Salvaged {
	out := Salvaged{metas: map[string][]byte{}}
	var want flightsync.Vector
	if h, err := readHigh(dir); err == nil {
		want = h.vector
	}
	if v, ok := s.found[string(stateKey)]; ok {
		if st, err := flightsync.UnmarshalState(v.value); err == nil {
			out.State = st
		}
	}
	for a, n := range out.State.Vector() {
		a := flightsync.Author(a)
		want = want.Set(a, max(n, want.Of(a)))
	}
	out.High = want
	for a, n := range want {
		for seq := uint64(1); seq <= n; seq++ {
			dot := flightsync.Dot{Author: flightsync.Author(a), Seq: seq}
			if _, ok := s.found[string(opKey(dot))]; ok {
				continue
			}
			if spare, ok := s.found[string(spareKey(dot))]; ok && spare.value != nil {
				s.found[string(opKey(dot))] = spare
				out.restored++
				continue
			}
			if i := slices.IndexFunc(s.lost, func(sealed []byte) bool { return s.take(opKey(dot), 0, sealed) }); i >= 0 {
				out.restored++
				continue
			}
			out.Damaged = append(out.Damaged, dot)
		}
	}
	for key, v := range maps.All(s.found) {
		if dot, ok := parseOpKey([]byte(key)); ok {
			if o, err := flightsync.ParseOp(dot, v.value); err == nil {
				out.Ops = append(out.Ops, o)
			}
		} else if key[0] == 'm' && v.value != nil {
			out.metas[key[1:]] = v.value
		}
	}
	slices.SortFunc(out.Ops, func(x, y flightsync.Op) int {
		return cmp.Or(cmp.Compare(x.Dot.Author, y.Dot.Author), cmp.Compare(x.Dot.Seq, y.Dot.Seq))
	})
	return out
}
