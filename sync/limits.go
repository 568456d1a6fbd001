package sync

const (
	// MaxTablets is how many tablets one flight has at most (PRODUCT: 1 to 15 a flight). More
	// author indexes than that may be bound, one for each incarnation.
	MaxTablets = 15
	// MaxAuthors bounds author indexes; arbitrary, room for four incarnations of each tablet.
	MaxAuthors = 64
	// MaxBranches bounds the branches of one lane, MaxKeyBranches those of all lanes of one tablet.
	// Arbitrary: a device is copied or restored once or twice in its life.
	MaxBranches    = 4
	MaxKeyBranches = 8
	// MaxOpBytes bounds one op, header and body (reference: 16 KiB; larger things are blobs).
	// A larger one of another program is kept and forwarded, and counts for nothing.
	MaxOpBytes = 16 << 10
	// MaxOver bounds what one outcome, resolve, seat or assistance supersedes: 1,000 dots and marks of
	// at most 13 bytes stay below MaxOpBytes.
	MaxOver = 1000
	// MaxRawBytes bounds what is kept at all; a run with more is refused. Arbitrary.
	MaxRawBytes = 64 << 10
	// MaxLaneOps bounds a lane: a program gone wild fills no tablet. Arbitrary, 30 times what a
	// long flight writes.
	MaxLaneOps = 1 << 16
	// MaxLaneBytes bounds the ops of a lane in bytes, for the same reason: what one tablet writes
	// goes to all. Arbitrary, 80 times what a long flight writes. Ops beyond stay with their author.
	MaxLaneBytes = 16 << 20
	// QuotaBurst is how much of one tablet's key a replica takes at once, QuotaPerMinute how much of
	// that comes back, bytes; an op costs QuotaOp more than it is long, as it does in memory and in a
	// fold. Arbitrary, from what crews must never meet: 5,000 entries with long words that land at
	// once, 3 people who tap ten times a second for a minute, a restored store that records all of its
	// flight again. A flood is held at some 11,000 small ops.
	QuotaBurst     = 12 << 20
	QuotaPerMinute = 128 << 10
	QuotaOp        = 1 << 10
	// pointEvery is how many ops lie at most between two kept signatures of a lane that its
	// author signed more often.
	pointEvery = 64
	// MaxRunOps bounds the ops of one exchange in each direction.
	MaxRunOps = 4096
	// PageSize is how many travellers one manifest page holds.
	PageSize = 64
	// DefaultBudget is how many bytes of ops a response carries unless the request says less
	// (link class GATE: 256 KiB; the tablet's atomic unit is 200 KiB).
	DefaultBudget = 200 << 10
	// SaltSize is how many random bytes a body starts with.
	SaltSize = 8
)
