package sim

import (
	"time"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// network is all links. Addresses: 0 is ground, i tablet i-1.
type network struct {
	w        *world
	loss     float64
	double   float64
	slowest  time.Duration            // beyond 20 ms
	down     map[[2]int]bool          // directions that let nothing through
	clogged  map[int]time.Duration    // until when what an address sends and gets stands still
	torn     float64                  // messages cut on the way
	kept     []kept                   // a few messages, to be delivered again much later
	arrivals map[[2]int]time.Duration // of the last message of a direction, to see reordering
}

// kept is a message that somebody recorded.
type kept struct {
	from, to int
	req      *flightsync.Request
	res      *flightsync.Response
}

func newNetwork(w *world) network {
	return network{w: w, loss: w.rng.Float64() * 0.1, double: w.rng.Float64() * 0.1, slowest: 2 * time.Second, torn: 0.02,
		down: map[[2]int]bool{}, clogged: map[int]time.Duration{}, arrivals: map[[2]int]time.Duration{}}
}

// send delivers a message later, twice, in part, or not at all.
func (n *network) send(from, to int, m kept, deliver func(kept)) {
	w := n.w
	copies := 1
	switch {
	case w.chance(n.loss):
		w.fault("loss")
		return
	case w.chance(n.double):
		w.fault("duplication")
		copies = 2
	}
	if w.chance(0.05) && len(n.kept) < 48 {
		n.kept = append(n.kept, m)
	}
	if w.chance(n.torn) {
		m = w.tear(m)
	}
	for range copies {
		d := 20*time.Millisecond + time.Duration(w.rng.Int64N(int64(n.slowest)))
		if d > 2500*time.Millisecond {
			d = 2500 * time.Millisecond
		}
		if d > time.Second {
			w.fault("delay up to 2,500 ms")
		}
		at := w.now + d
		for _, a := range []int{from, to} {
			if until := n.clogged[a]; until > at {
				at = until + time.Duration(w.rng.Int64N(int64(time.Second)))
			}
		}
		if at < n.arrivals[[2]int{from, to}] {
			w.fault("reorder")
		}
		n.arrivals[[2]int{from, to}] = at
		w.at(at, func() {
			if !n.down[[2]int{from, to}] {
				deliver(m)
			}
		})
	}
}

// tear cuts a message on the way: only the first runs arrive, the last of them perhaps in part.
func (w *world) tear(m kept) kept {
	cut := func(runs []flightsync.Run) []flightsync.Run {
		if len(runs) == 0 {
			return runs
		}
		w.fault("cut mid-message")
		out := append([]flightsync.Run(nil), runs[:1+w.rng.IntN(len(runs))]...)
		if last := &out[len(out)-1]; w.chance(0.5) {
			last.Ops = last.Ops[:w.rng.IntN(len(last.Ops))]
		}
		return out
	}
	if m.req != nil {
		req := *m.req
		req.Runs = cut(req.Runs)
		m.req = &req
	} else {
		res := *m.res
		res.Runs = cut(res.Runs)
		m.res = &res
	}
	return m
}

// again delivers a recorded message: whoever gets it must take it for what it is.
func (n *network) again(m kept) {
	w := n.w
	switch {
	case m.to == 0 && m.req != nil && w.ground.up:
		w.ground.exchange(m.from, *m.req)
	case m.to > 0 && m.req != nil:
		w.tablets[m.to-1].serve(*m.req)
	case m.to > 0 && m.res != nil:
		w.tablets[m.to-1].answered(m.from, -1, nil, *m.res)
	}
}
