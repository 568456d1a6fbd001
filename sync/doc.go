// Package sync is the flight sync engine: the pure law of one flight's replica group.
// Everywhere else in this module it is imported as flightsync.
//
// A flight is a closed, short-lived group: ground and up to [MaxTablets] tablets. Everything
// that happens is an [Op] in its author's lane, kept as raw bytes and hash-chained. A [Replica]
// takes an [Event] and answers with a [Ready]; it does no I/O and has no clock, goroutine or
// randomness of its own. Time and random bytes arrive inside the event.
//
// # Crash-safety contract
//
// A Ready is worked off in this order:
//
//  1. persist Ready.Batch in one durable transaction;
//  2. then send Ready.Request or Ready.Response;
//  3. then show Ready.Changed to people.
//
// If step 1 fails, the driver drops the Replica and loads a new one: what was not persisted
// never happened. A Replica is not safe for concurrent use.
//
// # Bytes
//
// An op is header ‖ body. The header (kind, stamps, references, superseded dots) never holds
// personal data. The body starts with [SaltSize] random bytes. With
//
//	commit = SHA-256(body)[:16]
//	h_0    = SHA-256(group ‖ author ‖ incarnation)[:16]   (ground's first lanes: incarnation 0)
//	h_n    = SHA-256(h_{n-1} ‖ header_n ‖ commit_n)[:16]
//
// an erased body leaves header and commit behind (a stub), and every later suffix still
// verifies. Headers and bodies are sequences of fields in the protocol-buffer wire form;
// unknown fields and unknown kinds are kept and forwarded bit-exact, and so is what cannot be
// read at all ([Op.Poison]).
//
// A [Run] is proven by one signature of its author ([Claim]); ground's lanes by the group's root
// key, a tablet's by the key in its roster op. The driver signs: [Replica.Sign] after each Step.
//
// # Lanes
//
// An author index is bound by roster ops to a lane class, a key and an incarnation. Indexes 0 to 3
// are ground's admin, safety, manifest and notes lanes; tablets come from [FirstTablet] on. Lanes
// set writer and order, never confidentiality. A lane of which a second history turns up (a
// cloned or rolled-back store, a restored database) keeps one; the other gets a lane of its own
// ([Fork], [Replica.Homes]), and both are folded.
//
// # Invariants
//
//   - vector[a] = n means every op (a,1)…(a,n) is held: no gap is ever claimed.
//   - [Fold] is a pure function of the op set: order, duplication and arrival do not matter.
//   - Replication is not acceptance: a well-formed op always replicates; an op that breaks
//     authority or cannot be read is quarantined in the view and blocks nothing.
//   - The response's vector is durable before it is sent: it is the acknowledgement.
//
// What this package does not do: encryption (stores and transports wrap it), expiry of notes
// (a filter in the page), retries (drivers).
package sync
