package tablet

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// removed ends the name of a flight's directory that is being removed.
const removed = ".removed"

// recordPath is where a flight's own directory says what flights.json says of it: generation and salt
// of its store above all, without which no byte of it can be read.
func (f *flight) recordPath() string { return filepath.Join(f.parent(), "FLIGHT") }

// writeRecord writes what stands at [flight.recordPath], in place of what stood there. Errors: unavailable.
func (f *flight) writeRecord(rec record) error {
	b, err := summed(rec)
	if err == nil {
		err = os.MkdirAll(f.parent(), 0o700)
	}
	if err == nil {
		err = replace(f.recordPath(), b)
	}
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, "tablet.writeRecord", "the tablet could not save what it knows of the flight; is the storage full?", err)
	}
	return nil
}

// keepRecord writes the record again unless the directory has it.
func (f *flight) keepRecord(rec record) {
	if rec.Generation == 0 {
		return
	}
	if old, err := readRecord(f.recordPath()); err == nil && old.Generation == rec.Generation && slices.Equal(old.Salt, rec.Salt) {
		return
	}
	if err := f.writeRecord(rec); err != nil {
		f.agent.Log.Warn("the record of a flight stands once only", "flight", f.id.String(), "err", err)
	}
}

func readRecord(path string) (rec record, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		err = checkSum(b)
	}
	if err == nil {
		rec, err = parseRecord(b)
	}
	return rec, err
}

func parseRecord(b []byte) (rec record, err error) {
	err = json.Unmarshal(b, &rec)
	return rec, err
}

// lostFlights finds the flights that have a directory, or entries that wait for ground, and that the
// index does not know.
func (a *Agent) lostFlights(known []record) (out []record) {
	have := map[passenger.FlightID]bool{}
	for _, rec := range known {
		have[rec.Assignment.Flight] = true
	}
	find := func(pattern string, read func(id passenger.FlightID) (record, error)) {
		names, _ := filepath.Glob(a.path(pattern)) // constant and valid
		for _, name := range names {
			id, err := passenger.ParseFlightID(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), spare), ".json"))
			if err != nil || have[id] {
				continue
			}
			rec, err := read(id)
			if err != nil || rec.Assignment.Flight != id {
				a.Log.Warn("files of a flight that is not on the list stay on disk", "flight", id.String(), "err", err)
				continue
			}
			a.Log.Error("a flight was not on the list; it is again", "flight", id.String())
			have[id], out = true, append(out, rec)
		}
	}
	find("flights/*", func(id passenger.FlightID) (record, error) {
		return readRecord(filepath.Join(a.path("flights"), id.String(), "FLIGHT"))
	})
	find("unsent/*.json*", func(id passenger.FlightID) (rec record, err error) {
		u, err := a.loadUnsent(id)
		own, all := u.count()
		if rec.Assignment.Flight = id; u.Assignment != nil {
			rec.Assignment = *u.Assignment
		}
		as := rec.Assignment
		rec.Unsent, rec.Counts.Issued = all, own
		rec.Purged = &FlightRow{Key: as.Key, Arrival: as.Arrival, STD: as.STD, STA: as.STA, Role: as.Role, Zone: as.Zone, Stage: passenger.Purged, Pending: own}
		return rec, err
	})
	return out
}

// newest is the highest generation that the flight's directory has; 0 for none.
func (f *flight) newest() (n int) {
	entries, _ := os.ReadDir(f.parent())
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".") // one that was set aside too
		if g, err := strconv.Atoi(name); err == nil {
			n = max(n, g)
		}
	}
	return n
}
