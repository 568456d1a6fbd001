package columns

import (
	"encoding/binary"
	"maps"
	"slices"
)

// part is an op as structure tells it: its fields, in the order of writing.
type part struct {
	kind    uint64 // of an op; 0 for one that is kept as it is
	head    []*field
	form    uint64 // salted or stub
	content []*field
}

// values fills the wanted fields from the columns.
func (j *joiner) values() {
	for _, c := range slices.SortedFunc(maps.Keys(j.wanted), column.compare) {
		from := &j.b
		if noisy[c] {
			from = &j.noise
		}
		j.numbers(c, from)
		for _, f := range j.wanted[c] {
			if j.failed != nil {
				return
			}
			switch c.wire() {
			case 1:
				f.bytes = j.bytes(from, 8)
			case 5:
				f.bytes = j.bytes(from, 4)
			case 2:
				switch n := f.number >> 1; {
				case f.number&1 == 0:
					f.bytes = j.bytes(from, n)
				case n < uint64(len(j.codes)):
					f.bytes = []byte(j.codes[n])
				default:
					j.fail()
				}
			}
		}
	}
}

func (j *joiner) numbers(c column, from *[]byte) {
	var last uint64
	for _, f := range j.wanted[c] {
		switch c.wire() {
		case 1, 5:
			return
		case 0, 2:
			f.number = take(from, j)
			if rising[c] {
				last += unzigzag(f.number)
				f.number = last
			}
		default:
			j.fail()
		}
		if j.failed != nil {
			return
		}
	}
}

// write appends an op to out.
func (j *joiner) write(out []byte, p *part) []byte {
	if p.kind == 0 {
		return append(out, p.content[0].bytes...)
	}
	head := appendField(j.head[:0], &field{tag: tagKind, number: p.kind})
	for i := 0; i < len(p.head); i++ {
		switch f := p.head[i]; f.tag {
		case nonce:
			head = appendField(head, &field{tag: tagNonce, bytes: j.nonce(f.number)})
		case entity:
			pair := binary.AppendUvarint(make([]byte, 0, 2*binary.MaxVarintLen64), p.head[i+1].number)
			head = appendField(head, &field{tag: tagEntity, bytes: binary.AppendUvarint(pair, p.head[i+2].number)})
			i += 2
		default:
			head = appendField(head, f)
		}
	}
	j.head = head
	out = append(binary.AppendUvarint(out, uint64(len(head))), head...)
	if p.form == stub {
		return append(append(out, 1), j.bytes(&j.noise, commitSize)...)
	}
	out = append(append(out, 0), j.bytes(&j.noise, saltSize)...)
	for _, f := range p.content {
		out = appendField(out, f)
	}
	return out
}

// nonce returns the nonce of a step, 0 for one that is in the noise.
func (j *joiner) nonce(step uint64) []byte {
	var b []byte
	if step == 0 {
		b = j.bytes(&j.noise, saltSize)
	} else {
		b = j.nonces.at(step)
	}
	if j.failed == nil {
		j.nonces.step(b)
	}
	return b
}

func appendField(b []byte, f *field) []byte {
	if f.tag == blob {
		return append(b, f.bytes...)
	}
	b = binary.AppendUvarint(b, f.tag)
	switch f.tag & 7 {
	case 0:
		return binary.AppendUvarint(b, f.number)
	case 2:
		if f.within != nil {
			f.bytes = nil
			for _, g := range f.within {
				f.bytes = appendField(f.bytes, g)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(f.bytes)))
	}
	return append(b, f.bytes...)
}
