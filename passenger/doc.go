// Package passenger holds the nouns of Cabinloop and the rules about them that need no
// input or output: flights, posts, cases, notes, outcomes, gestures, consent and error codes.
//
// It imports only the standard library and uuid, reads no clock and draws no randomness, so
// that ground, tablets and the flight sync engine share one meaning of every word.
//
// Invariants:
//   - A [FlightKey] never changes once a flight exists; re-timing keeps it.
//   - A [Note] speaks about the service, never about the person, and is written as if the
//     passenger will read it. Its words come from coded phrases ([PhraseCode]).
//   - A person ([PersonID]) never leaves the ground; a traveller ([TravellerNo]) is that
//     person on one flight.
package passenger
