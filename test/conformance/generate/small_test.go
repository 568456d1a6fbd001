package generate_test

import (
	"context"
	"encoding/hex"
	"net"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func publicOf0(name string) flightsync.PublicKey {
	p, err := keys.Generate(&stream{name: name})
	if err != nil {
		panic(err)
	}
	return publicOf(p)
}

func TestVersionVectors(t *testing.T) {
	type packed struct {
		Name   string            `json:"name"`
		Packed hexed             `json:"packed"`
		Vector flightsync.Vector `json:"vector"` // null when it cannot be read
	}
	long := make(flightsync.Vector, flightsync.MaxAuthors)
	for i := range long {
		long[i] = uint64(i)
	}
	var all []packed
	for _, x := range []struct {
		name string
		v    flightsync.Vector
	}{{"nothing held", flightsync.Vector{}}, {"ground's lanes and two tablets", flightsync.Vector{12, 1, 2, 300, 7, 0, 1 << 40}}, {"every author", long}, {"zeros behind", flightsync.Vector{1, 0, 0}}} {
		all = append(all, packed{x.name, x.v.Pack(), x.v})
	}
	all = append(all, packed{"cut off", []byte{1, 0x80}, nil}, packed{"an author too many", append(long.Pack(), 1), nil}, packed{"a number of 65 bits", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, nil})
	for _, p := range all {
		if v, err := flightsync.UnpackVector(p.Packed); (err == nil) != (p.Vector != nil) || err == nil && !v.CoversAll(p.Vector) {
			t.Errorf("%s: %v, %v", p.Name, v, err)
		}
	}
	vector(t, "vectors.json", all)
}

func TestChains(t *testing.T) {
	type chain struct {
		Author      int     `json:"author"`
		Incarnation hexed   `json:"incarnation"`
		Ops         []opOf  `json:"ops"`
		Heads       []hexed `json:"heads"` // h_0 first
	}
	p, a, note := load(t, "")
	a.mine(flightsync.SeenDraft(note), flightsync.OutcomeDraft(note, 1, acted, nil, form(1)))
	p.all(a, "", 0)
	out := struct {
		Group  hexed   `json:"group"`
		Chains []chain `json:"chains"`
		About  string  `json:"about"`
		Stubs  []opOf  `json:"stubs"` // the same chain with each body erased
	}{Group: group[:], About: "stubs are the ops of the last chain without bodies: the same heads"}
	for _, l := range a.State().Lanes {
		c := chain{Author: int(l.Author), Incarnation: l.Incarnation[:]}
		// The head at each place is what a claim there signs: read it off runs cut there.
		empty := flightsync.Create(group, flightsync.Admin, flightsync.Incarnation{}, publicOf(p.ground.pair))
		if l0, ok := empty.State.Lane(l.Author); ok {
			c.Heads = append(c.Heads, l0.Head[:])
		} else {
			c.Heads = append(c.Heads, startOf(t, p, l))
		}
		for seq := uint64(1); seq <= l.Seq; seq++ {
			c.Ops = append(c.Ops, opOf{flightsync.Dot{Author: l.Author, Seq: seq}.String(), a.op(flightsync.Dot{Author: l.Author, Seq: seq}).Raw()})
			c.Heads = append(c.Heads, headAt(t, p, a, l.Author, seq))
		}
		out.Chains = append(out.Chains, c)
		out.Stubs = nil
		for seq := uint64(1); seq <= l.Seq; seq++ {
			out.Stubs = append(out.Stubs, opOf{flightsync.Dot{Author: l.Author, Seq: seq}.String(), a.op(flightsync.Dot{Author: l.Author, Seq: seq}).Stub().Raw()})
		}
	}
	vector(t, "chains.json", out)
}

// startOf is h_0 of a tablet's lane, as a replica that has just learned of it has it.
func startOf(t *testing.T, p *play, l flightsync.Lane) []byte {
	n := newNode(t, "stranger", flightsync.Nobody, flightsync.Incarnation{9})
	for _, r := range p.ground.do(flightsync.Answer{Request: flightsync.Request{Group: group, Me: flightsync.Nobody}}).Response.Runs {
		if r.Author == flightsync.Admin {
			n.do(flightsync.Receive{Runs: []flightsync.Run{r}})
		}
	}
	got, ok := n.State().Lane(l.Author)
	if !ok || got.Seq != 0 {
		t.Fatalf("lane %d is not empty", l.Author)
	}
	return got.Head[:]
}

// headAt is the chain at an op: the head of the run that ends there.
func headAt(t *testing.T, p *play, a *node, author flightsync.Author, seq uint64) []byte {
	by := p.ground.node
	if author >= flightsync.FirstTablet {
		by = a // only its author cuts a lane anywhere
	}
	have := by.State().Vector().Set(author, seq-1)
	for _, r := range by.do(flightsync.Answer{Request: flightsync.Request{Group: group, Me: flightsync.Nobody, Have: have}, Limit: 1}).Response.Runs {
		if r.Author == author && len(r.Ops) == 1 {
			return r.Head[:]
		}
	}
	t.Fatalf("no run of op %d.%d", author, seq)
	return nil
}

func TestClaims(t *testing.T) {
	type claim struct {
		Name    string `json:"name"`
		By      string `json:"by"`
		Author  int    `json:"author"`
		Inc     hexed  `json:"incarnation,omitempty"`
		Seq     int    `json:"seq"`
		Head    hexed  `json:"head"`
		Message hexed  `json:"message"`
		Sig     hexed  `json:"sig"`
		Valid   bool   `json:"valid"`
	}
	var lanes, receipts []claim
	head := flightsync.Hash{0xaa, 0xbb, 0xcc, 15: 0xff}
	inc := flightsync.Incarnation([]byte("inc-A-01"))
	sign := func(by string, msg []byte) []byte {
		sig, err := pairOf(t, by).Signer().Sign(msg)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	for _, c := range []struct {
		name string
		by   string
		flightsync.Claim
	}{{"a tablet's lane", "tablet A", flightsync.Claim{Author: 4, Incarnation: inc, Seq: 3, Head: head}},
		{"ground's lane: no incarnation", "ground", flightsync.Claim{Author: 3, Seq: 1, Head: head}},
		{"numbers of two bytes", "tablet A", flightsync.Claim{Author: 63, Incarnation: inc, Seq: 300, Head: head}}} {
		msg := c.Message(group)
		lanes = append(lanes, claim{c.name, c.by, int(c.Author), c.Incarnation[:], int(c.Seq), c.Head[:], msg, sign(c.by, msg), true})
	}
	bad := lanes[0]
	bad.Name, bad.Valid, bad.Sig = "one bit off", false, append(hexed{bad.Sig[0] ^ 1}, bad.Sig[1:]...)
	other := lanes[0]
	other.Name, other.Valid, other.By = "of another key", false, "stranger"
	lanes = append(lanes, bad, other)
	r := flightsync.Receipt{Author: 4, Seq: 300, Head: head}
	msg := r.Message(group)
	receipts = append(receipts, claim{"ground holds a late lane", "ground", 4, nil, 300, head[:], msg, sign("ground", msg), true})
	for _, c := range append(append([]claim{}, lanes...), receipts...) {
		if keys.Verify(holderOf(t, c.By).SignPublic, c.Message, c.Sig) != c.Valid {
			t.Errorf("%s: valid is not %v", c.Name, c.Valid)
		}
	}
	first := flightsync.Hash([]byte("first-of-branch!"))
	after := inc.After(first)
	vector(t, "claims.json", map[string]any{"group": hexed(group[:]), "lanes": lanes, "receipts": receipts,
		"incarnations": []map[string]hexed{{"old": inc[:], "first": first[:], "new": after[:]}}})
}

func TestSealed(t *testing.T) {
	type sealed struct {
		Name   string `json:"name"`
		For    string `json:"for"` // whose agree key opens it
		Info   string `json:"info"`
		AAD    hexed  `json:"aad"`
		Plain  hexed  `json:"plain"`
		Sealed hexed  `json:"sealed"`
	}
	tablet := passenger.TabletID([]byte("tablet-id-00000A"))
	inc := flightsync.Incarnation([]byte("inc-A-01"))
	all := []sealed{
		{Name: "a flight's key, wrapped for a tablet", For: "tablet A", Info: passenger.WrapInfo, AAD: passenger.WrapAAD(tablet, group, leaseEnd), Plain: flightKey},
		{Name: "an op, sealed to ground", For: "ground", Info: flightsync.SealedInfo, AAD: flightsync.SealedAAD(group, flightsync.Dot{Author: 4, Seq: 300}, inc), Plain: rawOp([]byte{8, 65, 0x22, 2, 3, 1}, salt8)},
	}
	for i := range all {
		s := &all[i]
		s.Sealed = sealFixed(t, s.Name, pairOf(t, s.For).Agreer().Public(), []byte(s.Info), s.AAD, s.Plain)
		got, err := pairOf(t, s.For).Agreer().Open([]byte(s.Info), s.AAD, s.Sealed)
		if err != nil || string(got) != string(s.Plain) {
			t.Errorf("%s does not open: %v", s.Name, err)
		}
	}
	vector(t, "sealed.json", all)
}

func TestState(t *testing.T) {
	p, a, note := load(t, "")
	a.mine(flightsync.SeenDraft(note))
	c := a.clone("copy of tablet A")
	p.ids[c.name] = p.ids[a.name]
	c.mine(flightsync.SeatNowDraft(2, "3B", nil, form(4)))
	p.all(a, "", 0)
	p.all(c, "", 0)
	type stored struct {
		Name  string `json:"name"`
		Bytes hexed  `json:"bytes"`
		State state  `json:"state"`
	}
	var all []stored
	for _, n := range []*node{newNode(t, "tablet B", flightsync.Nobody, flightsync.Incarnation([]byte("inc-B-01"))), c, p.ground.node} {
		all = append(all, stored{n.name, n.State().Marshal(), stateOf(n)})
	}
	vector(t, "state.json", all)
}

// overheard is a Discoverer that only listens to what this tablet would say.
type overheard struct{ tags chan []string }

func (o overheard) Discover(ctx context.Context, self func() cabin.Announcement, _ func(cabin.Sighting)) error {
	o.tags <- self().Tags
	<-ctx.Done()
	return nil
}

func TestLAN(t *testing.T) {
	type tag struct {
		Hour int64  `json:"hour"` // since 1970
		Tag  string `json:"tag"`
	}
	var tags []tag
	for _, at := range []time.Time{boarding, boarding.Add(59 * time.Minute), boarding.Add(time.Hour)} {
		o := overheard{make(chan []string, 1)}
		n, err := cabin.Open(t.Context(), cabin.Config{Keys: pairOf(t, "tablet A").TLS(), Now: func() time.Time { return at }, Rand: &stream{name: "lan"}, Log: discard(),
			Listen: "127.0.0.1:0", Discover: o, Groups: func() []passenger.FlightID { return []passenger.FlightID{group} }, Members: func(passenger.FlightID) []cabin.Member { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- n.Run(ctx) }()
		for _, s := range <-o.tags {
			tags = append(tags, tag{at.Unix() / 3600, s})
		}
		cancel()
		<-ended
		n.Close()
	}
	type invite struct {
		Text        string `json:"text"`
		Address     string `json:"address"` // "" when it is none
		Fingerprint string `json:"fingerprint,omitempty"`
	}
	public := pairOf(t, "tablet A").Signer().Public()
	print := cabin.Fingerprint(public)
	var invites []invite
	for _, s := range []string{cabin.Invite{Address: "192.168.1.5:8491", Fingerprint: print}.String(), "192.168.1.5", "[fe80::1%wlan0]:9000", "CABINLOOP:tablet.local:1", "192.168.1.5/XXXX", "0.0.0.0", ""} {
		i, err := cabin.ParseInvite(s)
		if err != nil {
			i = cabin.Invite{}
		} else if _, _, err := net.SplitHostPort(i.Address); err != nil {
			t.Error(err)
		}
		invites = append(invites, invite{s, i.Address, i.Fingerprint})
	}
	vector(t, "lan.json", map[string]any{"group": hexed(group[:]), "tags": tags, "public": hexed(public), "fingerprint": print, "invites": invites})
}
