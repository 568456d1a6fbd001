// Package badgerstore keeps one flight on a tablet: it is [flightsync.Store] on Badger, one
// directory a flight.
//
// # Keys
//
// Keys are ordered tuples; numbers are big-endian:
//
//	's'                         the engine's state (flightsync.State.Marshal)
//	'o' author(4) seq(8)        one op, raw (flightsync.Op.Raw)
//	'a' author(4) seq(8)        the same once more, of ground's admin lane
//	'm' name                    a value of the tablet's agent: peer vectors, times
//
// # Values
//
// Every value is its own AES-256-GCM envelope: a version byte, a random 96-bit nonce, then the
// sealed value. Additional data is group ‖ key, so that a value cannot stand under another key.
// Badger's own encryption hides keys and sizes but has no authentication: a flipped bit comes
// back as other text, with a good checksum. The envelope turns that into a corrupt error for
// this one value; the others stay readable. Both keys come from the flight's key by HKDF.
//
// # Invariants
//
//   - A batch is one Badger transaction with SyncWrites: when [DB.Apply] returns nil, it is on
//     the disk, whole.
//   - The lanes of the state say exactly which ops are stored: (a,1)…(a,seq), no more, no less.
//     Open checks it.
//   - Badger never sees damage that it would make worse: its goroutines panic over a damaged
//     table (SUMS lists the digests of all), it makes a new registry of keys for a missing one
//     (a copy is in keys/), deletes the tables that a cut manifest does not name, and cuts a log
//     at the first bad byte. Open looks first and says corrupt; [Salvage] then reads the files
//     without Badger, so that one damaged byte costs at most one op.
//   - On a disk that is full or takes no writes Badger is not opened, since a write to a mapped file would kill the process:
//     the same reader serves every read ([DB.ReadOnly]). After a failed flush nothing is taken.
//   - FORMAT says of which version all of this is. A program refuses a store of a later one and
//     touches nothing: read as damaged it would be replaced.
//   - HIGH, a small file with a checksum beside Badger's, holds the highest vector that was
//     ever applied. Badger cuts a damaged log to its last good record and says nothing; a state
//     that does not cover HIGH was rolled back ([DB.RolledBack]). HIGH is written after the batch
//     is flushed and not flushed itself: it may be older than the store, never newer.
//
// # Tables
//
// Badger never merges tables here: when the table of a merge cannot be written, it removes those that
// it was to replace, and says nothing. So a store grows a table each time that it is closed with
// something new in it, and no table ever goes ([DB.Tables]). Its owner copies it before they are many,
// and a deleted or replaced body (a stub) leaves its older version there until then. Both are a copy
// into a new directory under a new key ([Copy]), which is opened anew and compared ([Same]) before the
// old one is removed: a copy that fails is no loss. This package does not destroy keys and does not
// delete directories.
package badgerstore
