package notes_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestHash(t *testing.T) {
	t.Parallel()
	base, _ := notes.Compile(input())
	same := map[string]func(*notes.Input){
		"seat moved":     func(in *notes.Input) { in.Traveller.Seat = "2A" },
		"name corrected": func(in *notes.Input) { in.Traveller.Surname = "JANSSEN" },
		"an hour later":  func(in *notes.Input) { in.Flight.STA = in.Flight.STA.Add(time.Hour) },
		"two days later": func(in *notes.Input) { in.Flight.STA = in.Flight.STA.Add(48 * time.Hour) },
		"compiled later": func(in *notes.Input) { in.Now = in.Now.Add(time.Hour) },
	}
	other := map[string]func(*notes.Input){
		"other traveller":   func(in *notes.Input) { in.Traveller.No = 8 },
		"settled":           func(in *notes.Input) { in.Settled = true },
		"other severity":    func(in *notes.Input) { in.Severity = passenger.Urgent },
		"words":             func(in *notes.Input) { in.Edits = &notes.Edits{Words: "coffee first"} },
		"another complaint": func(in *notes.Input) { in.Complaint.Designator = "KL0642" },
	}
	for name, change := range same {
		in := input()
		change(&in)
		if n, _ := notes.Compile(in); notes.Hash(n) != notes.Hash(base) {
			t.Errorf("%s: another hash", name)
		}
	}
	for name, change := range other {
		in := input()
		change(&in)
		if n, _ := notes.Compile(in); notes.Hash(n) == notes.Hash(base) {
			t.Errorf("%s: the same hash", name)
		}
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	note := func(no passenger.TravellerNo, seat passenger.Seat, p passenger.Priority, m passenger.Moment) passenger.Note {
		return passenger.Note{Traveller: no, Seat: seat, Priority: p, Moment: m}
	}
	want := []passenger.Note{
		{Event: true, Cases: 2, Priority: passenger.First, Moment: passenger.AtBoarding},
		note(1, "30C", passenger.First, passenger.AtBoarding), note(2, "2A", passenger.First, passenger.AtMeal),
		note(3, "9C", passenger.Second, passenger.AtMeal), note(4, "14A", passenger.Second, passenger.AtMeal), note(5, "", passenger.Second, passenger.AtMeal),
	}
	for i := range 10 {
		want = append(want, note(passenger.TravellerNo(10+i), "40A", passenger.Third, passenger.AtCruise))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		in := slices.Clone(want)
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		order := notes.Rank(in)
		if len(order) != passenger.MaxNotesPerFlight {
			t.Fatalf("shows %d notes, want %d", len(order), passenger.MaxNotesPerFlight)
		}
		for i, j := range order {
			if in[j].Traveller != want[i].Traveller {
				t.Fatalf("place %d: traveller %d, want %d", i, in[j].Traveller, want[i].Traveller)
			}
		}
	}
	if got := notes.Rank(nil); len(got) != 0 {
		t.Errorf("no notes rank as %v", got)
	}
}

// TestCompileProperties: whatever the input, there is a valid note or a refusal with a reason,
// never both, and the hard rules hold.
func TestCompileProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := input()
		in.Topic = rapid.SampledFrom(passenger.Topics).Draw(t, "topic")
		in.Severity = passenger.Severity(rapid.IntRange(0, 4).Draw(t, "severity"))
		in.Complaint.Designator = rapid.SampledFrom([]string{"KL641", "", "x", "KL 0641"}).Draw(t, "designator")
		in.Traveller.Cabin = rapid.SampledFrom([]string{"F", "C", "W", "Y", ""}).Draw(t, "cabin")
		in.Traveller.Surname = rapid.String().Draw(t, "surname")
		in.Traveller.MinorPossible = rapid.Bool().Draw(t, "minor")
		in.Traveller.IdentitySure = rapid.Bool().Draw(t, "sure")
		in.Flight.CrewOfComplaint = rapid.Bool().Draw(t, "crew")
		in.Flight.STA = in.Flight.STD.Add(time.Duration(rapid.IntRange(-60, 900).Draw(t, "minutes")) * time.Minute)
		in.Consent = rapid.SampledFrom([]passenger.Consent{passenger.ConsentYes, passenger.ConsentNo, passenger.ConsentNotAsked, ""}).Draw(t, "consent")
		in.NotAskedAllowed = rapid.Bool().Draw(t, "allowed")
		in.Reach = rapid.SampledFrom([]notes.Reach{notes.ReachOwn, notes.ReachPartner, notes.ReachNone, ""}).Draw(t, "reach")
		in.Settled, in.Onward = rapid.Bool().Draw(t, "settled"), rapid.Bool().Draw(t, "onward")
		if rapid.Bool().Draw(t, "edited") {
			in.Edits = &notes.Edits{Words: rapid.String().Draw(t, "words"), Do: rapid.SliceOfN(rapid.SampledFrom(passenger.PhraseCodes("do")), 0, 4).Draw(t, "do")}
		}
		n, r := notes.Compile(in)
		if r != nil {
			if r.Code == "" || len(r.Reasons) == 0 || n.Traveller != 0 {
				t.Fatalf("refusal %+v with note %+v", r, n)
			}
			return
		}
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		switch {
		case in.Consent == passenger.ConsentNo, in.Consent != passenger.ConsentYes && !in.NotAskedAllowed:
			t.Fatal("a note without consent")
		case in.Reach != notes.ReachOwn && in.Reach != notes.ReachPartner:
			t.Fatal("a note without reach")
		case in.Traveller.MinorPossible || !in.Traveller.IdentitySure:
			t.Fatal("a note that must be held")
		case in.Topic == passenger.TopicCrew && (in.Flight.CrewOfComplaint || in.Edits == nil):
			t.Fatal("a note about crew")
		case in.Settled && (len(n.Do) != 1 || n.Do[0].Code != "d.acknowledge"):
			t.Fatal("more than an acknowledgement of a settled case")
		case !n.Expires.Equal(in.Flight.STA.Add(passenger.NoteLifeAfterSTA)):
			t.Fatal("a wrong expiry")
		}
		again, _ := notes.Compile(in)
		if notes.Hash(again) != notes.Hash(n) {
			t.Fatal("two compilations, two hashes")
		}
	})
}
