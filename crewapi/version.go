package crewapi

// Version is the wire version this program speaks: one integer with a dated history.
//
//	1  2026-11-25  Enrol, Flights, Exchange, Watch
//	2  2026-11-25  signed runs packed in columns, again, receipts, wrapped keys, Deliver
//	3  2026-12-01  answers say which question they answer, ground proves what it holds when asked
//
// A peer with a higher version is spoken to: fields we do not know are skipped, ops we do not
// know are kept. A peer below [OldestVersion] is refused as invalid.
const Version = 3

// OldestVersion is the lowest wire version that is still understood.
const OldestVersion = 2
