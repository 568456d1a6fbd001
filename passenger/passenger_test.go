package passenger

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestFlightKeysReadBack(t *testing.T) {
	for _, s := range []string{"KL0641/2026-11-21/AMS", "U20123/2026-02-28/LTN", "HAT0170A/2024-02-29/DFW/2", "9W1234/2026-12-31/BOM"} {
		k, err := ParseFlightKey(s)
		if err != nil || k.String() != s {
			t.Errorf("%s: read as %q, %v", s, k, err)
		}
	}
	for _, s := range []string{"", "KL0641", "KL641/2026-11-21", "KL0641/2026-02-30/AMS", "KL0641/2026-11-21/ams", "120641/2026-11-21/AMS",
		"KL0000/2026-11-21/AMS", "KL0641/2026-11-21/AMS/1", "KL0641/2026-11-21/AMS/2/3", "KL0641/2026-11-21/AMSX"} {
		if k, err := ParseFlightKey(s); CodeOf(err) != Invalid {
			t.Errorf("%q: read as %v, %v", s, k, err)
		}
	}
}

func FuzzParseFlightKey(f *testing.F) {
	f.Add("KL0641/2026-11-21/AMS")
	f.Add("U2123/2026-11-21/LTN/9")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseFlightKey(s)
		if err != nil {
			return
		}
		again, err := ParseFlightKey(k.String())
		if err != nil || again != k {
			t.Errorf("%q: %v then %v, %v", s, k, again, err)
		}
	})
}

func TestSeats(t *testing.T) {
	for in, want := range map[string]Seat{"14C": "14C", "01a": "1A", " 001A ": "1A", "": "", "120K": "120K"} {
		if got, err := ParseSeat(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"A1", "14", "0A", "14CC", "1234A", "14Ç"} {
		if got, err := ParseSeat(in); CodeOf(err) != Invalid {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if !Seat("2A").Less("10A") || Seat("10B").Less("10A") || Seat("").Less("1A") || !Seat("99K").Less("") {
		t.Error("seats are not in the order of a walk through the cabin")
	}
}

func TestErrorsKeepTheirCode(t *testing.T) {
	for _, c := range Codes {
		err := fmt.Errorf("outer: %w", Wrap(c, "x.Y", "public", errors.New("cause")))
		if CodeOf(err) != c || Public(err) != "public" {
			t.Errorf("%s: %q, %q", c, CodeOf(err), Public(err))
		}
	}
	if CodeOf(errors.New("x")) != Internal || CodeOf(nil) != "" {
		t.Error("other errors are internal, none is none")
	}
}

func TestFeedbackRules(t *testing.T) {
	for name, tc := range map[string]struct {
		f    Feedback
		want Code
	}{
		"acted":            {Feedback{Outcome: Acted, Reaction: Pleased}, ""},
		"no outcome":       {Feedback{}, Invalid},
		"needs a reason":   {Feedback{Outcome: NotPossible}, Invalid},
		"reason":           {Feedback{Outcome: NotPossible, Reason: Asleep}, ""},
		"reason elsewhere": {Feedback{Outcome: Declined, Reason: Asleep}, Invalid},
		"unknown reaction": {Feedback{Outcome: Acted, Reaction: "angry"}, Invalid},
		"too many words":   {Feedback{Outcome: Acted, Words: string(make([]rune, MaxWordsRunes+1))}, Invalid},
	} {
		if got := CodeOf(tc.f.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestNoteRules(t *testing.T) {
	good := Note{Traveller: 1, Name: "Ms J. Jansen", Happened: []Phrase{{Code: "h.other", Args: []string{"2026-05-12"}}}, Do: []Phrase{{Code: "d.ask"}},
		Priority: Second, Expires: time.Unix(1, 0)}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Note){
		"event with a name": func(n *Note) { n.Event, n.Cases = true, 1 },
		"nobody":            func(n *Note) { n.Traveller = 0 },
		"nothing happened":  func(n *Note) { n.Happened = nil },
		"nothing to do":     func(n *Note) { n.Do = nil },
		"long words":        func(n *Note) { n.Words = string(make([]rune, MaxFreeWordsRunes+1)) },
		"priority 4":        func(n *Note) { n.Priority = 4 },
		"no expiry":         func(n *Note) { n.Expires = time.Time{} },
		"unknown phrase":    func(n *Note) { n.Do = []Phrase{{Code: "d.sing"}} },
		"missing argument":  func(n *Note) { n.Happened = []Phrase{{Code: "h.other"}} },
	} {
		n := good
		change(&n)
		if err := n.Validate(); CodeOf(err) != Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
