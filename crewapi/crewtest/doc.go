// Package crewtest is the ground for tests of the tablet's side: a small in-memory ground
// behind the real wire, with helpers to write notes, lists and movements and switches for the
// faults of a link. Its listener is made of pipes, so it also works in a synctest bubble.
package crewtest
