package links_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	long      = 18 * time.Hour
	shortLong = 6 * time.Hour // with -short
	feedback  = 200
	changes   = 40
	cuts      = 8
	purseGoal = 128 << 10 // reference/flight-sync.md E.12
)

// said are invented words of feedback, about as long as such words are.
var said = []string{"Replaced the meal, guest was glad", "Apologised, offered a drink from the bar", "Asleep until descent, spoke before landing",
	"Moved to 22D next to the family", "Second blanket given", "Guest asked for a written answer", "Nothing wanted, said thank you", ""}

// TestLongFlight flies 18 hours over a satellite: 200 entries by the crew, 40 changes by ground, a
// verdict behind every 20 entries, the connection cut eight times. Everything is on ground before the landing, within
// the purse of one flight, whatever its tablets.
func TestLongFlight(t *testing.T) {
	for _, tt := range []struct {
		name  string
		noPQ  bool
		roles []passenger.Role
	}{
		{"one tablet", false, []passenger.Role{passenger.Lead}},
		{"one tablet, X25519 alone", true, []passenger.Role{passenger.Lead}},
		{"three tablets", false, []passenger.Role{passenger.Cabin, passenger.Lead, passenger.Purser}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fly(t, &aircraft{noPQ: tt.noPQ}, tt.roles...) })
		})
	}
}

func fly(t *testing.T, a *aircraft, roles ...passenger.Role) {
	hours := long
	if testing.Short() {
		hours = shortLong
	}
	a.takeOff(t, hours, roles...)
	luck := rand.New(rand.NewPCG(7, 11))
	type event struct {
		at time.Duration
		do func()
	}
	var events []event
	at := func(n int, do func(int)) {
		for i := range n {
			events = append(events, event{time.Duration(luck.Int64N(int64(hours - time.Hour))), func() { do(i) }})
		}
	}
	share := int(feedback * hours / long)
	at(share, func(i int) {
		a.tablets[i%len(a.tablets)].record(luck.IntN(12), said[luck.IntN(len(said))], i%50 == 49)
	})
	at(changes*int(hours/time.Hour)/int(long/time.Hour), func(i int) {
		write(a.flight, flightsync.Traveller{No: passenger.TravellerNo(40 + i), Name: fmt.Sprintf("Mx Y. Sample%d", i), Seat: "44K"}, passenger.Third)
	})
	at(cuts, func(int) {
		for _, o := range a.tablets {
			o.cut(false)
		}
	})
	verdicts := uint64(0)
	start := time.Now()
	for len(events) > 0 {
		first := 0
		for i, e := range events {
			if e.at < events[first].at {
				first = i
			}
		}
		e := events[first]
		events = append(events[:first], events[first+1:]...)
		time.Sleep(time.Until(start.Add(e.at)))
		e.do()
		if n := uint64(a.entries()); n >= verdicts+20 {
			a.flight.Write(flightsync.Admin, flightsync.Verdict{Author: flightsync.FirstTablet, From: verdicts + 1, To: n, Code: flightsync.VerdictReceived}.Draft())
			verdicts = n
		}
	}
	time.Sleep(time.Until(start.Add(hours - time.Minute)))
	var total int64
	for _, o := range a.tablets {
		st := o.status()
		if n := o.bytes(); n != 0 || len(a.tablets) == 1 {
			t.Logf("%s: %d bytes, %d connections, %d turns", o.name, n, o.sky.Stats().Conns, o.sky.Stats().Turns)
			total += n
		}
		if st.Link.Class != "satcom" {
			t.Errorf("%s: class %s", o.name, st.Link.Class)
		}
	}
	purse := a.tablets[0].status().Link
	t.Logf("%d entries and %d notes in %v: %d bytes of %d; the purse says %d", a.entries(), len(a.tablets[0].page().Cards), hours, total, purseGoal, purse.Used)
	if total > purseGoal || purse.Empty {
		t.Errorf("the flight cost %d bytes, want at most %d; %+v", total, purseGoal, purse)
	}
	if n := a.entries(); n != share {
		t.Errorf("%d of %d entries are on ground before the landing", n, share)
	}
	for _, o := range a.tablets {
		if got := o.status().Link.Used; got < total*95/100 || got > total {
			t.Errorf("%s: the purse says %d of %d bytes", o.name, got, total)
		}
		o.stop()
	}
}
