package columns

import "encoding/binary"

// MaxValues bounds the fields of one run: 16 for each of 4,096 ops. A value takes 64 bytes while
// ops are put together.
const MaxValues = 1 << 16

// Sizes of what looks random in an op (package sync).
const (
	saltSize   = 8
	commitSize = 16
)

// field is one field of a message in the wire form of Protocol Buffers.
type field struct {
	tag    uint64
	number uint64   // wire type 0
	bytes  []byte   // the others
	within []*field // of a message, when it is put together
}

// fields appends the fields of b to out. It is false when writing them again would not give the
// same bytes.
func fields(out []field, b []byte) ([]field, bool) {
	for len(b) > 0 {
		tag, n := uvarint(b)
		if n == 0 || tag < 1<<3 {
			return out, false
		}
		b = b[n:]
		f := field{tag: tag}
		size := 0
		switch tag & 7 {
		case 0:
			if f.number, n = uvarint(b); n == 0 {
				return out, false
			}
			b = b[n:]
			out = append(out, f)
			continue
		case 1:
			size = 8
		case 2:
			l, n := uvarint(b)
			if n == 0 || l > uint64(len(b)-n) {
				return out, false
			}
			b, size = b[n:], int(l)
		case 5:
			size = 4
		default:
			return out, false
		}
		if size > len(b) {
			return out, false
		}
		f.bytes, b = b[:size], b[size:]
		out = append(out, f)
	}
	return out, true
}

// uvarint reads a varint in its shortest form; n is 0 for any other.
func uvarint(b []byte) (v uint64, n int) {
	v, n = binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, 0
	}
	return v, n
}

// isPair says whether b is two varints.
func isPair(b []byte) bool {
	_, n := uvarint(b)
	if n == 0 {
		return false
	}
	_, m := uvarint(b[n:])
	return m > 0 && n+m == len(b)
}

// zigzag makes small numbers of small differences, up or down; unzigzag takes it back.
func zigzag(d uint64) uint64   { return d<<1 ^ uint64(int64(d)>>63) }
func unzigzag(z uint64) uint64 { return z>>1 ^ -(z & 1) }
