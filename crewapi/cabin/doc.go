// Package cabin is the way between the tablets of one flight: they find each other on the cabin
// LAN and exchange, with no ground and no internet. It knows transport and discovery; what an
// exchange means is the caller's business.
//
// # Who is who
//
// A tablet shows a certificate of its sign key that it signed itself, made in memory at each
// start. Names, dates and issuers in certificates mean nothing: a tablet is its public key, and
// the rosters of the common flights pin which keys there are ([Config.Members]). There is no CA.
//
//   - TLS 1.3, both sides with a certificate; the handshake proves that each holds its key.
//   - A key that is in no flight of ours ends the handshake, on either side.
//   - Each exchange is checked again: its caller must be on the roster of the flight it names, as
//     the roster is at that moment. Before a request leaves, the same is asked of the answerer.
//   - An address keeps the key first seen there while it stays in touch. Another key there ends
//     the connection, and the address is looked at anew.
//
// # How they find each other
//
// By multicast DNS ([MDNS]), by addresses given at start or typed in ([Node.Connect]), by an
// [Invite] that one tablet shows as a QR code and another reads, and by who called: a tablet says
// in its first word where it listens, so that one of two has to find the other.
//
// What is on the air is a random instance name for each start and tags: HMAC-SHA-256 under the
// flight's group id over the hour, cut to 8 bytes. Who is not on the flight's roster cannot tell
// tags from noise, nor those of one hour from those of the next. A tag decides who is tried first,
// never who is let in; clocks may be wrong.
//
// What this package does not hide: that a Cabinloop tablet is there, and, from somebody who
// connects, the tablet's public key.
//
// # Liveness
//
// Every address that is known has a time at which it is tried next. Failures double the pause up
// to a bound; an address that was found by itself and fails for long is forgotten, one that a
// person gave stays.
package cabin
