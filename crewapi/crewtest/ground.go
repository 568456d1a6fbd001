package crewtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Ground is an in-memory ground. It is safe for concurrent use.
type Ground struct {
	tb  testing.TB
	now func() time.Time

	mu      sync.Mutex
	codes   map[string]bool
	tokens  map[string]passenger.TabletID
	flights map[passenger.FlightID]*Flight
	changed chan struct{}
	minted  int
	Keys    *keys.Pair // ground's own
	devices map[passenger.TabletID]passenger.PublicKeys
	ended   map[passenger.TabletID]passenger.Access

	// Fault, when set, is asked before and after each exchange; an error is the answer. After
	// means that the exchange was taken and only the answer is lost.
	Fault func(req flightsync.Request, after bool) error
	// Receipts, when set, is what becomes of the receipts of a delivery on their way to the tablet.
	Receipts func(group passenger.FlightID, tablet passenger.TabletID, runs []flightsync.SealedRun, receipts [][]byte) [][]byte
	// Budget bounds the ops of a response, bytes; 0 for the engine's own bound.
	Budget int
	// All lists every flight to its tablets at once, as grounds did that knew no pages.
	All   bool
	calls int
}

// Flight is one flight of the ground.
type Flight struct {
	ground *Ground
	A      passenger.Assignment
	Key    []byte // of the flight's data on tablets
	store  *flightsync.Memory
	rep    *flightsync.Replica
	roster map[passenger.TabletID]passenger.Assignment
	bound  map[bind]flightsync.Author
	salt   uint64
}

type bind struct {
	tablet passenger.TabletID
	inc    flightsync.Incarnation
}

// New makes a ground whose clock is now. One enrolment code is "CODE".
func New(tb testing.TB, now func() time.Time) *Ground {
	pair, err := keys.Generate(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Ground{tb: tb, now: now, Keys: pair, devices: map[passenger.TabletID]passenger.PublicKeys{}, ended: map[passenger.TabletID]passenger.Access{}, codes: map[string]bool{"CODE": true}, tokens: map[string]passenger.TabletID{},
		flights: map[passenger.FlightID]*Flight{}, changed: make(chan struct{})}
}

// Code adds an enrolment code.
func (g *Ground) Code(code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes[code] = true
}

// Exchanges says how many exchanges were asked for.
func (g *Ground) Exchanges() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

// SetFault sets Fault while calls run.
func (g *Ground) SetFault(f func(req flightsync.Request, after bool) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Fault = f
}

// Enrol implements crewapi.Ground.
func (g *Ground) Enrol(_ context.Context, code, name string, device passenger.Device) (e passenger.Enrolment, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.codes[code] {
		return e, passenger.Errorf(passenger.Forbidden, "crewtest.Enrol", "this code is not valid; ask for a new one")
	}
	delete(g.codes, code)
	sum := sha256.Sum256(append([]byte(code+name), device.Sign...))
	e = passenger.Enrolment{Tablet: passenger.TabletID(sum[:16]), Token: hex.EncodeToString(sum[16:]),
		Ground: passenger.PublicKeys{Sign: g.Keys.Signer().Public(), Agree: g.Keys.Agreer().Public()}}
	if len(device.Former) > 0 {
		e.Former = g.standing(device.Former)
		if !keys.Verify(device.Former, device.ProofMessage(code), device.Proof) {
			return e, passenger.Errorf(passenger.Invalid, "crewtest.Enrol", "no proof of the former key")
		}
		if e.Former == passenger.AccessGood {
			e.Former = passenger.AccessRenewed
		}
	}
	g.tokens[e.Token], g.devices[e.Tablet] = e.Tablet, device.PublicKeys
	return e, nil
}

// standing is how the device of a key stands; the caller holds g.mu.
func (g *Ground) standing(key []byte) passenger.Access {
	for id, d := range g.devices {
		if bytes.Equal(d.Sign, key) {
			return g.ended[id]
		}
	}
	return passenger.AccessUnknown
}

// End ends the access of a tablet.
func (g *Ground) End(id passenger.TabletID, how passenger.Access) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended[id] = how
	for token, of := range g.tokens {
		if of == id {
			delete(g.tokens, token)
		}
	}
}

// HandOver implements crewapi.Ground.
func (g *Ground) HandOver(ctx context.Context, h flightsync.HandOver) (receipts [][]byte, access passenger.Access, err error) {
	g.mu.Lock()
	var tablet passenger.TabletID
	for id, d := range g.devices {
		if bytes.Equal(d.Sign, h.Key) {
			tablet = id
		}
	}
	access = g.standing(h.Key)
	g.mu.Unlock()
	switch {
	case !keys.Verify(h.Key, h.Message(), h.Proof):
		return nil, access, passenger.Errorf(passenger.Forbidden, "crewtest.HandOver", "no proof of the key")
	case access == passenger.AccessUnknown:
		return make([][]byte, len(h.Runs)), access, nil
	}
	receipts, err = g.Deliver(ctx, tablet, h.Group, h.Runs)
	return receipts, access, err
}

// Authenticate implements crewapi.Ground.
func (g *Ground) Authenticate(_ context.Context, token string) (passenger.TabletID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id, ok := g.tokens[token]
	if !ok {
		return id, passenger.Errorf(passenger.SignedOut, "crewtest.Authenticate", "this tablet is not enrolled here; enrol it with a new code")
	}
	return id, nil
}

// Flights implements crewapi.Ground.
func (g *Ground) Flights(_ context.Context, tablet passenger.TabletID, ask passenger.DutiesAsk) (out passenger.Duties, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := slices.DeleteFunc(g.list(tablet), func(a passenger.Assignment) bool {
		_, held := ask.Held[a.Flight]
		return !g.All && !held && (a.Stage == passenger.Purged || a.STA.Before(g.now().Add(-passenger.LineLife)))
	})
	if g.All {
		ask.Limit = len(list)
	}
	page, next, err := ask.Page(g.now(), list)
	if err != nil {
		return out, err
	}
	out.Next = next
	for _, a := range page {
		d := passenger.Duty{Assignment: a}
		if f := g.flights[a.Flight]; !a.Removed && g.now().Before(f.leaseEnd()) {
			d.LeaseEnd = f.leaseEnd()
			if !ask.Held[a.Flight].Equal(d.LeaseEnd) {
				if d.WrappedKey, err = keys.Seal(g.devices[tablet].Agree, []byte(passenger.WrapInfo), passenger.WrapAAD(tablet, a.Flight, d.LeaseEnd), f.Key); err != nil {
					return out, err
				}
			}
		}
		out.List = append(out.List, d)
	}
	return out, nil
}

func (g *Ground) list(tablet passenger.TabletID) []passenger.Assignment {
	var out []passenger.Assignment
	for _, f := range g.flights {
		if a, ok := f.roster[tablet]; ok {
			a.Stage, a.STD, a.STA = f.A.Stage, f.A.STD, f.A.STA
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b passenger.Assignment) int { return slices.Compare(a.Flight[:], b.Flight[:]) })
	return out
}

// First implements crewapi.Ground.
func (g *Ground) First(_ context.Context, tablet passenger.TabletID, flight passenger.FlightID, have flightsync.Vector, budget int) (*flightsync.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f, ok := g.flights[flight]
	if !ok || f.roster[tablet].Flight != flight || f.roster[tablet].Removed || have.CoversAll(f.rep.State().Vector()) {
		return nil, nil
	}
	return f.step(flightsync.Answer{Request: flightsync.Request{Group: flight, Me: flightsync.Nobody, Have: have, Budget: budget}}).Response, nil
}

// Exchange implements crewapi.Ground.
func (g *Ground) Exchange(_ context.Context, tablet passenger.TabletID, req flightsync.Request) (flightsync.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.Fault != nil {
		if err := g.Fault(req, false); err != nil {
			return flightsync.Response{}, err
		}
	}
	f, ok := g.flights[req.Group]
	if !ok {
		return flightsync.Response{}, passenger.Errorf(passenger.NotFound, "crewtest.Exchange", "there is no such flight")
	}
	a, ok := f.roster[tablet]
	if !ok {
		return flightsync.Response{}, passenger.Errorf(passenger.Forbidden, "crewtest.Exchange", "this tablet is not on the roster of that flight")
	}
	before := f.rep.State().Vector()
	ready := f.take(tablet, req.Runs)
	f.bind(tablet, req, a)
	if !before.CoversAll(f.rep.State().Vector()) {
		f.wake()
	}
	res := *f.step(flightsync.Answer{Request: req, Notes: ready.Notes, Limit: g.Budget, Leaving: a.Removed}).Response
	if g.Fault != nil {
		if err := g.Fault(req, true); err != nil {
			return flightsync.Response{}, err
		}
	}
	return res, nil
}

// Deliver implements crewapi.Ground.
func (g *Ground) Deliver(_ context.Context, tablet passenger.TabletID, group passenger.FlightID, sealed []flightsync.SealedRun) (receipts [][]byte, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Fault != nil {
		if err := g.Fault(flightsync.Request{Group: group}, false); err != nil {
			return nil, err
		}
	}
	f, ok := g.flights[group]
	if !ok {
		return nil, passenger.Errorf(passenger.NotFound, "crewtest.Deliver", "there is no such flight")
	}
	if f.roster[tablet].Flight != group {
		return nil, passenger.Errorf(passenger.Forbidden, "crewtest.Deliver", "this tablet is not on the roster of that flight")
	}
	var runs []flightsync.Run
	for _, s := range sealed {
		run, err := s.Open(group, g.Keys.Agreer().Open)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	f.take(tablet, runs)
	for i, run := range runs {
		ok, err := flightsync.HoldsAll(f.store, run)
		var sig []byte
		if err == nil && ok {
			sig, err = g.Keys.Signer().Sign(sealed[i].ReceiptMessage(group, tablet))
		}
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, sig)
	}
	if g.Receipts != nil {
		receipts = g.Receipts(group, tablet, sealed, receipts)
	}
	if g.Fault != nil {
		if err := g.Fault(flightsync.Request{Group: group}, true); err != nil {
			return nil, err
		}
	}
	return receipts, nil
}

// Watch implements crewapi.Ground.
func (g *Ground) Watch(ctx context.Context, tablet passenger.TabletID, have map[passenger.FlightID]flightsync.Vector,
	send func(passenger.FlightID, flightsync.Response) error) error {
	g.mu.Lock()
	first := g.list(tablet)
	g.mu.Unlock()
	for {
		g.mu.Lock()
		wait := g.changed
		if !slices.Equal(first, g.list(tablet)) {
			g.mu.Unlock()
			return nil
		}
		for _, a := range first {
			if _, watched := have[a.Flight]; !watched && len(have) < passenger.MaxWatched && !a.Removed && a.Stage != passenger.Sealed {
				g.mu.Unlock()
				return nil // a flight the tablet has not begun: it must exchange first
			}
		}
		news := map[passenger.FlightID]flightsync.Response{}
		for id, v := range have {
			if f, ok := g.flights[id]; ok && !v.CoversAll(f.rep.State().Vector()) {
				news[id] = *f.step(flightsync.Answer{Request: flightsync.Request{Group: id, Me: flightsync.Nobody, Have: v}}).Response
				have[id] = f.rep.State().Vector()
			}
		}
		g.mu.Unlock()
		for id, res := range news {
			if err := send(id, res); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait:
		}
	}
}
