package badgerstore

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// FuzzHigh reads a slot of the mark: only one whose sum is right counts.
func FuzzHigh(f *testing.F) {
	dir := f.TempDir()
	h, err := openHigh(dir)
	if err != nil {
		f.Fatal(err)
	}
	if err := h.write(flightsync.Vector{3, 0, 300}); err != nil {
		f.Fatal(err)
	}
	h.f.Close()
	b, err := os.ReadFile(filepath.Join(dir, "HIGH"))
	if err != nil {
		f.Fatal(err)
	}
	for at := 0; at+highSlot <= len(b); at += highSlot {
		f.Add(b[at : at+highSlot])
	}
	f.Add([]byte("0123456789"))
	f.Fuzz(func(t *testing.T, slot []byte) {
		if len(slot) < 10 { // a slot is never shorter
			return
		}
		h := &high{damaged: true}
		h.read(slot)
		if h.damaged {
			return
		}
		for i := range slot[:8] { // one bit of its counter off, and it is none
			bad := bytes.Clone(slot)
			bad[i] ^= 1
			other := &high{damaged: true}
			if other.read(bad); !other.damaged {
				t.Fatal("a damaged slot is read")
			}
		}
		if again, err := flightsync.UnpackVector(h.vector.Pack()); err != nil || !again.CoversAll(h.vector) {
			t.Fatalf("%v, %v", h.vector, err)
		}
	})
}

func FuzzSums(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "000001.sst"), []byte("a table"), 0o600); err != nil {
		f.Fatal(err)
	}
	if err := writeSums(dir, []string{"000001.sst"}); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "SUMS"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "SUMS")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got := readSums(dir)
		if len(got) == 0 {
			return
		}
		bad := bytes.Clone(b)
		bad[0] ^= 1 // the sum of all lines does not fit any more
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(readSums(dir)) > 0 {
			t.Fatal("damaged sums are read")
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	env, err := newEnvelope(make([]byte, 32), [8]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	key, value := opKey(flightsync.Dot{Author: 4, Seq: 1}), []byte("an op")
	sealed := env.seal(key, value)
	f.Add(key, sealed)
	f.Add(key, sealed[:overhead])
	f.Add(stateKey, sealed)
	f.Add(metaKey("peer"), env.seal(metaKey("peer"), nil))
	f.Fuzz(func(t *testing.T, k, b []byte) {
		got, err := env.open(k, b)
		if err == nil && bytes.Equal(k, key) && !bytes.Equal(got, value) { // each process seals with a nonce of its own
			t.Fatalf("opened %d bytes that nobody sealed", len(b))
		}
		if d, ok := parseOpKey(k); ok && !bytes.Equal(opKey(d), k) {
			t.Fatalf("key %x reads as %s", k, d)
		}
	})
}

// fuzzKey encrypts the files of FuzzSalvage, in every process alike.
var fuzzKey = &pb.DataKey{KeyId: 1, Data: bytes.Repeat([]byte{7}, 32)}

// logOf writes a log as Badger does, with the entries of a transaction.
func logOf(values map[string][]byte) []byte {
	b := append(binary.BigEndian.AppendUint64(nil, fuzzKey.KeyId), make([]byte, 12)...)
	for key, value := range values {
		at := len(b)
		k := y.KeyWithTs([]byte(key), 5)
		b = append(b, 0, 0)
		b = binary.AppendUvarint(b, uint64(len(k)))
		b = binary.AppendUvarint(b, uint64(len(value)))
		b = binary.AppendUvarint(b, 0)
		body, _ := y.XORBlockAllocate(append(k, value...), fuzzKey.Data, binary.BigEndian.AppendUint32(make([]byte, 12), uint32(at)))
		b = append(b, body...)
		b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b[at:], y.CastagnoliCrcTable))
	}
	return b
}

// FuzzSalvage reads arbitrary bytes as Badger's log, as a table and as a block of one. What comes
// out was sealed under its key.
func FuzzSalvage(f *testing.F) {
	env, err := newEnvelope(make([]byte, 32), [8]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	key := opKey(flightsync.Dot{Author: 4, Seq: 1})
	whole := logOf(map[string][]byte{string(key): env.seal(key, []byte("an op"))})
	s := salvage{env: env, keys: []*pb.DataKey{fuzzKey}, found: map[string]version{}}
	if s.log(whole); string(s.found[string(key)].value) != "an op" {
		f.Fatal("the log is not one of Badger's")
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 4})
	f.Add(append([]byte{0, 0, 13, 0, 'o', 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 256 { // a table is repaired byte by byte
			return
		}
		s := salvage{env: env, keys: []*pb.DataKey{fuzzKey}, found: map[string]version{}}
		s.log(bytes.Clone(b))
		s.table(bytes.Clone(b))
		s.block(b, 0, len(b), fuzzKey)
		_ = checkFooter(b)
		_ = checkBlock(b)
		s.entries(bytes.Clone(b))
		for k, v := range s.found {
			if v.value != nil && (k != string(key) || string(v.value) != "an op") {
				t.Fatalf("key %x: what came out was never written", k)
			}
		}
	})
}
