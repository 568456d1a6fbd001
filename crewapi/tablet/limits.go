package tablet

import "time"

const (
	// againBytes bounds the entries that one write records again, bytes; their sealed copies come on top.
	againBytes = 96 << 10
	// openStores is how many flights' stores are open at once (measured: 4 small ones in 28 MB).
	openStores = 3
	// manyTables is how many tables a store may have before it is copied into a new one, after a round
	// of syncing: with three stores open that is 96 files, and a copy is written once for each 32 times
	// that a store was shut with something new. tooManyTables is when it is done at once, within
	// somebody's tap: a program that never comes to a round must not run out of files.
	manyTables, tooManyTables = 32, 128
	// mergeAgain is how long a store is left alone after a merge that failed. Arbitrary.
	mergeAgain = time.Hour
	// maxRounds bounds the exchanges of one flight in one round of syncing: 256 budgets.
	maxRounds = 256
	// minBudget is how far the budget of an answer is halved on a bad link, bytes: one op.
	minBudget = 16 << 10
	// gossipAfter is how long an entry waits for more before it goes to other tablets (reference D.7).
	gossipAfter = 2 * time.Second
	// spreadAfter is about how long news of others waits before it is passed on: long enough for
	// the rest of it, short against a person's patience. Arbitrary.
	spreadAfter = 200 * time.Millisecond
	// evenEvery is the mean pause between two comparisons of a flight with some other tablet, and
	// fanOut to how many tablets at once a change goes (reference D.7).
	evenEvery = 30 * time.Second
	fanOut    = 2
	// cabinBudget bounds the ops of an answer on the LAN, bytes (reference D.7).
	cabinBudget = 128 << 10
	// pairFor bounds the exchanges of a flight with one tablet, before others have their turn; what is
	// left waits for the next comparison. Arbitrary, three slow answers.
	pairFor = 30 * time.Second
	// tryWallAfter is after how many questions that got through one of the size that was refused is
	// tried again, and triesInARound how often in a round what fell silent, or was refused without a
	// word, goes again in smaller parts. Both arbitrary.
	tryWallAfter, triesInARound = 8, 4
	// proveAfter is how many sealed ops a tablet keeps beside ground's unsigned word for them. Arbitrary,
	// some 15 KB; a byte an op for the signature.
	proveAfter = 64
	// reachEvery is how often a tablet at a gate that has something for ground looks whether there is a
	// way to it, while not a byte of an answer comes. Arbitrary, below a person's patience.
	reachEvery = 4 * time.Second
	// keptFor is how old the saved time of the last contact may be when the program ends: each saving
	// costs a table. Arbitrary, a third of the pause between two questions on SATCOM.
	keptFor = 10 * time.Minute
	// sealedEvery is how often ground is asked about a sealed flight whose text is still here: only
	// an erasure can be news. Arbitrary, 48 small questions in the 12 hours after landing.
	sealedEvery = 15 * time.Minute
	// retryMost bounds how long a busy ground is left alone, and the LAN's wait after a failure.
	retryMost = 2 * time.Minute
	// lookEvery is how long a tablet on SATCOM does not look at what is due, unless something
	// happens: clocks may jump. Arbitrary.
	lookEvery = time.Minute
	// meetFor is how long a tablet waits for others to be found before it takes itself for the only
	// one; on a quiet network all find all within 5 s (package cabin's test).
	meetFor = 15 * time.Second
	// firstBudget bounds the ops of the first frames of a start, bytes: one initial TCP window packed,
	// at five bytes of ops for one on the wire.
	firstBudget = 64 << 10
	// aheadBy is how far in the future a movement may be recorded: clocks differ.
	aheadBy = 10 * time.Minute
	// maxQuantity bounds one gesture; arbitrary until the policy says less.
	maxQuantity = 9
	// policyVersion is the gesture policy built into this program.
	policyVersion = 1
	// syncedEvery is how old the stored time of the last round may be when nothing else is to be
	// stored: a quiet round writes nothing. Arbitrary; it serves people.
	syncedEvery = time.Hour
)
