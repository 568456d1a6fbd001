package crewapi

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Frame is what an exchange would have answered about one flight.
type Frame struct {
	Flight   passenger.FlightID
	Response flightsync.Response
}

// Flights lists this tablet's flights. held are the flight keys it has, with the end of the
// lease that each was wrapped for.
func (c *Client) Flights(ctx context.Context, held map[passenger.FlightID]time.Time) ([]passenger.Duty, error) {
	duties, _, err := c.Start(ctx, held, nil, 0)
	return duties, err
}

// Start is Flights that also fetches, within a budget of ops in bytes, a first frame of each
// standing flight of which the tablet holds less than ground; have is what it holds.
func (c *Client) Start(ctx context.Context, held map[passenger.FlightID]time.Time, have map[passenger.FlightID]flightsync.Vector, budget int) ([]passenger.Duty, []Frame, error) {
	const op = "crewapi.Flights"
	req := &crewv1.FlightsRequest{Version: Version, FirstBudget: uint32(max(budget, 0)), Nonce: c.asks.next()}
	for id, end := range held {
		if len(req.Held) == maxAssignments {
			break
		}
		req.Held = append(req.Held, &crewv1.HeldKey{Flight: id[:], LeaseEnd: fromTime(end)})
	}
	if budget > 0 {
		req.Have, req.Dict = fromHave(have), pack.Newest
	}
	res, err := ask(c, ctx, op, req, answerTo(req.Nonce, nil, 0, 0), c.rpc.Flights)
	if err != nil {
		return nil, nil, err
	}
	if len(res.GetAssignments()) > maxAssignments || len(res.GetFirst()) > maxAssignments {
		return nil, nil, passenger.Errorf(passenger.TooMuch, op, "ground names %d flights; a tablet takes %d", len(res.GetAssignments()), maxAssignments)
	}
	var duties []passenger.Duty
	for _, m := range res.GetAssignments() {
		d, err := toDuty(m)
		if err != nil {
			return nil, nil, err
		}
		duties = append(duties, d)
	}
	var frames []Frame
	for _, m := range res.GetFirst() {
		c.peer.heard(m.GetFrame().GetDict())
		f, err := toFrame(m)
		if err != nil {
			return nil, nil, err
		}
		frames = append(frames, f)
	}
	return duties, frames, nil
}

func toFrame(m *crewv1.WatchResponse) (f Frame, err error) {
	if f.Flight, err = toGroup(m.GetGroup()); err == nil {
		f.Response, err = toResponse(m.GetFrame())
	}
	return f, err
}

func fromHave(have map[passenger.FlightID]flightsync.Vector) []*crewv1.WatchedFlight {
	var out []*crewv1.WatchedFlight
	for id, v := range have {
		if len(out) == maxWatched {
			break
		}
		out = append(out, &crewv1.WatchedFlight{Group: id[:], Have: v.Pack()})
	}
	return out
}

// toHave reads what a tablet holds. Errors: invalid.
func toHave(ms []*crewv1.WatchedFlight) (map[passenger.FlightID]flightsync.Vector, error) {
	have := map[passenger.FlightID]flightsync.Vector{}
	for _, f := range ms {
		id, err := toGroup(f.GetGroup())
		if err != nil {
			return nil, err
		}
		if have[id], err = flightsync.UnpackVector(f.GetHave()); err != nil {
			return nil, malformed("have")
		}
	}
	return have, nil
}

func (s *service) Flights(ctx context.Context, m *crewv1.FlightsRequest) (*crewv1.FlightsResponse, error) {
	held := map[passenger.FlightID]time.Time{}
	for _, h := range m.GetHeld() {
		id, err := toGroup(h.GetFlight())
		if err != nil {
			return nil, err
		}
		held[id] = toTime(h.GetLeaseEnd())
	}
	duties, err := s.ground.Flights(ctx, tabletFrom(ctx), held)
	if err != nil {
		return nil, err
	}
	res := &crewv1.FlightsResponse{Version: Version, AnswerTo: answerTo(m.GetNonce(), nil, 0, 0)}
	for _, d := range duties {
		res.Assignments = append(res.Assignments, fromDuty(d))
	}
	if m.GetFirstBudget() == 0 {
		return res, nil
	}
	have, err := toHave(m.GetHave())
	if err != nil {
		return nil, err
	}
	res.First = s.first(ctx, duties, have, min(int(m.GetFirstBudget()), maxFirst), m.GetDict())
	return res, nil
}

// first makes the first frames. One that fails is left out: the exchange that follows says why.
func (s *service) first(ctx context.Context, duties []passenger.Duty, have map[passenger.FlightID]flightsync.Vector, budget int, dict uint32) (out []*crewv1.WatchResponse) {
	duties = slices.DeleteFunc(slices.Clone(duties), func(d passenger.Duty) bool {
		return d.Removed || d.LeaseEnd.IsZero() || d.Stage == passenger.Sealed || d.Stage == passenger.Purged
	})
	now := s.Now()
	slices.SortStableFunc(duties, func(a, b passenger.Duty) int { return cmp.Compare(a.STD.Sub(now).Abs(), b.STD.Sub(now).Abs()) })
	for _, d := range duties {
		if budget <= 0 || len(out) == maxWatched {
			break
		}
		res, err := s.ground.First(ctx, tabletFrom(ctx), d.Flight, have[d.Flight], budget)
		if err != nil {
			s.Log.Warn("no first frame", "flight", d.Flight.String(), "err", err)
			continue
		}
		if res == nil {
			continue
		}
		for _, run := range res.Runs {
			for _, raw := range run.Ops {
				budget -= len(raw)
			}
		}
		out = append(out, &crewv1.WatchResponse{Group: d.Flight[:], Frame: s.packed.fromResponse(*res, dict)})
		if res.More {
			break
		}
	}
	return out
}
