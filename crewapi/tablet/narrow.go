package tablet

import (
	"cmp"
	"sync"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// narrow is how much a tablet sends to ground at once, bytes of ops. Whatever stands between may
// refuse large bodies, or be too slow for them: what does not get through goes again in parts, down
// to one op, and what gets through doubles the next. It is safe for concurrent use.
type narrow struct {
	mu   sync.Mutex
	send int // 0: as much as the policy says
	wall int // what was refused last, 0 for nothing
	good int // questions that got through since
}

// most is how much may go now, of at most so much.
func (n *narrow) most(policy int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.send > 0 {
		return min(n.send, policy)
	}
	return policy
}

// refused notes that so much did not get through.
func (n *narrow) refused(size int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wall, n.good = size, 0
	n.send = max(min(size, cmp.Or(n.send, size))/4, 1)
}

// passed notes that so much got through. It stays below what was refused for a while.
func (n *narrow) passed(size, policy int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.send == 0 || size == 0 {
		return
	}
	if n.good++; n.good >= tryWallAfter {
		n.wall = 0
	}
	if next := 2 * max(n.send, size); n.wall == 0 || next < n.wall {
		n.send = next
	}
	if n.send >= policy {
		n.send, n.wall = 0, 0
	}
}

// sized counts the ops of a question and their bytes.
func sized(runs []flightsync.Run) (ops, bytes int) {
	for _, r := range runs {
		ops += len(r.Ops)
		for _, raw := range r.Ops {
			bytes += len(raw)
		}
	}
	return ops, bytes
}

// parts are the tries to get a flight's entries through a narrow way, in one round.
type parts struct {
	way    *narrow
	silent int
	stuck  []flightsync.Author // whose next entry alone is too large
	size   int                 // of such an entry, bytes
}

// again reports whether a question that failed is worth asking in smaller parts, or without a lane
// whose next entry is too large by itself: a lane is a chain, and what comes after it waits.
func (p *parts) again(runs []flightsync.Run, err error) bool {
	ops, size := sized(runs)
	switch {
	case ops == 0 || !crewapi.SmallerMayPass(err):
		return false
	case ops == 1 && crewapi.TooLarge(err):
		p.stuck, p.size = append(p.stuck, runs[0].Author), size
		return true
	case ops == 1:
		return false
	}
	p.way.refused(size)
	if !crewapi.TooLarge(err) {
		p.silent++
	}
	return p.silent <= triesInARound
}

// ended says that a lane could not go on; nil when none was stuck.
func (p *parts) ended() error {
	if len(p.stuck) == 0 {
		return nil
	}
	return passenger.Errorf(passenger.TooMuch, "tablet.parts",
		"an entry of %d bytes is larger than the way to ground takes; it stays here, and so do the entries after it; everything goes over on another network", p.size).Keyed("wire.entry", "Bytes", p.size)
}
