package tablet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/passenger"
)

// Cabin is how this tablet stands with the others on board.
type Cabin struct {
	On          bool     // it answers others now
	Problem     string   // why not, public text
	Addresses   []string // where it answers, the likeliest first
	Fingerprint string   // of its key, for people to compare
	Invite      string   // what the QR code says; "" without a network
	Others      []CabinTablet
}

// CabinTablet is another tablet on the roster of one of this tablet's flights.
type CabinTablet struct {
	Key     passenger.FlightKey // of the flight
	Role    passenger.Role
	Zone    string
	InReach bool
	Seen    time.Time // its last word on the LAN; zero for none
	Has     bool      // its durable vector covers all that this tablet holds of the flight
}

// Cabin says which other tablets are in reach. It needs no network.
func (a *Agent) Cabin(ctx context.Context) (Cabin, error) {
	a.lan.mu.Lock()
	node, c := a.lan.node, Cabin{Problem: a.lan.problem}
	a.lan.mu.Unlock()
	if node != nil {
		c.On, c.Addresses, c.Fingerprint = true, node.Addresses(), node.Fingerprint()
		if len(c.Addresses) > 0 {
			c.Invite = cabin.Invite{Address: c.Addresses[0], Fingerprint: c.Fingerprint}.String()
		}
	}
	for _, f := range a.nearest() {
		if err := alive(ctx); err != nil {
			return c, err
		}
		in := map[passenger.TabletID]cabin.PeerInfo{}
		if node != nil {
			for _, p := range node.Peers(f.id) {
				in[p.Tablet] = p
			}
		}
		others, err := f.crew(a.tablet(), in)
		if err != nil {
			a.Log.Warn("flight cannot be read", "flight", f.id.String(), "err", err)
			continue
		}
		c.Others = append(c.Others, others...)
	}
	return c, nil
}

// crew lists the other tablets of a flight.
func (f *flight) crew(self passenger.TabletID, in map[passenger.TabletID]cabin.PeerInfo) ([]CabinTablet, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return nil, err
	}
	v, err := f.outline()
	if err != nil {
		return nil, err
	}
	listed := map[passenger.TabletID]bool{self: true}
	var out []CabinTablet
	for _, e := range slices.Backward(v.Roster) { // the last entry of a tablet counts
		if listed[e.Tablet] || e.Tablet == (passenger.TabletID{}) || e.Removed {
			continue
		}
		listed[e.Tablet] = true
		t := CabinTablet{Key: f.key, Role: e.Role, Zone: e.Zone}
		p, ok := in[e.Tablet]
		t.InReach, t.Seen = ok, p.Seen
		if o, ok := f.near()[e.Tablet]; ok {
			t.Has = o.have != nil && o.have.CoversAll(v.state.Vector())
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(s, t CabinTablet) int { return cmp.Or(cmp.Compare(s.Role, t.Role), cmp.Compare(s.Zone, t.Zone)) })
	return out, nil
}

// Connect takes the address of another tablet from a person, as text or as a QR code says it.
// Errors: invalid, phase when this tablet is not on the cabin LAN.
func (a *Agent) Connect(ctx context.Context, invite string) error {
	if err := alive(ctx); err != nil {
		return err
	}
	i, err := cabin.ParseInvite(invite)
	if err != nil {
		return err
	}
	a.lan.mu.Lock()
	node := a.lan.node
	if s := i.String(); node != nil && !slices.Contains(a.lan.typed, s) {
		a.lan.typed = append(a.lan.typed, s)
	}
	a.lan.mu.Unlock()
	if node == nil {
		return passenger.Errorf(passenger.Phase, "tablet.Connect", "this tablet is not on the cabin network; join the Wi-Fi on board first")
	}
	return node.Connect(i.String())
}
