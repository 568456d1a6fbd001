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

// Holding is what a tablet holds of one flight.
type Holding struct {
	Flight   passenger.FlightID
	LeaseEnd time.Time // that its key was wrapped for; zero: no key
	Owed     bool      // something of it is kept for ground, with or without its key
	Begun    bool
	Have     flightsync.Vector // when it has begun
}

// Flights lists this tablet's flights. held are the flight keys it has, with the end of the
// lease that each was wrapped for.
func (c *Client) Flights(ctx context.Context, held map[passenger.FlightID]time.Time) ([]passenger.Duty, error) {
	var hs []Holding
	for id, end := range held {
		hs = append(hs, Holding{Flight: id, LeaseEnd: end})
	}
	s, err := c.Start(ctx, hs, 0)
	return s.Duties, err
}

// Started is what a tablet that starts is told.
type Started struct {
	Duties []passenger.Duty
	Frames []Frame
	Now    time.Time // ground's clock, whole seconds; zero: not said
}

// Start is Flights that also fetches, within a budget of ops in bytes, a first frame of each
// standing flight of which the tablet holds less than ground. held is in the order of importance:
// what is beyond the bounds of a call is asked for with the next page, and of frames left out.
func (c *Client) Start(ctx context.Context, held []Holding, budget int) (s Started, err error) {
	const op = "crewapi.Flights"
	req := &crewv1.FlightsRequest{Version: Version, FirstBudget: uint32(max(budget, 0))}
	if budget > 0 {
		req.Have, req.Dict = fromHave(held), pack.Newest
	}
	told := map[passenger.FlightID]bool{}
	for range maxPages {
		req.Held = nil
		for _, h := range held {
			if (h.Owed || !h.LeaseEnd.IsZero()) && !told[h.Flight] && len(req.Held) < maxAssignments {
				req.Held = append(req.Held, &crewv1.HeldKey{Flight: h.Flight[:], LeaseEnd: fromTime(h.LeaseEnd)})
			}
		}
		req.Nonce = c.asks.next()
		res, err := ask(c, ctx, op, req, answerTo(req.Nonce, nil, 0, 0), c.rpc.Flights)
		if err != nil {
			return Started{}, err
		}
		s.Now = toTime(res.GetNow())
		for _, m := range res.GetAssignments() {
			d, err := toDuty(m)
			if err != nil {
				return Started{}, err
			}
			s.Duties, told[d.Flight] = append(s.Duties, d), true
		}
		for _, m := range res.GetFirst() {
			c.peer.heard(m.GetFrame().GetDict())
			f, err := toFrame(m)
			if err != nil {
				return Started{}, err
			}
			s.Frames = append(s.Frames, f)
		}
		if len(res.GetNext()) == 0 || len(res.GetNext()) > maxAfter {
			break
		}
		req = &crewv1.FlightsRequest{Version: Version, After: res.GetNext()}
	}
	return s, nil
}

func toFrame(m *crewv1.WatchResponse) (f Frame, err error) {
	if f.Flight, err = toGroup(m.GetGroup()); err == nil {
		f.Response, err = toResponse(m.GetFrame())
	}
	return f, err
}

// fromHave says what is held of the first flights that have begun, as many as one call carries.
func fromHave(held []Holding) []*crewv1.WatchedFlight {
	var out []*crewv1.WatchedFlight
	for _, h := range held {
		if h.Begun && len(out) < passenger.MaxWatched {
			out = append(out, &crewv1.WatchedFlight{Group: h.Flight[:], Have: h.Have.Pack()})
		}
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
	list, err := s.ground.Flights(ctx, tabletFrom(ctx), passenger.DutiesAsk{Held: held, After: m.GetAfter(), Limit: maxAssignments})
	if err != nil {
		return nil, err
	}
	res := &crewv1.FlightsResponse{Version: Version, AnswerTo: answerTo(m.GetNonce(), nil, 0, 0), Next: list.Next, Now: fromTime(s.Now())}
	for _, d := range list.List {
		res.Assignments = append(res.Assignments, fromDuty(d))
	}
	if m.GetFirstBudget() == 0 {
		return res, nil
	}
	have, err := toHave(m.GetHave())
	if err != nil {
		return nil, err
	}
	// A tablet that names as many as it may has perhaps begun others: of those it has the key.
	fresh := slices.DeleteFunc(list.List, func(d passenger.Duty) bool {
		_, named := have[d.Flight]
		_, begun := held[d.Flight]
		return !named && begun && len(have) >= passenger.MaxWatched
	})
	res.First = s.first(ctx, fresh, have, min(int(m.GetFirstBudget()), maxFirst), m.GetDict())
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
		if budget <= 0 || len(out) == passenger.MaxWatched {
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
