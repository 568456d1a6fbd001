package flightops

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Input is one file or mail of telexes.
type Input struct {
	Name string // for refusals and warnings
	Data []byte
}

// Result is what inputs of telexes say. Lists and movements are in the order in which to apply
// them: that of their sender times; without one, that of the input.
type Result struct {
	Lists     []List
	Movements []MovementMessage
	Refused   []*RowError
	Duplicate int // telexes that came twice in these inputs, taken once
}

// Decode reads the telexes of one input: see [DecodeAll].
// Errors: [passenger.TooMuch] beyond [MaxInputBytes]; [passenger.Unavailable] when r fails.
func Decode(name string, r io.Reader, received time.Time) (Result, error) {
	const op = "flightops.Decode"
	data, err := io.ReadAll(io.LimitReader(r, MaxInputBytes+1))
	if err != nil {
		return Result{}, passenger.Wrap(passenger.Unavailable, op, name+" cannot be read to its end", err)
	}
	return DecodeAll([]Input{{Name: name, Data: data}}, received)
}

// DecodeAll reads the telexes of several inputs; the parts of a list may lie in different ones.
// received is when they came in and gives dates their year and days their month; it is read as
// UTC. What cannot be read is in Refused, and never stops the rest. The result shares no memory
// with the inputs. Errors: [passenger.TooMuch] for an input beyond [MaxInputBytes].
func DecodeAll(inputs []Input, received time.Time) (Result, error) {
	received = received.UTC()
	var res Result
	var parts []*part
	seen := map[string]bool{}
	type moved struct {
		at time.Time
		m  MovementMessage
	}
	var moves []moved
	for _, in := range inputs {
		if len(in.Data) > MaxInputBytes {
			return Result{}, passenger.Errorf(passenger.TooMuch, "flightops.DecodeAll", "%s is larger than %d MiB; send it in smaller files", in.Name, MaxInputBytes>>20)
		}
		telexes, refused := split(in.Name, in.Data, received)
		res.Refused = append(res.Refused, refused...)
		var at time.Time
		for _, t := range telexes {
			if !t.sentAt.IsZero() {
				at = t.sentAt
			}
			if t.kind == "PNL" || t.kind == "ADL" {
				p, err := readPart(t, received)
				if err != nil {
					res.Refused = append(res.Refused, err)
					continue
				}
				p.at = at
				if seen[p.key] {
					res.Duplicate++
				}
				seen[p.key] = true
				parts = append(parts, p)
				continue
			}
			m, err := readMovement(t, received)
			if err != nil {
				res.Refused = append(res.Refused, err)
				continue
			}
			if seen[m.Key] {
				res.Duplicate++
				continue
			}
			seen[m.Key] = true
			moves = append(moves, moved{at, m})
		}
	}
	sets, refused := join(parts)
	res.Refused = append(res.Refused, refused...)
	for _, set := range sets {
		l, err := buildList(set)
		if err != nil {
			res.Refused = append(res.Refused, err)
			continue
		}
		res.Lists = append(res.Lists, l)
	}
	slices.SortStableFunc(moves, func(a, b moved) int { return a.at.Compare(b.at) })
	for _, m := range moves {
		res.Movements = append(res.Movements, m.m)
	}
	file := map[string]int{}
	for i, in := range inputs {
		file[in.Name] = i
	}
	slices.SortStableFunc(res.Refused, func(a, b *RowError) int {
		return cmp.Or(cmp.Compare(file[a.File], file[b.File]), cmp.Compare(a.Line, b.Line))
	})
	return res, nil
}

// Designator returns carrier, four-digit number and suffix: "KL0641".
func (r FlightRef) Designator() string { return fmt.Sprintf("%s%04d%s", r.Carrier, r.Number, r.Suffix) }

// String returns "KL0641/2026-11-21/AMS" with the local date.
func (r FlightRef) String() string { return r.Designator() + "/" + r.LocalDate + "/" + r.Departure }
