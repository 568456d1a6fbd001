package crewapi_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// network is what a tablet dials through. When it changes, the connections that stand become holes:
// what goes in is lost, and nothing says so.
type network struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	gone atomic.Bool // what is dialled now hangs

	mu    sync.Mutex
	conns []*hole
}

type hole struct {
	net.Conn
	dead   atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (n *network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if n.gone.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c, err := n.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	h := &hole{Conn: c, closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, h)
	return h, nil
}

func (n *network) change() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		c.dead.Store(true)
	}
}

func (n *network) dialled() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

func (h *hole) Write(b []byte) (int, error) {
	if h.dead.Load() {
		return len(b), nil
	}
	return h.Conn.Write(b)
}

func (h *hole) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if h.dead.Load() {
		<-h.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (h *hole) Close() error {
	h.once.Do(func() { close(h.closed) })
	return h.Conn.Close()
}

// slow is a ground whose exchanges take their time.
type slow struct {
	*crewtest.Ground
	take  atomic.Int64 // nanoseconds
	calls atomic.Int64
}

func (s *slow) Exchange(ctx context.Context, id passenger.TabletID, req flightsync.Request) (flightsync.Response, error) {
	s.calls.Add(1)
	select {
	case <-time.After(time.Duration(s.take.Load())):
	case <-ctx.Done():
	}
	return s.Ground.Exchange(ctx, id, req)
}

// moving is a tablet whose network changes, with an assigned flight that it has exchanged.
type moving struct {
	*crewapi.Client
	net    *network
	ground *slow
	req    flightsync.Request
}

func newMoving(t *testing.T, cert tls.Certificate, o crewapi.LinkOptions) *moving {
	g := &slow{Ground: crewtest.New(t, time.Now)}
	lis := link.NewListener()
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(g, crewapi.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}))
	srv := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var serving sync.WaitGroup
	serving.Go(func() { srv.ServeTLS(lis, "", "") })
	m := &moving{net: &network{dial: link.New(link.Profile{RTT: 50 * time.Millisecond}, 1).To(lis)}, ground: g}
	o.Dial = m.net.Dial
	l := crewapi.NewLink(o)
	t.Cleanup(func() {
		l.Client().CloseIdleConnections()
		srv.Close()
		serving.Wait()
		time.Sleep(time.Hour)
	})
	anyone, err := crewapi.NewClient(overTLS, "", l.Client())
	if err != nil {
		t.Fatal(err)
	}
	e, err := anyone.Enrol(t.Context(), "CODE", "galley", device(t))
	if err != nil {
		t.Fatal(err)
	}
	f := g.Flight("KL0641/2000-01-02/AMS", time.Now().Add(2*time.Hour))
	f.Assign(e.Tablet, passenger.Lead)
	if m.Client, err = crewapi.NewClient(overTLS, e.Token, l.Client()); err != nil {
		t.Fatal(err)
	}
	m.req = flightsync.Request{Group: f.A.Flight, Me: flightsync.Nobody, Incarnation: flightsync.Incarnation{1}}
	for range 8 { // what came before is no measure
		m.exchange(t)
	}
	return m
}

// exchange makes a call and says how long it took.
func (m *moving) exchange(t *testing.T) time.Duration {
	t.Helper()
	start := time.Now()
	if _, err := m.Exchange(t.Context(), m.req); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func moves(t *testing.T, test func(t *testing.T, m *moving)) {
	cert, roots := chain(t)
	synctest.Test(t, func(t *testing.T) { test(t, newMoving(t, cert, crewapi.LinkOptions{Roots: roots, Now: time.Now})) })
}

// TestAfterAChangeOfNetwork: the first call that falls silent is answered on a fresh connection, the
// stream that hung on the dead one ends, and nobody uses that one again.
func TestAfterAChangeOfNetwork(t *testing.T) {
	moves(t, func(t *testing.T, m *moving) {
		ended := make(chan error, 1)
		go func() {
			ended <- m.Watch(t.Context(), []crewapi.Holding{{Flight: m.req.Group, Begun: true, Have: nil}}, nil, func(passenger.FlightID, flightsync.Response) error { return nil })
		}()
		synctest.Wait()
		time.Sleep(time.Second)
		for i := range 3 {
			m.net.change()
			if took := m.exchange(t); took < time.Second || took > 2*time.Second {
				t.Errorf("change %d: answered after %v, want within 2 s", i, took)
			}
			if i == 0 {
				synctest.Wait()
				select {
				case err := <-ended:
					if passenger.CodeOf(err) != passenger.Unavailable {
						t.Errorf("the stream ended with %v", err)
					}
				default:
					t.Error("the stream still hangs on the dead connection")
				}
			}
			if took := m.exchange(t); took > 100*time.Millisecond {
				t.Errorf("change %d: the next call took %v", i, took)
			}
		}
		for i, c := range m.net.conns[:3] {
			select {
			case <-c.closed:
			default:
				t.Errorf("dead connection %d is still open", i)
			}
		}
	})
}

// TestASlowGroundIsNotADeadConnection: an answer that takes its time comes on the connection that
// stands, and the next call waits longer before it doubts.
func TestASlowGroundIsNotADeadConnection(t *testing.T) {
	moves(t, func(t *testing.T, m *moving) {
		m.ground.take.Store(int64(3 * time.Second))
		before := m.ground.calls.Load()
		if took := m.exchange(t); took > 3200*time.Millisecond {
			t.Errorf("took %v", took)
		}
		for range 5 {
			m.exchange(t)
		}
		if extra := m.ground.calls.Load() - before - 6; extra > 1 {
			t.Errorf("%d calls were repeated, want one at most", extra)
		}
		m.ground.take.Store(0)
		if n := m.net.dialled(); n > 2 {
			t.Errorf("%d connections", n)
		}
		select {
		case <-m.net.conns[0].closed:
			t.Error("the connection that answered was closed")
		default:
		}
	})
}

// TestTheNetworkComesBack: a call that finds none goes through within seconds of its return.
func TestTheNetworkComesBack(t *testing.T) {
	for _, away := range []time.Duration{2 * time.Second, 9 * time.Second, 20 * time.Second} {
		moves(t, func(t *testing.T, m *moving) {
			m.net.change()
			m.net.gone.Store(true)
			time.AfterFunc(away, func() { m.net.gone.Store(false) })
			if took := m.exchange(t) - away; took > 4*time.Second {
				t.Errorf("away %v: answered %v after that", away, took)
			}
		})
	}
}

// TestNoNetwork: without any, the call ends in its time and says that nothing came.
func TestNoNetwork(t *testing.T) {
	moves(t, func(t *testing.T, m *moving) {
		m.net.change()
		m.net.gone.Store(true)
		start := time.Now()
		_, err := m.Exchange(t.Context(), m.req)
		if took := time.Since(start); passenger.CodeOf(err) != passenger.Unavailable || !crewapi.Unreached(err) || crewapi.SmallerMayPass(err) || took > 31*time.Second {
			t.Errorf("after %v: %v, unreached %v", took, err, crewapi.Unreached(err))
		}
		m.net.gone.Store(false)
		if took := m.exchange(t); took > time.Second {
			t.Errorf("the next call took %v", took)
		}
	})
}

// TestACodeIsSentOnce: Enrol is the one call that may not be repeated.
func TestACodeIsSentOnce(t *testing.T) {
	moves(t, func(t *testing.T, m *moving) {
		m.net.change()
		before := m.net.dialled()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := m.Enrol(ctx, "CODE", "galley", device(t))
		if passenger.CodeOf(err) != passenger.Unavailable || errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
			t.Errorf("enrol: %v", err)
		}
		if n := m.net.dialled() - before; n != 0 {
			t.Errorf("%d more connections", n)
		}
	})
}
