package tablet

import (
	"cmp"
	"maps"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
)

// purse is what the flight may still cost, with what every tablet is known to have spent.
func (f *flight) purse() uplink.Purse {
	return uplink.Purse{Limit: f.agent.limit(), Used: f.record().Spent.Total()}
}

// limit is what a flight may cost, bytes; 0 is without bound.
func (a *Agent) limit() int64 { return max(cmp.Or(a.Uplink.Purse, uplink.DefaultPurse), 0) }

// charge puts what the connections carried since the last call on a flight's account, when it went
// over SATCOM. It is saved with the round.
func (a *Agent) charge(f *flight) {
	if a.Uplink.Meter == nil {
		return
	}
	up, down := a.Uplink.Meter.Bytes()
	w := a.way
	w.mu.Lock()
	n := up + down - w.charged
	w.charged += n
	dear := w.class == uplink.Satcom
	w.mu.Unlock()
	if n <= 0 || !dear || f == nil {
		return
	}
	self := a.tablet()
	f.recMu.Lock()
	f.rec.Spent = f.rec.Spent.Add(self, n)
	f.recMu.Unlock()
}

// spend merges what another tablet knows, and reports whether that is news.
func (f *flight) spend(s uplink.Spent) (news bool) {
	f.recMu.Lock()
	defer f.recMu.Unlock()
	merged := f.rec.Spent.Merge(s)
	news = !maps.Equal(merged, f.rec.Spent)
	f.rec.Spent = merged
	return news
}

// LinkStatus is how the tablet stands to its way to ground.
type LinkStatus struct {
	Setting uplink.Class `json:"setting"`          // auto, gate, satcom
	Class   uplink.Class `json:"class"`            // what it is now: gate, satcom
	Flight  string       `json:"flight,omitempty"` // whose purse it is
	Purse   int64        `json:"purse"`            // bytes; 0 is without bound
	Used    int64        `json:"used"`             // bytes, by all tablets of the flight
	Left    int64        `json:"left"`
	Empty   bool         `json:"empty"` // only urgent entries and a person's wish go
	// Gateway says who speaks to ground: "this" tablet, "other", or "" while it is being settled or
	// does not matter.
	Gateway string `json:"gateway,omitempty"`
}

// linkStatus reads the class anew; the purse is that of the flight which the link serves.
func (a *Agent) linkStatus() LinkStatus {
	p := a.judge()
	st := LinkStatus{Setting: a.way.setting(), Class: p.Class}
	purse := uplink.Purse{Limit: a.limit()}
	if flights := a.served(); len(flights) > 0 {
		f := flights[0]
		purse, st.Flight = f.purse(), f.key.String()
		if p.Class == uplink.Satcom {
			switch c := a.choose(f); {
			case c.Mine:
				st.Gateway = "this"
			case c.Leased:
				st.Gateway = "other"
			}
		}
	}
	st.Purse, st.Used, st.Left, st.Empty = purse.Limit, purse.Used, purse.Left(), purse.Empty()
	return st
}
