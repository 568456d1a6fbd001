package crewapi

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Deliver brings sealed runs of a flight to ground. held says for each run whether ground holds
// all of it. A tablet repeats it until ground holds all.
func (c *Client) Deliver(ctx context.Context, group passenger.FlightID, runs []flightsync.SealedRun) (held []bool, err error) {
	const op = "crewapi.Deliver"
	res, err := c.rpc.Deliver(ctx, fromDelivery(group, runs))
	if err != nil {
		return nil, fromWire(ctx, op, err)
	}
	if len(res.GetHeld()) != len(runs) {
		return nil, passenger.Errorf(passenger.Unavailable, op, "ground's answer makes no sense; is the address right?")
	}
	return res.GetHeld(), nil
}

func (s *service) Deliver(ctx context.Context, m *crewv1.DeliverRequest) (*crewv1.DeliverResponse, error) {
	group, runs, err := toDelivery(m)
	if err != nil {
		return nil, err
	}
	held, err := s.ground.Deliver(ctx, tabletFrom(ctx), group, runs)
	if err != nil {
		return nil, err
	}
	return &crewv1.DeliverResponse{Version: Version, Held: held}, nil
}

func fromDelivery(group passenger.FlightID, runs []flightsync.SealedRun) *crewv1.DeliverRequest {
	m := &crewv1.DeliverRequest{Version: Version, Group: group[:]}
	for _, r := range runs {
		m.Runs = append(m.Runs, &crewv1.SealedRun{Author: uint32(r.Author), Incarnation: r.Incarnation[:], FirstSeq: r.First, Ops: r.Ops, Head: r.Head[:], Sig: r.Sig})
	}
	return m
}

// toDelivery reads a validated request. Errors: invalid.
func toDelivery(m *crewv1.DeliverRequest) (group passenger.FlightID, runs []flightsync.SealedRun, err error) {
	if group, err = toGroup(m.GetGroup()); err != nil {
		return group, nil, err
	}
	for _, r := range m.GetRuns() {
		run := flightsync.SealedRun{Author: flightsync.Author(r.GetAuthor()), First: r.GetFirstSeq(), Ops: r.GetOps(), Sig: r.GetSig()}
		if len(r.GetIncarnation()) != len(run.Incarnation) || len(r.GetHead()) != len(run.Head) || run.First == 0 || len(run.Ops) == 0 {
			return group, nil, malformed("runs")
		}
		copy(run.Incarnation[:], r.GetIncarnation())
		copy(run.Head[:], r.GetHead())
		runs = append(runs, run)
	}
	return group, runs, nil
}
