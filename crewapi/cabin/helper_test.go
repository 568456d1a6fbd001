package cabin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

var (
	t0     = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	first  = passenger.FlightID{1, 0xf1}
	second = passenger.FlightID{2, 0xf2}
)

// roster is who is on which flight; every device of a test reads its own copy of it.
type roster struct {
	mu      sync.Mutex
	members map[passenger.FlightID][]Member
}

func (r *roster) Groups() (out []passenger.FlightID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for g := range r.members {
		out = append(out, g)
	}
	return out
}

func (r *roster) Members(g passenger.FlightID) []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members[g]
}

func (r *roster) set(g passenger.FlightID, ds ...*device) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[passenger.FlightID][]Member{}
	}
	r.members[g] = nil
	for _, d := range ds {
		r.members[g] = append(r.members[g], Member{d.id, keys.PublicOf(d.key.Public())})
	}
}

// device is a tablet of a test: what it served and whom it found.
type device struct {
	roster
	tb   testing.TB
	key  *ecdsa.PrivateKey
	id   passenger.TabletID
	node *Node

	mu     sync.Mutex
	served []passenger.TabletID
	found  []PeerInfo
}

func newDevice(tb testing.TB, n byte) *device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &device{tb: tb, key: key, id: passenger.TabletID{n}}
}

// start opens the device's node and runs it to the end of the test, or until stop.
func (d *device) start(c Config) (stop func()) {
	d.tb.Helper()
	c.Keys, c.Rand, c.Log, c.Groups, c.Members = d.key, rand.Reader, slog.New(slog.NewTextHandler(d.tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})), d.Groups, d.Members
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	c.Serve = func(_ context.Context, g passenger.FlightID, m Member, req flightsync.Request) (flightsync.Response, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.served = append(d.served, m.Tablet)
		return flightsync.Response{Have: req.Have}, nil
	}
	c.Found = func(p PeerInfo) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.found = append(d.found, p)
	}
	var err error
	if d.node, err = Open(d.tb.Context(), c); err != nil {
		d.tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := d.node.Run(ctx); err != nil {
			d.tb.Errorf("run: %v", err)
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); run.Wait() }) }
	d.tb.Cleanup(stop)
	return stop
}

func (d *device) address() string { return d.node.Addresses()[0] }

func (d *device) servedBy() []passenger.TabletID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]passenger.TabletID(nil), d.served...)
}

func (d *device) finds() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.found)
}

func (d *device) sees(g passenger.FlightID, other *device) bool {
	for _, p := range d.node.Peers(g) {
		if p.Tablet == other.id {
			return true
		}
	}
	return false
}

func (d *device) exchange(g passenger.FlightID, other *device) error {
	_, err := d.node.Exchange(d.tb.Context(), PeerInfo{Tablet: other.id, Address: other.address()}, request(g))
	return err
}

func request(g passenger.FlightID) flightsync.Request {
	return flightsync.Request{Group: g, Me: 5, Have: flightsync.Vector{1}}
}

// wait waits until something becomes true; in a synctest bubble that takes no time.
func wait(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatalf("%s: never", what)
}

// air is a LAN of pipes whose tablets hear each other's announcements, unless cut says otherwise.
type air struct {
	mu      sync.Mutex
	cut     func(from, to string) bool // hosts
	doors   map[string]*door
	conns   map[*aired]bool
	ports   int
	calls   int // connections between two hosts
	present []*present
}

func newAir() *air { return &air{doors: map[string]*door{}, conns: map[*aired]bool{}} }

// setCut changes who reaches whom; connections between those who do not break.
func (a *air) setCut(cut func(from, to string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cut = cut
	for c := range a.conns {
		if a.isCut(c.from, c.to) {
			c.Conn.Close()
			delete(a.conns, c)
		}
	}
}

func (a *air) isCut(from, to string) bool {
	return a.cut != nil && (a.cut(from, to) || a.cut(to, from))
}

// host is one tablet's way onto the air.
type host struct {
	*air
	name string
}

type door struct {
	address string
	conns   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.conns:
		return c, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error   { d.once.Do(func() { close(d.done) }); return nil }
func (d *door) Addr() net.Addr { return addr(d.address) }

type addr string

func (addr) Network() string  { return "air" }
func (a addr) String() string { return string(a) }

type aired struct {
	net.Conn
	from, to      string
	local, remote string
}

func (c *aired) LocalAddr() net.Addr  { return addr(c.local) }
func (c *aired) RemoteAddr() net.Addr { return addr(c.remote) }

func (h host) Listen(_ context.Context, address string) (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := &door{address: address, conns: make(chan net.Conn), done: make(chan struct{})}
	h.doors[address] = d
	return d, nil
}

var errAir = errors.New("nobody there")

func (h host) Dial(ctx context.Context, address string) (net.Conn, error) {
	h.mu.Lock()
	to := hostOf(address)
	d, ok := h.doors[address]
	if !ok || h.isCut(h.name, to) {
		h.mu.Unlock()
		return nil, errAir
	}
	h.ports++
	if to != h.name {
		h.calls++
	}
	from := net.JoinHostPort(h.name, fmt.Sprint(40000+h.ports))
	near, far := net.Pipe()
	mine := &aired{Conn: near, from: h.name, to: to, local: from, remote: address}
	theirs := &aired{Conn: far, from: h.name, to: to, local: address, remote: from}
	h.conns[mine] = true
	h.mu.Unlock()
	select {
	case d.conns <- theirs:
		return mine, nil
	case <-d.done:
		return nil, errAir
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// present is a tablet that announces itself.
type present struct {
	host  string
	self  func() Announcement
	found func(Sighting)
}

// Discover implements Discoverer: everybody hears everybody every half minute.
func (h host) Discover(ctx context.Context, self func() Announcement, found func(Sighting)) error {
	me := &present{h.name, self, found}
	h.mu.Lock()
	h.present = append(h.present, me)
	h.mu.Unlock()
	for ctx.Err() == nil {
		h.mu.Lock()
		var heard []Sighting
		for _, p := range h.present {
			if !h.isCut(h.name, p.host) {
				a := p.self()
				heard = append(heard, Sighting{fmt.Sprintf("%s:%d", p.host, a.Port), a.Tags})
			}
		}
		h.mu.Unlock()
		for _, s := range heard {
			found(s)
		}
		timer := time.NewTimer(browseEvery)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// on puts the device on the air as host 10.0.0.n.
func (d *device) on(a *air, discover bool) (stop func()) {
	d.tb.Helper()
	h := host{a, fmt.Sprintf("10.0.0.%d", d.id[0])}
	c := Config{Link: h, Listen: h.name + ":8491"}
	if discover {
		c.Discover = h
	}
	return d.start(c)
}
