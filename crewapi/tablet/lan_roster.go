package tablet

import (
	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// lanGroups lists the flights that this tablet exchanges on the LAN: those it serves and holds.
func (a *Agent) lanGroups() []passenger.FlightID {
	var out []passenger.FlightID
	for _, f := range a.nearest() {
		out = append(out, f.id)
	}
	return out
}

func (f *flight) onLAN() bool {
	rec := f.record()
	return rec.Generation > 0 && rec.Purged == nil && !rec.Assignment.Removed &&
		rec.Assignment.Stage != passenger.Sealed && rec.Assignment.Stage != passenger.Purged
}

// lanMembers lists the tablets on the roster of a flight as this tablet knows it; none of a flight
// that is sealed or not its own.
func (a *Agent) lanMembers(group passenger.FlightID) []cabin.Member {
	a.mu.Lock()
	f, ok := a.flights[group]
	a.mu.Unlock()
	if !ok || !f.onLAN() {
		return nil
	}
	if p := f.pins.Load(); p != nil {
		return *p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return nil
	}
	v, err := f.outline()
	if err != nil {
		return nil
	}
	ms := v.members()
	f.pins.Store(&ms)
	return ms
}

// members reads the pinned keys off the roster.
func (v *folded) members() []cabin.Member {
	var out []cabin.Member
	if v.Sealed {
		return out
	}
	for _, e := range v.Roster {
		if e.Class == flightsync.TabletLane && !e.Removed && e.Key.Alg == flightsync.ES256 && len(e.Key.Bytes) == keys.PublicSize {
			out = append(out, cabin.Member{Tablet: e.Tablet, PublicKey: []byte(e.Key.Bytes)})
		}
	}
	return out
}
