package flightops_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
)

// sample returns the inputs of a golden file.
func sample(t testing.TB, name string) []flightops.Input {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var in []flightops.Input
	for _, f := range a.Files {
		if f.Name != "out" {
			in = append(in, flightops.Input{Name: f.Name, Data: f.Data})
		}
	}
	return in
}

func decode(t testing.TB, text string, at time.Time) flightops.Result {
	t.Helper()
	res, err := flightops.Decode("in", strings.NewReader(text), at)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestTwoLegsFacts(t *testing.T) {
	t.Parallel()
	res, err := flightops.DecodeAll(sample(t, "pnl_two_legs.txt"), receivedFor("two_legs"))
	if err != nil || len(res.Lists) != 1 || len(res.Refused) != 0 {
		t.Fatalf("got %d lists, refused %v, %v", len(res.Lists), res.Refused, err)
	}
	l := res.Lists[0]
	count := map[string]int{}
	locators := map[string]int{}
	for _, e := range l.Entries {
		count[e.Destination+e.Class]++
		locators[e.Locator]++
	}
	want := map[string]int{"SVXC": 4, "SVXY": 5, "LEDF": 1, "LEDC": 2, "LEDY": 2}
	if d := cmp.Diff(want, count); d != "" {
		t.Errorf("passengers by destination and class (-want +got):\n%s", d)
	}
	if len(l.Entries) != 14 || l.Infants != 3 || l.Doubt() != "" || len(l.Warnings) != 0 {
		t.Errorf("got %d passengers, %d infants, doubt %q, warnings %v", len(l.Entries), l.Infants, l.Doubt(), l.Warnings)
	}
	if locators["00030K"] != 2 || locators[""] != 0 {
		t.Errorf("locator of group A2 covers %d, %d without", locators["00030K"], locators[""])
	}
	if rows := l.Rows(); len(rows) != 14 || !rows[1].Minor || rows[2].Minor {
		t.Errorf("rows: %d, the child minor %v, the parent minor %v", len(rows), rows[1].Minor, rows[2].Minor)
	}
}

// Line ends, trailing blanks and blank lines change neither what a list says nor its key.
func TestLineEndsAreNoContent(t *testing.T) {
	t.Parallel()
	in := sample(t, "pnl_two_legs.txt")
	at := receivedFor("two_legs")
	want, err := flightops.DecodeAll(in, at)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(string) string{
		"crlf":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"cr":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"trailing blanks": func(s string) string { return strings.ReplaceAll(s, "\n", "   \n") },
		"no last newline": strings.TrimSpace,
		"bom":             func(s string) string { return "\uFEFF" + s },
		"start and end": func(s string) string {
			return "\x01" + strings.ReplaceAll(s, "MOWRMUT 271216", "MOWRMUT 271216\x02") + "\x03"
		},
		"twice": func(s string) string { return s + s },
	} {
		got := decode(t, change(string(in[0].Data)), at)
		if len(got.Refused) > 0 || len(got.Lists) != 1 {
			t.Errorf("%s: %d lists, refused %v", name, len(got.Lists), got.Refused)
			continue
		}
		if got.Lists[0].Key != want.Lists[0].Key {
			t.Errorf("%s: key %q, want %q", name, got.Lists[0].Key, want.Lists[0].Key)
		}
		if d := cmp.Diff(len(want.Lists[0].Entries), len(got.Lists[0].Entries)); d != "" {
			t.Errorf("%s: entries %s", name, d)
		}
	}
}

// parts cuts a PNL as a departure control system does: every part repeats the totals line.
func parts(n int, stamp string) []string {
	out := make([]string, n)
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, ".AMSRMKL %s\nPNL\nKL0641/21NOV AMS PART%d\n", stamp, i+1)
		if i == 0 {
			b.WriteString("RBD Y/YB\n")
		}
		fmt.Fprintf(&b, "-JFK%03dB\n1TEST/P%sMR .L/AA%dBBC\n", n, string(rune('A'+i)), i)
		if i == n-1 {
			b.WriteString("ENDPNL\n")
		} else {
			fmt.Fprintf(&b, "ENDPART%d\n", i+1)
		}
		out[i] = b.String()
	}
	return out
}

func TestPartsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "parts")
		p := rapid.Permutation(parts(n, "201530")).Draw(t, "order")
		lost := rapid.IntRange(-1, n-1).Draw(t, "lost")
		if lost >= 0 {
			p = slices.Delete(p, lost, lost+1)
		}
		var in []flightops.Input
		for i, text := range p {
			in = append(in, flightops.Input{Name: fmt.Sprint(i), Data: []byte(text)})
		}
		res, err := flightops.DecodeAll(in, received)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case lost >= 0 && (len(res.Lists) != 0 || len(p) > 0 && len(res.Refused) != 1):
			t.Fatalf("one part lost: %d lists, refused %v", len(res.Lists), res.Refused)
		case lost < 0 && (len(res.Lists) != 1 || len(res.Lists[0].Entries) != n || res.Lists[0].Doubt() != "" || res.Lists[0].Entries[0].Cabin != "Y"):
			t.Fatalf("all parts there: %d lists, refused %v", len(res.Lists), res.Refused)
		}
	})
}

// A newer list throws away the half-collected older one.
func TestNewerPartOne(t *testing.T) {
	t.Parallel()
	older, newer := parts(2, "201530"), parts(2, "201600")
	newer[0] = strings.Replace(newer[0], "1TEST", "1OTHER", 1)
	res := decode(t, older[0]+newer[0]+newer[1], received)
	if len(res.Refused) != 0 || len(res.Lists) != 1 || res.Lists[0].Entries[0].Surname != "OTHER" {
		t.Fatalf("got %+v", res)
	}
	both := decode(t, newer[1]+newer[0]+older[0]+older[1], received)
	if len(both.Lists) != 2 || both.Lists[0].Entries[0].Surname != "TEST" {
		t.Fatalf("two whole lists, older first: got %+v", both)
	}
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	const head = ".AMSRMKL 201530\nPNL\nKL0641/21NOV AMS PART1\n"
	for _, c := range []struct{ name, body, want string }{
		{"too few", "-JFK002Y\n1VOS/PIETMR\nENDPNL\n", "list unsure: 2 booked to JFK in class Y, 1 names"},
		{"no names counted", "-JFK003Y\n1VOS/PIETMR\n2NONAMES\nENDPNL\n", ""},
		{"no totals", "ENDPNL\n", "list unsure: the list holds no totals"},
		{"unreadable name", "-JFK001Y\n1/\nENDPNL\n", "list unsure: a name could not be read (line 5); 1 booked to JFK in class Y, 0 names"},
		{"infant has no seat", "-JFK001Y\n1VOS/PIETMR\n1VOS/BABY INF\nENDPNL\n", ""},
	} {
		res := decode(t, head+c.body, received)
		if len(res.Lists) != 1 {
			t.Errorf("%s: refused %v", c.name, res.Refused)
			continue
		}
		if got := res.Lists[0].Doubt(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// What must not enter is in no field of any value.
func TestDocumentsAndContactsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	res := decode(t, ".AMSRMKL 201530\nPNL\nKL0641/21NOV AMS PART1\n-JFK002Y\n"+
		"2VOS/PIETMR/ANNAMRS .L/AB12CD\n.R/DOCS HK1/P/NLD/SECRETA/NLD/01JAN80/M/01JAN30/VOS/PIET-1VOS/PIETMR\n.R/DOCO HK1/SECRETB\n.R/DOCA HK1/SECRETC\n"+
		".R/FOID HK1 SECRETD\n.R/PSPT HK1 SECRETE\n.R/CTCM HK1/SECRETF\n.R/CTCE HK1/SECRETG\n.RN/SECRETH\n.R/PCTC HK1/SECRETI\n.R/MEDA HK1 SECRETJ-1VOS/ANNAMRS\n"+
		".R/OTHS HK1 SECRETK\n.R/TKNE HK1 SECRETL\n.F/KL SECRETM\n.S/US/SECRETN\n.W/K/2/20\n.R/CHLD HK1 SECRETO-1VOS/ANNAMRS\n.R/SPML HK1 SECRETP\nSECRETQ\nENDPNL\n", received)
	if len(res.Lists) != 1 {
		t.Fatalf("refused %v", res.Refused)
	}
	b, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(b, []byte("SECRET")); i >= 0 {
		t.Errorf("a text that must be dropped is kept: …%s…", b[max(0, i-60):i+8])
	}
	anna := res.Lists[0].Entries[1]
	if got := flightops.Assistance(anna); !slices.Contains(got, "ask what helps") || !anna.Minor {
		t.Errorf("assistance %v, minor %v", got, anna.Minor)
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	_, err := flightops.Decode("big", bytes.NewReader(make([]byte, flightops.MaxInputBytes+1)), received)
	if got := passenger.CodeOf(err); got != passenger.TooMuch {
		t.Errorf("got %v", err)
	}
	var b strings.Builder
	b.WriteString(".AMSRMKL 201530\nPNL\nKL0641/21NOV AMS PART1\n-JFK001Y\n")
	for range flightops.MaxEntries/99 + 1 {
		b.WriteString("99VOS/A\n")
	}
	b.WriteString("ENDPNL\n")
	res := decode(t, b.String(), received)
	if len(res.Lists) != 0 || len(res.Refused) != 1 || res.Refused[0].Field != "names" {
		t.Errorf("got %d lists, refused %v", len(res.Lists), res.Refused)
	}
}

func TestYearOfAList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ received, date, want string }{
		{"2026-12-30", "02JAN", "2027-01-02"},
		{"2027-01-01", "31DEC", "2026-12-31"},
		{"2026-11-21", "23AUG", "2026-08-23"}, // 90 days back
		{"2026-11-21", "22AUG", "2027-08-22"}, // 91 days back is next year's
		{"2028-02-27", "29FEB", "2028-02-29"},
		{"2027-02-27", "29FEB", ""},
		{"2026-11-21", "31NOV", ""},
		{"2026-11-21", "21XXX", ""},
		{"2026-11-21", "00NOV", ""},
	} {
		at, err := time.Parse(time.DateOnly, c.received)
		if err != nil {
			t.Fatal(err)
		}
		res := decode(t, "PNL\nKL641/"+c.date+" AMS PART1\n-JFK000Y\nENDPNL\n", at)
		got := ""
		if len(res.Lists) == 1 {
			got = res.Lists[0].Flight.LocalDate
		}
		if got != c.want {
			t.Errorf("%s received on %s: got %q, want %q (%v)", c.date, c.received, got, c.want, res.Refused)
		}
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][2]string{
		"RUIMR": {"RUI", "MR"}, "ANAMRS": {"ANA", "MRS"}, "ANAMS": {"ANA", "MS"}, "TIAGOMSTR": {"TIAGO", "MSTR"}, "RITAMISS": {"RITA", "MISS"},
		"BERNARD MR": {"BERNARD", "MR"}, "OMR": {"O", "MR"}, "MR": {"", "MR"}, "AMR": {"AMR", ""}, "AMRMR": {"AMR", "MR"}, "BADR": {"BADR", ""}, "KIM(CHD)": {"KIM", "CHD"}, "KIM MISS (CHD 04MAY19)": {"KIM", "CHD"}, "ALEXANDR": {"ALEXANDR", ""}, "ALEXANDR MR": {"ALEXANDR", "MR"},
		"NASIR": {"NASIR", ""}, "JOHNDR": {"JOHN", "DR"}, "ANNA MARIA": {"ANNA MARIA", ""}, "LEO CHD": {"LEO", "CHD"},
	} {
		res := decode(t, "PNL\nKL641/21NOV AMS PART1\n-JFK001Y\n1VOS/"+raw+"\nENDPNL\n", received)
		e := res.Lists[0].Entries[0]
		if got := [2]string{e.Given, e.Title}; got != want || e.Raw != raw {
			t.Errorf("%q: got %v (raw %q), want %v", raw, got, e.Raw, want)
		}
	}
}

func TestFlightDesignators(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"KL774": "KL0774", "KL0774": "KL0774", "KL 774": "KL0774", "U2123": "U20123", "9W1234": "9W1234", "3K12": "3K0012", "TEF402": "TEF0402",
		"AC189S": "AC0189S", "QFA2915": "QF2915", "KL00774": "KL0774",
	} {
		res := decode(t, "PNL\n"+text+"/21NOV AMS PART1\n-JFK000Y\nENDPNL\n", received)
		if len(res.Lists) != 1 || res.Lists[0].Flight.Designator() != want {
			t.Errorf("%s: want %s, got %+v", text, want, res)
		}
	}
}
