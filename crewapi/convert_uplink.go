package crewapi

import (
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
)

func fromLease(d time.Duration) uint32 { return uint32(max(d, 0).Milliseconds()) }

// toLease cuts a lease to the longest there is: a wrong word must not silence a flight for long.
func toLease(ms uint32) time.Duration {
	return min(time.Duration(ms)*time.Millisecond, uplink.Lease)
}

func fromSpent(s uplink.Spent) []*crewv1.Spent {
	var out []*crewv1.Spent
	for id, n := range s {
		if len(out) == maxSpenders {
			break
		}
		out = append(out, &crewv1.Spent{Tablet: id[:], Bytes: uint64(max(n, 0))})
	}
	return out
}

// toSpent leaves out what makes no sense.
func toSpent(ms []*crewv1.Spent) uplink.Spent {
	var out uplink.Spent
	for _, m := range ms {
		var id passenger.TabletID
		if len(m.GetTablet()) != len(id) || m.GetBytes() > maxSpent || len(out) == maxSpenders {
			continue
		}
		if out == nil {
			out = uplink.Spent{}
		}
		copy(id[:], m.GetTablet())
		out[id] = int64(m.GetBytes())
	}
	return out
}
