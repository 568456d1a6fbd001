package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func TestSpread(t *testing.T) {
	var times []time.Duration
	for i := 200; i > 0; i-- {
		times = append(times, time.Duration(i)*time.Millisecond)
	}
	for _, c := range []struct {
		times []time.Duration
		want  spread
	}{
		{times, spread{200, 100, 198, 200}},
		{[]time.Duration{3 * time.Microsecond}, spread{1, 0.003, 0.003, 0.003}},
		{nil, spread{}},
	} {
		if got := spreadOf(c.times); got != c.want {
			t.Errorf("spread of %d times = %+v, want %+v", len(c.times), got, c.want)
		}
	}
}

func TestDataIsSeeded(t *testing.T) {
	for name, make := range map[string]func(seed uint64) string{
		"posts":    func(seed uint64) string { return crowd(dice(seed, 1), 100) },
		"bookings": func(seed uint64) string { return pushed.bookings(dice(seed, 2)) },
	} {
		if first, second := make(1), make(1); first != second {
			t.Errorf("%s: the same seed makes other data", name)
		}
		if make(1) == make(2) {
			t.Errorf("%s: another seed makes the same data", name)
		}
	}
	lines := strings.Split(strings.TrimSpace(pushed.bookings(dice(1, 2))), "\n")
	places := map[string]bool{}
	for _, l := range lines {
		places[strings.Split(l, ",")[10]] = true
	}
	if len(lines) != seats || len(places) != seats {
		t.Errorf("%d passengers on %d seats, want %d", len(lines), len(places), seats)
	}
}

func TestFloor(t *testing.T) {
	note := flightsync.Dot{Author: 3, Seq: 7}
	plain := feedbackFloor(note, passenger.Feedback{Outcome: passenger.Acted})
	if want := 2 + 2 + 2 + len("acted") + 2 + 8; plain != want {
		t.Errorf("one outcome has a floor of %d bytes, want %d", plain, want)
	}
	if got := feedbackFloor(note, passenger.Feedback{Outcome: passenger.Acted, Words: "tea"}); got != plain+5 {
		t.Errorf("with three letters it is %d bytes, want %d", got, plain+5)
	}
	one := tablet.FlightPage{Others: []tablet.TravellerRow{{TravellerView: flightsync.TravellerView{Traveller: flightsync.Traveller{No: 1, Name: "Ms J. Jansen", Seat: "14C"}}}}}
	if got, want := flightFloor(one), 2+2+2+len("Ms J. Jansen")+2+len("14C"); got != want {
		t.Errorf("one passenger has a floor of %d bytes, want %d", got, want)
	}
	one.Others = slices.Repeat(one.Others, 500)
	if got := flightFloor(one); got > 500 {
		t.Errorf("500 equal passengers have a floor of %d bytes: nothing is compressed", got)
	}
}

func TestTableNamesEveryPart(t *testing.T) {
	var b bytes.Buffer
	result{Database: "sqlite", Posts: postsResult{Posts: 1}, Push: pushResult{Readable: spread{N: 1}}, Wire: wireResult{LoadFloor: 1}, Memory: memoryResult{PeakKB: 1},
		Start: startResult{FirstNote: spread{N: 1}}, Record: recordResult{Write: spread{N: 1}, Flush: spread{P50: 1}}}.print(&b)
	for _, want := range []string{"posts imported", "note released", "first load", "one feedback", "tablet memory", "start →", "durable local write"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table has no row %q:\n%s", want, b.String())
		}
	}
}
