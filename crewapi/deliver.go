package crewapi

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Deliver brings sealed runs of a flight to ground. receipts holds for each run ground's signature
// of its [flightsync.SealedRun.ReceiptMessage], unchecked, or nothing. A tablet repeats it until it
// has a receipt for each.
func (c *Client) Deliver(ctx context.Context, group passenger.FlightID, runs []flightsync.SealedRun) (receipts [][]byte, err error) {
	const op = "crewapi.Deliver"
	m := fromDelivery(group, runs)
	inner, k, done := limited(ctx, m)
	defer done()
	res, err := c.rpc.Deliver(inner, m)
	if err != nil {
		return nil, c.failed(ctx, inner, op, k, err)
	}
	if len(res.GetReceipts()) != len(runs) {
		return nil, passenger.Errorf(passenger.Unavailable, op, "ground's answer makes no sense; is the address right?").Keyed("wire.nonsense")
	}
	return res.GetReceipts(), nil
}

// HandOver brings what a device without access has to ground, proven by its key. receipts are as for
// [Client.Deliver], made out to the tablet that the device was; access is how it stands.
func (c *Client) HandOver(ctx context.Context, h flightsync.HandOver) (receipts [][]byte, access passenger.Access, err error) {
	const op = "crewapi.HandOver"
	m := fromDelivery(h.Group, h.Runs)
	m.DeviceKey, m.Proof, m.Left = h.Key, h.Proof, h.Left
	inner, k, done := limited(ctx, m)
	defer done()
	res, err := c.rpc.Deliver(inner, m)
	if err != nil {
		return nil, access, c.failed(ctx, inner, op, k, err)
	}
	if len(res.GetReceipts()) != len(h.Runs) {
		return nil, access, passenger.Errorf(passenger.Unavailable, op, "ground's answer makes no sense; is the address right?").Keyed("wire.nonsense")
	}
	return res.GetReceipts(), passenger.ParseAccess(res.GetAccess()), nil
}

func (s *service) Deliver(ctx context.Context, m *crewv1.DeliverRequest) (*crewv1.DeliverResponse, error) {
	group, runs, err := toDelivery(m)
	if err != nil {
		return nil, err
	}
	var receipts [][]byte
	var access passenger.Access
	if key := m.GetDeviceKey(); len(key) > 0 {
		receipts, access, err = s.ground.HandOver(ctx, flightsync.HandOver{Group: group, Runs: runs, Left: m.GetLeft(), Key: key, Proof: m.GetProof()})
	} else {
		receipts, err = s.ground.Deliver(ctx, tabletFrom(ctx), group, runs)
	}
	if err != nil {
		return nil, err
	}
	held := make([]bool, len(receipts))
	for i, sig := range receipts {
		held[i] = len(sig) > 0
	}
	return &crewv1.DeliverResponse{Version: Version, Held: held, Receipts: receipts, Access: string(access)}, nil
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
	n := 0 // opening an op is dear: never more than one step takes
	for _, r := range m.GetRuns() {
		if n += len(r.GetOps()); n > flightsync.MaxRunOps {
			return group, nil, malformed("runs")
		}
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
