package links_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// within waits until something becomes true and says how long that took.
func within(t *testing.T, most time.Duration, what string, ok func() bool) (took time.Duration) {
	t.Helper()
	start := time.Now()
	for !ok() {
		if took = time.Since(start); took > most {
			t.Fatalf("%s: not within %v", what, most)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(start)
}

// TestGateway: one tablet speaks for the flight, the next takes over when it cannot, and two at once
// cost bytes and nothing else.
func TestGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &aircraft{}
		a.takeOff(t, 10*time.Hour, passenger.Cabin, passenger.Lead, passenger.Purser)
		cabin, lead, purser := a.tablets[0], a.tablets[1], a.tablets[2]
		speaks := func(o *onBoard) func() bool { return func() bool { return a.gateway() == o.name } }
		sent := func(n int) func() bool { return func() bool { return a.entries() == n } }

		within(t, time.Minute, "the lead speaks", speaks(lead))
		cabin.record(0, "one", false)
		took := within(t, 31*time.Minute, "an entry of another tablet", sent(1))
		t.Logf("an entry of another tablet is on ground after %v", took.Round(time.Second))
		purser.record(1, "two", true)
		if took = within(t, 20*time.Second, "an urgent entry of another tablet", sent(2)); took > 6*time.Second {
			t.Errorf("an urgent entry took %v", took)
		}
		if cabin.bytes() != 0 || purser.bytes() != 0 {
			t.Errorf("the others spent %d and %d bytes", cabin.bytes(), purser.bytes())
		}

		lead.cut(true) // its satellite is gone, the LAN is not
		lead.record(2, "three", true)
		took = within(t, 5*time.Minute, "an urgent entry past a gateway without a way", sent(3))
		t.Logf("past a gateway without a way to ground after %v", took.Round(time.Second))
		within(t, 2*time.Minute, "the purser speaks", speaks(purser))
		// While nobody has the lease, who holds an urgent entry sends it: once, with a connection.
		if cabin.bytes() > 6<<10 {
			t.Errorf("the cabin tablet spent %d bytes", cabin.bytes())
		}
		lead.cut(false)
		within(t, 15*time.Minute, "the lead speaks again", speaks(lead))
		sum := func() int64 { return cabin.bytes() + purser.bytes() + lead.bytes() }
		knows := func(o *onBoard) bool { return o.status().Link.Used >= sum()*95/100 }
		// What a tablet spent and told nobody goes with its battery: not in the middle of a round.
		time.Sleep(time.Minute)
		within(t, 15*time.Minute, "what the lead spent is known", func() bool { return knows(cabin) && knows(purser) })

		lead.stop() // its battery is empty
		lead.agent = nil
		cabin.record(3, "four", true)
		took = within(t, 5*time.Minute, "an urgent entry after the gateway is gone", sent(4))
		t.Logf("after the gateway is gone: %v", took.Round(time.Second))
		within(t, 3*time.Minute, "the purser speaks", speaks(purser))

		before := cabin.bytes()
		cabin.offLAN(true) // alone in the aft galley
		cabin.record(4, "five", true)
		within(t, 5*time.Minute, "an urgent entry from out of reach", sent(5))
		if cabin.bytes() == before {
			t.Error("the cabin tablet did not speak for itself")
		}
		cabin.offLAN(false)
		within(t, 15*time.Minute, "what all spent is known to all", func() bool { return knows(cabin) && knows(purser) })
		if n, all := cabin.status().Link.Used, sum(); n > all {
			t.Errorf("the purse says %d bytes, all spent %d", n, all)
		}
		cabin.stop()
		purser.stop()
	})
}

// TestQuietLink: between two questions a tablet on SATCOM says nothing at all, and asks at the top of
// descent.
func TestQuietLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &aircraft{}
		a.takeOff(t, 2*time.Hour, passenger.Lead)
		o := a.tablets[0]
		start := time.Now()
		var at []time.Duration
		last := o.bytes()
		for time.Since(start) < 119*time.Minute {
			time.Sleep(time.Second)
			if n := o.bytes(); n != last {
				if len(at) == 0 || time.Since(start)-at[len(at)-1] > 5*time.Second {
					at = append(at, time.Since(start))
				}
				last = n
			}
		}
		// From the exchange at the gate: half an hour and another one; then the top of descent is a poll.
		if len(at) < 3 || len(at) > 5 {
			t.Errorf("%d rounds in two hours: %v", len(at), at)
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap > 31*time.Minute {
				t.Errorf("a pause of %v", gap)
			}
		}
		t.Logf("rounds at %v: %d bytes", at, last)
		o.stop()
	})
}

// TestPurse: an empty purse lets urgent entries and a person's wish through; what waits goes over at
// the gate. It outlives a restart.
func TestPurse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &aircraft{purse: 8 << 10}
		a.takeOff(t, 10*time.Hour, passenger.Lead)
		o := a.tablets[0]
		n := 0
		for !o.status().Link.Empty {
			for range 20 {
				o.record(n, said[n%len(said)], false)
				n++
			}
			time.Sleep(2 * time.Minute)
			if n > 400 {
				t.Fatalf("%d entries, and the purse has %d bytes", n, o.status().Link.Left)
			}
		}
		spent := o.status().Link.Used
		on := a.entries()
		for range 30 {
			o.record(n, "waits", false)
			n++
		}
		time.Sleep(3 * time.Hour)
		if got := o.status().Link.Used; got != spent || a.entries() != on {
			t.Errorf("with an empty purse %d bytes and %d entries went", got-spent, a.entries()-on)
		}
		o.stop()
		o.start()
		time.Sleep(time.Hour)
		if got := o.status().Link; got.Used != spent || !got.Empty || a.entries() != on {
			t.Errorf("after a restart: %+v", got)
		}
		o.record(n, "urgent", true)
		n++
		within(t, time.Minute, "the urgent entry", func() bool { return a.entries() == n })
		o.record(n, "by hand", false)
		n++
		if _, err := o.agent.Sync(t.Context()); err != nil || a.entries() != n {
			t.Errorf("a person's wish: %d of %d entries, %v", a.entries(), n, err)
		}
		o.record(n, "at the gate", false)
		n++
		time.Sleep(time.Hour)
		if a.entries() != n-1 {
			t.Error("the purse is full again")
		}
		before := o.status().Link.Used
		if err := o.agent.Movement(t.Context(), key, passenger.On, time.Now()); err != nil {
			t.Fatal(err)
		}
		within(t, time.Minute, "the rest, at the gate", func() bool { return a.entries() == n && o.status().Pending == 0 })
		if st := o.status(); st.Link.Class != uplink.Gate || st.Link.Used > before+100 {
			t.Errorf("at the gate: %+v", st)
		}
		o.stop()
	})
}

// TestLanding: tablets that land at one moment come to ground over ten seconds.
func TestLanding(t *testing.T) {
	var came []time.Duration
	for range 12 {
		synctest.Test(t, func(t *testing.T) {
			a := &aircraft{}
			a.takeOff(t, time.Hour, passenger.Lead)
			o := a.tablets[0]
			time.Sleep(20 * time.Minute)
			o.record(0, "one", false)
			if err := o.agent.Movement(t.Context(), key, passenger.On, time.Now()); err != nil {
				t.Fatal(err)
			}
			came = append(came, within(t, 15*time.Second, "the entry", func() bool { return a.entries() == 1 }))
			o.stop()
		})
	}
	first, last := came[0], came[0]
	for _, d := range came {
		first, last = min(first, d), max(last, d)
	}
	t.Logf("first after %v, last after %v", first, last)
	if last-first < 2*time.Second {
		t.Errorf("%d landings within %v: %v", len(came), last-first, came)
	}
}

// TestBusyGround: on SATCOM, too, a ground that asks to be left alone is.
func TestBusyGround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &aircraft{}
		a.takeOff(t, 5*time.Hour, passenger.Lead)
		o := a.tablets[0]
		time.Sleep(time.Minute)
		busy := passenger.Errorf(passenger.TooMuch, "x.Y", "busy")
		busy.RetryAfter = 100 * time.Second
		a.ground.SetFault(func(_ flightsync.Request, after bool) error { return busy })
		before := a.ground.Exchanges()
		o.record(0, "urgent", true)
		within(t, 10*time.Second, "the question", func() bool { return a.ground.Exchanges() == before+1 })
		o.record(1, "urgent", true)
		time.Sleep(95 * time.Second)
		if n := a.ground.Exchanges(); n != before+1 {
			t.Errorf("%d questions to a busy ground", n-before)
		}
		a.ground.SetFault(nil)
		within(t, 5*time.Minute, "both entries", func() bool { return a.entries() == 2 })
		o.stop()
	})
}
