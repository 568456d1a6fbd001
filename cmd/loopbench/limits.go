package main

import "time"

// How much is measured. All of it is arbitrary but bounded; the flight is that of the reference.
const (
	runLimit   = 15 * time.Minute // for everything; a hung program ends the run
	waitLimit  = 20 * time.Second
	posts      = 5000
	seats      = 360 // passengers of a flight
	notes      = 50  // of a flight
	releases   = 100
	between    = 20 * time.Millisecond // rest between two releases
	renderings = 10
	starts     = 11
	entries    = 200
	enrolBound = 15 // enrolments of one ground process; it takes 20 at once
	oneImports = 3  // imports of a single post, for the cost of a process start

	liveNotes   = 500
	quiet       = 30 * time.Millisecond
	traced      = 50 // writes under strace
	entriesEach = 80 // of a tablet, W3
	reconcilers = 6  // tablets, W3

	idleSettle = 3 * time.Second
	idleFor    = 10 * time.Second
	backlog    = 1000 // entries of a tablet that was long away, #37

	largestStorm = 1000 // of the goals of W5, #17 and #18
)
