// Package subject does what the privacy officer orders: erasure, export, legal hold, retention,
// and the repetition of all erasures after a restore.
//
// # Erasure
//
// One transaction empties every row that names the person or the account, ends the loops and
// orders the erasure on every flight concerned; then each flight is done in a transaction of its
// own, through the engine, and tablets follow at their next contact or at the end of their
// window. A program that dies in between loses nothing: what is ordered stands in the database,
// and the next erasure, the sweep of the server or a replay goes on with it.
//
// # Ledger and journal
//
// The ledger, in the database, holds keyed hashes: of persons and accounts that were erased, and
// of posts, travellers and crew ops that must not come back (tombstones). The journal is the same
// in an append-only file beside the database, one JSON object a line:
//
//	{"kind":"key","hash":"…"}                      first line: the key of the hashes, 32 bytes
//	{"kind":"person","hash":"…","at":"…"}          also "account"
//	{"kind":"traveller","hash":"…","flight":"…"}   also "op", and "post" without a flight
//
// An older backup of the database does not know what was erased after it; the journal does.
// Whoever restores must have the journal, and must not restore the journal. A line that was cut
// by a crash is cut off before the next is written, and written again.
//
// # Invariants
//
//   - A person under hold is neither erased on request nor by age; nor are cases that also concern
//     them.
//   - Running anything here again changes nothing.
//   - No error and no audit row names anybody; accounts stand in the audit log by their hash.
//
// What this package does not do: it does not delete backups, and does not know the CRM.
package subject
