package cabin

import "time"

const (
	// DefaultPort is where a tablet listens on the LAN unless told otherwise; unassigned.
	DefaultPort = 8491
	// helloTimeout bounds a first word: connection, handshake and answer on a slow access point.
	helloTimeout = 5 * time.Second
	// exchangeTimeout bounds one exchange: 128 KiB and a flush to disk.
	exchangeTimeout = 10 * time.Second
	// helloEvery is how long nothing was heard of a tablet before it is asked: longer than
	// anti-entropy with one of fourteen others every 30 s (reference D.7) mostly takes to come round,
	// so that tablets in use are seldom asked.
	helloEvery = 8 * time.Minute
	// retryFirst and retryMost bound the pause after a failure, doubled each time, jittered.
	retryFirst = time.Second
	retryMost  = time.Minute
	// strangerFirst is the pause before an address is tried whose tags are none of ours: another
	// aircraft at the next gate, or a tablet with a wrong clock. strangerEvery is the pause after
	// that.
	strangerFirst = time.Minute
	strangerEvery = 10 * time.Minute
	// forgetAfter is how many failures in a row take an address off the list that nobody gave by
	// hand: about four minutes.
	forgetAfter = 9
	// maxSpots bounds the addresses kept: 15 tablets with two addresses each, and their neighbours.
	maxSpots = 64
	// maxTries bounds first words under way at once.
	maxTries = 4
	// maxConns and maxConnsPerHost bound connections taken, before anything is known of them. A host
	// has one a tablet; a test machine has fifteen tablets.
	maxConns        = 64
	maxConnsPerHost = 16
	// maxStreams bounds the calls of one connection at once.
	maxStreams = 8
	// maxHeader bounds the headers of a call, bytes.
	maxHeader = 8 << 10
	// idle closes connections that were not used for longer than helloEvery.
	idle = 10 * time.Minute
	// drain is how long a shutdown waits for exchanges under way.
	drain = 2 * time.Second
	// maxTags bounds the flights that are announced, and the tags taken from an announcement.
	maxTags = 8
	// browseEvery is how often the LAN is asked who is there, once the first questions are asked;
	// browseFor is how long answers are waited for.
	browseEvery = 30 * time.Second
	browseFor   = time.Second
)

// browseFirst are the pauses before the first questions: tablets are switched on together.
var browseFirst = []time.Duration{0, 2 * time.Second, 5 * time.Second, 10 * time.Second}
