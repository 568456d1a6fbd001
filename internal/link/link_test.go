package link

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// serve answers each question of ask bytes with answer bytes until the connection ends.
func serve(c net.Conn, ask, answer int) {
	defer c.Close()
	in, out := make([]byte, ask), make([]byte, answer)
	for {
		if _, err := io.ReadFull(c, in); err != nil {
			return
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// talk asks turns times and returns how long it took.
func talk(tb testing.TB, c net.Conn, turns, ask, answer int) time.Duration {
	tb.Helper()
	start := time.Now()
	out, in := make([]byte, ask), make([]byte, answer)
	for range turns {
		if _, err := c.Write(out); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.ReadFull(c, in); err != nil {
			tb.Fatal(err)
		}
	}
	return time.Since(start)
}

// bubble runs f in virtual time, and then lets what is on its way arrive: time stands still once f
// has returned.
func bubble(t *testing.T, f func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Hour)
		f(t)
	})
}

// law is what turns of ask and answer take without loss; connections are turns too.
func law(p Profile, conns, turns, ask, answer int) time.Duration {
	return time.Duration(conns+turns)*p.RTT + time.Duration(turns*(ask+answer))*time.Second/time.Duration(p.Rate)
}

func near(got, want time.Duration, part float64) bool {
	return math.Abs(got.Seconds()-want.Seconds()) <= part*want.Seconds()
}

// TestLaw holds time = RTT × (connections + turns) + bytes / rate to the microsecond, in virtual time.
func TestLaw(t *testing.T) {
	t.Parallel()
	for _, p := range []Profile{Satcom700, Satcom2000, Cabin} {
		for _, tt := range []struct {
			name               string
			turns, ask, answer int
		}{{"ping", 5, 1, 1}, {"small", 10, 300, 900}, {"push", 1, 200_000, 1}, {"bulk", 1, 100, 2_000_000}, {"both", 3, 50_000, 50_000}} {
			t.Run(p.Name+"/"+tt.name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					p.Loss = 0
					l := New(p, 1)
					lis := NewListener()
					defer lis.Close()
					go func() { c, _ := lis.Accept(); serve(c, tt.ask, tt.answer) }()
					start := time.Now()
					c, err := l.To(lis)(t.Context(), "", "")
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					talk(t, c, tt.turns, tt.ask, tt.answer)
					want := law(p, 1, tt.turns, tt.ask, tt.answer)
					if got := time.Since(start); !near(got, want, 1e-4) {
						t.Errorf("took %v, want %v", got, want)
					}
					if got, want := l.Stats(), (Stats{Up: int64(tt.turns * tt.ask), Down: int64(tt.turns * tt.answer), Turns: tt.turns, Conns: 1}); got != want {
						t.Errorf("got %+v, want %+v", got, want)
					}
				})
			})
		}
	}
}

// TestLoss: the same seed has the same luck, and each lost packet that nothing else hides costs
// at least one round trip.
func TestLoss(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (took time.Duration, s Stats) {
		bubble(t, func(t *testing.T) {
			l := New(Satcom2000, seed)
			client, server := l.Pipe()
			go serve(server, 100, 100)
			took = talk(t, client, 200, 100, 100)
			client.Close()
			s = l.Stats()
		})
		return took, s
	}
	packets, lost := 0, 0
	for seed := range uint64(10) {
		took, s := run(seed)
		if again, s2 := run(seed); again != took || s2 != s {
			t.Errorf("seed %d took %v with %+v, then %v with %+v", seed, took, s, again, s2)
		}
		least := law(Satcom2000, 0, 200, 100, 100) + time.Duration(s.Lost)*Satcom2000.RTT
		if took < least {
			t.Errorf("seed %d: %d lost packets took %v, want at least %v", seed, s.Lost, took, least)
		}
		packets, lost = packets+400+s.Lost, lost+s.Lost
	}
	if part := float64(lost) / float64(packets); math.Abs(part-Satcom2000.Loss) > 0.02 {
		t.Errorf("%.3f of the packets were lost, want %.3f", part, Satcom2000.Loss)
	}
	if a, _ := run(1); func() bool { b, _ := run(2); return a == b }() {
		t.Error("two seeds had the same luck")
	}
}

func TestTimeoutDoubles(t *testing.T) {
	t.Parallel()
	for n, want := range []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second} {
		if got := Satcom2000.lost(n, minRTO); got != want {
			t.Errorf("%d losses: %v later, want %v", n, got, want)
		}
	}
	if got := Cabin.lost(2, minRTO); got != 3*minRTO {
		t.Errorf("two losses on a fast link: %v later, want %v", got, 3*minRTO)
	}
}

// TestSharedQueue: connections of one link share its rate, those of another have their own.
func TestSharedQueue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		links int
	}{{"one link", 1}, {"a link each", 4}} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := Profile{RTT: 100 * time.Millisecond, Rate: 10_000}
				var links []*Link
				for range tt.links {
					links = append(links, New(p, 1))
				}
				start := time.Now()
				var all sync.WaitGroup
				for i := range 4 {
					all.Go(func() {
						client, server := links[i%tt.links].Pipe()
						go serve(server, 1, 50_000)
						talk(t, client, 1, 1, 50_000)
						client.Close()
					})
				}
				all.Wait()
				want := law(p, 0, 1, 1, 50_000*4/tt.links)
				if got := time.Since(start); !near(got, want, 1e-2) {
					t.Errorf("took %v, want %v", got, want)
				}
			})
		})
	}
}

// TestWriterWaits: a writer is not further ahead than a buffer.
func TestWriterWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := New(Profile{RTT: time.Second}, 1).Pipe()
		client.SetWriteDeadline(time.Now().Add(time.Minute))
		n, err := client.Write(make([]byte, 2*buffer))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n < buffer || n > buffer+packet {
			t.Errorf("wrote %d bytes nobody reads (%v), want about %d and a deadline", n, err, buffer)
		}
		client.Close()
		if got, err := io.ReadAll(server); len(got) != n || err != nil {
			t.Errorf("read %d bytes (%v) behind a close, want %d", len(got), err, n)
		}
		if _, err := server.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to who left: %v, want %v", err, io.ErrClosedPipe)
		}
		server.Close()
	})
}

func TestDialEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lis := NewListener()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := New(Satcom700, 1).To(lis)(ctx, "", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial within 100 ms: %v, want a deadline", err)
		}
		lis.Close()
		if _, err := New(Satcom700, 1).To(lis)(t.Context(), "", ""); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial of a closed listener: %v, want %v", err, net.ErrClosed)
		}
	})
}

// TestTCP puts a link before and behind real connections, in real time.
func TestTCP(t *testing.T) {
	t.Parallel()
	p := Profile{RTT: 40 * time.Millisecond, Rate: 1_000_000}
	const turns, ask, answer = 3, 100, 50_000
	for _, tt := range []struct {
		name string
		wrap func(*Link, net.Listener) (net.Listener, DialFunc)
	}{
		{"dialer", func(l *Link, next net.Listener) (net.Listener, DialFunc) {
			return next, l.Dialer((&net.Dialer{}).DialContext)
		}},
		{"listener", func(l *Link, next net.Listener) (net.Listener, DialFunc) {
			return l.Listener(next), (&net.Dialer{}).DialContext
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tcp, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := New(p, 1)
			lis, dial := tt.wrap(l, tcp)
			defer lis.Close()
			go func() {
				if c, err := lis.Accept(); err == nil {
					serve(c, ask, answer)
				}
			}()
			start := time.Now()
			c, err := dial(t.Context(), "tcp", tcp.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			talk(t, c, turns, ask, answer)
			c.Close()
			// Real time is never shorter than the law, and longer by what the machine is busy.
			if got, least := time.Since(start), law(p, 1, turns, ask, answer); got < least*99/100 || got > least+20*time.Second {
				t.Errorf("took %v, want at least %v", got, least)
			}
			if got, want := l.Stats(), (Stats{Up: turns * ask, Down: turns * answer, Turns: turns, Conns: 1}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
