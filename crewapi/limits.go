package crewapi

import (
	"time"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	// maxMessage bounds one message, bytes, also while it is decompressed (reference D.7).
	maxMessage = 1 << 20
	// compressFrom is the size from which a message is compressed, bytes: gzip makes one op
	// larger (measured: 87 to 112).
	compressFrom = 1 << 10
	// heartbeat is how often an idle stream says that it lives (reference: 15 to 20 s).
	heartbeat = 15 * time.Second
	// silence ends a stream that said nothing: three heartbeats.
	silence = 3 * heartbeat
	// enrolBurst and enrolEvery bound guesses of enrolment codes over all callers: so many at
	// once, then one each. Arbitrary; a code has 128 bits.
	enrolBurst = 20
	enrolEvery = 3 * time.Second
	// handOverBurst and handOverEvery bound the hand-overs of devices without access, over all callers:
	// each is a signature to check and a flight to lock. Arbitrary; a fleet has few such devices.
	handOverBurst = 64
	handOverEvery = time.Second / 2
	// maxAssignments bounds the flights on one page of a tablet's list, and those that it says it
	// holds; arbitrary, weeks of duty. maxPages bounds the pages, maxAfter the bytes of a place in them.
	maxAssignments = 512
	maxPages       = 16
	maxAfter       = 64
	// maxFirst bounds the ops of all first frames of one list of flights, bytes: what one exchange
	// may carry.
	maxFirst = flightsync.DefaultBudget
	// maxPacked is how many bytes of packed runs are remembered at least; arbitrary, the crew ops of
	// a thousand landing tablets in 1 KB each, four times.
	maxPacked = 4 << 20
	// maxSpenders and maxSpent bound what is believed of the bytes that tablets spent: more tablets
	// than a flight has, 1 TiB each. Arbitrary.
	maxSpenders = 64
	maxSpent    = 1 << 40
	// callTimeout bounds the silence of one call to ground; a satellite link answers within 3 s, a queue
	// may take longer. What is said takes its time besides, at slowest bytes a second at the slowest.
	callTimeout = 30 * time.Second
	slowest     = 1000
	// dialTimeout bounds making a connection, and its TLS handshake: five round trips of the worst
	// link (reference B2).
	dialTimeout = 10 * time.Second
	// keepFor is how long an idle connection to ground is kept: longer than the half hour between
	// two questions on SATCOM. Ground keeps it longer.
	keepFor = 40 * time.Minute
	// sessions is how many TLS sessions are kept to be resumed: one ground, and its next address.
	sessions = 4
	// A call that hears nothing is repeated on a fresh connection after patienceLeast at least; after
	// patienceUnknown where nothing is known of the way; after patienceMost at the latest; a
	// body has its time besides. Four of the worst round trip are 8 s (reference B2).
	patienceLeast, patienceUnknown, patienceMost = time.Second, 10 * time.Second, 15 * time.Second
	// retryDumb is the longest pause between two further tries while not a byte comes: a few packets
	// each, so that a network that is back is found within it. maxTries bounds them in one call.
	retryDumb, maxTries = 3 * time.Second, 12
	// maxAlarms bounds how often patience doubles when a silent connection was only slow.
	maxAlarms = 4
	// keptSamples is how many calls are remembered; the last few count.
	keptSamples = 8
)
