// Package dispatch steps the ground replica of a flight, each step inside one SQL transaction:
// who gets which note and when, what tablets bring back, and how a flight closes.
//
// Ground nodes own nothing. A step is: lock the flight row, load the engine's state, step,
// persist, commit, and only then answer. Everybody locks in one order: flights by
// their keys, then the case, then the loop. A decision about a loop therefore looks first without
// locks which flights it is about, and again under them.
//
// Everything a loop needs is decided by one level-triggered function, [Service.Evaluate]: it
// looks at the loop as it is now and moves it on, and doing so twice changes nothing. Flagging,
// linking, consent, desk decisions, manifests, movements and the sweep all end in it, so a
// process that dies between two of them loses nothing: the next sweep finds the loop.
//
// What this package does not do: decode telexes (flightops), compile words (notes), show pages.
package dispatch
