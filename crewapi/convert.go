package crewapi

import (
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func fromRequest(r flightsync.Request) *crewv1.ExchangeRequest {
	return &crewv1.ExchangeRequest{Version: Version, Group: r.Group[:], Me: fromAuthor(r.Me), Incarnation: r.Incarnation[:],
		Have: r.Have.Pack(), Digest: r.Digest, Runs: fromRuns(r.Runs), Budget: uint32(max(r.Budget, 0))}
}

// toRequest reads a validated request. Errors: invalid, too_much.
func toRequest(m *crewv1.ExchangeRequest) (r flightsync.Request, err error) {
	if r.Group, err = toGroup(m.GetGroup()); err != nil {
		return r, err
	}
	if len(m.GetIncarnation()) != len(r.Incarnation) {
		return r, malformed("incarnation")
	}
	copy(r.Incarnation[:], m.GetIncarnation())
	if r.Have, err = flightsync.UnpackVector(m.GetHave()); err != nil {
		return r, malformed("have")
	}
	if r.Runs, err = toRuns(m.GetRuns()); err != nil {
		return r, err
	}
	if r.Me, err = toAuthor(m.GetMe()); err != nil {
		return r, err
	}
	r.Digest, r.Budget = m.GetDigest(), int(m.GetBudget())
	return r, nil
}

func fromResponse(r flightsync.Response) *crewv1.ExchangeResponse {
	return &crewv1.ExchangeResponse{Version: Version, Have: r.Have.Pack(), Digest: r.Digest, Runs: fromRuns(r.Runs),
		More: r.More, You: fromAuthor(r.You), YouSeen: r.YouSeen}
}

// toResponse reads an answer. Errors: invalid, too_much.
func toResponse(m *crewv1.ExchangeResponse) (r flightsync.Response, err error) {
	if r.Have, err = flightsync.UnpackVector(m.GetHave()); err != nil {
		return r, malformed("have")
	}
	if r.Runs, err = toRuns(m.GetRuns()); err != nil {
		return r, err
	}
	if r.You, err = toAuthor(m.GetYou()); err != nil {
		return r, err
	}
	r.Digest, r.More, r.YouSeen = m.GetDigest(), m.GetMore(), m.GetYouSeen()
	return r, nil
}

func fromDuty(a passenger.Duty) *crewv1.Assignment {
	k := a.Key
	return &crewv1.Assignment{Flight: a.Flight[:], Key: &crewv1.FlightKey{Carrier: k.Carrier, Number: int32(k.Number),
		Suffix: k.Suffix, Date: k.Date, Departure: k.Departure, Attempt: int32(k.Attempt)},
		Arrival: a.Arrival, Std: fromTime(a.STD), Sta: fromTime(a.STA), Role: string(a.Role), Zone: a.Zone,
		Stage: string(a.Stage), Removed: a.Removed, LeaseEnd: fromTime(a.LeaseEnd), WrappedKey: a.WrappedKey}
}

// toDuty reads an assignment. A role or stage of a newer ground is kept as it is.
// Errors: invalid.
func toDuty(m *crewv1.Assignment) (a passenger.Duty, err error) {
	if a.Flight, err = toGroup(m.GetFlight()); err != nil {
		return a, err
	}
	k := m.GetKey()
	a.Key = passenger.FlightKey{Carrier: k.GetCarrier(), Number: int(k.GetNumber()), Suffix: k.GetSuffix(),
		Date: k.GetDate(), Departure: k.GetDeparture(), Attempt: int(k.GetAttempt())}
	if _, err := passenger.ParseFlightKey(a.Key.String()); err != nil {
		return a, err
	}
	a.Arrival, a.Role, a.Zone = m.GetArrival(), passenger.Role(m.GetRole()), m.GetZone()
	a.Stage, a.Removed = passenger.Stage(m.GetStage()), m.GetRemoved()
	a.STD, a.STA = toTime(m.GetStd()), toTime(m.GetSta())
	a.LeaseEnd, a.WrappedKey = toTime(m.GetLeaseEnd()), m.GetWrappedKey()
	if n := len(a.WrappedKey); n != 0 && n != passenger.FlightKeySize+keys.Overhead {
		return a, malformed("wrapped_key")
	}
	return a, nil
}

func toGroup(b []byte) (id passenger.FlightID, err error) {
	if len(b) != len(id) {
		return id, malformed("group")
	}
	copy(id[:], b)
	return id, nil
}

// An author crosses as its index plus 1; 0 is nobody.
func fromAuthor(a flightsync.Author) uint32 {
	if a >= flightsync.MaxAuthors {
		return 0
	}
	return uint32(a) + 1
}

func toAuthor(n uint32) (flightsync.Author, error) {
	switch {
	case n == 0:
		return flightsync.Nobody, nil
	case n > flightsync.MaxAuthors:
		return 0, malformed("author")
	}
	return flightsync.Author(n - 1), nil
}

func fromTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func toTime(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

func malformed(field string) error {
	return passenger.Errorf(passenger.Invalid, "crewapi.convert", "the message's field %s is malformed", field)
}
