// Package tablet is the agent of a crew tablet: it drives the flight sync engine offline and
// online, keeps the tablet's identity and stores, and answers what the purser's pages ask.
//
// # On disk
//
//	lock                      held by the one process that owns the directory
//	former/<key>.keys         private keys that this device had before it enrolled again; mode 0600
//	device.json               identity, ground's address and public keys, token; mode 0600
//	device.keys               this tablet's private keys (package keys); mode 0600
//	flights.json              what ground assigned, with the salt of each flight's store
//	time.json                 what is known of the time, and by which start of the machine
//	flights/<group>/KEY       the flight's key as ground wrapped it for this tablet
//	flights/<group>/FLIGHT    what flights.json says of the flight
//	flights/<group>/<n>/      the store of one flight (package badgerstore), generation n
//	unsent/<group>.json       what ground lacked when the lease ended, sealed to ground
//
// The files but FLIGHT stand twice, as NAME and NAME.old, each with a checksum (file.go): one of the
// two is whole at any moment, and repairs the other. Without flights.json the directories say which
// flights there are. What is being removed is named <group>.removed; nothing else is ever deleted
// because the index does not know it.
//
// A flight has one key, made by ground. It is on disk wrapped only, for this tablet's agree key;
// the key of a store is derived from it and from a random salt of the store's generation.
// Replacing the salt in FLIGHT and then in flights.json is the moment at which a new generation counts;
// dropping it from all of them destroys what the file system may keep of that store, dropping KEY all
// of the flight. A lost KEY is no damage: ground gives the same key again while the lease runs. Another
// key for a flight is refused.
//
// # Rules
//
//   - What [Agent.Record] and the like returned without error is flushed to disk. Marks beyond
//     that come from durable vectors only: ground's, and those of other tablets on the cabin LAN.
//   - Pending is a difference of vectors, never a flag: own ops held minus own ops in ground's
//     last vector, and the own entries that stand in no lane. What cannot be counted is unknown, not 0.
//   - One exchange at a time per flight; the flight's mutex is never held over the network.
//   - A damaged store is replaced by one that holds what is left: the lanes up to what is lost, and what
//     stands behind a gap beside them (kept.go). Notes stay readable and entries are taken with no ground
//     in reach. Where the own lane is whole, the tablet goes on in it; else it takes a new incarnation,
//     new entries wait beside the lanes, and with the next contact what was sealed goes to ground as its
//     author proved it, the rest is recorded again, each entry once. What is missing is said.
//   - Every crew op that ground lacks, of this tablet or another, is kept a second time in the same
//     transaction, sealed to ground's agree key, until ground's durable vector covers it.
//   - Note text is hidden when the lease of the flight ends by this tablet's clock, and the flight's
//     key and files are destroyed with the next round of syncing once more than one clock says so
//     (time.go): ground's, two other tablets', or this tablet's own when it has stood for two hours
//     of running time with nobody to ask. A clock that is behind what was known is not gone by.
//     What a wrong time destroyed is loaded again while ground gives its key. What ground lacks stays as
//     it is sealed, and is delivered when ground is in reach (send-only); this tablet cannot read it.
//   - With [Config.LAN] the tablet exchanges with the other tablets of its flights (package cabin):
//     an entry goes to those in reach within two seconds, what came from elsewhere is passed on, and
//     each flight is compared with one other tablet twice a minute. Who lacks what is a difference of
//     vectors, too. A peer's word never replaces this tablet's store.
//   - On SATCOM (package uplink) there is no stream; rounds happen when they are due, by one tablet for
//     all in reach on the LAN, and what they cost is on the flight's account, kept in flights.json.
//   - Enrolling deletes nothing: a store that former keys began takes a new incarnation, and what
//     they signed goes over as it is. A refused token ends no flight here: what waits is handed over,
//     proven by the key that signed it, and only ground's receipt frees it.
//   - A tablet is handed in when ground or another tablet has everything, or with a recorded reason.
//   - A round without news opens no store and writes nothing. A store with many tables is copied into a
//     new generation, which is compared before it counts (see [flight.replaceStore]): Badger's own
//     merging may lose what it merges. While it is not sure which generation the disk names, nothing
//     is acknowledged.
//   - Every wait has a timer; the network may be away for days.
//
// The agent logs flights, counts and errors; never a name, a seat or a text.
package tablet
