package generate_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// play is a transcript under way: what everybody wrote, what crossed, what each held after it.
type play struct {
	tb testing.TB
	transcript
	ground *ground
	ids    map[string]passenger.TabletID
}

type transcript struct {
	Name     string    `json:"name"`
	Group    hexed     `json:"group"`
	Root     hexed     `json:"root"`
	Replicas []replica `json:"replicas"`
	Steps    []step    `json:"steps"`
}

type replica struct {
	Name        string `json:"name"`
	Ground      bool   `json:"ground"`
	Incarnation hexed  `json:"incarnation"`
}

type step struct {
	Do    string `json:"do"` // write, exchange, deliver, clone, restore
	About string `json:"about,omitempty"`
	Who   string `json:"who"`
	With  string `json:"with,omitempty"`
	// Wrote is what who wrote: in a write all there is, else after it took the response.
	Wrote []opOf `json:"wrote,omitempty"`
	// Answerer is what with wrote after it took the request's runs, and before it answered.
	Answerer []opOf           `json:"answerer,omitempty"`
	Homes    []string         `json:"homes,omitempty"` // the branches that ground bound before it took the runs again
	Call     *call            `json:"call,omitempty"`
	Opened   []opOf           `json:"opened,omitempty"` // a delivery's ops
	After    map[string]state `json:"after,omitempty"`
}

// state is what a replica holds.
type state struct {
	Me          *int   `json:"me"` // null until ground has bound it
	Incarnation hexed  `json:"incarnation"`
	Vector      []int  `json:"vector"`
	Digest      hexed  `json:"digest"` // 8 bytes, little-endian
	Sealed      bool   `json:"sealed"`
	Lanes       []lane `json:"lanes"`
}

type lane struct {
	Author      int   `json:"author"`
	Class       int   `json:"class"`
	Incarnation hexed `json:"incarnation"`
	Seq         int   `json:"seq"`
	Head        hexed `json:"head"`
	Freed       int   `json:"freed"`
	Fork        *fork `json:"fork,omitempty"`
}

type fork struct {
	Of    int   `json:"of"`
	At    int   `json:"at"`
	Start hexed `json:"start"`
	First hexed `json:"first"`
}

func stateOf(n *node) state {
	st := n.State()
	out := state{Incarnation: st.Incarnation[:], Sealed: st.Sealed, Lanes: []lane{}, Vector: []int{}}
	if st.Me != flightsync.Nobody {
		me := int(st.Me)
		out.Me = &me
	}
	for _, v := range st.Vector() {
		out.Vector = append(out.Vector, int(v))
	}
	d := st.Digest()
	for i := range 8 {
		out.Digest = append(out.Digest, byte(d>>(8*i)))
	}
	for _, l := range st.Lanes {
		x := lane{Author: int(l.Author), Class: int(l.Class), Incarnation: l.Incarnation[:], Seq: int(l.Seq), Head: l.Head[:], Freed: int(l.Freed)}
		if l.Fork.Is() {
			x.Fork = forkOf(l.Fork)
		}
		out.Lanes = append(out.Lanes, x)
	}
	return out
}

func forkOf(f flightsync.Fork) *fork { return &fork{int(f.Of), int(f.At), f.Start[:], f.First[:]} }

func begin(tb testing.TB, name string) *play {
	g := newGround(tb)
	p := &play{tb: tb, ground: g, ids: map[string]passenger.TabletID{}}
	p.transcript = transcript{Name: name, Group: group[:], Root: g.pair.Signer().Public()}
	p.add(g.node, true)
	p.wrote(g.node, "the flight begins")
	return p
}

func (p *play) add(n *node, ground bool) {
	inc := n.State().Incarnation
	p.Replicas = append(p.Replicas, replica{n.name, ground, inc[:]})
}

func (p *play) tablet(name string, role passenger.Role) *node {
	n, id := p.ground.tablet(name, role)
	p.ids[n.name] = id
	p.add(n, false)
	return n
}

// wrote notes what somebody has written.
func (p *play) wrote(n *node, about string) {
	p.Steps = append(p.Steps, step{Do: "write", About: about, Who: n.name, Wrote: n.takeWrote(), After: map[string]state{n.name: stateOf(n)}})
}

// exchange makes one exchange of a tablet with ground.
func (p *play) exchange(n *node, about string, budget int) {
	p.tb.Helper()
	client, l := p.ground.client(p.ids[n.name])
	p.carry(n, p.ground.node, about, budget, l, client.Exchange)
}

// all makes exchanges until neither side lacks anything.
func (p *play) all(n *node, about string, budget int) {
	p.tb.Helper()
	for range 20 {
		p.exchange(n, about, budget)
		about = ""
		if n.talk.Done(n.State()) {
			return
		}
	}
	p.tb.Fatal("does not come to an end")
}

func (p *play) carry(n, with *node, about string, budget int, l *line, exchange func(context.Context, flightsync.Request) (flightsync.Response, error)) {
	p.tb.Helper()
	req := *n.do(n.talk.Ask(budget, 0)).Request
	lanes := len(with.State().Lanes)
	res, err := exchange(p.tb.Context(), req)
	if err != nil {
		p.tb.Fatal(err)
	}
	s := step{Do: "exchange", About: about, Who: n.name, With: with.name, Answerer: with.takeWrote()}
	for _, l := range with.State().Lanes[min(lanes, len(with.State().Lanes)):] {
		if l.Fork.Is() {
			s.Homes = append(s.Homes, flightsync.Dot{Author: l.Author, Seq: l.Seq}.String())
		}
	}
	c := l.last
	c.Headers, c.ResponseHeaders = nil, nil
	s.Call = &c
	ready := n.received(flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: n.salt()})
	n.talk.Heard(res, ready, n.State())
	s.Wrote = n.takeWrote()
	s.After = map[string]state{n.name: stateOf(n), with.name: stateOf(with)}
	p.Steps = append(p.Steps, s)
}

// gossip makes one exchange of two tablets on the cabin LAN. What n knows of ground stays.
func (p *play) gossip(n, with *node, about string) {
	p.tb.Helper()
	kept, c := n.talk, dialPeer(p.tb, with)
	n.talk = flightsync.Talk{}
	p.carry(n, with, about, 0, c.line, c.Exchange)
	n.talk = kept
}

// peerLine is a client of another tablet.
type peerLine struct {
	*crewapi.PeerClient
	line *line
}

func dialPeer(tb testing.TB, with *node) peerLine {
	_, h := crewapi.NewPeerHandler(onBoard{with}, crewapi.Options{Now: func() time.Time { return boarding }, Log: slog.New(slog.DiscardHandler)})
	l := &line{tb: tb, handler: h}
	return peerLine{crewapi.NewPeerClient("https://tablet", &http.Client{Transport: l}, counted()), l}
}
