// Package sim plays whole flights against the flight sync engine: ground and one to fifteen
// tablets with real replicas over eighteen hours, in one thread and in virtual time, from one
// seed. The network loses, doubles, delays, reorders and cuts messages and is partitioned;
// processes crash at any store call and keep a random part of what no flush covers; disks fill
// and rot; clocks jump; stores are cloned and rolled back; ground comes back from a backup; crews
// change; programs are older, newer or bad; a stranger forges, replays and equivocates. At the
// end the faults stop, and within ⌈log2 n⌉+2 rounds everybody must hold and see the same.
//
// What must hold has names, [Invariants]. Cheap checks run after every step. Every 64th step,
// and at rest for everybody, the view is compared with a naive model of the rules (model.go,
// on model_law.go) that shares no code with the engine's fold.
//
// A simulation proves little until it is seen to fail: [Plants] are bugs of drivers, stores and
// keys that can be switched on, and each must be caught. Nor does it prove anything about a
// state that it never reaches: every fault kind of [Faults] and every state of [States] must
// come up over the seeds of a test.
//
// A scripted flight beside it (crash.go) has each of its store calls once as the end of a process
// and once as an I/O error.
//
// Behind the flight of a seed comes its fleet (fleet.go): tablets with several flights, some with
// hundreds. Few stores are open at a time; they are merged, and each call of a merge may fail.
// Clocks are a day, a month or decades off: alone they lock a flight and never destroy it. Answers
// get crossed and stale; each names the flight and the nonce that it was asked with. Access ends
// and is given again, or the tablet is enrolled anew, and what it held comes home as review, once.
// Lists come in pages. What is sealed leaves for a signed receipt only.
//
// What it does not simulate: bytes on a wire, encryption, leases, goroutines. Those have tests
// in crewapi, and real disks and processes in test/power.
package sim
