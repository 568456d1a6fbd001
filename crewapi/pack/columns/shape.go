package columns

// A shape is all of an op, or of a message within one, but its values. It is written as varints:
// of an op its kind, the tags of its header, end, the tags of its content, end; of a message
// within, its tags and end. A tag is the field number and wire type of Protocol Buffers, from 8
// on; what is below 8 is a mark of ours.
const (
	end     = 0 // of the tags
	blob    = 1 // all of the content, which is no sequence of fields
	salted  = 2 // first of content tags: the op has a body, which starts with a salt
	stub    = 3 // instead of content tags: the op was erased, its commit follows
	nonce   = 4 // instead of the header's tag 8: it has its 8 bytes
	entity  = 5 // instead of the header's tag 4: it is two varints
	several = 6 // the next tag repeats; how often follows the shape's number
)

// Tags of the header that are treated apart.
const (
	tagKind   = 1 << 3
	tagStamp  = 2 << 3
	tagEntity = 4<<3 | 2
	tagNonce  = 8<<3 | 2
)

// steps is the column of what [Tables.Counting] writes for a nonce: a number.
var steps = column{0, tagNonce, 0}

// Tokens of a structure: a shape that is written out, an op that is kept as it is, and from
// tokenShapes on the shapes by number: those of the tables, then those that were written out.
const (
	tokenNew    = 0
	tokenOpaque = 1
	tokenShapes = 2
)

// column names where a value goes: the kind of op (0: a header), the tag it lies in (0: none)
// and its own tag. Values of one meaning lie together.
type column struct{ kind, in, tag uint64 }

func (c column) compare(d column) int {
	for _, p := range [...][2]uint64{{c.kind, d.kind}, {c.in, d.in}, {c.tag, d.tag}} {
		if p[0] != p[1] {
			if p[0] < p[1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// wire returns the wire type of a column's values: 0 numbers, 2 byte strings, 1 and 5 fixed width.
func (c column) wire() uint64 {
	switch {
	case c.kind == 0 && c.in != 0: // an entity's numbers, a nonce's step
		return 0
	case c == column{}, c.tag == blob:
		return 2
	}
	return c.tag & 7
}

// The columns of sync's ops that are treated apart: a page's travellers and a note's phrases are
// messages; stamps and traveller numbers of a page rise; stamps look random behind that.
var (
	messages = map[column]bool{{32, 0, 1<<3 | 2}: true, {48, 0, 6<<3 | 2}: true, {48, 0, 7<<3 | 2}: true, {48, 0, 8<<3 | 2}: true}
	rising   = map[column]bool{{0, 0, tagStamp}: true, {32, 1<<3 | 2, 1 << 3}: true, {48, 0, 14 << 3}: true}
	noisy    = map[column]bool{{0, 0, tagStamp}: true}
)
