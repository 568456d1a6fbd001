// Package flightops reads what an airline's own systems send: passenger lists (PNL, ADL), who
// sits where and needs what (PIL, PSM), transfers (PTM), who did not fly as booked (PFS),
// movements (MVT, MVA, DIV, ACARS OOOI), changes of schedule (ASM, SSM), bar codes of boarding
// passes (BCBP), bookings and crew files. Decoding turns bytes into values and does
// nothing else: no store, no network, no clock. [Feed] hands the values to the parts it is
// given.
//
// [Decode] and [DecodeAll] read telexes, [DecodeBookings] and [DecodeCrew] read CSV. The
// formats are written down in docs/formats.md.
//
// Invariants:
//   - A message, and a row of a CSV, is taken whole or refused with its line, field and reason
//     ([RowError]); a refusal never stops what stands behind it.
//   - A list in parts is taken when all parts are there; otherwise nothing of it is taken.
//   - Dirt (blank lines, trailing blanks, odd bytes, a count that disagrees with the names)
//     never refuses a list: it becomes a [Warning], or a [Doubt] when who is on board is unsure.
//   - Travel documents and contact data are dropped while a line is read and reach no value:
//     SSR DOCS DOCO DOCA FOID PSPT PCTC and CTC*, ticket and loyalty numbers, birth dates and
//     every free text of an SSR. A list keeps names, locator, seat, tier and SSR codes.
//   - Of a boarding pass only name, seats and sequences reach a value ([BoardingPass]).
//   - PIL, PSM, PTM and PFS change travellers whom a list has brought, and bring nobody; a name
//     that fits none or two changes nobody.
//   - No warning, doubt or refusal repeats a name, locator, seat or text of the message.
//   - The same bytes and the same time of reception give the same value, with the same Key.
//
// A list carries the local scheduled date at the boarding point and no time, so it gives a
// [FlightRef], not a passenger.FlightKey; [UTCDate] makes the UTC date once the scheduled time
// is known. A movement gives UTC times and is tied to a flight by [Resolve].
//
// Values are the caller's once returned; every function is safe for concurrent use.
package flightops
