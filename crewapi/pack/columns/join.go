package columns

import "errors"

// The errors of [Tables.Join].
var (
	ErrMalformed = errors.New("columns: no Split wrote this")
	ErrTooLarge  = errors.New("columns: more than the limit")
)

// joiner puts ops together. Its first failure stays.
type joiner struct {
	*Tables
	b      []byte // what is left of the stream
	noise  []byte
	fresh  []string
	left   int                 // values that may still come
	wanted map[column][]*field // what structure says of a column, in order
	failed error
	nonces nonces  // of the ops that were written
	heads  int     // nonces that structure told of
	room   []field // for fields to come
	head   []byte  // of the op that is written
}

// Join returns the ops that [Tables.Split] took apart: at most maxOps, of at most maxBytes with
// their lengths. The ops share one array, which is the caller's.
// Errors: ErrMalformed, ErrTooLarge.
func (t *Tables) Join(stream, noise []byte, maxOps, maxBytes int) ([][]byte, error) {
	j := &joiner{Tables: t, b: stream, noise: noise, left: MaxValues, wanted: map[column][]*field{}}
	n := j.number()
	if n > uint64(maxOps) {
		return nil, ErrTooLarge
	}
	var ops []*part
	for range n {
		ops = append(ops, j.op())
		if j.failed != nil {
			return nil, j.failed
		}
	}
	j.values()
	if j.failed == nil && len(j.b) > 0 {
		j.failed = ErrMalformed
	}
	var out []byte
	ends := make([]int, 0, len(ops))
	for _, p := range ops {
		if j.failed != nil {
			return nil, j.failed
		}
		out = j.write(out, p)
		if ends = append(ends, len(out)); len(out) > maxBytes {
			return nil, ErrTooLarge
		}
	}
	if j.failed == nil && len(j.noise) > 0 {
		j.failed = ErrMalformed
	}
	if j.failed != nil {
		return nil, j.failed
	}
	raws, from := make([][]byte, len(ends)), 0
	for i, to := range ends {
		raws[i], from = out[from:to:to], to
	}
	return raws, nil
}

func (j *joiner) fail() uint64 { j.failed = ErrMalformed; return 0 }

// number takes a varint off the stream.
func (j *joiner) number() uint64 { return take(&j.b, j) }

func take(b *[]byte, j *joiner) uint64 {
	v, n := uvarint(*b)
	if n == 0 {
		return j.fail()
	}
	*b = (*b)[n:]
	return v
}

func (j *joiner) bytes(b *[]byte, n uint64) []byte {
	if n > uint64(len(*b)) {
		j.fail()
		return nil
	}
	out := (*b)[:n:n]
	*b = (*b)[n:]
	return out
}

// field makes a field. Fields are made by the block: an op has twenty.
func (j *joiner) field(tag uint64) *field {
	if len(j.room) == 0 {
		j.room = make([]field, 32)
	}
	f := &j.room[0]
	j.room = j.room[1:]
	f.tag = tag
	return f
}

// want notes that the next value of a column goes to a field, which it returns.
func (j *joiner) want(c column, tag uint64) *field {
	f := j.field(tag)
	if j.left--; j.left < 0 {
		j.fail()
		return f
	}
	j.wanted[c] = append(j.wanted[c], f)
	return f
}

// shape takes a token off the stream. It is "" for an op that is kept as it is.
func (j *joiner) shape() string {
	token := j.number()
	switch {
	case token == tokenNew:
		s := string(j.bytes(&j.b, j.number()))
		j.fresh = append(j.fresh, s)
		return s
	case token == tokenOpaque:
		return ""
	case token-tokenShapes < uint64(len(j.shapes)):
		return j.shapes[token-tokenShapes]
	case token-tokenShapes-uint64(len(j.shapes)) < uint64(len(j.fresh)):
		return j.fresh[token-tokenShapes-uint64(len(j.shapes))]
	}
	j.fail()
	return ""
}

func (j *joiner) op() *part {
	shape := []byte(j.shape())
	if len(shape) == 0 {
		return &part{content: []*field{j.want(column{}, 0)}}
	}
	p := &part{kind: take(&shape, j)}
	for j.failed == nil {
		switch tag := take(&shape, j); tag {
		case end:
			p.form = take(&shape, j)
			if p.kind == 0 || p.form != salted && p.form != stub || p.form == stub && len(shape) != 1 {
				j.fail()
			}
			p.content = j.fields(p.kind, 0, shape)
			return p
		case nonce:
			f := j.field(nonce)
			if j.heads++; j.counting && j.heads > 1 {
				f = j.want(steps, nonce)
			}
			p.head = append(p.head, f)
		case entity:
			p.head = append(p.head, j.field(entity), j.want(column{0, tagEntity, 0}, 0), j.want(column{0, tagEntity, 8}, 0))
		default:
			if tag < 1<<3 {
				j.fail()
			}
			p.head = append(p.head, j.want(column{0, 0, tag}, tag))
		}
	}
	return p
}

// fields reads the tags of a shape and the counts and messages that follow in the structure.
func (j *joiner) fields(kind, in uint64, shape []byte) []*field {
	type run struct{ tag, n uint64 }
	var runs []run
	for j.failed == nil {
		r := run{take(&shape, j), 1}
		if r.tag == end {
			break
		}
		if r.tag == several {
			r = run{take(&shape, j), j.number()}
		}
		if r.tag < 1<<3 && r.tag != blob || r.n > uint64(j.left) {
			j.fail()
			break
		}
		runs = append(runs, r)
	}
	if len(shape) > 0 {
		j.fail()
	}
	var out, within []*field
	for _, r := range runs {
		for range r.n {
			if j.failed != nil {
				return out
			}
			c := column{kind, in, r.tag}
			if !messages[c] {
				out = append(out, j.want(c, r.tag))
				continue
			}
			j.left--
			f := j.field(r.tag)
			out, within = append(out, f), append(within, f)
		}
	}
	for _, f := range within {
		if j.failed != nil {
			break
		}
		f.within = j.fields(kind, f.tag, []byte(j.shape()))
	}
	return out
}
