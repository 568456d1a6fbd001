package crewapi

import (
	"time"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// fromRequest writes a request. peer is the newest dictionary that the other side unpacks.
func fromRequest(r flightsync.Request, peer uint32) *crewv1.ExchangeRequest {
	m := &crewv1.ExchangeRequest{Version: Version, Group: r.Group[:], Me: fromAuthor(r.Me), Have: r.Have.Pack(), Mine: r.Mine,
		Runs: (*packed)(nil).fromRuns(r.Runs, peer), Budget: uint32(max(r.Budget, 0)), Dict: pack.Newest, Prove: r.Prove}
	if r.Incarnation != (flightsync.Incarnation{}) {
		m.Incarnation = r.Incarnation[:]
	}
	for _, c := range r.Claims {
		m.Claims = append(m.Claims, &crewv1.HeadOf{Author: uint32(c.Author), Head: c.Head[:]})
	}
	return m
}

// toRequest reads a validated request. Errors: invalid, too_much, unavailable when runs are packed
// in a newer way.
func toRequest(m *crewv1.ExchangeRequest) (r flightsync.Request, err error) {
	if r.Group, err = toGroup(m.GetGroup()); err != nil {
		return r, err
	}
	if n := len(m.GetIncarnation()); n != len(r.Incarnation) && n != 0 {
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
	for _, c := range m.GetClaims() {
		h := flightsync.HeadOf{Author: flightsync.Author(c.GetAuthor())}
		if h.Author >= flightsync.MaxAuthors || len(c.GetHead()) != len(h.Head) || len(r.Claims) == flightsync.MaxAuthors {
			return r, malformed("claims")
		}
		copy(h.Head[:], c.GetHead())
		r.Claims = append(r.Claims, h)
	}
	r.Mine, r.Budget, r.Prove = m.GetMine(), int(m.GetBudget()), m.GetProve()
	return r, nil
}

// fromResponse writes an answer. peer is the newest dictionary that the asker unpacks.
func fromResponse(r flightsync.Response, peer uint32) *crewv1.ExchangeResponse {
	return (*packed)(nil).fromResponse(r, peer)
}

func (p *packed) fromResponse(r flightsync.Response, peer uint32) *crewv1.ExchangeResponse {
	m := &crewv1.ExchangeResponse{Version: Version, Have: r.Have.Pack(), Digest: r.Digest, Runs: p.fromRuns(r.Runs, peer), More: r.More, Dict: pack.Newest, Now: fromTime(r.Now), Proof: r.Proof}
	for _, a := range r.Again {
		m.Again = append(m.Again, uint32(a))
	}
	for _, c := range r.Receipts {
		m.Receipts = append(m.Receipts, &crewv1.Receipt{Author: uint32(c.Author), Seq: c.Seq, Head: c.Head[:], Sig: c.Sig})
	}
	return m
}

// toResponse reads an answer. Errors: those of toRequest.
func toResponse(m *crewv1.ExchangeResponse) (r flightsync.Response, err error) {
	if r.Have, err = flightsync.UnpackVector(m.GetHave()); err != nil {
		return r, malformed("have")
	}
	if r.Runs, err = toRuns(m.GetRuns()); err != nil {
		return r, err
	}
	if len(m.GetAgain()) > flightsync.MaxAuthors || len(m.GetReceipts()) > flightsync.MaxAuthors {
		return r, malformed("again")
	}
	for _, a := range m.GetAgain() {
		if a >= flightsync.MaxAuthors {
			return r, malformed("again")
		}
		r.Again = append(r.Again, flightsync.Author(a))
	}
	for _, c := range m.GetReceipts() {
		x := flightsync.Receipt{Author: flightsync.Author(c.GetAuthor()), Seq: c.GetSeq(), Sig: c.GetSig()}
		if x.Author >= flightsync.MaxAuthors || len(c.GetHead()) != len(x.Head) {
			return r, malformed("receipts")
		}
		copy(x.Head[:], c.GetHead())
		r.Receipts = append(r.Receipts, x)
	}
	r.Digest, r.More, r.Now, r.Proof = m.GetDigest(), m.GetMore(), toTime(m.GetNow()), m.GetProof()
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
