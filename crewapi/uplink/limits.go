package uplink

import "time"

// The policies (reference/flight-sync.md D.7, issue of the satcom mode).
var (
	gate = Policy{Class: Gate, Watch: true, Budget: 200 << 10, Poll: time.Minute, First: time.Second, Most: 2 * time.Minute}
	// cabin is between tablets: an entry waits 2 s for others, flights are compared every 30 s.
	cabin = Policy{Class: Cabin, Budget: 128 << 10, Poll: 30 * time.Second, Batch: 1, Hold: 2 * time.Second, First: time.Second, Most: 2 * time.Minute}
	// satcom: the budget is one initial TCP window of ten segments, less what frames it.
	satcom = Policy{Class: Satcom, Budget: 12 << 10, Poll: 30 * time.Minute, Batch: 20, Hold: 30 * time.Minute, First: 4 * time.Second, Most: 5 * time.Minute}
)

const (
	// DefaultPurse is what a flight may cost on SATCOM, bytes (reference D.7).
	DefaultPurse int64 = 128 << 10
	// Lease is how long a gateway's word holds, and Renew how often it says it: a word may be lost twice.
	Lease = time.Minute
	Renew = 20 * time.Second
	// giveWay is how long a gateway whose rounds fail lets another one try. Arbitrary.
	giveWay = 10 * time.Minute
	// failsToGiveWay is after how many failed rounds in a row it does. Arbitrary.
	failsToGiveWay = 3
	// descent is how long before the arrival a descent begins: 20 to 30 minutes on a jet.
	descent = 30 * time.Minute
	// LandingJitter spreads the tablets of flights that reach their gates at once (reference D.7).
	LandingJitter = 10 * time.Second
	// enoughSamples in a row say what a way is like. Arbitrary.
	enoughSamples = 3
	// slowRTT and quickRTT stand apart from what is: geostationary links have 600 ms and more,
	// low orbits and gates below 150 (reference B2).
	slowRTT  = 500 * time.Millisecond
	quickRTT = 200 * time.Millisecond
	// slowRate and quickRate are bytes a second: 100 kbit/s and 1 Mbit/s (reference B2).
	slowRate  = 100_000 / 8
	quickRate = 1_000_000 / 8
	// tellingBytes is the least answer that tells a rate: what comes at once tells none.
	tellingBytes = 32 << 10
)
