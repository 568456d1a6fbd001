package main

import (
	"slices"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// codes lists the coded words that ops hold, commonest first: a number below 64 takes one byte.
func codes() []string {
	var out []string
	out = append(out, list(passenger.Acted, passenger.Declined, passenger.NotPossible)...)
	out = append(out, list(passenger.Pleased, passenger.Neutral, passenger.Displeased)...)
	out = append(out, list(passenger.Reasons...)...)
	out = append(out, list(passenger.Apology, passenger.Drink, passenger.Voucher, passenger.Miles)...)
	out = append(out, "silver", "gold", "platinum")
	out = append(out, list(passenger.Moments...)...)
	for _, kind := range []string{"do", "not", "why", "happened"} {
		out = append(out, list(passenger.PhraseCodes(kind)...)...)
	}
	out = append(out, list(flightsync.VerdictReceived, flightsync.VerdictQuestion, flightsync.VerdictLate, flightsync.VerdictErased)...)
	out = append(out, list(passenger.Movements...)...)
	out = append(out, list(passenger.Lead, passenger.Purser, passenger.Cabin)...)
	out = append(out, list(flightsync.RetractMoved, flightsync.RetractCancelled, flightsync.RetractConsent, flightsync.RetractErased,
		flightsync.RetractExpired, flightsync.RetractRecalled, flightsync.RetractReplaced, flightsync.RetractSettled)...)
	out = append(out, "WCHR", "WCHS", "WCHC", "BLND", "DEAF", "UMNR", "totals", "aircraft", "gap", "in", "person", "no-movement")
	var once []string
	for _, w := range out {
		if !slices.Contains(once, w) {
			once = append(once, w)
		}
	}
	return once
}

func list[S ~string](words ...S) (out []string) {
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}
