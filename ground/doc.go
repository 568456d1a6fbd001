// Package ground holds the nouns of everything that runs on the ground, and the interfaces of
// its store, one for each aggregate. It does no I/O.
//
// The parts below it (social, cases, flightops, notes, dispatch, followup, console, store)
// never import each other's internals: they meet in these nouns and interfaces. A person
// ([passenger.PersonID]) lives here and only here; what goes to a tablet names travellers.
//
// A [Tx] is one SQL transaction with one now. What a Tx method returns belongs to the caller.
package ground
