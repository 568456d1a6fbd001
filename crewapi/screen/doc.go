// Package screen is what the purser reads and taps: pages in Dutch and English, served on the
// loopback by the tablet's own program, every asset embedded, the same with the ground switched
// off. It draws what package tablet says and decides nothing about notes.
//
// Pages:
//
//	GET  /                            flights, the right one on top
//	GET  /flight/{key}                notes by service moment, then seat; ?all=1 shows the rest
//	GET  /flight/{key}/people         all travellers by seat
//	GET  /flight/{key}/note/{dot}     one note
//	GET  /status                      how the tablet stands; language and light
//	GET  /cabin                       other tablets: who is in reach, this one's QR code, an address to enter
//	GET  /events                      server-sent events: change, and flight-{key} for one flight
//	POST /flight/{key}/note/{dot}/open | outcome | gesture | resolve | void
//	POST /flight/{key}/seat | movement | hand-in
//	POST /sync, /look, /cabin
//
// A key in a path is written KL0641-2026-11-21-AMS, or as [passenger.FlightKey] writes it, escaped.
//
// Invariants:
//   - A GET writes nothing. Opening a note is a POST: the list's cards are forms.
//   - Every page works without JavaScript: a form posts and is redirected. htmx only swaps parts
//     of a page in place.
//   - Every form that records carries a nonce minted for it. A form shown again after an error
//     keeps its nonce, so that a second tap is the same entry.
//   - Words that a passenger or a manifest wrote are cleaned of control and direction marks,
//     clipped and isolated (bdi); see clean.go.
//   - A note that was withdrawn or has expired shows no name, no words and no button.
//
// Protection (docs/security.md): an exact list of hosts, a token for each start of the program in
// a cookie of its own, no cross-site request, a strict content security policy, nothing stored.
//
// It does not: speak to the ground, keep state between requests, or measure who read what.
package screen
