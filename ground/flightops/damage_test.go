package flightops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/ground/manifest"
	"github.com/cabinloop/cabinloop/passenger"
)

const (
	damageHead = "KL0641/21NOV AMS PART1\nCFG/030C330Y\nRBD C/CJ Y/YBHKM\n"
	damageList = "PNL\n" + damageHead + `-JFK002C
1DE VRIES/JANMR .L/CC11AA/KL .L/AFAFAF/AF
.R/SEAT HK1 2A
1OKAFOR/NGOZIMRS .L/CC22AA .R/WCHR HK1
-JFK006Y
2COSTA/ANAMRS/TIAGOMSTR-B2 .L/YY33BB .R/CHLD HK1-1COSTA/TIAGOMSTR
1BAKKER/PIETMR .L/YY44BB .R/OTHS HK1 TRAVELS WITH A FRIEND
.RN/ FROM SCHOOL
1VISSER/HANSMR .L/YY55BB
1VISSER/HANSMR .L/YY66BB
1SUHARTO .L/YY77BB
ENDPNL
`
	damageChange = "ADL\n" + damageHead + `ANA/001
-JFK003C
ADD
1BAKKER/PIETMR .L/YY44BB .R/VGML HK1
-JFK005Y
DEL
1SUHARTO .L/YY77BB .R/VGML HK1
1BAKKER/PIETMR .L/YY44BB
ADD
1NEWMAN/SUEMRS .L/YY88BB
CHG
2COSTA/ANAMRS/TIAGOMSTR-B2 .L/YY33BB .R/SEAT HK2 14C14D
1VISSER/HANSMR .L/YY55BB .R/VGML HK1
ENDADL
`
)

// roll is the list of one flight.
type roll struct {
	facts ground.ListFacts
	list  []ground.Traveller
}

// after merges a telex into the list; whole is false when nothing of it was taken.
func (r roll) after(t *testing.T, text string) (_ roll, whole bool) {
	res, err := flightops.DecodeAll([]flightops.Input{{Name: "in", Data: []byte(text)}}, received)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range res.Lists {
		if l.Flight.String() != "KL0641/2026-11-21/AMS" {
			continue // another flight's
		}
		whole = true
		m := manifest.Merge(ground.Flight{List: r.facts}, r.list, l.Update(passenger.FlightKey{}, received), passenger.TravellerNo(len(r.list)), func(string) bool { return false })
		r.facts, r.list = m.Facts, slices.Clone(r.list)
		for _, c := range m.Changes {
			if c.Before == nil {
				r.list = append(r.list, c.Traveller)
			} else {
				r.list[c.No-1] = c.Traveller
			}
		}
	}
	return r, whole
}

// TestADamagedListRemovesNobody: a list or a change that was cut, or of which a byte is another one,
// lost or too many, takes nobody off the flight whom it names when it is whole.
func TestADamagedListRemovesNobody(t *testing.T) {
	t.Parallel()
	first, _ := roll{}.after(t, ".AMSRMKL 201000\n"+damageList)
	for name, text := range map[string]string{"list": ".AMSRMKL 201100\n" + damageList, "change": ".AMSRMKL 201100\n" + damageChange} {
		want, ok := first.after(t, text)
		if !ok || want.list[0].Removed || want.list[7].Removed != (name == "change") {
			t.Fatalf("%s: the whole message gives %v", name, want.list)
		}
		taken, refused := 0, 0
		try := func(what string, i int, damaged string) {
			got, ok := first.after(t, damaged)
			for j := range first.list {
				if !want.list[j].Removed && got.list[j].Removed {
					t.Errorf("%s, %s at %d, %q: traveller %d is gone", name, what, i, damaged[max(0, i-12):min(len(damaged), i+12)], j+1)
				}
			}
			if ok {
				taken++
			} else {
				refused++
			}
		}
		for i := range text {
			try("cut", i, text[:i])
			try("beginning lost", i, text[i:])
			try("byte lost", i, text[:i]+text[i+1:])
			try("byte added", i, text[:i]+"X"+text[i:])
			for _, b := range []string{"X", "1", "0", " ", "\n", "/", ".", "-", "\x80"} {
				try("byte changed to "+b, i, text[:i]+b+text[i+1:])
			}
		}
		if taken < refused/4 {
			t.Errorf("%s: %d taken, %d refused: nothing is tried", name, taken, refused)
		}
	}
}

// TestListsThatDoNotAddUp: what a list says when it cannot be trusted with removing.
func TestListsThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body  string
		doubt bool
		names []string
	}{
		"totals line with a letter too many": {"-JFK001YM\n1VOS/ANNAMRS .L/AAAAA5\n", true, nil},
		"minimal":                            {"-JFK002Y\n1VOS/ANNAMRS .L/AAAAA5\n", true, []string{"VOS"}},
		"seats without names":                {"-JFK002Y\n1VOS/ANNAMRS .L/AAAAA5\n1NONAME\n", true, []string{"VOS"}},
		"fewer names than passengers":        {"-JFK002Y\n2VOS/ANNAMRS .L/AAAAA5\n", true, []string{"VOS"}},
		"a line that is none":                {"-JFK001Y\n1VOS/ANNAMRS .L/AAAAA5\nVISSER/HANSMR\n", true, []string{"VOS"}},
		"a remark that goes on":              {"-JFK001Y\n1VOS/ANNAMRS .L/AAAAA5\n.R/OTHS HK1 PLS LOAD\n1 DOG/CAT IN HOLD\nAND A BIRD\n", false, []string{"VOS"}},
		"blocked seats":                      {"-JFK005Y\n1VOS/ANNAMRS .L/AAAAA5\n3VOS/STCR/STCR/STCR .L/AAAAA5\n1EXST/VOS .L/AAAAA5\n", false, []string{"VOS"}},
		"letters that cannot be read":        {"-JFK001Y\n1\x8c\x80/\x8c\x80\n", true, []string{"??"}},
	} {
		res := decode(t, "PNL\nKL0641/21NOV AMS PART1\nRBD C/CJ Y/YBHKM\n"+tt.body+"ENDPNL\n", received)
		if len(res.Lists) != 1 {
			t.Errorf("%s: refused %v", name, res.Refused)
			continue
		}
		u := res.Lists[0].Update(passenger.FlightKey{}, received)
		var names []string
		for _, r := range u.Rows {
			names = append(names, strings.TrimSpace(r.Surname))
		}
		if (u.Doubt != "") != tt.doubt || !slices.Equal(names, tt.names) {
			t.Errorf("%s: doubt %q, names %v", name, u.Doubt, names)
		}
	}
}
