package sync

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Event is what happens to a replica: [Write], [Receive], [Ask], [Answer], [Bind] or
// [EraseBodies].
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

// Receive takes the runs of a request or response. Runs that are duplicates, gaps, forged or
// forks change nothing; what they were is in [Ready.Notes]. Have makes a tablet write one
// coalesced have op in the same batch when a notes or safety lane advanced; it needs Salt.
type Receive struct {
	Runs     []Run
	Receipts []Receipt
	// Peer is the vector of the message. A peer that holds more of this replica's lane than it
	// does itself says that its store was rolled back ([FaultRollback]): nothing is written by
	// itself until the rest came back.
	Peer Vector
	Have bool
	Salt [SaltSize]byte
	// Asked is the vector of the request that the message answers, and Proof ground's signature over
	// what both vectors cover of the crew's lanes; it frees as a receipt does.
	Asked Vector
	Proof []byte
	// Now is the receiver's time, by which it holds each tablet's key to its quota ([QuotaBurst]). Zero
	// takes what comes: from ground, who has counted.
	Now time.Time
}

// Ask makes a request for a peer whose last known vector is Peer. A peer of whom nothing is
// known (nil) is offered this replica's own lane.
type Ask struct {
	Peer   Vector
	Budget int // bytes of ops the response may carry; 0 is DefaultBudget
	Send   int // bytes of ops the request may carry; 0 is DefaultBudget
	// Whole lists lanes to send from their start: those of which the peer, or this replica,
	// said that the other's history is another one ([FaultFork], [Response.Again]).
	Whole []Author
	// Claims adds the head of every lane: after an exchange that left both sides with equal
	// vectors and unequal digests.
	Claims bool
	// Prove asks for ground's signature that it holds the crew's ops.
	Prove bool
}

// Answer makes the response to a request, after its runs were received and persisted.
type Answer struct {
	Request Request
	Notes   []RunNote // of the Receive that took the request's runs
	Limit   int       // upper bound for Request.Budget, bytes; 0 is DefaultBudget
	// Leaving: the asker was taken off the roster. It hands in what it has, and gets only what says
	// where its lanes are: the admin lanes, which name no passenger.
	Leaving bool
}

// Bind starts the lane of an author index as a roster op of ground would, ahead of that op:
// for a branch that left ground's own admin lane, whose entry cannot stand in that branch.
// The driver writes the entry afterwards. Errors: too_much, exists.
type Bind struct{ Entry RosterEntry }

// EraseBodies drops the bodies of ops that the group's erase ops name, of those in Dots. What no
// erase op that is held here means keeps its body.
type EraseBodies struct{ Dots []Dot }

func (Write) event()       {}
func (Receive) event()     {}
func (Ask) event()         {}
func (Answer) event()      {}
func (Bind) event()        {}
func (EraseBodies) event() {}

// Ready says what the driver must do now, in the order of its fields. See the package comment.
type Ready struct {
	Batch    Batch
	Request  *Request
	Response *Response
	proving  []byte // what [Replica.Sign] signs as the response's proof
	Changed  []Dot  // ops that are new to this replica
	Notes    []RunNote
}

// RunNote tells what was odd about a received run. The flight goes on.
type RunNote struct {
	Author Author
	What   RunFault
	Seq    uint64 // where; 0: before what the run shows
	Fork   Fork   // for a fork whose place is known: the branch that came
	Ours   Hash   // and the head of our own op there
}

// RunFault names what was odd about a run.
type RunFault string

// The run faults.
const (
	FaultGap       RunFault = "gap"       // starts behind a hole
	FaultFork      RunFault = "fork"      // the author signed another history than the one held
	FaultBranch    RunFault = "branch"    // of a branch that has a home; its holder does not know yet
	FaultForged    RunFault = "forged"    // not signed by the author
	FaultUnbound   RunFault = "unbound"   // the roster, as far as it is known here, has no such author
	FaultRollback  RunFault = "rollback"  // the peer holds more of this replica's lane than it does itself
	FaultMalformed RunFault = "malformed" // not a run
	FaultQuota     RunFault = "quota"     // more at once than one tablet's key may bring; it comes through later
	FaultTooLarge  RunFault = "too-large" // an op or a lane beyond every bound
	FaultStripped  RunFault = "stripped"  // a body is missing and ground, as far as it is known here, ordered no erasure
)

// Run is contiguous ops of one author. Head is the chain hash at the last op, Sig the author's
// signature over the claim there.
type Run struct {
	Author Author
	First  uint64
	Ops    [][]byte
	Head   Hash
	Sig    []byte
}

func (r Run) last() uint64 { return r.First + uint64(len(r.Ops)) - 1 }

// HeadOf is one claim of a request: the head of a lane at the request's vector.
type HeadOf struct {
	Author Author
	Head   Hash
}

// Request is one side of an exchange: what I hold and what I think you lack.
type Request struct {
	Group       passenger.FlightID
	Me          Author      // Nobody until bound
	Incarnation Incarnation // while Me is Nobody; zero after that, the roster knows
	Mine        uint64      // first 8 bytes of the head of my own lane: equal counts of unequal lanes are no acknowledgement
	Have        Vector
	Runs        []Run
	Claims      []HeadOf
	Budget      int
	Prove       bool
}

// Response is the other side: my vector, durable, and what you lack.
type Response struct {
	Have     Vector
	Digest   uint64
	Runs     []Run
	More     bool     // something was left out for the budget: ask again at once
	Proof    []byte   // ground's signature over what both vectors cover, when asked
	Again    []Author // these lanes do not fit what I hold: send them from their start; Have is no acknowledgement of them
	Receipts []Receipt
	Now      time.Time // the answerer's clock, whole seconds; zero: not said. The engine does not look at it
}
