// Package crewapi is the crossing: the wire between a tablet and the ground. It turns the
// messages of crew.v1 into the words of packages passenger and sync and back, maps error codes,
// and holds the Connect handler for the ground and the client for the tablet, and both for the way
// from tablet to tablet ([NewPeerHandler], [NewPeerClient]; package cabin carries them).
//
// The ground stands behind the [Ground] interface; only cmd joins the two. Envelopes are
// validated by an interceptor with the rules of rules.go; ops are validated by the engine, so
// that one bad op never fails an exchange. Nothing here logs a name, a seat, a text or a token.
package crewapi
