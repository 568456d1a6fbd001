// Package store keeps ground's data in SQL: SQLite, embedded in one file, or PostgreSQL. It
// implements [ground.Store] and [ground.Tx] on one code path.
//
// What holds on both engines:
//
//   - A transaction has one now, UTC, cut to microseconds; so are all stored times. Zero times
//     are NULL.
//   - Nothing that reads and then writes loses an update. SQLite has one writer at a time. On
//     PostgreSQL, at read committed, a single row read inside [DB.InTx] (a case, person, loop,
//     desk item, follow-up, tablet, user) is held until the transaction ends, flights by
//     LockFlight; where a lookup finds nothing, the key itself is held, so that two nodes do not
//     both insert. Deadlocks and long waits for a lock are run again.
//   - A refused insert (exists) does not spoil the transaction.
//   - The change feed is ordered by commit: the rows that Notify asked for are written under one
//     lock just before the commit, so a reader that follows seq misses none. PostgreSQL takes
//     such a lock for NOTIFY at that moment anyway.
//   - What is deleted or overwritten in SQLite does not stay in its pages (secure_delete), and not
//     in its log after [DB.Scrub].
//   - NUL characters are dropped from text; other text is kept as it is.
//
// Tables, one migration file for each aggregate: flights, travellers, receipts, event_notes ·
// ops, flight_state, crossings, gestures · tablets, enrol_codes, roster · persons, accounts,
// consents · cases, posts, replies, links · loops, loop_flights, transitions · desk_items ·
// followups · users, sessions · changes, audit · answers, answer_terms · holds, ledger, erasures, erasure_flights, tombstones.
//
// Migrations are written once; ${UUID} ${JSON} ${TS} ${BYTES} ${TEXT} ${SERIAL} stand for the
// type of each engine. A database that a newer program migrated is refused.
//
// A search finds letters anywhere in post_words, by an index of three letters: on SQLite the table
// post_search, which triggers keep in step with every insert, change and delete of post_words (so
// who erases deletes there and nothing else); on PostgreSQL an index of the module pg_trgm, where the
// server has it. Without it, and for one or two letters, a search reads all of post_words.
//
// What this package does not do: it decides nothing, and it acts on nothing outside the database.
package store
