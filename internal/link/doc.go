// Package link emulates a thin, slow, lossy link between clients and a server, for tests and
// benchmarks: delay, rate and loss, as one of [Profile] has them.
//
// What is modelled: each direction has one queue that all connections of a [Link] share, so
// bytes wait for those before them; then they travel half a round trip. A lost packet is sent
// again after a retransmission timeout of at least one round trip that doubles, and whatever
// follows it on its connection waits for it, as TCP does. A new connection pays one round trip
// before its first byte. What is not: slow start, acknowledgements, packet headers; a link
// here is kinder than a real one.
//
//	time = RTT × (connections + turns) + bytes / rate, without loss
//
// It works in real time over real connections ([Link.Dialer], [Link.Listener]), and over
// connections in memory ([Link.To]) also in a synctest bubble, where hours pass in milliseconds.
// A link is made of time: this package reads time.Now, which is the bubble's inside of one.
//
// Which packets are lost follows from the seed, the number of the connection and the number of
// the packet: the same traffic has the same luck.
package link
