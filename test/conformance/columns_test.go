package conformance_test

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
)

// column is (kind, in, tag) of packing.md.
type column struct{ kind, in, tag uint64 }

// value is a field to be filled, in the order in which the structure names them.
type value struct {
	tag    uint64
	pair   *value // of an entity, its second number
	num    uint64
	bytes  []byte
	within []*value
	isMsg  bool
}

// apart is an op as its structure says it.
type apart struct {
	kept    *value // an op that is kept as it is
	kind    uint64
	header  []*value
	stub    bool
	content []*value
}

type joiner struct {
	u      *unpacker
	stream []byte
	shapes [][]byte
	wanted map[column][]*value
	count  int
	bad    bool
	// Of id 17: nonces that the structure named, and the last that was put together.
	counted bool
	named   int
	last    uint64
}

func (j *joiner) num(b *[]byte) uint64 {
	v, rest, ok := varint(*b)
	if n := len(*b) - len(rest); !ok || n > 1 && (*b)[n-1] == 0 {
		j.bad = true
		return 0
	}
	*b = rest
	return v
}

func (j *joiner) take(b *[]byte, n uint64) []byte {
	if n > uint64(len(*b)) {
		j.bad = true
		return nil
	}
	out := (*b)[:n:n]
	*b = (*b)[n:]
	return out
}

func (j *joiner) want(c column) *value {
	v := &value{tag: c.tag}
	if j.count++; j.count > 65536 {
		j.bad = true
	}
	j.wanted[c] = append(j.wanted[c], v)
	return v
}

func (j *joiner) shape() (shape []byte, kept bool) {
	switch token := j.num(&j.stream); {
	case token == 0:
		s := j.take(&j.stream, j.num(&j.stream))
		j.shapes = append(j.shapes, s)
		return s, false
	case token == 1:
		return nil, true
	case token-2 < uint64(len(j.shapes)):
		return j.shapes[token-2], false
	}
	j.bad = true
	return nil, false
}

func (u *unpacker) join(stream, noise []byte, counted bool) ([][]byte, error) {
	j := &joiner{u: u, counted: counted, stream: stream, shapes: slices.Clone(u.shapes), wanted: map[column][]*value{}}
	n := j.num(&j.stream)
	if n > maxOps {
		return nil, errTooMuch
	}
	var ops []*apart
	for range n {
		if j.bad {
			break
		}
		ops = append(ops, j.op())
	}
	for _, c := range slices.SortedFunc(maps.Keys(j.wanted), func(a, b column) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.in, b.in), cmp.Compare(a.tag, b.tag))
	}) {
		if !j.bad {
			j.fill(c, &noise)
		}
	}
	var out [][]byte
	for _, o := range ops {
		if j.bad {
			break
		}
		out = append(out, j.write(o, &noise))
	}
	if j.bad || len(j.stream) > 0 || len(noise) > 0 {
		return nil, errMalformed
	}
	return out, nil
}

func (j *joiner) op() *apart {
	shape, kept := j.shape()
	if kept {
		return &apart{kept: j.want(column{0, 0, 0})}
	}
	o := &apart{kind: j.num(&shape)}
	for !j.bad {
		tag := j.num(&shape)
		if tag == 0 {
			break
		}
		switch {
		case tag == 4:
			v := &value{}
			if j.named++; j.counted && j.named > 1 {
				v = j.want(column{0, 66, 0})
			}
			v.tag = 4
			o.header = append(o.header, v)
		case tag == 5:
			v := j.want(column{0, 34, 0})
			v.tag, v.pair = 5, j.want(column{0, 34, 8})
			o.header = append(o.header, v)
		case tag < 8:
			j.bad = true
		default:
			o.header = append(o.header, j.want(column{0, 0, tag}))
		}
	}
	switch form := j.num(&shape); form {
	case 3:
		o.stub = true
		if len(shape) != 1 {
			j.bad = true
		}
	case 2:
	default:
		j.bad = true
	}
	o.content = j.tags(o.kind, 0, shape)
	return o
}

// tags reads the tags of a content or a message, then counts, then the messages within.
func (j *joiner) tags(kind, in uint64, shape []byte) (out []*value) {
	type many struct{ tag, n uint64 }
	var all []many
	for !j.bad {
		tag := j.num(&shape)
		if tag == 0 {
			break
		}
		m := many{tag, 1}
		if tag == 6 {
			m = many{j.num(&shape), j.num(&j.stream)}
		}
		if m.tag < 8 && m.tag != 1 || m.n > 65536 {
			j.bad = true
			break
		}
		all = append(all, m)
	}
	if len(shape) > 0 {
		j.bad = true
	}
	var messages []*value
	for _, m := range all {
		for range m.n {
			if j.bad {
				return out
			}
			c := column{kind, in, m.tag}
			if c == (column{32, 0, 10}) || c == (column{48, 0, 50}) || c == (column{48, 0, 58}) || c == (column{48, 0, 66}) {
				v := &value{tag: m.tag, isMsg: true}
				if j.count++; j.count > 65536 {
					j.bad = true
				}
				out, messages = append(out, v), append(messages, v)
				continue
			}
			out = append(out, j.want(c))
		}
	}
	for _, v := range messages {
		if j.bad {
			break
		}
		s, kept := j.shape()
		j.bad = j.bad || kept
		v.within = j.tags(kind, v.tag, s)
	}
	return out
}

func (j *joiner) fill(c column, noise *[]byte) {
	from := &j.stream
	if c == (column{0, 0, 16}) {
		from = noise
	}
	wire := c.tag & 7
	switch {
	case c.kind == 0 && (c.in == 34 || c.in == 66):
		wire = 0
	case c == column{} || c.tag == 1:
		wire = 2
	}
	rising := c == column{0, 0, 16} || c == column{32, 10, 8} || c == column{48, 0, 112}
	var last uint64
	for _, v := range j.wanted[c] {
		switch wire {
		case 0, 2:
			v.num = j.num(from)
			if rising {
				last += v.num>>1 ^ -(v.num & 1)
				v.num = last
			}
		case 1, 5:
		default:
			j.bad = true
		}
	}
	for _, v := range j.wanted[c] {
		switch wire {
		case 1:
			v.bytes = j.take(from, 8)
		case 5:
			v.bytes = j.take(from, 4)
		case 2:
			if v.num&1 == 0 {
				v.bytes = j.take(from, v.num>>1)
			} else if v.num>>1 < uint64(len(j.u.codes)) {
				v.bytes = j.u.codes[v.num>>1]
			} else {
				j.bad = true
			}
		}
	}
}

func (j *joiner) write(o *apart, noise *[]byte) []byte {
	if o.kept != nil {
		return o.kept.bytes
	}
	head := appendVarint([]byte{8}, o.kind)
	for _, v := range o.header {
		switch v.tag {
		case 4:
			nonce := make([]byte, 8)
			if v.num == 0 {
				copy(nonce, j.take(noise, 8))
			} else {
				z := v.num - 1
				binary.BigEndian.PutUint64(nonce, j.last+(z>>1^-(z&1)))
			}
			j.last = binary.BigEndian.Uint64(nonce)
			head = append(append(head, 66, 8), nonce...)
		case 5:
			pair := appendVarint(appendVarint(nil, v.num), v.pair.num)
			head = append(append(head, 34, byte(len(pair))), pair...)
		default:
			head = writeField(head, v)
		}
	}
	out := append(appendVarint(nil, uint64(len(head))), head...)
	if o.stub {
		return append(append(out, 1), j.take(noise, 16)...)
	}
	out = append(append(out, 0), j.take(noise, 8)...)
	for _, v := range o.content {
		out = writeField(out, v)
	}
	return out
}

func writeField(b []byte, v *value) []byte {
	if v.tag == 1 {
		return append(b, v.bytes...)
	}
	b = appendVarint(b, v.tag)
	if v.isMsg {
		for _, w := range v.within {
			v.bytes = writeField(v.bytes, w)
		}
	}
	switch v.tag & 7 {
	case 0:
		return appendVarint(b, v.num)
	case 2:
		b = appendVarint(b, uint64(len(v.bytes)))
	}
	return append(b, v.bytes...)
}
