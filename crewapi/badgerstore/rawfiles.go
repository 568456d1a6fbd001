package badgerstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// The forms of Badger's files, version 4.9.6 (memtable.go, structs.go, table/builder.go):
//
//	log    keyID(8) baseIV(12) entry…
//	entry  meta userMeta varint(klen) varint(vlen) varint(expires) CTR(key value) CRC32C(4)
//	table  block… index len(4) checksum len(4); block and index end with their IV of 16 bytes
//	block  entry… offset(4)… count(4) checksum len(4)
//	entry  overlap(2, little-endian) diff(2) key[overlap:] meta userMeta varint(expires) value
//
// A key ends with 8 bytes of version, inverted. Numbers are big-endian, flags in the first byte.

const (
	logHeader = 20
	tsSize    = 8
	endOfTxn  = 1 << 7 // in meta
	deleted   = 1 << 0 // in meta
	// maxKey bounds a key of this package with its version, bytes.
	maxKey = 64
	// repairWithin is how far from its end a table's footer and index are repaired, bytes.
	repairWithin = 4 << 10
	// blockTail is how far from its end a block is repaired, bytes: 50 offsets of entries of 60
	// bytes and more in a block of 4 KiB, their count, checksum.
	blockTail = 240
)

// log reads the entries of a memtable log and returns the keys of those that Badger would not
// come to: it stops at the first bad checksum, and drops a transaction without its last entry. whole
// is false when the last entry of a transaction stands behind a damaged place: the transaction was
// written to its end.
func (s *salvage) log(b []byte) (unseen []string, whole bool) {
	b = bytes.TrimRight(b, "\x00")
	if len(b) <= logHeader {
		return nil, true
	}
	header := repairByte(b[:logHeader], func(h []byte) bool { return s.entry(b, h, logHeader, false).size > 0 })
	seen := bytes.Equal(header, b[:logHeader])
	whole = true
	for at := logHeader; at < len(b); {
		e := s.entry(b, header, at, true)
		seen = seen && e.sound
		if e.size == 0 {
			at++
			continue
		}
		end := b[at]&endOfTxn != 0
		if seen && end {
			unseen = nil
		} else if e.key != "" {
			unseen = append(unseen, e.key)
		}
		whole = whole && (seen || !e.sound || !end)
		at += e.size
	}
	return unseen, whole
}

// entry is one record of a log; size is 0 where there is none.
type entry struct {
	key   string // empty when the value does not open, as for Badger's own markers
	size  int
	sound bool // the checksum is right
}

// entry reads the entry at b[at:]. With keep its value is kept if it opens; without, an entry
// that does not open is none.
func (s *salvage) entry(b, header []byte, at int, keep bool) entry {
	if at+2 > len(b) {
		return entry{}
	}
	rest := b[at+2:]
	var n [3]uint64
	for i := range n {
		v, size := binary.Uvarint(rest)
		if size <= 0 {
			return entry{}
		}
		n[i], rest = v, rest[size:]
	}
	klen, vlen := n[0], n[1]
	if klen <= tsSize || klen > maxKey || vlen > maxBatch || uint64(len(rest)) < klen+vlen {
		return entry{}
	}
	head := len(b) - at - len(rest)
	e := entry{size: min(head+int(klen+vlen)+crc32.Size, len(b)-at)}
	body := rest[:klen+vlen]
	sum := make([]byte, crc32.Size) // its last bytes may be zeros that were trimmed
	copy(sum, rest[klen+vlen:])
	e.sound = crc32.Checksum(b[at:at+head+len(body)], y.CastagnoliCrcTable) == binary.BigEndian.Uint32(sum)
	for _, dk := range s.keys {
		if dk.KeyId != binary.BigEndian.Uint64(header) {
			continue
		}
		iv := binary.BigEndian.AppendUint32(bytes.Clone(header[8:logHeader]), uint32(at))
		kv, err := y.XORBlockAllocate(body, dk.Data, iv)
		if err != nil {
			return entry{}
		}
		key, ts, sealed := kv[:klen-tsSize], y.ParseTs(kv[:klen]), kv[klen:]
		if _, err := s.env.open(key, sealed); err == nil {
			e.key = string(key)
			if keep {
				s.take(key, ts, sealed)
			}
			return e
		}
		if keep && e.sound && b[at]&deleted != 0 {
			s.drop(key, ts)
		}
		if keep && !e.sound && len(sealed) > overhead && sealed[0] == envelopeVersion {
			s.lost = append(s.lost, sealed)
		}
	}
	if !keep || !e.sound {
		return entry{}
	}
	return e
}

// table reads the blocks of a table, with whichever key fits.
func (s *salvage) table(b []byte) {
	tail := max(0, len(b)-repairWithin)
	b = append(b[:tail:tail], repairByte(b[tail:], func(t []byte) bool { return checkFooter(t) == nil })...)
	for _, dk := range s.keys {
		for _, span := range spans(b, dk) {
			s.block(b, span[0], span[1], dk)
		}
	}
}

// spans reads from a table's index where its blocks begin and how long they are.
func spans(b []byte, dk *pb.DataKey) (out [][2]int) {
	defer func() { recover() }() // flatbuffers panics over an index that is none
	take := func(n int) []byte {
		part := b[len(b)-n:]
		b = b[:len(b)-n]
		return part
	}
	number := func() int { return int(binary.BigEndian.Uint32(take(4))) }
	if err := proto.Unmarshal(take(number()), &pb.Checksum{}); err != nil {
		return nil
	}
	plain, err := decrypt(take(number()), dk)
	if err != nil {
		return nil
	}
	index := fb.GetRootAsTableIndex(plain, 0)
	for i := range index.OffsetsLength() {
		var bo fb.BlockOffset
		if index.Offsets(&bo, i) {
			out = append(out, [2]int{int(bo.Offset()), int(bo.Len())})
		}
	}
	return out
}

// block reads one block; a damaged one is read as far as its offsets lead. A flipped byte of the
// offsets is put right, then one of the IV.
func (s *salvage) block(table []byte, from, size int, dk *pb.DataKey) {
	if from < 0 || size <= ivSize || from+size > len(table) {
		return
	}
	sealed := table[from : from+size]
	plain, err := decrypt(sealed, dk)
	if err != nil {
		return
	}
	tail := max(0, len(plain)-blockTail)
	plain = append(plain[:tail:tail], repairByte(plain[tail:], func(t []byte) bool {
		return checkBlock(append(plain[:tail], t...)) == nil // in place
	})...)
	if s.entries(plain) > 0 {
		return
	}
	body := sealed[:size-ivSize]
	repairByte(sealed[size-ivSize:], func(iv []byte) bool {
		plain, err := y.XORBlockAllocate(body, dk.Data, iv)
		return err == nil && checkBlock(plain) == nil && s.entries(plain) > 0
	})
}

// entries reads a decrypted block and returns how many of its values opened.
func (s *salvage) entries(plain []byte) (n int) {
	defer func() { recover() }() // a count that leads nowhere
	_, end := blockEnd(plain)
	count := int(binary.BigEndian.Uint32(plain[end:]))
	var offsets []int
	for i := range count {
		offsets = append(offsets, int(binary.LittleEndian.Uint32(plain[end-4*(count-i):])))
	}
	offsets = append(offsets, end-4*count)
	for i, at := range offsets[:count] {
		if next := offsets[i+1]; at < next && next <= end && s.tableEntry(plain[at:next], plain[4:]) {
			n++
		}
	}
	return n
}

// blockEnd returns a block's checksum, and where its count of entries stands.
func blockEnd(plain []byte) (sum []byte, count int) {
	end := len(plain) - 4
	from := end - int(binary.BigEndian.Uint32(plain[end:]))
	return plain[from:end], from - 4
}

func checkBlock(plain []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a block that leads nowhere: %v", p)
		}
	}()
	raw, count := blockEnd(plain)
	sum := &pb.Checksum{}
	if err := proto.Unmarshal(raw, sum); err != nil {
		return err
	}
	return y.VerifyChecksum(plain[:count+4], sum)
}

// decrypt opens a block or an index: its IV stands at its end.
func decrypt(sealed []byte, dk *pb.DataKey) ([]byte, error) {
	n := len(sealed) - ivSize
	return y.XORBlockAllocate(sealed[:n], dk.Data, sealed[n:])
}

func (s *salvage) tableEntry(e, base []byte) (ok bool) {
	defer func() { recover() }() // a length that leads nowhere
	overlap, diff := binary.LittleEndian.Uint16(e), binary.LittleEndian.Uint16(e[2:])
	key := append(bytes.Clone(base[:overlap]), e[4:4+diff]...)
	var v y.ValueStruct
	v.Decode(e[4+diff:])
	if s.take(y.ParseKey(key), y.ParseTs(key), v.Value) {
		return true
	}
	if v.Meta&deleted != 0 {
		s.drop(y.ParseKey(key), y.ParseTs(key))
		return true
	}
	s.lost = append(s.lost, bytes.Clone(v.Value))
	return false
}

// repairByte returns b, or b with the one byte changed that makes ok say yes; b again when none
// does.
func repairByte(b []byte, ok func([]byte) bool) []byte {
	if ok(b) {
		return b
	}
	b = bytes.Clone(b)
	for i := len(b) - 1; i >= 0; i-- {
		was := b[i]
		for range 255 {
			b[i]++
			if ok(b) {
				return b
			}
		}
		b[i] = was
	}
	return b
}
