package links_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// aircraft is a flight with its tablets: each has a satellite link of its own to ground, and all are
// on one cabin LAN when there are several.
type aircraft struct {
	*testing.T
	ground  *crewtest.Ground
	flight  *crewtest.Flight
	cert    tls.Certificate
	door    *link.Listener
	noPQ    bool
	purse   int64
	tablets []*onBoard

	mu    sync.Mutex
	seats map[string]*link.Listener // of the cabin LAN
	off   map[string]bool           // out of its reach
	lines map[net.Conn][2]string    // its connections
}

// onBoard is one tablet.
type onBoard struct {
	*aircraft
	name  string // host:port on the LAN
	dir   string
	agent *tablet.Agent
	link  *crewapi.Link
	sky   *link.Link
	stop  func()

	mu    sync.Mutex
	conns []net.Conn
	away  bool // no way to ground
}

// takeOff readies a flight of some length at the gate, with a tablet for each role, and departs.
func (a *aircraft) takeOff(t *testing.T, long time.Duration, roles ...passenger.Role) {
	a.T, a.cert, a.door = t, newCertificate(t), link.NewListener()
	a.seats, a.off, a.lines = map[string]*link.Listener{}, map[string]bool{}, map[net.Conn][2]string{}
	a.ground = crewtest.New(t, time.Now)
	serve(t, a.ground, a.door, a.cert)
	a.flight = a.ground.Leg(key, time.Now().Add(time.Hour), long)
	load(a.flight)
	for i, role := range roles {
		o := &onBoard{aircraft: a, name: fmt.Sprintf("10.0.0.%d:8491", i+1), dir: t.TempDir(), sky: link.New(link.Satcom700, uint64(i+1))}
		a.tablets = append(a.tablets, o)
		o.atGate(func(b *tablet.Agent) {
			code := fmt.Sprint("CODE", i)
			a.ground.Code(code)
			if err := b.Enrol(t.Context(), "https://"+host, code, o.name); err != nil {
				t.Fatal(err)
			}
			st, err := b.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			a.flight.Assign(st.Tablet, role)
		})
	}
	time.Sleep(time.Hour)
	a.flight.Move(passenger.Off, time.Now())
	for _, o := range a.tablets { // now all know the roster, and that the flight has left
		o.atGate(func(*tablet.Agent) {})
	}
	for _, o := range a.tablets {
		o.start()
	}
}

// atGate does something on the tablet with a good link, and exchanges.
func (o *onBoard) atGate(fn func(*tablet.Agent)) {
	o.Helper()
	a := open(o.T, o.dir, client(o.T, link.New(link.Profile{}, 1).To(o.door), o.cert))
	fn(a)
	if _, err := a.Sync(o.Context()); err != nil {
		o.Fatal(err)
	}
	if err := a.Close(); err != nil {
		o.Fatal(err)
	}
}

// start starts the tablet's program in the air.
func (o *onBoard) start() {
	o.Helper()
	roots := rootsOf(o.cert)
	o.link = crewapi.NewLink(crewapi.LinkOptions{Dial: o.dial, Roots: roots, Now: time.Now, NoPQ: o.noPQ})
	c := tablet.Config{Dir: o.dir, Now: time.Now, Rand: rand.Reader, HTTP: o.link.Client(), Log: slog.New(slog.DiscardHandler),
		Uplink: tablet.Uplink{Purse: o.purse, Meter: o.link}}
	if len(o.tablets) > 1 {
		c.LAN = &tablet.LAN{Listen: o.name, Link: o}
		for _, p := range o.tablets {
			if p != o {
				c.LAN.Peers = append(c.LAN.Peers, p.name)
			}
		}
	}
	var err error
	if o.agent, err = tablet.Open(c); err != nil {
		o.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { o.agent.Run(ctx) })
	var once sync.Once
	o.stop = func() {
		once.Do(func() {
			cancel()
			run.Wait()
			o.link.Client().CloseIdleConnections()
			if err := o.agent.Close(); err != nil {
				o.Error(err)
			}
		})
	}
	o.Cleanup(o.stop)
}

// dial goes to ground, unless there is no way.
func (o *onBoard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	o.mu.Lock()
	away := o.away
	o.mu.Unlock()
	if away {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c, err := o.sky.To(o.door)(ctx, network, addr)
	if err == nil {
		o.mu.Lock()
		o.conns = append(o.conns, c)
		o.mu.Unlock()
	}
	return c, err
}

// cut ends what connections to ground there are; away says whether there is a way afterwards.
func (o *onBoard) cut(away bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.conns {
		c.Close()
	}
	o.conns, o.away = nil, away
}

// bytes is what the tablet's link has carried.
func (o *onBoard) bytes() int64 {
	up, down := o.link.Bytes()
	return up + down
}

func (o *onBoard) status() tablet.Status {
	o.Helper()
	st, err := o.agent.Status(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	return st
}

func (o *onBoard) page() tablet.FlightPage {
	o.Helper()
	p, err := o.agent.Flight(o.Context(), key)
	if err != nil {
		o.Fatal(err)
	}
	return p
}

// record records an outcome of the nth note.
func (o *onBoard) record(n int, words string, urgent bool) {
	o.Helper()
	cards := o.page().Cards
	e := tablet.Entry{Flight: o.flight.A.Key, Note: cards[n%len(cards)].Dot, Feedback: passenger.Feedback{Outcome: passenger.Acted, Words: words}, Urgent: urgent}
	rand.Read(e.Nonce[:]) // never fails (crypto/rand)
	if _, err := o.agent.Record(o.Context(), e); err != nil {
		o.Fatal(err)
	}
}

// entries counts the outcomes that ground holds, of all tablets.
func (a *aircraft) entries() (n int) {
	for _, o := range a.flight.Ops() {
		if o.Header.Kind == flightsync.KindOutcome {
			n++
		}
	}
	return n
}

// gateway says which tablet takes itself for the gateway; "" for none or several.
func (a *aircraft) gateway() (name string) {
	n := 0
	for _, o := range a.tablets {
		if o.agent != nil && o.status().Link.Gateway == "this" {
			name, n = o.name, n+1
		}
	}
	if n != 1 {
		return ""
	}
	return name
}

// Listen implements cabin.Link.
func (o *onBoard) Listen(_ context.Context, address string) (net.Listener, error) {
	l := link.NewListener()
	o.aircraft.mu.Lock()
	defer o.aircraft.mu.Unlock()
	o.seats[address] = l
	return named{l, address}, nil
}

// Dial implements cabin.Link.
func (o *onBoard) Dial(ctx context.Context, address string) (net.Conn, error) {
	a := o.aircraft
	a.mu.Lock()
	l, ok := a.seats[address]
	ok = ok && !a.off[address] && !a.off[o.name]
	a.mu.Unlock()
	if !ok {
		return nil, errors.New("nobody there")
	}
	c, err := link.New(link.Cabin, 1).To(l)(ctx, "tcp", address)
	if err == nil {
		a.mu.Lock()
		a.lines[c] = [2]string{o.name, address}
		a.mu.Unlock()
	}
	return c, err
}

// offLAN takes a tablet out of the others' reach, or lets it come back.
func (o *onBoard) offLAN(off bool) {
	a := o.aircraft
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off[o.name] = off
	for c, ends := range a.lines {
		if off && (ends[0] == o.name || ends[1] == o.name) {
			c.Close()
			delete(a.lines, c)
		}
	}
}

// named is a listener with an address.
type named struct {
	net.Listener
	address string
}

func (n named) Addr() net.Addr { return tcpAddr(n.address) }

type tcpAddr string

func (tcpAddr) Network() string  { return "tcp" }
func (a tcpAddr) String() string { return string(a) }
