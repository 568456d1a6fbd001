// Package conformance_test reads the vectors of docs/protocol/vectors with a reader of its own,
// written from the pages of docs/protocol. It imports nothing of this module: where it fails, a
// page or the engine is wrong.
package conformance_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const files = "../../docs/protocol/vectors"

func load[T any](t *testing.T, name string) (v T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(files, name))
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// hexed is bytes that JSON shows as hex digits.
type hexed []byte

func (h *hexed) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

var errMalformed = errors.New("malformed")

// varint takes one off b. ok is false for one of more than 64 bits, or that is cut off.
func varint(b []byte) (v uint64, rest []byte, ok bool) {
	for i := 0; i < len(b) && i < 10; i++ {
		if i == 9 && b[i] > 1 {
			return 0, nil, false
		}
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, b[i+1:], true
		}
	}
	return 0, nil, false
}

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b, v = append(b, byte(v)|0x80), v>>7
	}
	return append(b, byte(v))
}

func varints(b []byte) (out []uint64, ok bool) {
	for len(b) > 0 {
		var v uint64
		if v, b, ok = varint(b); !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// field is one of Protocol Buffers: num of wire type 0, data of 1, 2 and 5.
type field struct {
	id, wire int
	num      uint64
	data     []byte
}

func fields(b []byte) (out []field, err error) {
	for len(b) > 0 {
		tag, rest, ok := varint(b)
		if !ok || tag>>3 == 0 || tag>>3 > 1<<20 {
			return nil, errMalformed
		}
		f, n := field{id: int(tag >> 3), wire: int(tag & 7)}, uint64(0)
		switch f.wire {
		case 0:
			if f.num, rest, ok = varint(rest); !ok {
				return nil, errMalformed
			}
		case 1:
			n = 8
		case 2:
			if n, rest, ok = varint(rest); !ok {
				return nil, errMalformed
			}
		case 5:
			n = 4
		default:
			return nil, errMalformed
		}
		if n > uint64(len(rest)) {
			return nil, errMalformed
		}
		f.data, b = rest[:n:n], rest[n:]
		out = append(out, f)
	}
	return out, nil
}

// dot is written 4.7.
type dot struct{ author, seq uint64 }

func (d dot) String() string {
	return strconv.FormatUint(d.author, 10) + "." + strconv.FormatUint(d.seq, 10)
}

func parseDot(s string) (d dot) {
	a, n, _ := strings.Cut(s, ".")
	d.author, _ = strconv.ParseUint(a, 10, 64)
	d.seq, _ = strconv.ParseUint(n, 10, 64)
	return d
}

func dots(b []byte) (out []dot, ok bool) {
	vs, ok := varints(b)
	if !ok || len(vs)%2 != 0 {
		return nil, false
	}
	for i := 0; i < len(vs); i += 2 {
		if vs[i] > 63 || vs[i+1] == 0 {
			return nil, false
		}
		out = append(out, dot{vs[i], vs[i+1]})
	}
	return out, true
}
