package cabin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// TestFifteenMeet: tablets that announce themselves all know each other soon, once each.
func TestFifteenMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		var all []*device
		for i := range 15 {
			all = append(all, newDevice(t, byte(i+1)))
		}
		start := time.Now()
		for _, d := range all {
			d.set(first, all...)
			d.on(a, true)
		}
		wait(t, "all see all", func() bool {
			for _, d := range all {
				if len(d.node.Peers(first)) != 14 {
					return false
				}
			}
			return true
		})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("all see all after %v", took)
		}
		for _, d := range all {
			if d.finds() != 14 {
				t.Errorf("tablet %d was told of %d tablets", d.id[0], d.finds())
			}
		}
		for _, d := range all[1:] {
			if err := all[0].exchange(first, d); err != nil {
				t.Errorf("exchange with tablet %d: %v", d.id[0], err)
			}
		}
	})
}

// TestOneFindsTheOther: an address given to one of two is enough for both.
func TestOneFindsTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b := newDevice(t, 1), newDevice(t, 2)
		a.set(first, a, b)
		b.set(first, a, b)
		a.on(air, false)
		b.on(air, false)
		if err := b.node.Connect("10.0.0.1"); err != nil { // the port is the usual one
			t.Fatal(err)
		}
		wait(t, "both see each other", func() bool { return a.sees(first, b) && b.sees(first, a) })
		if err := a.exchange(first, b); err != nil {
			t.Error(err)
		}
	})
}

// TestLinkLocalAddress: one with a zone, as a network without a router has them.
func TestLinkLocalAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b := newDevice(t, 1), newDevice(t, 2)
		for i, d := range []*device{a, b} {
			d.set(first, a, b)
			h := host{air, fmt.Sprintf("fe80::%d%%wlan0", i+1)}
			d.start(Config{Link: h, Listen: net.JoinHostPort(h.name, "8491")})
		}
		if err := a.node.Connect("[fe80::2%wlan0]:8491"); err != nil {
			t.Fatal(err)
		}
		wait(t, "both see each other", func() bool { return a.sees(first, b) && b.sees(first, a) })
		if err := b.exchange(first, a); err != nil {
			t.Error(err)
		}
	})
}

// TestPartitionHeals: after any time apart tablets find each other again, without anybody asking.
func TestPartitionHeals(t *testing.T) {
	for _, apart := range []time.Duration{time.Second, 3 * time.Minute, 2 * time.Hour} {
		t.Run(apart.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				air := newAir()
				a, b, c := newDevice(t, 1), newDevice(t, 2), newDevice(t, 3)
				for _, d := range []*device{a, b, c} {
					d.set(first, a, b, c)
					d.on(air, d != c)
				}
				if err := c.node.Connect("10.0.0.1"); err != nil {
					t.Fatal(err)
				}
				together := func() bool { return a.sees(first, b) && b.sees(first, a) && a.sees(first, c) && c.sees(first, a) }
				wait(t, "all meet", together)
				air.setCut(func(from, to string) bool { return from == "10.0.0.1" && to != from })
				time.Sleep(apart)
				if apart > helloEvery && (a.sees(first, b) || c.sees(first, a)) {
					t.Error("tablets out of reach are still listed")
				}
				air.setCut(nil)
				healed := time.Now()
				for !together() && time.Since(healed) < time.Hour {
					time.Sleep(time.Second)
				}
				if took := time.Since(healed); took > retryMost+browseEvery {
					t.Errorf("together again after %v", took)
				}
				if err := c.exchange(first, a); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestQuietTabletsStayQuiet: tablets with nothing to say wake each other seldom and keep their
// connections.
func TestQuietTabletsStayQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b := newDevice(t, 1), newDevice(t, 2)
		for _, d := range []*device{a, b} {
			d.set(first, a, b)
			d.on(air, true)
		}
		wait(t, "both meet", func() bool { return a.sees(first, b) && b.sees(first, a) })
		dials := func() int { air.mu.Lock(); defer air.mu.Unlock(); return air.calls }
		before := dials()
		for range 120 { // an hour of anti-entropy
			time.Sleep(30 * time.Second)
			if err := a.exchange(first, b); err != nil {
				t.Fatal(err)
			}
		}
		if n := dials() - before; n > 0 {
			t.Errorf("%d new connections in an hour in touch", n)
		}
		time.Sleep(time.Hour) // nothing at all to say
		if n := dials() - before; n > 2 || !a.sees(first, b) || !b.sees(first, a) {
			t.Errorf("%d new connections in a silent hour; in sight: %v, %v", n, a.sees(first, b), b.sees(first, a))
		}
	})
}

// TestARestartedTabletIsFoundAgain: at its old address with its old key.
func TestARestartedTabletIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b := newDevice(t, 1), newDevice(t, 2)
		a.set(first, a, b)
		b.set(first, a, b)
		a.on(air, true)
		stop := b.on(air, true)
		wait(t, "both meet", func() bool { return a.sees(first, b) })
		stop()
		if err := a.exchange(first, b); passenger.CodeOf(err) != passenger.Unavailable {
			t.Errorf("exchange with a tablet that is off: %v", err)
		}
		if a.sees(first, b) {
			t.Error("a tablet that did not answer is listed")
		}
		b.on(air, true)
		wait(t, "it is back", func() bool { return a.sees(first, b) && b.sees(first, a) })
		if a.finds() != 2 {
			t.Errorf("told %d times, want at first and at the return", a.finds())
		}
	})
}

// TestAnotherTabletAtTheAddress: addresses are given out anew; keys decide.
func TestAnotherTabletAtTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b, c := newDevice(t, 1), newDevice(t, 2), newDevice(t, 3)
		for _, d := range []*device{a, b, c} {
			d.set(first, a, b, c)
		}
		a.on(air, false)
		stop := b.on(air, false)
		if err := a.node.Connect("10.0.0.2:8491"); err != nil {
			t.Fatal(err)
		}
		wait(t, "b", func() bool { return a.sees(first, b) })
		stop()
		h := host{air, "10.0.0.2"}
		c.start(Config{Link: h, Listen: "10.0.0.2:8491"})
		if a.exchange(first, b) == nil || len(c.servedBy()) != 0 {
			t.Error("what was for b went to c")
		}
		wait(t, "c", func() bool { return a.sees(first, c) && !a.sees(first, b) })
	})
}

// TestStrangersWait: an address of no flight of ours is tried late and seldom, and forgotten.
func TestStrangersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		air := newAir()
		a, b := newDevice(t, 1), newDevice(t, 2)
		a.set(first, a)
		b.set(second, b)
		a.on(air, true)
		tries := 0
		air.mu.Lock()
		air.cut = func(from, to string) bool {
			if from == "10.0.0.1" && to == "10.0.0.2" {
				tries++
			}
			return false
		}
		air.mu.Unlock()
		b.on(air, true)
		time.Sleep(strangerFirst / 2)
		looks := func() int { air.mu.Lock(); defer air.mu.Unlock(); return tries }
		early := looks()
		time.Sleep(time.Hour)
		if a.sees(first, b) || a.finds() != 0 {
			t.Error("a stranger was taken in")
		}
		// Announcements count as well: four a minute. A try may be two connections.
		if n := looks(); early > 4 || n > 4*60+4*6+10 {
			t.Errorf("%d looks at once, %d in an hour", early, n)
		}
	})
}

// TestTags: they change by the hour, differ by flight, say nothing, and a clock may be one hour off.
func TestTags(t *testing.T) {
	d := newDevice(t, 1)
	d.set(first, d)
	now := t0
	n := &Node{Config: Config{Groups: d.Groups, Members: d.Members, Now: func() time.Time { return now }}}
	tags := n.tags()
	if len(tags) != 1 || len(tags[0]) != 13 || strings.Contains(strings.ToLower(tags[0]), fmt.Sprintf("%x", first[:2])) {
		t.Errorf("tags %q", tags)
	}
	for off, want := range map[time.Duration]bool{0: true, time.Hour: true, -time.Hour: true, 3 * time.Hour: false, -3 * time.Hour: false} {
		now = t0.Add(off)
		if n.ours(tags) != want {
			t.Errorf("%v later: ours = %v", off, !want)
		}
	}
	if tag(first, 1) == tag(first, 2) || tag(first, 1) == tag(second, 1) || n.ours([]string{"", "x"}) {
		t.Error("tags do not differ")
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	l := &capped{Listener: raw, hosts: map[string]int{}}
	got := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(got)
				return
			}
			got <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", raw.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var kept []net.Conn
	for range maxConnsPerHost {
		dial()
		kept = append(kept, <-got)
	}
	extra := dial()
	extra.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := extra.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection too many stays open: %v", err)
	}
	kept[0].Close()
	kept[0].Close() // counted once
	dial()
	(<-got).Close()
	if !l.take("other") {
		t.Error("another host is held up")
	}
}

func TestOpenRefuses(t *testing.T) {
	d := newDevice(t, 1)
	d.set(first, d)
	d.start(Config{})
	c := d.node.Config
	c.Listen = d.address()
	if _, err := Open(t.Context(), c); passenger.CodeOf(err) != passenger.Unavailable {
		t.Errorf("a port that is taken: %v", err)
	}
	c.Listen, c.Peers = "127.0.0.1:0", []string{"nonsense:x"}
	if _, err := Open(t.Context(), c); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("an address that is none: %v", err)
	}
}
