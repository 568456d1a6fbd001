package subject

import "time"

const day = 24 * time.Hour

// Rule is how long one kind of data is kept.
type Rule struct {
	Kind string        // as it stands in the report and in docs/privacy.md
	Keep time.Duration // counted from what the kind says
}

// Policy is the table of rules, in the order in which they run. docs/privacy.md names the same
// periods with their reasons; a test compares the two.
type Policy []Rule

// The kinds of the policy.
const (
	KindRaw     = "raw posts"    // from arrival: the raw form goes, the text stays
	KindCases   = "closed cases" // from closing, without a standing loop: text, names and links go
	KindSilent  = "silent cases" // from the last post, without a standing loop: closed and emptied
	KindLoops   = "ended loops"  // from their end: words and the tie to the person go
	KindFlights = "flights"      // from the seal, when nothing is open: list, note text and words go
	KindPeople  = "persons"      // from their last departure, without a standing loop: made anonymous
	KindAudit   = "audit rows"   // from when they were written
)

// DefaultPolicy is the shipped one. Sources: raw posts are evidence for a dispute with a platform
// (90 days); ended loops follow the clock of a loop, 180 days (PRODUCT), and so do closed cases;
// 30 days after the seal no tablet is expected any more (flight-sync reference, stages); two years
// of silence end a customer relation and three years a claim: both are arbitrary, for the operator
// to set with its counsel.
func DefaultPolicy() Policy {
	return Policy{{KindRaw, 90 * day}, {KindCases, 180 * day}, {KindSilent, 730 * day}, {KindLoops, 180 * day},
		{KindFlights, 30 * day}, {KindPeople, 730 * day}, {KindAudit, 1095 * day}}
}

// batch is how many rows one transaction of a retention run changes; arbitrary, short enough
// for others to write in between.
const batch = 200
