package dispatch

import (
	"time"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	// maxExchanges is how many exchanges one node takes in at a time: a storm of a thousand tablets,
	// decoded at 10 KB each. Those of one flight go together, so that waiting here costs ground less
	// than coming back. More wait, up to exchangeWait.
	maxExchanges = 1024
	// exchangeWait is how long an exchange may wait to be taken in before it is told to come back
	// (reference: retry when the queue is over 250 ms).
	exchangeWait = 250 * time.Millisecond
	// busyFor is how long a tablet that was refused should stay away at least, the first time; it
	// adds its own jitter. Arbitrary, four times the queue.
	busyFor = 4 * exchangeWait
	// busyMost bounds what that grows to, and maxRefused how many are counted. Arbitrary: a minute is
	// the pace of a tablet without a stream; some 200 KB.
	busyMost   = time.Minute
	maxRefused = 4096
	// maxLooks is how often the flights of a loop are looked for before a decision about it gives
	// up; arbitrary, each look more needs another move at the very moment.
	maxLooks = 5
	// watchPoll bounds how late watchers see a change whose hint was lost; one question a node.
	watchPoll = time.Second
	// feedBatch is how many changes are read at a time; arbitrary.
	feedBatch = 256
	// replyWithin is the deadline of a follow-up that answers the customer after landing.
	replyWithin = 24 * time.Hour
	// settleWithin is the deadline of a follow-up for ground operations.
	settleWithin = 72 * time.Hour
	// maxIndexes bounds the author indexes that one tablet asks for on a flight, one for each of its
	// stores. Arbitrary: twice an equal share of what there are.
	maxIndexes = 8
	// restoreSkips is how many author indexes a flight may have given away between a backup and its
	// restore. Arbitrary: one to each tablet that a flight may have, and one more.
	restoreSkips = flightsync.MaxTablets + 1
	// maxFrames bounds the answers that are kept for the watchers of one flight. Arbitrary: mostly
	// all of them hold the same.
	maxFrames = 64
	// eraseDots is how many ops one erase op names: as many as any op, so that it stays below the
	// engine's bound on one.
	eraseDots = flightsync.MaxOver
	// maxHeld and maxHeldBytes bound the entries of one device without access that wait for a person on
	// a flight: more than a crew ever recorded on one, arbitrary. A lost tablet must not fill ground.
	maxHeld      = 4096
	maxHeldBytes = 4 << 20
	// maxReason bounds the reason of a decision, runes; arbitrary.
	maxReason = 200
)
