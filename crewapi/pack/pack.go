package pack

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi/pack/columns"
	"github.com/cabinloop/cabinloop/passenger"
)

// The ids that say how a body is packed. Numbers are kept for ever.
const (
	Raw   uint32 = 0 // each op behind its length
	Plain uint32 = 1 // zstd without a dictionary
	V1    uint32 = 16
	V2    uint32 = 17 // V1 with nonces that are counted
)

// Newest is the newest dictionary of this program: it unpacks all up to it.
const Newest = V2

// UpTo lists the ids that a program unpacks whose newest dictionary is newest.
func UpTo(newest uint32) (ids []uint32) {
	for _, id := range Known() {
		if id <= max(newest, Plain) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Known lists the ids this program unpacks, smallest first.
func Known() []uint32 { return []uint32{Raw, Plain, V1, V2} }

// Pack packs the raw ops of a run the smallest way there is, of those with tables the newest. peer, when given, names the
// dictionaries that the receiver knows (what its [Known] returned); raw and plain are always
// understood. The body is the caller's. It is safe for concurrent use.
func Pack(ops [][]byte, peer ...uint32) (dict uint32, body []byte) {
	raw := join(ops)
	if len(raw) == 0 {
		return Raw, nil
	}
	dict, body = Raw, raw
	try := func(id uint32, b []byte) {
		if len(b) < len(body) {
			dict, body = id, b
		}
	}
	for _, id := range []uint32{V2, V1} {
		if len(peer) > 0 && !slices.Contains(peer, id) {
			continue
		}
		if stream, noise, ok := shared.tables[id].Split(ops); ok && len(stream) <= MaxBytes {
			try(id, strip(begin(noise, blocks), shared.v1.EncodeAll(stream, nil)))
			if b, ok := shared.letters.encode(begin(noise, lettersOnly), stream); ok {
				try(id, b)
			}
		}
		break
	}
	// A dictionary that helped is not beaten by none; the second try is for what it does not fit.
	if len(body) > len(raw)*7/8 {
		try(Plain, strip(nil, shared.plain.EncodeAll(raw, nil)))
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
	switch dict {
	case Raw:
		if len(body) > limit {
			return nil, tooMuch(limit)
		}
		return split(body)
	case Plain:
		raw, err := decompress(dict, body, limit)
		if err != nil {
			return nil, err
		}
		return split(raw)
	case V1, V2:
		l, n := binary.Uvarint(body)
		if n <= 0 || l>>1 > uint64(len(body)-n) {
			return nil, malformed
		}
		noise, rest := body[n:n+int(l>>1)], body[n+int(l>>1):]
		stream, err := unpackStream(l&1, rest)
		if err != nil {
			return nil, err
		}
		ops, err := shared.tables[dict].Join(stream, noise, MaxOps, limit)
		switch {
		case errors.Is(err, columns.ErrTooLarge):
			return nil, tooMuch(limit)
		case err != nil:
			return nil, passenger.Wrap(passenger.Invalid, op, malformed.Public, err)
		}
		return ops, nil
	}
	return nil, passenger.Errorf(passenger.Unavailable, op, "entries are packed in a newer way (%d) than this program knows; update the app; nothing is lost", dict)
}

// How the stream of [V1] and [V2] is compressed, in the lowest bit of the noise's length.
const (
	blocks      = 0 // of zstd
	lettersOnly = 1
)

// begin begins a body of [V1] or [V2].
func begin(noise []byte, how uint64) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(noise))<<1|how), noise...)
}

func unpackStream(how uint64, body []byte) ([]byte, error) {
	if how == blocks {
		return decompress(V1, body, MaxBytes)
	}
	stream, ok := shared.letters.decode(body)
	if !ok {
		return nil, malformed
	}
	return stream, nil
}

// decompress undoes strip and zstd, for at most limit bytes.
func decompress(dict uint32, body []byte, limit int) ([]byte, error) {
	frame, ok := restore(dict, body, limit)
	if !ok {
		return nil, malformed
	}
	raw, err := shared.decoder.DecodeAll(frame, nil)
	if err != nil {
		return nil, passenger.Wrap(passenger.Invalid, "pack.Unpack", malformed.Public, err)
	}
	if len(raw) > limit {
		return nil, tooMuch(limit)
	}
	return raw, nil
}

func tooMuch(limit int) error {
	return passenger.Errorf(passenger.TooMuch, "pack.Unpack", "a body carries at most %d entries of %d bytes together", MaxOps, limit)
}

var malformed = passenger.Errorf(passenger.Invalid, "pack.Unpack", "packed entries cannot be read")

// join writes each op behind its length.
func join(ops [][]byte) []byte {
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

// split reads what join wrote.
func split(b []byte) ([][]byte, error) {
	var ops [][]byte
	for len(b) > 0 {
		l, n := binary.Uvarint(b)
		if n <= 0 || l > uint64(len(b)-n) {
			return nil, malformed
		}
		if len(ops) == MaxOps {
			return nil, tooMuch(MaxBytes)
		}
		end := n + int(l)
		ops, b = append(ops, b[n:end:end]), b[end:]
	}
	return ops, nil
}
