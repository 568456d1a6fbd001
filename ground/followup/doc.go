// Package followup is what ground still has to do after a flight, and the proof of what was
// done: follow-ups with owner queue and deadline, the loop receipt, and the reconciliation
// report of a flight with its sums.
//
// A report never trusts one source: the sums come from the ops of the flight, and every
// projection that ground keeps in SQL (loops, register of gestures, what tablets claimed) is
// held against them. What does not fit is a contradiction, and only that is red.
package followup
