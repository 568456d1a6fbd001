package dispatch

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// visits lets exchanges of one flight that meet share a transaction: when a crew lands, the flight
// is locked, read and folded once for all of them. An exchange that meets none goes alone. What
// waits is bounded by the slots of the service.
type visits struct {
	mu      sync.Mutex
	waiting map[passenger.FlightID][]*visit // an entry, even an empty one: somebody leads
}

// visit is one exchange.
type visit struct {
	ctx    context.Context
	tablet passenger.TabletID
	req    flightsync.Request
	res    flightsync.Response
	err    error
	turn   chan bool // true: lead the next ones; false: done
}

// errApart says that visits cannot go together: each goes again, alone.
var errApart = errors.New("these exchanges go one by one")

// receive takes v together with those that wait for the same flight.
func (s *Service) receive(v *visit) (flightsync.Response, error) {
	lead := s.visits.join(v)
	if !lead {
		select {
		case lead = <-v.turn:
		case <-v.ctx.Done():
			if s.visits.leave(v) {
				return v.res, v.ctx.Err()
			}
			lead = <-v.turn // its turn came in the same moment
		}
	}
	if lead {
		s.lead(v)
	}
	if errors.Is(v.err, errApart) {
		s.run(v.ctx, []*visit{v}, func(group []*visit) []*visit { return group }, func() {})
	}
	return v.res, v.err
}

// lead runs own and those that wait by the time the flight is locked, and hands the lead on.
func (s *Service) lead(own *visit) {
	// The others do not depend on who leads them.
	s.run(context.WithoutCancel(own.ctx), []*visit{own}, s.visits.gather, func() { s.visits.next(own.req.Group) })
}

// run takes the visits that grow makes of the first, wakes the others, calls then, and evaluates the
// loops that move on.
func (s *Service) run(ctx context.Context, group []*visit, grow func([]*visit) []*visit, then func()) {
	own := group[0]
	err := errApart // what a panic leaves to the others
	var loops []passenger.LoopID
	func() {
		defer func() {
			for _, v := range group {
				if err != nil {
					v.err = err
				}
				if err != nil && len(group) > 1 {
					v.err = errApart
				}
				if v != own {
					v.turn <- false
				}
			}
			then()
		}()
		err = s.Store.InTx(ctx, func(tx ground.Tx) (err error) {
			loops, err = s.exchange(ctx, tx, own.req.Group, func() []*visit {
				group = grow(group)
				return group
			})
			return err
		})
	}()
	if err != nil {
		return
	}
	if err := s.EvaluateAll(ctx, loops); err != nil {
		s.Log.Warn("evaluate after exchange", "flight", own.req.Group.String(), "err", err)
	}
}

// join adds a visit to those that wait; true when it leads instead.
func (q *visits) join(v *visit) (lead bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting, led := q.waiting[v.req.Group]
	if led {
		q.waiting[v.req.Group] = append(waiting, v)
		return false
	}
	if q.waiting == nil {
		q.waiting = map[passenger.FlightID][]*visit{}
	}
	q.waiting[v.req.Group] = nil
	return true
}

// leave takes a visit out of those that wait; false when its turn has come.
func (q *visits) leave(v *visit) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting[v.req.Group], v)
	if i < 0 {
		return false
	}
	q.waiting[v.req.Group] = slices.Delete(q.waiting[v.req.Group], i, i+1)
	return true
}

// gather adds to a group those that wait for its flight, as far as one exchange could bring their
// ops.
func (q *visits) gather(group []*visit) []*visit {
	q.mu.Lock()
	defer q.mu.Unlock()
	ops := 0
	for _, v := range group {
		ops += count(v.req.Runs)
	}
	id := group[0].req.Group
	for waiting := q.waiting[id]; len(waiting) > 0; waiting = q.waiting[id] {
		if ops += count(waiting[0].req.Runs); ops > flightsync.MaxRunOps {
			break
		}
		group, q.waiting[id] = append(group, waiting[0]), waiting[1:]
	}
	return group
}

func count(runs []flightsync.Run) (n int) {
	for _, r := range runs {
		n += len(r.Ops)
	}
	return n
}

// next gives the lead of a flight to the first that waits.
func (q *visits) next(id passenger.FlightID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.waiting[id]
	if len(waiting) == 0 {
		delete(q.waiting, id)
		return
	}
	q.waiting[id] = waiting[1:]
	waiting[0].turn <- true
}
