// Package sim plays whole flights against the flight sync engine: ground and one to six
// tablets with real replicas, in one thread and in virtual time, from one seed. The network
// loses, doubles, delays and reorders messages and is partitioned; processes crash before and
// after a batch is durable; ground restarts. At the end all faults heal, and within a bounded
// number of rounds everybody must hold the same and see the same.
//
// What is checked, while the flight plays and at its end:
//
//   - nothing lost: what a tablet's store acknowledged is on ground in the end, byte for byte;
//     what ground's vector acknowledged stays there
//   - nothing twice: the effect of an op, keyed by its dot, is worked once
//   - no vector claims an op that is not held
//   - a tablet reads its own writes and never reads backwards
//   - what was retracted stays retracted; a note is delivered exactly when a tablet held it
//     in time; the sums of every view close
//   - the same seed gives the same trace
//
// A simulation proves little until it is seen to fail: [Plants] are bugs of drivers and stores
// that can be switched on, and each must be caught.
//
// It does not simulate clocks that differ, disks that rot or stores that are rolled back.
package sim
