package pack

import (
	"encoding/binary"
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
)

// The ids that say how a body is packed. Numbers are kept for ever.
const (
	Raw   uint32 = 0 // each op behind its length
	Plain uint32 = 1 // zstd without a dictionary
	V1    uint32 = 16
)

// Known lists the ids this program unpacks, smallest first.
func Known() []uint32 { return []uint32{Raw, Plain, V1} }

// Pack packs the raw ops of a run the smallest way there is. peer, when given, names the
// dictionaries that the receiver knows (what its [Known] returned); raw and plain are always
// understood. The body is the caller's. It is safe for concurrent use.
func Pack(ops [][]byte, peer ...uint32) (dict uint32, body []byte) {
	raw := Join(ops)
	if len(raw) == 0 {
		return Raw, nil
	}
	dict, body = Raw, raw
	c := codecs()
	try := func(id uint32, frame []byte) {
		if b := strip(nil, frame); len(b) < len(body) {
			dict, body = id, b
		}
	}
	if len(peer) == 0 || slices.Contains(peer, V1) {
		try(V1, c.v1.EncodeAll(raw, nil))
	}
	// A dictionary that helped is not beaten by none; the second try is for what it does not fit.
	if len(body) > len(raw)*7/8 || dict == Raw {
		try(Plain, c.plain.EncodeAll(raw, nil))
	}
	return dict, body
}

// Unpack returns the ops that Pack packed, bit for bit. At most limit bytes of ops and lengths
// are unpacked; 0, or more than [MaxBytes], is [MaxBytes]. The ops share one array, which is body
// itself when dict is [Raw]; nobody changes them. It is safe for concurrent use.
//
// Errors: unavailable for an id this program does not know (a newer one writes it: ops stay
// where they are until this one is updated), too_much beyond limit or [MaxOps], invalid for
// bytes that no Pack wrote.
func Unpack(dict uint32, body []byte, limit int) ([][]byte, error) {
	const op = "pack.Unpack"
	if limit <= 0 || limit > MaxBytes {
		limit = MaxBytes
	}
	raw := body
	switch dict {
	case Raw:
	case Plain, V1:
		if len(body) == 0 {
			return nil, malformed
		}
		frame, ok := restore(dict, body, limit)
		if !ok {
			return nil, malformed
		}
		var err error
		if raw, err = codecs().decoder.DecodeAll(frame, nil); err != nil {
			return nil, passenger.Wrap(passenger.Invalid, op, malformed.Public, err)
		}
	default:
		return nil, passenger.Errorf(passenger.Unavailable, op, "entries are packed in a newer way (%d) than this program knows; update the app; nothing is lost", dict)
	}
	if len(raw) > limit {
		return nil, passenger.Errorf(passenger.TooMuch, op, "entries unpack to more than %d bytes", limit)
	}
	return split(raw)
}

var malformed = passenger.Errorf(passenger.Invalid, "pack.Unpack", "packed entries cannot be read")

// Join writes each op behind its length.
func Join(ops [][]byte) []byte {
	n := 0
	for _, o := range ops {
		n += len(o) + 3
	}
	b := make([]byte, 0, n)
	for _, o := range ops {
		b = append(binary.AppendUvarint(b, uint64(len(o))), o...)
	}
	return b
}

// split reads what Join wrote.
func split(b []byte) ([][]byte, error) {
	var ops [][]byte
	for len(b) > 0 {
		l, n := binary.Uvarint(b)
		if n <= 0 || l > uint64(len(b)-n) {
			return nil, malformed
		}
		if len(ops) == MaxOps {
			return nil, passenger.Errorf(passenger.TooMuch, "pack.Unpack", "a body carries at most %d entries", MaxOps)
		}
		end := n + int(l)
		ops, b = append(ops, b[n:end:end]), b[end:]
	}
	return ops, nil
}
