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

// Result is what inputs of telexes say. The messages of a kind are in the order in which to
// apply them: that of their sender times; without one, that of the input.
type Result struct {
	Lists     []List
	Seats     []SeatList
	Services  []ServiceList
	Transfers []TransferList
	Finals    []FinalList
	Movements []MovementMessage
	Schedules []ScheduleChange
	Passes    []BoardingPass
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
	d := decoder{received: received.UTC(), seen: map[string]bool{}}
	file := map[string]int{}
	for i, in := range inputs {
		if len(in.Data) > MaxInputBytes {
			return Result{}, passenger.Errorf(passenger.TooMuch, "flightops.DecodeAll", "%s is larger than %d MiB; send it in smaller files", in.Name, MaxInputBytes>>20)
		}
		file[in.Name] = i
		telexes, refused := split(in.Name, in.Data, d.received)
		d.res.Refused = append(d.res.Refused, refused...)
		d.at = time.Time{}
		for _, t := range telexes {
			if !t.sentAt.IsZero() {
				d.at = t.sentAt
			}
			d.read(t)
		}
	}
	sets, refused := join(d.parts)
	d.res.Refused = append(d.res.Refused, refused...)
	for _, set := range sets {
		d.build(set)
	}
	d.res.Movements = inOrder(d.moves)
	d.res.Schedules = inOrder(d.changes)
	slices.SortStableFunc(d.res.Refused, func(a, b *RowError) int {
		return cmp.Or(cmp.Compare(file[a.File], file[b.File]), cmp.Compare(a.Line, b.Line))
	})
	return d.res, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// timed is a value with the time by which it is put in order.
type timed[T any] struct {
	at time.Time
	v  T
}

func inOrder[T any](list []timed[T]) (out []T) {
	slices.SortStableFunc(list, func(a, b timed[T]) int { return a.at.Compare(b.at) })
	for _, x := range list {
		out = append(out, x.v)
	}
	return out
}

type decoder struct {
	received time.Time
	at       time.Time // newest sender time of the input so far
	seen     map[string]bool
	parts    []*part
	moves    []timed[MovementMessage]
	changes  []timed[ScheduleChange]
	res      Result
}

// fresh counts a telex that came before.
func (d *decoder) fresh(key string) bool {
	known := d.seen[key]
	d.seen[key] = true
	if known {
		d.res.Duplicate++
	}
	return !known
}

// read takes one telex; a list waits for its other parts.
func (d *decoder) read(t *telex) {
	refuse := func(errs ...*RowError) { d.res.Refused = append(d.res.Refused, errs...) }
	switch t.kind {
	case "BCBP":
		if b, err := readBoardingPass(t); err != nil {
			refuse(err)
		} else {
			d.res.Passes = append(d.res.Passes, b)
		}
	case "ASM", "SSM":
		changes, errs := readSchedule(t, d.received)
		refuse(errs...)
		for _, c := range changes {
			if d.fresh(c.Key) {
				d.changes = append(d.changes, timed[ScheduleChange]{d.at, c})
			}
		}
	case "MVT", "MVA", "DIV", "OOOI":
		read, telexes := readMovement, []*telex{t}
		if t.kind == "OOOI" {
			read = readOOOI
		} else {
			telexes = t.flights()
		}
		for _, t := range telexes {
			m, err := read(t, d.received)
			if err != nil {
				refuse(err)
			} else if d.fresh(m.Key) {
				d.moves = append(d.moves, timed[MovementMessage]{later(d.at, m.SentAt), m})
			}
		}
	default:
		p, err := readPart(t, d.received)
		if err != nil {
			refuse(err)
			return
		}
		p.at = d.at
		d.fresh(p.key) // join drops the second of two equal parts
		d.parts = append(d.parts, p)
	}
}

// build reads a whole set of parts.
func (d *decoder) build(set []*part) {
	var err *RowError
	switch set[0].kind {
	case "PIL":
		err = put(&d.res.Seats, set, buildSeatList)
	case "PSM":
		err = put(&d.res.Services, set, buildServiceList)
	case "PTM":
		err = put(&d.res.Transfers, set, buildTransferList)
	case "PFS":
		err = put(&d.res.Finals, set, buildFinalList)
	default:
		err = put(&d.res.Lists, set, buildList)
	}
	if err != nil {
		d.res.Refused = append(d.res.Refused, err)
	}
}

func put[T any](to *[]T, set []*part, build func([]*part) (T, *RowError)) *RowError {
	v, err := build(set)
	if err == nil {
		*to = append(*to, v)
	}
	return err
}

// Designator returns carrier, four-digit number and suffix: "KL0641".
func (r FlightRef) Designator() string { return fmt.Sprintf("%s%04d%s", r.Carrier, r.Number, r.Suffix) }

// String returns "KL0641/2026-11-21/AMS" with the local date.
func (r FlightRef) String() string { return r.Designator() + "/" + r.LocalDate + "/" + r.Departure }
