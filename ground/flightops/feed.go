package flightops

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Dispatch is where decoded lists, movements and crew go; ground/dispatch is one.
type Dispatch interface {
	ApplyManifest(ctx context.Context, u ground.ManifestUpdate) (ground.ManifestResult, error)
	Move(ctx context.Context, key passenger.FlightKey, u ground.MovementUpdate) error
	Assign(ctx context.Context, key passenger.FlightKey, tablet string, role passenger.Role, zone string, remove bool) error
}

// Feed takes files of the airline's systems in: each message or flight whole, or not at all;
// what is refused never stops the rest. It is safe for concurrent use.
type Feed struct {
	Store    ground.Store
	Dispatch Dispatch
	DryRun   bool // decode and resolve only
}

// Telexes takes lists, what other messages say of the travellers on them, changes of schedule,
// and movements, in this order. Errors are those of the machine; what is wrong with a
// message is in the report.
func (f Feed) Telexes(ctx context.Context, inputs []Input, received time.Time, rep *ground.ImportReport) error {
	res, err := DecodeAll(inputs, received)
	if err != nil {
		return err
	}
	rep.Duplicate += res.Duplicate
	for _, r := range res.Refused {
		rep.Refuse(r.File, r.Line, r.reason())
	}
	for _, l := range res.Lists {
		if err := f.list(ctx, l, received, rep); err != nil {
			return err
		}
	}
	for _, u := range abouts(res) {
		if err := f.named(ctx, u, received, rep); err != nil {
			return err
		}
	}
	for _, c := range res.Schedules {
		if err := f.schedule(ctx, c, received, rep); err != nil {
			return err
		}
	}
	for _, m := range res.Movements {
		if err := f.movement(ctx, m, received, rep); err != nil {
			return err
		}
	}
	for _, b := range res.Passes {
		rep.Refuse(b.File, b.Line, "a boarding pass changes nothing on ground; ground decode reads it")
	}
	return nil
}

func (r *RowError) reason() string {
	if r.Field == "" {
		return r.Reason
	}
	return r.Field + ": " + r.Reason
}

// ours passes the machine's errors through and turns what is wrong with the input into a
// refused line.
func ours(err error, file string, line int, rep *ground.ImportReport) error {
	switch passenger.CodeOf(err) {
	case "":
		return nil
	case passenger.Invalid, passenger.NotFound, passenger.Phase, passenger.Exists, passenger.TooMuch, passenger.Forbidden:
		rep.Refuse(file, line, passenger.Public(err))
		return nil
	}
	return err
}

func (f Feed) list(ctx context.Context, l List, received time.Time, rep *ground.ImportReport) error {
	for _, w := range l.Warnings {
		rep.Warn(w.File, w.Line, w.Text)
	}
	flight, err := f.resolve(ctx, l.Flight)
	if err != nil {
		return ours(err, l.File, l.Line, rep)
	}
	u := l.update(flight.Key, received)
	for _, d := range l.Doubts {
		rep.Warn(d.File, d.Line, d.Reason)
	}
	if f.DryRun {
		rep.Taken++
		return nil
	}
	res, err := f.Dispatch.ApplyManifest(ctx, u)
	if err != nil {
		return ours(err, l.File, l.Line, rep)
	}
	for _, w := range res.Warnings {
		rep.Warn(l.File, l.Line, w)
	}
	count(res, 1, rep)
	return nil
}

// written is when a message was, as far as is known.
func written(sent, received time.Time) time.Time {
	if sent.IsZero() {
		return received
	}
	return sent
}

func count(res ground.ManifestResult, n int, rep *ground.ImportReport) {
	if res.Duplicate {
		rep.Duplicate += n
	} else {
		rep.Taken += n
	}
}

// resolve finds the flight of a list: designator, departure, and the local date there.
func (f Feed) resolve(ctx context.Context, ref FlightRef) (flight ground.Flight, err error) {
	const op = "flightops.Feed"
	zone, err := Zone(ref.Departure)
	if err != nil {
		return flight, err
	}
	day, err := time.ParseInLocation(time.DateOnly, ref.LocalDate, zone)
	if err != nil {
		return flight, err
	}
	found := false
	err = f.Store.Read(ctx, func(tx ground.Tx) error {
		found = false
		fs, err := tx.FindFlights(ctx, ref.Carrier, ref.Number, ref.Suffix, ref.Departure, day.UTC().Add(-24*time.Hour), day.UTC().Add(48*time.Hour))
		if err != nil {
			return err
		}
		for _, x := range fs {
			// The newest attempt takes the list: it is the operation that still flies.
			if x.STD.In(zone).Format(time.DateOnly) == ref.LocalDate && (!found || x.Key.Attempt > flight.Key.Attempt) {
				flight, found = x, true
			}
		}
		return nil
	})
	if err == nil && !found {
		err = passenger.Errorf(passenger.NotFound, op, "no flight %s is known; import its schedule first (bookings CSV)", ref)
	}
	return flight, err
}

func (f Feed) movement(ctx context.Context, m MovementMessage, received time.Time, rep *ground.ImportReport) error {
	for _, w := range m.Warnings {
		rep.Warn(w.File, w.Line, w.Text)
	}
	c, fresh, err := f.moving(ctx, m)
	if err != nil {
		return ours(err, m.File, m.Line, rep)
	}
	if !fresh {
		rep.Duplicate++
		return nil
	}
	if !f.DryRun {
		for _, u := range updates(m.on(c.STD, received)) {
			u.Sent = written(m.SentAt, received)
			if err := f.Dispatch.Move(ctx, c.Key, u); err != nil {
				return ours(err, m.File, m.Line, rep)
			}
		}
		// The receipt comes last: a message that was half applied is applied again, and what it
		// says twice changes nothing.
		if err := f.Store.InTx(ctx, func(tx ground.Tx) error { _, err := tx.Receipt(ctx, m.Key); return err }); err != nil {
			return err
		}
	}
	rep.Taken++
	return nil
}

// moving finds the flight of a movement and whether the message is news.
func (f Feed) moving(ctx context.Context, m MovementMessage) (c Candidate, fresh bool, err error) {
	if m.Number == 0 {
		return c, false, passenger.Errorf(passenger.Invalid, "flightops.Feed", "the report names no flight; a line FI KL0641/AN PHBVA stands before it")
	}
	day, err := time.Parse(time.DateOnly, m.Day)
	if err != nil {
		return c, false, passenger.Errorf(passenger.Invalid, "flightops.Feed", "the message names no day")
	}
	var cands []Candidate
	if err := f.Store.Read(ctx, func(tx ground.Tx) error {
		cands = nil
		known, err := tx.HasReceipt(ctx, m.Key)
		if err != nil {
			return err
		}
		fresh = !known
		fs, err := tx.FindFlights(ctx, m.Carrier, m.Number, m.Suffix, "", day.Add(-48*time.Hour), day.Add(72*time.Hour))
		for _, x := range fs {
			cands = append(cands, Candidate{Key: x.Key, Arrival: x.Arrival, STD: x.STD, STA: x.STA,
				Open: x.Stage == passenger.Planned || x.Stage == passenger.Open})
		}
		return err
	}); err != nil || !fresh {
		return c, fresh, err
	}
	key, err := Resolve(m, cands)
	if i := slices.IndexFunc(cands, func(c Candidate) bool { return c.Key == key }); err == nil {
		c = cands[i]
	}
	return c, true, err
}

// updates turns a message into movements in the order of time; an estimated arrival, and where a
// diversion leads to, go with the first, or alone.
func updates(m MovementMessage) []ground.MovementUpdate {
	var out []ground.MovementUpdate
	for _, e := range m.Events {
		out = append(out, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: e.Word, At: e.At, Station: cmp.Or(e.Station, m.Station)}})
	}
	if m.Return != nil && len(m.Return.Times) > 0 {
		// Back at the gate: passengers are on board or boarding again, and ground may push.
		out = append(out, ground.MovementUpdate{Fact: flightsync.MovementFact{Word: passenger.Boarding, At: m.Return.Times[len(m.Return.Times)-1], Station: m.Station}})
	}
	diverts := m.Type == "DIV" && m.Arrival != ""
	if (m.EstimatedArrival != nil || diverts) && len(out) == 0 {
		out = append(out, ground.MovementUpdate{})
	}
	if m.EstimatedArrival != nil {
		out[0].ETA = *m.EstimatedArrival
	}
	if diverts {
		out[0].Arrival = m.Arrival
	}
	return out
}

// Bookings takes a bookings CSV: flights with their schedule, passengers with the accounts
// they told us. With full, the file is the whole list of each flight it names; a file with a
// row that was refused removes nobody.
func (f Feed) Bookings(ctx context.Context, file string, r io.Reader, at time.Time, full bool, rep *ground.ImportReport) error {
	var order []passenger.FlightKey
	unread := ""
	byFlight := map[passenger.FlightKey]*ground.ManifestUpdate{}
	hashes := map[passenger.FlightKey]string{}
	for b, wrong := range DecodeBookings(file, r) {
		if wrong != nil {
			rep.Refuse(wrong.File, wrong.Line, wrong.reason())
			unread = "totals" // it may be of any flight of the file
			continue
		}
		u := byFlight[b.Key]
		if u == nil {
			u = &ground.ManifestUpdate{Key: b.Key, Arrival: b.Arrival, STD: b.STD, STA: b.STA, At: at, Full: full}
			byFlight[b.Key], order = u, append(order, b.Key)
		}
		if !u.STD.Equal(b.STD) || !u.STA.Equal(b.STA) || u.Arrival != b.Arrival {
			rep.Refuse(b.File, b.Line, "the schedule differs from an earlier row of the same flight")
			unread = "totals"
			continue
		}
		row := b.Row()
		u.Rows = append(u.Rows, row)
		row.Line = 0
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|%v|%v", hashes[b.Key], b.STD.Unix(), row))
		hashes[b.Key] = hex.EncodeToString(sum[:])
	}
	for _, key := range order {
		u := byFlight[key]
		if full {
			u.Doubt = unread
		}
		u.Receipt = fmt.Sprintf("csv|%v|%s|%s", full, key, hashes[key])
		if f.DryRun {
			rep.Taken += len(u.Rows)
			continue
		}
		res, err := f.Dispatch.ApplyManifest(ctx, *u)
		if err != nil {
			if err := ours(err, file, u.Rows[0].Line, rep); err != nil {
				return err
			}
			continue
		}
		count(res, len(u.Rows), rep)
	}
	return nil
}

// Crew takes a crew CSV: which tablet serves which flight.
func (f Feed) Crew(ctx context.Context, file string, r io.Reader, rep *ground.ImportReport) error {
	for c, wrong := range DecodeCrew(file, r) {
		if wrong != nil {
			rep.Refuse(wrong.File, wrong.Line, wrong.reason())
			continue
		}
		if !f.DryRun {
			before := rep.Refused
			if err := ours(f.Dispatch.Assign(ctx, c.Flight, c.Tablet, c.Role, c.Zone, false), c.File, c.Line, rep); err != nil {
				return err
			}
			if rep.Refused != before {
				continue
			}
		}
		rep.Taken++
	}
	return nil
}

// IsCSV reports whether a file name is one of a CSV; everything else is read as telexes.
func IsCSV(name string) bool { return strings.EqualFold(filepath.Ext(name), ".csv") }
