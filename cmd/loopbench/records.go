package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
)

// content is what the floor carries: the records of a page of the product, each under a random id
// of 16 bytes as the records of the reference are. The product sends no ids: its travellers are
// numbered within their flight, its notes within their lane.
type content struct{ passengers, notes [][]byte }

func contentOf(r *rand.Rand, p tablet.FlightPage) (c content) {
	for _, t := range p.Others {
		b := number(id(r), 2, uint64(t.No))
		b = text(b, 3, t.Name)
		b = text(b, 4, string(t.Seat))
		c.passengers = append(c.passengers, text(b, 5, t.Tier))
	}
	for _, n := range append(p.Events, p.Cards...) {
		c.notes = append(c.notes, append(id(r), noteMessage(n.Note)...))
	}
	return c
}

// id begins a record with its random id.
func id(r *rand.Rand) []byte {
	b := binary.BigEndian.AppendUint64(nil, r.Uint64())
	return message(nil, 15, binary.BigEndian.AppendUint64(b, r.Uint64()))
}

// train makes a dictionary of other flights' records.
func train(r *rand.Rand, others ...tablet.FlightPage) ([]byte, error) {
	var samples [][]byte
	for _, p := range others {
		c := contentOf(r, p)
		samples = append(append(samples, c.passengers...), c.notes...)
		for i := range entriesEach {
			samples = append(samples, floorEntry(r, uint64(i), report(r)))
		}
	}
	return floor.Train(samples)
}

// The words of a report: invented, of the length and variety of the reference's (some 75 letters).
var (
	reports = []string{
		"Passenger was glad about the offer and moved to %[1]s before the first service.",
		"Explained the case, %[2]s mentioned; wants an answer by mail within %[3]d weeks.",
		"Meal was on board this time, served first in row %[3]d, no complaints.",
		"Declined the voucher of %[4]d EUR and asked for a call from the desk.",
		"Not possible, row %[3]d was full; offered a drink and a blanket instead.",
		"Transfer explained, ground staff informed %[4]d minutes before landing.",
		"Screen at %[1]s failed again after %[4]d minutes, tablet lent from the locker.",
		"Was asleep until descent, spoke briefly at %[1]s, happy with the apology.",
	}
	results = []passenger.Outcome{passenger.Acted, passenger.Acted, passenger.Acted, passenger.Declined}
)

// report invents what a purser records.
func report(r *rand.Rand) passenger.Feedback {
	words := pick(r, reports)
	args := []any{fmt.Sprintf("%d%c", 1+r.IntN(40), 'A'+rune(r.IntN(9))), fmt.Sprintf("%c%c%05d", 'A'+rune(r.IntN(26)), 'A'+rune(r.IntN(26)), r.IntN(100000)), 2 + r.IntN(40), 5 * (1 + r.IntN(40))}
	out := fmt.Sprintf(words, args...)
	out, _, _ = strings.Cut(out, "%!(EXTRA") // a sentence need not use every word
	return passenger.Feedback{Outcome: results[r.IntN(len(results))], Words: out}
}

// floorEntry is a report as the reference's record: its id, the id of its note, what, words, when.
func floorEntry(r *rand.Rand, n uint64, f passenger.Feedback) []byte {
	b := id(r)
	b = append(b, id(r)...)
	b = text(b, 1, string(f.Outcome))
	b = text(b, 2, f.Words)
	return floor.Entry(n<<32|uint64(r.Uint32()), number(b, 3, uint64(start.Unix())+n))
}

// ids is how many bytes of the floor's first load are ids, which do not compress.
func (c content) ids() int { return (len(c.passengers) + len(c.notes)) * (2 + 16) }
