package link

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Link is one emulated link. It is safe for concurrent use.
type Link struct {
	Profile
	seed uint64

	mu    sync.Mutex
	free  [2]time.Time // by direction: when its queue is empty
	stats Stats
}

// Stats is what went over a link.
type Stats struct {
	Up, Down int64 // bytes from clients, and to them; what is sent again is not counted again
	Turns    int   // how often a client spoke after the server, or first
	Conns    int   // connections that were begun
	Lost     int   // packets
}

// New makes a link whose losses follow from seed.
func New(p Profile, seed uint64) *Link { return &Link{Profile: p, seed: seed} }

// Stats returns what went over the link so far.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// The directions.
const (
	up = iota
	down
)

// Pipe makes a connection in memory over the link, without a handshake.
func (l *Link) Pipe() (client, server net.Conn) {
	c, s := l.pair(l.begin())
	return c, s
}

// begin counts a connection and returns its number.
func (l *Link) begin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Conns++
	return l.stats.Conns
}

func (l *Link) pair(number int) (client, server *conn) {
	u, d := newHalf(l, number, up), newHalf(l, number, down)
	return &conn{in: d, out: u, link: l, client: true}, &conn{in: u, out: d, link: l}
}

// luck draws for one direction of one connection.
func (l *Link) luck(number, direction int) *rand.Rand {
	return rand.New(rand.NewPCG(l.seed, uint64(number)<<1|uint64(direction)))
}

// tries says how often a packet is sent in vain.
func (l *Link) tries(r *rand.Rand) (n int) {
	for n < maxTries && r.Float64() < l.Loss {
		n++
	}
	return n
}

// send puts size bytes of one packet into a direction's queue, and returns when they arrive at
// the other end, if no earlier packet holds them up.
func (l *Link) send(direction, size int, r *rand.Rand) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	tries := l.tries(r)
	now := time.Now()
	if l.free[direction].Before(now) {
		l.free[direction] = now
	}
	if l.Rate > 0 {
		l.free[direction] = l.free[direction].Add(time.Duration(size*(1+tries)) * time.Second / time.Duration(l.Rate))
	}
	l.stats.Lost += tries
	if direction == up {
		l.stats.Up += int64(size)
	} else {
		l.stats.Down += int64(size)
	}
	return l.free[direction].Add(l.RTT/2 + l.lost(tries, minRTO))
}

func (l *Link) turn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Turns++
}

// handshake returns how long the first packets of a connection take, there and back.
func (l *Link) handshake(number int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.RTT
	for direction := range 2 {
		r := rand.New(rand.NewPCG(l.seed, ^(uint64(number)<<1 | uint64(direction))))
		n := l.tries(r)
		l.stats.Lost += n
		d += l.lost(n, firstRTO)
	}
	return d
}
