package tablet

import (
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// revive lets a flight that was destroyed before its time be loaded again: ground gives its key, and
// the lease end for which it was destroyed is ahead. What was kept sealed goes over first. The
// flight begins anew, as on a tablet that never had it; its own earlier entries come from ground.
func (f *flight) revive(d passenger.Duty) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	rec := f.record()
	end := rec.Ended
	if end.IsZero() { // an earlier program did not say
		end = d.LeaseEnd
	}
	if rec.Purged == nil || rec.Unsent > 0 || f.gone || f.agent.time.past(end) {
		return nil
	}
	if err := f.setRecord(func(r *record) {
		*r = record{Assignment: r.Assignment, Spent: r.Spent}
	}); err != nil {
		return err
	}
	f.agent.Log.Warn("flight was destroyed before its time; it is loaded again", "flight", f.id.String())
	f.talk, f.row, f.phased, f.told, f.own, f.others, f.unsaved = flightsync.Talk{}, nil, nil, nil, counts{}, nil, false
	return nil
}
