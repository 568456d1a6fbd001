package columns

import (
	"encoding/binary"
	"errors"
)

// Tables is what both sides know beforehand: the common shapes and the coded words. Position is
// number: tables in use are never changed. It is safe for concurrent use.
type Tables struct {
	shapes, codes []string
	shape, code   map[string]int
	counting      bool
}

// Counting returns the same tables for a stream in which a nonce that is near the one before it
// in the run is written as the step from there, among the columns, and not with the noise: who
// fills in forms counts them.
func (t *Tables) Counting() *Tables {
	c := *t
	c.counting = true
	return &c
}

// NewTables makes tables, commonest first.
func NewTables(shapes, codes []string) *Tables {
	t := &Tables{shapes: shapes, codes: codes, shape: map[string]int{}, code: map[string]int{}}
	for i, s := range shapes {
		t.shape[s] = i
	}
	for i, s := range codes {
		t.code[s] = i
	}
	return t
}

// Marshal writes tables for [ParseTables]: the number of shapes, then each shape and each code
// behind its length.
func (t *Tables) Marshal() []byte {
	b := binary.AppendUvarint(nil, uint64(len(t.shapes)))
	for _, list := range [][]string{t.shapes, t.codes} {
		for _, s := range list {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
	}
	return b
}

// ParseTables reads what [Tables.Marshal] wrote.
func ParseTables(b []byte) (*Tables, error) {
	bad := errors.New("columns: the tables cannot be read")
	shapes, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, bad
	}
	var all []string
	for b = b[n:]; len(b) > 0; {
		l, n := binary.Uvarint(b)
		if n <= 0 || l > uint64(len(b)-n) {
			return nil, bad
		}
		all, b = append(all, string(b[n:n+int(l)])), b[n+int(l):]
	}
	if shapes > uint64(len(all)) {
		return nil, bad
	}
	return NewTables(all[:shapes], all[shapes:]), nil
}
