// Package storetest is the contract suite of [flightsync.Store]: one suite, every
// implementation. What it checks is what the engine relies on: a batch is applied whole or not
// at all, a gap is never stored, a stub drops the body for good, and what was applied is there
// after a reopen.
package storetest
