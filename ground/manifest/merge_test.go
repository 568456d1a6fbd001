package manifest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/manifest"
	"github.com/cabinloop/cabinloop/passenger"
)

var start = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// book is a flight's list while messages come in.
type book struct {
	flight ground.Flight
	list   []ground.Traveller
}

func (b *book) take(us ...ground.ManifestUpdate) {
	for _, u := range us {
		var next passenger.TravellerNo
		for _, t := range b.list {
			next = max(next, t.No)
		}
		res := manifest.Merge(b.flight, b.list, u, next, func(string) bool { return false })
		b.flight.List, b.flight.ListDoubt = res.Facts, res.Doubt
		for _, c := range res.Changes {
			if c.Before != nil {
				b.list[slices.IndexFunc(b.list, func(t ground.Traveller) bool { return t.No == c.No })] = c.Traveller
			} else {
				b.list = append(b.list, c.Traveller)
			}
		}
	}
}

// on returns who is on board, a line each, without the numbers.
func (b *book) on() (out []string) {
	for _, t := range b.list {
		if !t.Removed {
			out = append(out, fmt.Sprintf("%s/%s %s %s %s %v %v", t.Surname, t.Given, t.Cabin, t.Seat, t.Tier, t.Assistance, t.Minor))
		}
	}
	slices.Sort(out)
	return out
}

func row(surname, place, seat string) ground.ManifestRow {
	return ground.ManifestRow{Locator: "LOC" + surname, Surname: surname, Given: "JO", Order: 1, Place: "JFK/" + place, Cabin: place, Seat: passenger.Seat(seat)}
}

func del(r ground.ManifestRow) ground.ManifestRow { r.Removed = true; return r }

// message is one of the sender's, so many minutes behind the start; a change has a number.
func message(minutes, number int, rows ...ground.ManifestRow) ground.ManifestUpdate {
	return ground.ManifestUpdate{At: start.Add(time.Duration(minutes) * time.Minute), Sent: true, Full: number == 0, ANA: number, Rank: number, Rows: rows}
}

// TestMerge plays messages in order of arrival: who is on board, and the doubt.
func TestMerge(t *testing.T) {
	t.Parallel()
	a, b := row("ADAMS", "Y", "10A"), row("BAKKER", "Y", "")
	unsure := func(u ground.ManifestUpdate) ground.ManifestUpdate { u.Doubt = "totals"; return u }
	total := func(u ground.ManifestUpdate, n int) ground.ManifestUpdate {
		u.Totals = []ground.ListCount{{Place: "JFK/Y", Cabin: "Y", N: n}}
		return u
	}
	with := func(r ground.ManifestRow, change func(*ground.ManifestRow)) ground.ManifestRow { change(&r); return r }
	equipment := ground.ManifestUpdate{At: start, Sent: true, Rank: ground.MaxRank, Doubt: "aircraft", Aside: true}
	for name, tt := range map[string]struct {
		us    []ground.ManifestUpdate
		on    []string
		doubt string
	}{
		"a full list removes": {[]ground.ManifestUpdate{message(0, 0, a, b), message(1, 0, a)}, []string{"ADAMS/JO Y 10A  [] false"}, ""},
		"not when it is unsure": {[]ground.ManifestUpdate{message(0, 0, a, b), unsure(message(1, 0, a))},
			[]string{"ADAMS/JO Y 10A  [] false", "BAKKER/JO Y   [] false"}, "totals"},
		"nor does a change": {[]ground.ManifestUpdate{message(0, 0, a, b), unsure(message(1, 1, del(a)))},
			[]string{"ADAMS/JO Y 10A  [] false", "BAKKER/JO Y   [] false"}, "totals"},
		"a full list that adds up makes it sure": {[]ground.ManifestUpdate{unsure(message(0, 0, a, b)), message(1, 0, a)}, []string{"ADAMS/JO Y 10A  [] false"}, ""},
		"an older one does not":                  {[]ground.ManifestUpdate{unsure(message(1, 0, a)), message(0, 0, a)}, []string{"ADAMS/JO Y 10A  [] false"}, "totals"},
		"an upgrade removes nobody":              {[]ground.ManifestUpdate{message(0, 0, a), message(1, 1, row("ADAMS", "C", ""), del(a))}, []string{"ADAMS/JO C 10A  [] false"}, ""},
		"in two messages either":                 {[]ground.ManifestUpdate{message(0, 0, a), message(1, 1, row("ADAMS", "C", "2A")), message(2, 2, del(a))}, []string{"ADAMS/JO C 2A  [] false"}, ""},
		"a booking that is split removes nobody": {[]ground.ManifestUpdate{message(0, 0, a), message(1, 1, del(a), with(a, func(r *ground.ManifestRow) { r.Locator = "OTHER1" }))}, []string{"ADAMS/JO Y 10A  [] false"}, ""},
		"a removal before what it removes":       {[]ground.ManifestUpdate{message(2, 2, del(a)), message(1, 1, a), message(0, 0, b)}, []string{"BAKKER/JO Y   [] false"}, ""},
		"an older seat fills a gap only":         {[]ground.ManifestUpdate{message(1, 0, a, b), message(0, 0, row("ADAMS", "Y", "30A"), row("BAKKER", "Y", "30B"))}, []string{"ADAMS/JO Y 10A  [] false", "BAKKER/JO Y 30B  [] false"}, ""},
		"another carrier's locator":              {[]ground.ManifestUpdate{message(0, 0, with(a, func(r *ground.ManifestRow) { r.Locators = []string{"AFAFAF"} })), message(1, 1, with(a, func(r *ground.ManifestRow) { r.Locator, r.Assistance = "AFAFAF", []string{"meal VGML"} }))}, []string{"ADAMS/JO Y 10A  [meal VGML] false"}, ""},
		"a title that is part of the name":       {[]ground.ManifestUpdate{message(0, 0, with(a, func(r *ground.ManifestRow) { r.Given, r.Title = "A", "MR" })), message(1, 1, with(a, func(r *ground.ManifestRow) { r.Given, r.Title = "AMR", "MR" }))}, []string{"ADAMS/AMR Y 10A  [] false"}, ""},
		"a letter of the name":                   {[]ground.ManifestUpdate{message(0, 0, a, b), message(1, 0, with(a, func(r *ground.ManifestRow) { r.Surname = "ADAMX" }), b)}, []string{"ADAMX/JO Y 10A  [] false", "BAKKER/JO Y   [] false"}, ""},
		"a lost number":                          {[]ground.ManifestUpdate{message(0, 0, a), message(1, 1, a), message(3, 3, a), message(4, 4, a)}, []string{"ADAMS/JO Y 10A  [] false"}, "gap"},
		"a lost number that comes after all":     {[]ground.ManifestUpdate{message(0, 0, a), message(1, 1, a), message(3, 3, a), message(2, 2, a)}, []string{"ADAMS/JO Y 10A  [] false"}, ""},
		"another aircraft":                       {[]ground.ManifestUpdate{message(1, 0, a), equipment, message(2, 1, a)}, []string{"ADAMS/JO Y 10A  [] false"}, "aircraft"},
		"and its list without seats":             {[]ground.ManifestUpdate{message(0, 0, a), equipment, message(2, 0, row("ADAMS", "Y", ""))}, []string{"ADAMS/JO Y   [] false"}, ""},
		"a total that the list does not have":    {[]ground.ManifestUpdate{total(message(0, 0, a), 1), total(message(1, 1, b), 9)}, []string{"ADAMS/JO Y 10A  [] false", "BAKKER/JO Y   [] false"}, "totals"},
		"a total that the list has":              {[]ground.ManifestUpdate{total(message(0, 0, a), 1), total(message(1, 1, b), 2)}, []string{"ADAMS/JO Y 10A  [] false", "BAKKER/JO Y   [] false"}, ""},
		"somebody who did not come is still booked": {[]ground.ManifestUpdate{total(message(0, 0, a, b), 2),
			{At: start.Add(time.Hour), Sent: true, Rank: ground.MaxRank, Aside: true, Rows: []ground.ManifestRow{with(b, func(r *ground.ManifestRow) { r.Partial, r.Off = true, true })}}},
			[]string{"ADAMS/JO Y 10A  [] false"}, ""},
	} {
		var got book
		got.take(tt.us...)
		if d := cmp.Diff(tt.on, got.on()); d != "" || got.flight.ListDoubt != tt.doubt {
			t.Errorf("%s: doubt %q, want %q (-want +got):\n%s", name, got.flight.ListDoubt, tt.doubt, d)
		}
	}
}

// TestAnyOrderOfArrival: the same messages give the same list, whatever overtakes what.
func TestAnyOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		people := []string{"ADAMS", "BAKKER", "COSTA", "DUBOIS", "EVANS"}
		var us []ground.ManifestUpdate
		number := 0
		for i := range rapid.IntRange(1, 6).Draw(t, "messages") {
			full := rapid.IntRange(0, 2).Draw(t, "full") == 0
			if !full {
				number++
			}
			u := message(i, number, nil...)
			u.Full = full
			if full {
				u.ANA, u.Rank = 0, 0
			}
			if rapid.IntRange(0, 4).Draw(t, "unsure") == 0 {
				u.Doubt = "totals"
			}
			for _, p := range people {
				r := row(p, rapid.SampledFrom([]string{"C", "Y"}).Draw(t, "class"), rapid.SampledFrom([]string{"", "1A", "2B", "3C"}).Draw(t, "seat"))
				if rapid.Bool().Draw(t, "meal") {
					r.Assistance = []string{"meal VGML"}
				}
				switch rapid.IntRange(0, 3).Draw(t, "what") {
				case 0:
					u.Rows = append(u.Rows, r)
				case 1:
					if !full {
						u.Rows = append(u.Rows, del(r))
					}
				case 2:
					if !full {
						other := row(p, map[string]string{"C": "Y", "Y": "C"}[r.Cabin], "")
						u.Rows = append(u.Rows, other, del(r))
					}
				}
			}
			if rapid.Bool().Draw(t, "says totals") {
				u.Totals = []ground.ListCount{{Place: "JFK/Y", Cabin: "Y", N: rapid.IntRange(0, 5).Draw(t, "total")}}
			}
			us = append(us, u)
		}
		var sent, arrived book
		sent.take(us...)
		arrived.take(rapid.Permutation(us).Draw(t, "arrival")...)
		if d := cmp.Diff(sent.on(), arrived.on()); d != "" || sent.flight.ListDoubt != arrived.flight.ListDoubt {
			t.Fatalf("doubt %q, and as sent %q (-sent +arrived):\n%s", arrived.flight.ListDoubt, sent.flight.ListDoubt, d)
		}
		before := arrived.on()
		arrived.take(us...)
		if d := cmp.Diff(before, arrived.on()); d != "" {
			t.Fatalf("the same messages again change the list:\n%s", d)
		}
	})
}

// TestWhatWasKnownBefore: a list that was stored without the ages of its facts is as old as its
// newest message.
func TestWhatWasKnownBefore(t *testing.T) {
	t.Parallel()
	known := ground.Traveller{No: 7, SourceKey: "LOCADAMS|ADAMS/JO|1", Surname: "ADAMS", Given: "JO", Seat: "10A", Cabin: "Y", Assistance: []string{"meal VGML"}}
	gone := ground.Traveller{No: 8, SourceKey: "LOCBAKKER|BAKKER/JO|1", Surname: "BAKKER", Given: "JO", Removed: true}
	b := book{flight: ground.Flight{ListAt: start.Add(time.Hour), ListDoubt: "gap", ANA: 4}, list: []ground.Traveller{known, gone}}
	b.take(message(30, 3, row("ADAMS", "Y", "20A"), row("BAKKER", "Y", "")))
	if d := cmp.Diff([]string{"ADAMS/JO Y 10A  [meal VGML] false"}, b.on()); d != "" || b.flight.ListDoubt != "gap" {
		t.Errorf("after an older change, doubt %q:\n%s", b.flight.ListDoubt, d)
	}
	b.take(message(90, 5, row("ADAMS", "Y", "20A"), row("BAKKER", "Y", "")))
	if d := cmp.Diff([]string{"ADAMS/JO Y 20A  [] false", "BAKKER/JO Y   [] false"}, b.on()); d != "" || b.flight.ListDoubt != "gap" {
		t.Errorf("after a newer change, doubt %q:\n%s", b.flight.ListDoubt, d)
	}
	b.take(message(100, 0, row("ADAMS", "Y", "")))
	if d := cmp.Diff([]string{"ADAMS/JO Y 20A  [] false"}, b.on()); d != "" || b.flight.ListDoubt != "" {
		t.Errorf("after a full list, doubt %q:\n%s", b.flight.ListDoubt, d)
	}
}
