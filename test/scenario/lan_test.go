package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
)

// lan is the cabin LAN: connections in memory between those tablets that take part.
type lan struct {
	mu    sync.Mutex
	seats map[string]*link.Listener
	given int
}

// seat gives out an address.
func (l *lan) seat() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := fmt.Sprintf("10.0.0.%d:8491", l.given+1)
	l.given++
	return a
}

// others are the addresses where other tablets may be.
func (l *lan) others(self string) (out []string) {
	for i := range 8 {
		if a := fmt.Sprintf("10.0.0.%d:8491", i+1); a != self {
			out = append(out, a)
		}
	}
	return out
}

// Listen implements cabin.Link.
func (l *lan) Listen(_ context.Context, address string) (net.Listener, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seats == nil {
		l.seats = map[string]*link.Listener{}
	}
	in := link.NewListener()
	l.seats[address] = in
	return at{in, address}, nil
}

// Dial implements cabin.Link.
func (l *lan) Dial(ctx context.Context, address string) (net.Conn, error) {
	l.mu.Lock()
	in, ok := l.seats[address]
	l.mu.Unlock()
	if !ok {
		return nil, errors.New("nobody there")
	}
	return link.New(link.Profile{}, 1).To(in)(ctx, "tcp", address)
}

// at is a listener with an address.
type at struct {
	net.Listener
	address string
}

func (a at) Addr() net.Addr { return a }

func (a at) Network() string { return "tcp" }

func (a at) String() string { return a.address }

// meet lets tablets be near each other, without ground or with it, until each holds of the flight what
// any of them does.
func (w *world) meet(k passenger.FlightKey, ts ...device) {
	w.Helper()
	if w.kind == "memory" {
		var bs []*bare
		for _, t := range ts {
			bs = append(bs, t.(*bare))
		}
		meetBare(k, bs...)
	} else {
		ctx, cancel := context.WithCancel(w.ctx)
		var run sync.WaitGroup
		for _, t := range ts {
			run.Go(func() { t.(*purser).agent.RunLAN(ctx) })
		}
		for until := time.Now().Add(time.Minute); !same(k, ts...) && time.Now().Before(until); {
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
		run.Wait()
	}
	if !same(k, ts...) {
		w.Fatalf("tablets that met are not the same")
	}
}

// same reports whether tablets hold the same ops of a flight, and know it of each other.
func same(k passenger.FlightKey, ts ...device) bool {
	for _, t := range ts[1:] {
		if !slices.Equal(t.View(k).Vector, ts[0].View(k).Vector) {
			return false
		}
	}
	for _, t := range ts {
		if p, ok := t.(*purser); ok && !p.away {
			continue
		} else if ok && p.page(k).OnlyHere > 0 {
			return false
		}
	}
	return true
}
