// Package tablet is the agent of a crew tablet: it drives the flight sync engine offline and
// online, keeps the tablet's identity and stores, and answers what the purser's pages ask.
//
// # On disk
//
//	lock                      held by the one process that owns the directory
//	device.json               identity, ground's address, token, private key, store key; mode 0600
//	flights.json              what ground assigned, with the wrapped key of each flight
//	flights.json.old          the version before, should the newest be unreadable
//	flights/<group>/<n>/      the store of one flight (package badgerstore), generation n
//
// A flight's key is random, wrapped under the store key, and names its generation: replacing it
// in flights.json is the moment at which a new generation counts; dropping it destroys the
// flight on this tablet, whatever the file system keeps.
//
// # Rules
//
//   - What [Agent.Record] and the like returned without error is flushed to disk. Marks beyond
//     that come from durable vectors only: ground's, and those of other tablets on the cabin LAN.
//   - Pending is a difference of vectors, never a flag: own ops held minus own ops in ground's
//     last vector. It survives every crash.
//   - One exchange at a time per flight; the flight's mutex is never held over the network.
//   - A store that was rolled back takes a new incarnation before it writes. A damaged or forked
//     store is replaced; own entries that can still be read, past Badger if need be, are recorded again.
//   - Note text is hidden when the lease of the flight ends, and the flight is destroyed once
//     nothing is pending. Own entries that ground lacks stay.
//   - With [Config.LAN] the tablet exchanges with the other tablets of its flights (package cabin):
//     an entry goes to those in reach within two seconds, what came from elsewhere is passed on, and
//     each flight is compared with one other tablet twice a minute. Who lacks what is a difference of
//     vectors, too. A peer's word never replaces this tablet's store.
//   - A tablet is handed in when ground or another tablet has everything, or with a recorded reason.
//   - Every wait has a timer; the network may be away for days.
//
// The agent logs flights, counts and errors; never a name, a seat or a text.
package tablet
