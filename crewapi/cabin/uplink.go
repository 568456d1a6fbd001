package cabin

import (
	"context"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Exchange makes one exchange with a tablet that [Node.Peers] named. Nothing is sent unless who
// answers there is that tablet and on the roster of the request's flight. Errors: the other
// tablet's, forbidden when it is not on the roster, unavailable when it is out of reach.
func (n *Node) Exchange(ctx context.Context, peer PeerInfo, req flightsync.Request) (res flightsync.Response, err error) {
	err = n.call(ctx, "cabin.Exchange", peer, req.Group, func(ctx context.Context, c *crewapi.PeerClient) (err error) {
		res, err = c.Exchange(ctx, req)
		return err
	})
	return res, err
}

// Uplink says how this tablet stands to the link to ground and hears how another one does, as
// Exchange exchanges.
func (n *Node) Uplink(ctx context.Context, peer PeerInfo, b uplink.Beat) (res uplink.Beat, err error) {
	err = n.call(ctx, "cabin.Uplink", peer, b.Group, func(ctx context.Context, c *crewapi.PeerClient) (err error) {
		res, err = c.Uplink(ctx, b)
		return err
	})
	return res, err
}

// call calls a tablet about one flight and notes what came of it.
func (n *Node) call(ctx context.Context, op string, peer PeerInfo, group passenger.FlightID, fn func(context.Context, *crewapi.PeerClient) error) error {
	n.mu.Lock()
	s, ok := n.spots[peer.Address]
	if !ok || !s.up || n.closed {
		n.mu.Unlock()
		return passenger.Errorf(passenger.Unavailable, op, "the other tablet is out of reach; everything is kept here")
	}
	key, client := s.key, s.dial()
	n.mu.Unlock()
	if m, ok := n.member(group, key); !ok || m.Tablet != peer.Tablet {
		return notOnRoster(op)
	}
	inner, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	err := fn(inner, client)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if inner.Err() != nil {
		err = passenger.Errorf(passenger.Unavailable, op, "the other tablet did not answer in time; everything is kept here")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.client != client {
		return err
	}
	if passenger.CodeOf(err) == passenger.Unavailable {
		s.failed()
		s.due = n.Now().Add(retryFirst)
		n.wake()
	} else {
		s.heard()
	}
	return err
}

// Uplink hands the word on, when the caller is on the roster of its flight.
func (a answerer) Uplink(ctx context.Context, b uplink.Beat) (uplink.Beat, error) {
	c, _ := ctx.Value(callerKey{}).(caller)
	m, ok := a.member(b.Group, c.key)
	switch {
	case !ok:
		return uplink.Beat{}, notOnRoster("cabin.Uplink")
	case a.Config.Uplink == nil:
		return uplink.Beat{Group: b.Group}, nil
	}
	return a.Config.Uplink(m, b), nil
}
