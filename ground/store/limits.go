package store

import "time"

const (
	// maxTries is how often a transaction that lost a race is run (measured: 200 contended
	// serialisable transactions pass with 12 tries and full jitter, not with 8 fixed ones).
	maxTries = 12
	// retryBase and retryCap bound the pause before another try: a random part of
	// retryBase·2ⁿ, at most retryCap.
	retryBase = 2 * time.Millisecond
	retryCap  = 400 * time.Millisecond
	// busyTimeout is how long SQLite waits for another process that writes.
	busyTimeout = 5 * time.Second
	// lockWaitMin and lockWaitMax bound how long PostgreSQL waits for a lock before the
	// transaction starts again: a deadlock ends sooner than PostgreSQL's own second, and the
	// two sides give up at different moments. Fifteen tablets queue for one flight for some
	// 150 ms at worst (10 ms each).
	lockWaitMin = 200 * time.Millisecond
	lockWaitMax = 400 * time.Millisecond
	// togetherMost is how many waiting transactions share a commit on SQLite: a flush for each would
	// be most of a storm's time, and each waits for the others' work (measured: some 8 ms).
	togetherMost = 16
	// readers is the size of SQLite's read pool; arbitrary, four times two cores.
	readers = 8
	// maxConns is the size of the PostgreSQL pool; arbitrary, six nodes fit the default of 100.
	maxConns = 16
	// insertRows bounds the rows of one INSERT statement.
	insertRows = 500
	// readRows is how many ops are read at a time, so that no cursor is open while they are used.
	readRows = 256
	// rareHits is up to how many posts a searched word counts as rare; arbitrary, twenty pages.
	rareHits = 1000
	// commonTerm is up to how many past answers a term is counted in; rareTerms is how many of a
	// question's terms are looked up, answersFound how many answers are read. Arbitrary: at most
	// 40,000 index entries and 200 rows.
	commonTerm   = 5000
	rareTerms    = 8
	answersFound = 200
	// listenBase and listenCap bound the pause before PostgreSQL is listened to again.
	listenBase = 100 * time.Millisecond
	listenCap  = 10 * time.Second
)
