package columns

import (
	"encoding/binary"
	"maps"
	"slices"
)

// values is one column: numbers (of byte strings, their lengths or codes), and bytes.
type values struct {
	numbers, bytes []byte
	last           uint64 // of a rising column
}

// splitter takes ops apart.
type splitter struct {
	*Tables
	structure []byte
	columns   map[column]*values
	noise     []byte
	fresh     map[string]int // shapes that were written out
	seen      map[string]int // shapes, how often; nil when nobody asks
	count     int            // values
	nonces    nonces
	top       message // the op in work
	taken     []field // fields of the op in work and of the messages around the one in work
}

// Split takes the raw ops of a run apart: into the stream, which holds structure and columns,
// and the noise, in which nothing can be won. Both are the caller's; [Tables.Join] undoes it. It
// is not ok for more than [MaxValues]. It is safe for concurrent use.
func (t *Tables) Split(ops [][]byte) (stream, noise []byte, ok bool) {
	s := t.split(ops, nil)
	stream = s.structure
	for _, k := range slices.SortedFunc(maps.Keys(s.columns), column.compare) {
		if c := s.columns[k]; noisy[k] {
			noise = append(noise, c.numbers...)
		} else {
			stream = append(append(stream, c.numbers...), c.bytes...)
		}
	}
	return stream, append(noise, s.noise...), s.count <= MaxValues
}

// Shapes counts the shapes of ops, for training.
func Shapes(ops [][]byte) map[string]int {
	seen := map[string]int{}
	NewTables(nil, nil).split(ops, seen)
	return seen
}

func (t *Tables) split(ops [][]byte, seen map[string]int) *splitter {
	s := &splitter{Tables: t, columns: map[column]*values{}, fresh: map[string]int{}, seen: seen}
	s.structure = binary.AppendUvarint(nil, uint64(len(ops)))
	for _, o := range ops {
		if !s.op(o) {
			s.structure = append(s.structure, tokenOpaque)
			s.value(value{column{}, field{bytes: o}})
		}
	}
	return s
}

func (s *splitter) column(k column) *values {
	c, ok := s.columns[k]
	if !ok {
		c = &values{}
		s.columns[k] = c
	}
	return c
}

// op takes one op apart. It is false, and nothing is written, for one that is not written as
// package sync does.
func (s *splitter) op(raw []byte) bool {
	l, n := uvarint(raw)
	if n == 0 || l >= uint64(len(raw)-n) {
		return false
	}
	head, form, rest := raw[n:n+int(l)], raw[n+int(l)], raw[n+int(l)+1:]
	hs, ok := fields(s.taken[:0], head)
	s.taken = hs
	if !ok || len(hs) == 0 || hs[0].tag != tagKind || form > 1 || form == 0 && len(rest) < saltSize || form == 1 && len(rest) != commitSize {
		return false
	}
	kind := hs[0].number
	if kind == 0 {
		return false
	}
	m := message{shape: binary.AppendUvarint(s.top.shape[:0], kind), counts: s.top.counts[:0], values: s.top.values[:0]}
	for _, f := range hs[1:] {
		switch {
		case f.tag == tagNonce && len(f.bytes) == saltSize:
			m.shape = append(m.shape, nonce)
			step, written := s.nonces.step(f.bytes)
			if written && s.counting {
				m.values = append(m.values, value{steps, field{number: step}})
			}
			if step == 0 || !s.counting {
				s.noise = append(s.noise, f.bytes...)
			}
		case f.tag == tagEntity && isPair(f.bytes):
			m.shape = append(m.shape, entity)
			a, n := binary.Uvarint(f.bytes)
			s, _ := binary.Uvarint(f.bytes[n:])
			m.values = append(m.values, value{column{0, tagEntity, 0}, field{number: a}}, value{column{0, tagEntity, 8}, field{number: s}})
		default:
			m.shape = binary.AppendUvarint(m.shape, f.tag)
			m.values = append(m.values, value{column{0, 0, f.tag}, f})
		}
	}
	m.shape = append(m.shape, end)
	if form == 1 {
		m.shape = append(m.shape, stub)
		s.noise = append(s.noise, rest...)
	} else {
		m.shape = append(m.shape, salted)
		s.noise = append(s.noise, rest[:saltSize]...)
		if before := m; !s.fields(&m, kind, 0, rest[saltSize:]) {
			m = before // what lies behind it in the arrays is written over
			m.shape = append(m.shape, blob)
			m.values = append(m.values, value{column{kind, 0, blob}, field{tag: blob, bytes: rest[saltSize:]}})
		}
	}
	m.shape = append(m.shape, end)
	s.write(m)
	s.top = m
	return true
}

// message is one taken apart: its shape, how often its repeated tags come, its values in order
// and the messages within.
type message struct {
	shape  []byte
	counts []byte
	values []value
	within []message
}

type value struct {
	column column
	field
}

// fields adds to m the content b of an op of kind, or of a message in its tag in.
func (s *splitter) fields(m *message, kind, in uint64, b []byte) bool {
	around := len(s.taken)
	fs, ok := fields(s.taken, b)
	s.taken, fs = fs, fs[around:]
	defer func() { s.taken = s.taken[:around] }()
	if !ok {
		return false
	}
	for i := 0; i < len(fs); {
		tag, n := fs[i].tag, 1
		for i+n < len(fs) && fs[i+n].tag == tag {
			n++
		}
		if n > 1 {
			m.shape = append(m.shape, several)
			m.counts = binary.AppendUvarint(m.counts, uint64(n))
		}
		m.shape = binary.AppendUvarint(m.shape, tag)
		for _, f := range fs[i : i+n] {
			if k := (column{kind, in, tag}); messages[k] {
				child := message{}
				if !s.fields(&child, kind, tag, f.bytes) {
					return false
				}
				child.shape = append(child.shape, end)
				m.within = append(m.within, child)
			} else {
				m.values = append(m.values, value{k, f})
			}
		}
		i += n
	}
	return true
}

// write writes a message: the number of its shape, or the shape; counts; what lies within.
func (s *splitter) write(m message) {
	if s.seen != nil {
		s.seen[string(m.shape)]++
	}
	if i, ok := s.shape[string(m.shape)]; ok {
		s.structure = binary.AppendUvarint(s.structure, uint64(tokenShapes+i))
	} else if i, ok := s.fresh[string(m.shape)]; ok {
		s.structure = binary.AppendUvarint(s.structure, uint64(tokenShapes+len(s.shapes)+i))
	} else {
		s.fresh[string(m.shape)] = len(s.fresh)
		s.structure = binary.AppendUvarint(append(s.structure, tokenNew), uint64(len(m.shape)))
		s.structure = append(s.structure, m.shape...)
	}
	s.structure = append(s.structure, m.counts...)
	for _, v := range m.values {
		s.value(v)
	}
	s.count += len(m.within)
	for _, child := range m.within {
		s.write(child)
	}
}

func (s *splitter) value(v value) {
	s.count++
	c := s.column(v.column)
	switch v.column.wire() {
	case 0:
		n := v.number
		if rising[v.column] {
			n, c.last = zigzag(n-c.last), n
		}
		c.numbers = binary.AppendUvarint(c.numbers, n)
	case 2:
		if i, ok := s.code[string(v.bytes)]; ok {
			c.numbers = binary.AppendUvarint(c.numbers, uint64(i)<<1|1)
			return
		}
		c.numbers = binary.AppendUvarint(c.numbers, uint64(len(v.bytes))<<1)
		c.bytes = append(c.bytes, v.bytes...)
	default: // fixed width
		c.bytes = append(c.bytes, v.bytes...)
	}
}
