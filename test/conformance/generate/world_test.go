package generate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	group    = passenger.FlightID{0xca, 0xb1, 0x17, 0x00, 0x00, 0x00, 0x06, 0x41}
	boarding = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	genesis  = flightsync.Genesis{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
		Arrival: "JFK", STD: boarding.Add(40 * time.Minute), STA: boarding.Add(9 * time.Hour)}
)

// node is a replica with its store and keys.
type node struct {
	*flightsync.Replica
	tb    testing.TB
	name  string
	store *flightsync.Memory
	pair  *keys.Pair
	talk  flightsync.Talk
	now   time.Time
	salts *stream
	wrote []opOf // since it was last asked
}

func verify(alg flightsync.Algorithm, public, msg, sig []byte) bool {
	return alg == flightsync.ES256 && keys.Verify(public, msg, sig)
}

func newNode(tb testing.TB, name string, me flightsync.Author, inc flightsync.Incarnation) *node {
	tb.Helper()
	n := &node{tb: tb, name: name, store: flightsync.NewMemory(), pair: pairOf(tb, name), now: boarding, salts: &stream{name: "salts of " + name}}
	n.apply(flightsync.Create(group, me, inc, publicOf(pairOf(tb, "ground"))))
	n.load()
	return n
}

func publicOf(p *keys.Pair) flightsync.PublicKey {
	return flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(p.Signer().Public())}
}

func (n *node) apply(b flightsync.Batch) {
	n.tb.Helper()
	if err := n.store.Apply(b); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *node) load() {
	n.tb.Helper()
	var err error
	if n.Replica, err = flightsync.Load(n.store, verify); err != nil {
		n.tb.Fatal(err)
	}
}

// clone is what a copied store is: the same replica once more.
func (n *node) clone(name string) *node {
	c := *n
	c.name, c.store, c.salts = name, n.store.Clone(), &stream{name: "salts of " + name}
	c.load()
	return &c
}

func (n *node) salt() (s [flightsync.SaltSize]byte) { n.salts.Read(s[:]); return s }

func (n *node) do(ev flightsync.Event) flightsync.Ready {
	n.tb.Helper()
	ready, err := n.Step(ev)
	if err == nil {
		err = n.Sign(&ready, n.pair.Signer().Sign)
	}
	if err != nil {
		n.tb.Fatal(err)
	}
	n.apply(ready.Batch)
	return ready
}

func (n *node) write(a flightsync.Author, ds ...flightsync.Draft) []flightsync.Dot {
	n.tb.Helper()
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		salts[i] = n.salt()
	}
	n.now = n.now.Add(time.Second)
	dots := n.do(flightsync.Write{Author: a, Drafts: ds, Salts: salts, Now: n.now}).Changed
	for _, d := range dots {
		n.wrote = append(n.wrote, opOf{d.String(), n.op(d).Raw()})
	}
	return dots
}

// mine writes to the lane of a tablet.
func (n *node) mine(ds ...flightsync.Draft) []flightsync.Dot { return n.write(n.State().Me, ds...) }

func (n *node) op(d flightsync.Dot) (out flightsync.Op) {
	n.tb.Helper()
	_ = n.store.Ops(d.Author, d.Seq, func(o flightsync.Op) bool { out = o; return false })
	if out.Dot != d {
		n.tb.Fatalf("%s holds no op %s", n.name, d)
	}
	return out
}

func (n *node) ops() (out []flightsync.Op) {
	for _, l := range n.State().Lanes {
		_ = n.store.Ops(l.Author, 1, func(o flightsync.Op) bool { out = append(out, o); return true })
	}
	return out
}

func (n *node) takeWrote() []opOf { w := n.wrote; n.wrote = nil; return w }

// opOf is an op with its place.
type opOf struct {
	Dot string `json:"dot"`
	Raw hexed  `json:"raw"`
}

// ground is the least ground that a tablet needs.
type ground struct {
	*node
	tablets map[passenger.TabletID]*device
}

type device struct {
	id    passenger.TabletID
	role  passenger.Role
	keys  passenger.PublicKeys
	bound map[flightsync.Incarnation]bool
}

func newGround(tb testing.TB) *ground {
	g := &ground{node: newNode(tb, "ground", flightsync.Admin, flightsync.Incarnation{0x60}), tablets: map[passenger.TabletID]*device{}}
	g.now = boarding.Add(-48 * time.Hour)
	g.write(flightsync.Admin, genesis.Draft())
	return g
}

// tablet makes a tablet that is enrolled and has exchanged nothing yet.
func (g *ground) tablet(name string, role passenger.Role) (*node, passenger.TabletID) {
	n := newNode(g.tb, name, flightsync.Nobody, flightsync.Incarnation([]byte("inc-"+name[len(name)-1:]+"-01")))
	id := passenger.TabletID([]byte("tablet-id-00000" + name[len(name)-1:]))
	g.tablets[id] = &device{id, role, passenger.PublicKeys{Sign: n.pair.Signer().Public(), Agree: n.pair.Agreer().Public()}, map[flightsync.Incarnation]bool{}}
	return n, id
}

func (g *ground) next() flightsync.Author {
	next := flightsync.FirstTablet
	for _, l := range g.State().Lanes {
		next = max(next, l.Author+1)
	}
	return next
}

func (g *ground) entry(e flightsync.RosterEntry, d *device) flightsync.RosterEntry {
	e.Class, e.Tablet, e.Role = flightsync.TabletLane, d.id, d.role
	e.Key = flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(d.keys.Sign)}
	return e
}

func (g *ground) take(d *device, runs []flightsync.Run) flightsync.Ready {
	ready := g.do(flightsync.Receive{Runs: runs})
	next := g.next()
	homes := g.Homes(ready.Notes, func() flightsync.Author { next++; return next - 1 })
	if len(homes) == 0 {
		return ready
	}
	for _, h := range homes {
		g.do(flightsync.Bind{Entry: h.Branch})
	}
	ready = g.do(flightsync.Receive{Runs: runs})
	for _, h := range homes {
		h.Branch.Removed = true
		if h.Live == nil {
			g.write(flightsync.Admin, h.Branch.Draft())
			continue
		}
		branch, live := g.entry(h.Branch, d), g.entry(*h.Live, d)
		branch.Key = flightsync.PublicKey{}
		d.bound[live.Incarnation] = true
		g.write(flightsync.Admin, branch.Draft(), live.Draft())
	}
	return ready
}

// The methods of crewapi.Ground.

func (g *ground) Enrol(_ context.Context, code, _ string, k passenger.Device) (e passenger.Enrolment, err error) {
	for _, d := range g.tablets {
		if code == "7F3Q-20WX" && bytes.Equal(d.keys.Sign, k.Sign) {
			return passenger.Enrolment{Tablet: d.id, Token: "token-" + string(d.id[:]), Ground: passenger.PublicKeys{Sign: g.pair.Signer().Public(), Agree: g.pair.Agreer().Public()}}, nil
		}
	}
	return e, passenger.Errorf(passenger.Forbidden, "generate.Enrol", "this code is not valid; ask for a new one")
}

func (g *ground) Authenticate(_ context.Context, token string) (passenger.TabletID, error) {
	for id := range g.tablets {
		if token == "token-"+string(id[:]) {
			return id, nil
		}
	}
	return passenger.TabletID{}, passenger.Errorf(passenger.SignedOut, "generate.Authenticate", "this tablet is not enrolled here; enrol it with a new code")
}

// flightKey is the key of the flight's data on tablets.
var flightKey = func() []byte {
	b := make([]byte, passenger.FlightKeySize)
	(&stream{name: "flight key"}).Read(b)
	return b
}()

var leaseEnd = genesis.STA.Add(passenger.NoteLifeAfterSTA)

func (g *ground) Flights(_ context.Context, id passenger.TabletID, ask passenger.DutiesAsk) (passenger.Duties, error) {
	d := passenger.Duty{Assignment: passenger.Assignment{Flight: group, Key: genesis.Key, Arrival: genesis.Arrival, STD: genesis.STD, STA: genesis.STA,
		Role: g.tablets[id].role, Zone: "front", Stage: passenger.Open}, LeaseEnd: leaseEnd}
	if !ask.Held[group].Equal(leaseEnd) {
		d.WrappedKey = sealFixed(g.tb, "wrap", g.tablets[id].keys.Agree, []byte(passenger.WrapInfo), passenger.WrapAAD(id, group, leaseEnd), flightKey)
	}
	return passenger.Duties{List: []passenger.Duty{d}}, nil
}

func (g *ground) Exchange(_ context.Context, id passenger.TabletID, req flightsync.Request) (flightsync.Response, error) {
	if req.Group != group {
		return flightsync.Response{}, passenger.Errorf(passenger.NotFound, "generate.Exchange", "there is no such flight")
	}
	d := g.tablets[id]
	ready := g.take(d, req.Runs)
	if req.Me == flightsync.Nobody && !d.bound[req.Incarnation] {
		d.bound[req.Incarnation] = true
		g.write(flightsync.Admin, g.entry(flightsync.RosterEntry{Author: g.next(), Incarnation: req.Incarnation}, d).Draft())
	}
	return *g.do(flightsync.Answer{Request: req, Notes: ready.Notes}).Response, nil
}

func (g *ground) First(_ context.Context, _ passenger.TabletID, id passenger.FlightID, have flightsync.Vector, budget int) (*flightsync.Response, error) {
	if id != group || have.CoversAll(g.State().Vector()) {
		return nil, nil
	}
	return g.do(flightsync.Answer{Request: flightsync.Request{Group: group, Me: flightsync.Nobody, Have: have}, Limit: budget}).Response, nil
}

func (g *ground) Deliver(_ context.Context, id passenger.TabletID, _ passenger.FlightID, sealed []flightsync.SealedRun) (receipts [][]byte, err error) {
	var runs []flightsync.Run
	for _, s := range sealed {
		run, err := s.Open(group, g.pair.Agreer().Open)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	g.take(g.tablets[id], runs)
	for i, run := range runs {
		ok, err := flightsync.HoldsAll(g.store, run)
		var sig []byte
		if err == nil && ok {
			sig, err = g.pair.Signer().Sign(sealed[i].ReceiptMessage(group, id))
		}
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, sig)
	}
	return receipts, nil
}

func (g *ground) Watch(_ context.Context, _ passenger.TabletID, have map[passenger.FlightID]flightsync.Vector, send func(passenger.FlightID, flightsync.Response) error) error {
	return send(group, *g.do(flightsync.Answer{Request: flightsync.Request{Group: group, Me: flightsync.Nobody, Have: have[group]}}).Response)
}

// onBoard is a tablet that answers another one.
type onBoard struct{ *node }

func (o onBoard) Hello(context.Context, int) error { return nil }

func (o onBoard) Uplink(context.Context, uplink.Beat) (uplink.Beat, error) {
	return uplink.Beat{Spent: uplink.Spent{passenger.TabletID([]byte("tablet-id-00000B")): 70_000}}, nil
}

func (o onBoard) Exchange(_ context.Context, req flightsync.Request) (flightsync.Response, error) {
	ready := o.received(flightsync.Receive{Runs: req.Runs, Peer: req.Have, Have: true, Salt: o.salt()})
	return *o.do(flightsync.Answer{Request: req, Notes: ready.Notes}).Response, nil
}

// received steps a Receive and notes the have op that it made.
func (n *node) received(ev flightsync.Receive) flightsync.Ready {
	ready := n.do(ev)
	for _, d := range ready.Changed {
		if o := n.op(d); d.Author == n.State().Me && o.Header.Kind == flightsync.KindHave && !slices.ContainsFunc(ev.Runs, func(r flightsync.Run) bool { return r.Author == d.Author }) {
			n.wrote = append(n.wrote, opOf{d.String(), o.Raw()})
		}
	}
	return ready
}

// line carries calls to a handler in this process and keeps what crossed, without compression.
type line struct {
	tb      testing.TB
	handler http.Handler
	last    call
}

type call struct {
	Path            string            `json:"path"`
	Headers         map[string]string `json:"headers,omitempty"`
	Request         hexed             `json:"request"`
	Status          int               `json:"status"`
	ResponseHeaders map[string]string `json:"response_headers,omitempty"`
	Response        hexed             `json:"response"`
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	l.last = call{Path: r.URL.Path, Headers: headersOf(r.Header), Request: plain(l.tb, body, r.Header.Get("Content-Encoding"))}
	again := r.Clone(r.Context())
	again.Body, again.RequestURI = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI()
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, again)
	res := w.Result()
	l.last.Status, l.last.ResponseHeaders = res.StatusCode, headersOf(res.Header)
	l.last.Response = plain(l.tb, w.Body.Bytes(), res.Header.Get("Content-Encoding"))
	return res, nil
}

func headersOf(h http.Header) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"Authorization", "Content-Type", "Connect-Protocol-Version", "Retry-After"} {
		if v := h.Get(name); v != "" {
			out[name] = v
		}
	}
	return out
}

func plain(tb testing.TB, b []byte, encoding string) []byte {
	if encoding != "gzip" {
		return bytes.Clone(b)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// counted makes the nonces of a client 1, 2, 3.
func counted() crewapi.Option {
	n := uint32(0)
	return crewapi.WithNonces(func() uint32 { n++; return n })
}

// dial returns a client of g with a tablet's token.
func (g *ground) dial(token string) (*crewapi.Client, *line) {
	_, h := crewapi.NewHandler(g, crewapi.Options{Now: func() time.Time { return boarding }, Log: slog.New(slog.DiscardHandler),
		Heartbeat: time.Hour})
	l := &line{tb: g.tb, handler: h}
	c, err := crewapi.NewClient("https://ground.example", token, &http.Client{Transport: l}, counted())
	if err != nil {
		g.tb.Fatal(err)
	}
	return c, l
}

func (g *ground) client(id passenger.TabletID) (*crewapi.Client, *line) {
	return g.dial("token-" + string(id[:]))
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// HandOver implements crewapi.Ground: the vectors have none.
func (g *ground) HandOver(context.Context, flightsync.HandOver) ([][]byte, passenger.Access, error) {
	return nil, passenger.AccessUnknown, nil
}
