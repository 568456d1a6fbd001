package dispatch

import (
	"sync"

	"github.com/cabinloop/cabinloop/passenger"
)

// whom is a tablet on a flight.
type whom struct {
	tablet passenger.TabletID
	flight passenger.FlightID
}

// patience counts in a row how often each tablet was refused on each flight, so that one that keeps
// coming is told to stay away longer. It is a node's memory and no more: what it forgets costs a
// question. It is safe for concurrent use; the zero value is ready.
type patience struct {
	mu      sync.Mutex
	refused map[whom]int
}

// after returns err with how long the tablet should stay away, when err refuses the tablet: from
// [busyFor], doubled by each refusal in a row, up to [busyMost]. The tablet adds its own jitter. An
// exchange that went well begins the count anew.
func (p *patience) after(w whom, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.refused, w)
		return nil
	}
	c := passenger.CodeOf(err)
	if c != passenger.TooMuch && c != passenger.Forbidden {
		return err
	}
	n, known := p.refused[w]
	if !known && len(p.refused) >= maxRefused {
		p.refused = nil // they begin anew: nobody is refused for more than a while
	}
	if p.refused == nil {
		p.refused = map[whom]int{}
	}
	p.refused[w] = n + 1
	refusal := passenger.Wrap(c, "dispatch.refuse", passenger.Public(err), err)
	refusal.RetryAfter = min(busyFor<<min(n, 16), busyMost)
	return refusal
}
