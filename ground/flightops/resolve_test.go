package flightops_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
)

func candidate(t *testing.T, key, arrival, std, sta string, open bool) flightops.Candidate {
	t.Helper()
	k, err := passenger.ParseFlightKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := flightops.Candidate{Key: k, Arrival: arrival, Open: open}
	for p, s := range map[*time.Time]string{&c.STD: std, &c.STA: sta} {
		if *p, err = time.Parse("2006-01-02 15:04", s); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestResolve(t *testing.T) {
	t.Parallel()
	day20 := candidate(t, "KL0641/2026-11-20/AMS", "JFK", "2026-11-20 21:00", "2026-11-21 05:30", true)
	day21 := candidate(t, "KL0641/2026-11-21/AMS", "JFK", "2026-11-21 21:00", "2026-11-22 05:30", true)
	again := candidate(t, "KL0641/2026-11-20/AMS/2", "JFK", "2026-11-20 21:20", "2026-11-21 05:50", true)
	legB := candidate(t, "KL0641/2026-11-21/JFK", "BOS", "2026-11-21 06:30", "2026-11-21 07:30", true)
	shut := day20
	shut.Open = false
	auckland := candidate(t, "NZ0005/2026-11-20/AKL", "LAX", "2026-11-20 20:00", "2026-11-21 08:00", true)
	auckland2 := candidate(t, "NZ0005/2026-11-21/AKL", "LAX", "2026-11-21 20:00", "2026-11-22 08:00", true)
	for _, c := range []struct {
		name, text string
		among      []flightops.Candidate
		want       string
		code       passenger.Code
	}{
		{"on time", ".AMSMMKL 202105\nMVT\nKL0641/20.PHBQA.AMS\nAD2102/2110 EA0525 JFK\n", []flightops.Candidate{day20, day21, legB}, "KL0641/2026-11-20/AMS", ""},
		{"after midnight, own day", ".AMSMMKL 210120\nMVT\nKL0641/20.PHBQA.AMS\nAD0110/0115\n", []flightops.Candidate{day20, day21}, "KL0641/2026-11-20/AMS", ""},
		{"arrival the next day", ".JFKMMKL 210535\nMVT\nKL0641/20.PHBQA.JFK\nAA0526/0534\n", []flightops.Candidate{day20, day21, legB}, "KL0641/2026-11-20/AMS", ""},
		{"arrival written by its own day", ".JFKMMKL 210535\nMVT\nKL0641/21.PHBQA.JFK\nAA0526/0534\n", []flightops.Candidate{day20, day21}, "KL0641/2026-11-20/AMS", ""},
		{"second leg", ".JFKMMKL 210640\nMVT\nKL0641/21.PHBQA.JFK\nAD0635/0640 EA0730 BOS\n", []flightops.Candidate{day20, day21, legB}, "KL0641/2026-11-21/JFK", ""},
		{"landed elsewhere", ".BOSMMKL 210535\nMVT\nKL0641/20.PHBQA.EWR\nAA0526/0534\n", []flightops.Candidate{day20, day21}, "KL0641/2026-11-20/AMS", ""},
		{"local day of the sender", ".AKLMMNZ 202005\nMVT\nNZ0005/21.ZKNZA.AKL\nAD202003/202010\n", []flightops.Candidate{auckland, auckland2}, "NZ0005/2026-11-20/AKL", ""},
		{"25 hours late", ".AMSMMKL 212205\nMVT\nKL0641/20.PHBQA.AMS\nAD212200\n", []flightops.Candidate{day20, day21}, "KL0641/2026-11-20/AMS", ""},
		{"13 hours late, nearer to the next", ".AMSMMKL 211003\nMVT\nKL0641/20.PHBQA.AMS\nAD211001\n", []flightops.Candidate{day20, day21}, "KL0641/2026-11-20/AMS", ""},
		{"of a day that nobody flies", ".AMSMMKL 220900\nMVT\nKL0641/19.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{day20, day21}, "", passenger.NotFound},
		{"two equally near", ".AMSMMKL 202105\nMVT\nKL0641/20.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{day20, again}, "", passenger.Invalid},
		{"closed", ".AMSMMKL 202105\nMVT\nKL0641/20.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{shut}, "", passenger.Phase},
		{"unknown", ".AMSMMKL 202105\nMVT\nKL0642/20.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{day20}, "", passenger.NotFound},
		{"other suffix", ".AMSMMKL 202105\nMVT\nKL0641A/20.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{day20}, "", passenger.NotFound},
		{"icao carrier", ".AMSMMKL 202105\nMVT\nKLM641/20.PHBQA.AMS\nAD2102/2110\n", []flightops.Candidate{day20}, "KL0641/2026-11-20/AMS", ""},
	} {
		res := decode(t, c.text, received)
		if len(res.Movements) != 1 {
			t.Errorf("%s: refused %v", c.name, res.Refused)
			continue
		}
		key, err := flightops.Resolve(res.Movements[0], c.among)
		if passenger.CodeOf(err) != c.code || err == nil && key.String() != c.want {
			t.Errorf("%s: got %s, %v; want %q %q", c.name, key, err, c.want, c.code)
		}
	}
}

// TestMovementOnItsDay: what says hours and minutes only is of the day of its flight, however late
// it arrives.
func TestMovementOnItsDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.take(".AMSMMKL 221605\nMVT\nKL0641/21.PHBQA.AMS\nAD1230/1240 EA2050 JFK\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 220105\nMVT\nKL0641/21.PHBQA.JFK\nAA2048/2055\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 231605\nMVT\nKL0641/20.PHBQA.AMS\nAD1230/1240\n", "taken 0 duplicate 0",
		"3: refused: in:3: no flight KL0641 of 2026-11-20 is known; import its schedule first, or record the movement by hand on the flight it is about")
	s.take(".AMSMMKL 221240\nMVT\nKL0641/22.PHBQA.AMS\nAD1220/1230\nKL0643/22.PHBQB.AMS\nAD1225/1235\n", "taken 1 duplicate 0",
		"5: refused: in:5: no flight KL0643 of 2026-11-22 is known; import its schedule first, or record the movement by hand on the flight it is about")
	s.take(".AMSMMKL 221600\nDIV\nKL0641/22.PHBQA.JFK\nEA1830 BOS\nDR71\nPART 1 END\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 221700\nMVT\nKL0641/22.PHBQA.JFK\nEA1840 BOS\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 221630\nMVT\nKL0641/22.PHBQA.JFK\nEA1815 BOS\n", "taken 1 duplicate 0") // sent before the last
	s.take(".AMSMMKL 231300\nMVT\nKL0641/23.PHBQA.AMS\nAD1235/1245\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 231310\nMVT COR\nKL0641/23.PHBQA.AMS\nAD1233/1243\n", "taken 1 duplicate 0")
	s.take(".AMSMMKL 231250\nMVT\nKL0641/23.PHBQA.AMS\nAD1237/1247\n", "taken 1 duplicate 0")
	for date, want := range map[string]string{
		"2026-11-23": "2026-11-23 20:45Z off 2026-11-23 12:43Z JFK",
		"2026-11-21": "2026-11-21 20:50Z in 2026-11-21 20:55Z JFK",
		"2026-11-22": "2026-11-22 18:40Z diverted 2026-11-22 16:00Z BOS",
	} {
		err := s.db.Read(t.Context(), func(tx ground.Tx) error {
			f, err := tx.FlightByKey(t.Context(), passenger.FlightKey{Carrier: "KL", Number: 641, Date: date, Departure: "AMS", Attempt: 1})
			if got := fmt.Sprintf("%s %s %s %s", stamp(f.STA), f.Movement, stamp(f.MovedAt), f.Arrival); err == nil && got != want {
				t.Errorf("%s: got %s, want %s", date, got, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestMovementTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"2400 is the next midnight", ".AMSMMKL 210001\nMVT\nKL0641/20.PHBQA.AMS\nAD2400\n", "2026-11-21T00:00:00Z"},
		{"no sender, old file", "MVT\nKL0641/10.PHBQA.AMS\nAD2102\n", "2026-11-10T21:02:00Z"},
		{"day 31 in the next month", ".AMSMMKL 010030\nMVT\nKL0641/31.PHBQA.AMS\nAD2355\n", "2026-10-31T23:55:00Z"},
		{"day in front", ".AMSMMKL 210400\nMVT\nKL0641/20.PHBQA.AMS\nAD202102/202110\n", "2026-11-20T21:02:00Z"},
		{"blank in the word", ".AMSMMKL 202105\nMVT\nKL0641/20.PHBQA.AMS\nAD 2102/2110\n", "2026-11-20T21:02:00Z"},
	} {
		at := received
		if c.name == "day 31 in the next month" {
			at = time.Date(2026, time.November, 1, 1, 0, 0, 0, time.UTC)
		}
		res := decode(t, c.text, at)
		if len(res.Movements) != 1 {
			t.Errorf("%s: refused %v", c.name, res.Refused)
			continue
		}
		if got := res.Movements[0].Events[0].At.Format(time.RFC3339); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
