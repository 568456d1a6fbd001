package sync

import (
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
)

// writer appends fields in the protocol-buffer wire form. Zero values are left out.
type writer struct{ b []byte }

func (w *writer) uint(field int, v uint64) {
	if v == 0 {
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(field)<<3)
	w.b = binary.AppendUvarint(w.b, v)
}

func (w *writer) bytes(field int, v []byte) {
	if len(v) == 0 {
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(field)<<3|2)
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *writer) str(field int, v string) { w.bytes(field, []byte(v)) }

func (w *writer) bool(field int, v bool) {
	if v {
		w.uint(field, 1)
	}
}

// field is one decoded field: data for length-delimited ones, num for varints.
type field struct {
	id   int
	num  uint64
	data []byte
}

func (f field) str() string { return string(f.data) }

// author reads an author index, which is written plus one.
func (f field) author() (Author, error) {
	if f.num == 0 || f.num > MaxAuthors {
		return Nobody, errWire
	}
	return Author(f.num - 1), nil
}

var errWire = passenger.Errorf(passenger.Invalid, "sync.decode", "malformed op: not a sequence of fields")

// fields decodes b and calls fn for each field. Fixed-width fields of newer writers are
// passed over. The data slices point into b.
func fields(b []byte, fn func(field) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<20 {
			return errWire
		}
		b = b[n:]
		f := field{id: int(tag >> 3)}
		switch tag & 7 {
		case 0:
			if f.num, n = binary.Uvarint(b); n <= 0 {
				return errWire
			}
			b = b[n:]
		case 2:
			l, n := binary.Uvarint(b)
			if n <= 0 || l > uint64(len(b)-n) {
				return errWire
			}
			f.data = b[n : n+int(l)]
			b = b[n+int(l):]
		case 1, 5:
			size := 8
			if tag&7 == 5 {
				size = 4
			}
			if len(b) < size {
				return errWire
			}
			b = b[size:]
			continue
		default:
			return errWire
		}
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}

// uvarints packs numbers; readUvarints unpacks them.
func uvarints(vs ...uint64) []byte {
	var b []byte
	for _, v := range vs {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func readUvarints(b []byte) ([]uint64, error) {
	var out []uint64
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errWire
		}
		out, b = append(out, v), b[n:]
	}
	return out, nil
}
