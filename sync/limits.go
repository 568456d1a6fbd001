package sync

import "time"

// MaxAhead is how far a received stamp may be ahead of this device's time and still move its
// clock: tablets are seconds off, seldom hours (a wrong time zone set by hand). A stamp beyond
// it is kept in its op, but does not drag others along.
const MaxAhead = 24 * time.Hour

const (
	// MaxTablets is how many tablets one flight has at most (PRODUCT: 1 to 15 a flight). More
	// author indexes than that may be bound, one for each incarnation.
	MaxTablets = 15
	// MaxAuthors bounds author indexes; arbitrary, room for four incarnations of each tablet.
	MaxAuthors = 64
	// MaxOpBytes bounds one op, header and body (reference: 16 KiB; larger things are blobs).
	MaxOpBytes = 16 << 10
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
