package sync

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Event is what happens to a replica: [Write], [Receive], [Ask], [Answer], [Bind],
// [Rotate] or [EraseBodies].
type Event interface{ event() }

// Write appends drafts to the lane of Author. Salts holds one random salt a draft. Errors:
// invalid for a missing salt, too_much for an op above [MaxOpBytes], phase when Author is not
// bound or the lane is not this replica's to write.
type Write struct {
	Author Author
	Drafts []Draft
	Salts  [][SaltSize]byte
	Now    time.Time
}

// Receive takes the runs of a request or response. Runs that are duplicates, gaps or forks
// change nothing; what they were is in [Ready.Notes]. Have makes a tablet write one coalesced
// have op in the same batch when a notes or safety lane advanced; it needs Salt and Now.
type Receive struct {
	Runs []Run
	You  Author // what the response says this replica is; Nobody for a request
	// YouSeen is Response.YouSeen: how much of this replica the answerer holds. When that is
	// more than this replica holds itself, its store was rolled back ([FaultRollback]).
	YouSeen uint64
	// Accept, when set, limits the authors whose ops are taken (ground takes from a tablet only
	// that tablet's lanes while runs are unsigned).
	Accept map[Author]bool
	Have   bool
	Salt   [SaltSize]byte
	Now    time.Time
}

// Ask makes a request for a peer whose last known vector is Peer (nil when unknown).
type Ask struct {
	Peer   Vector
	Budget int // bytes of ops the response may carry; 0 is DefaultBudget
}

// Answer makes the response to a request, after its runs were received and persisted.
type Answer struct {
	Request Request
	You     Author // the author index that ground has bound the asker to
	Limit   int    // upper bound for Request.Budget, bytes; 0 is DefaultBudget
}

// Bind starts the lane of an author under an incarnation (ground, as it writes the roster op).
type Bind struct {
	Author      Author
	Incarnation Incarnation
}

// Rotate gives this replica a new incarnation, after a peer has seen more of its ops than it
// holds itself (a rolled-back store). Ground then binds a new author index; the old lane goes
// on as somebody else's, and what was lost comes back with the next exchange.
type Rotate struct{ Incarnation Incarnation }

// EraseBodies drops the bodies of ops that the group's erase ops name.
type EraseBodies struct{ Dots []Dot }

func (Write) event()       {}
func (Receive) event()     {}
func (Ask) event()         {}
func (Answer) event()      {}
func (Bind) event()        {}
func (EraseBodies) event() {}
func (Rotate) event()      {}

// Ready says what the driver must do now, in the order of its fields. See the package comment.
type Ready struct {
	Batch    Batch
	Request  *Request
	Response *Response
	Changed  []Dot // ops that are new to this replica
	Notes    []RunNote
}

// RunNote tells what was odd about a received run. The flight goes on.
type RunNote struct {
	Author Author
	What   RunFault
	Seq    uint64 // where
}

// RunFault names what was odd about a run.
type RunFault string

// The run faults.
const (
	FaultGap       RunFault = "gap"       // starts behind a hole
	FaultFork      RunFault = "fork"      // another history under the same author and incarnation
	FaultMalformed RunFault = "malformed" // an op that cannot be parsed ends the run
	FaultTooLarge  RunFault = "too-large"
	FaultRefused   RunFault = "refused"  // not the sender's lane
	FaultRollback  RunFault = "rollback" // the peer holds more of this replica's lane than it does itself: rotate
)

// Run is contiguous ops of one author. Head is the chain hash at the last op.
type Run struct {
	Author      Author
	Incarnation Incarnation
	First       uint64
	Ops         [][]byte
	Head        Hash
}

// Request is one side of an exchange: what I hold and what I think you lack.
type Request struct {
	Group       passenger.FlightID
	Me          Author // Nobody until bound
	Incarnation Incarnation
	Have        Vector
	Digest      uint64
	Runs        []Run
	Budget      int
}

// Response is the other side: my vector, durable, and what you lack.
type Response struct {
	Have    Vector
	Digest  uint64
	Runs    []Run
	More    bool
	You     Author // what the asker is bound to
	YouSeen uint64 // ops of the asker that the answerer holds
}
