package flightops

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/cabinloop/cabinloop/internal/testenv"
	"github.com/cabinloop/cabinloop/passenger/privacy"
)

func TestSplitFullName(t *testing.T) {
	t.Parallel()
	for full, want := range map[string][4]string{ // surname, given, title, what the tablet shows
		"Chen Jackson":         {"Jackson", "Chen", "", "C. Jackson"},
		"Mei Hernandez":        {"Hernandez", "Mei", "", "M. Hernandez"},
		"PIET VOS":             {"VOS", "PIET", "", "P. Vos"},
		"Mr. Piet Vos":         {"Vos", "Piet", "MR", "Mr P. Vos"},
		"Dr Vos":               {"Vos", "", "DR", "Dr Vos"},
		"Vos, Piet":            {"Vos", "Piet", "", "P. Vos"},
		"van der Berg, Anna":   {"van der Berg", "Anna", "", "A. van der Berg"},
		"VOS/PIET MR":          {"VOS", "PIET", "MR", "Mr P. Vos"},
		"Piet VOS":             {"VOS", "Piet", "", "P. Vos"},
		"NGUYEN Van An":        {"NGUYEN", "Van An", "", "V. Nguyen"},
		"Ana GARCÍA LÓPEZ":     {"GARCÍA LÓPEZ", "Ana", "", "A. García López"},
		"Anna Maria van Dijk":  {"van Dijk", "Anna Maria", "", "A. van Dijk"},
		"ANNA VAN DER BERG":    {"VAN DER BERG", "ANNA", "", "A. van der Berg"},
		"P. Vos":               {"Vos", "P.", "", "P. Vos"},
		"Vos P.":               {"Vos", "P.", "", "P. Vos"},
		"Ana García López":     {"Ana García López", "", "", "Ana García López"},
		"Ms Ana García López":  {"Ana García López", "", "MS", "Ms Ana García López"},
		"Mohamed El Amrani":    {"Mohamed El Amrani", "", "", "Mohamed El Amrani"},
		"JP Morgan":            {"Morgan", "JP", "", "J. Morgan"},
		"van der Berg":         {"van der Berg", "", "", "van der Berg"},
		"Madonna":              {"Madonna", "", "", "Madonna"},
		"山田 花子":                {"山田", "花子", "", "花. 山田"},
		"山田花子":                 {"山田花子", "", "", "山田花子"},
		"김 민준":                 {"김", "민준", "", "민. 김"},
		"Анна Иванова":         {"Иванова", "Анна", "", "А. Иванова"},
		"محمد علي":             {"علي", "محمد", "", "م. علي"},
		"  Piet \t Vos ":       {"Vos", "Piet", "", "P. Vos"},
		", Piet":               {"Piet", "", "", "Piet"},
		"Ana García y López":   {"Ana García y López", "", "", "Ana García y López"},
		"Oscar de la Renta":    {"de la Renta", "Oscar", "", "O. de la Renta"},
		"Jean-Luc Picard MSTR": {"Picard", "Jean-Luc", "MSTR", "J. Picard"},
		"Seán O'Brien":         {"O'Brien", "Seán", "", "S. O'Brien"},
	} {
		surname, given, title := splitFullName(full)
		got := [4]string{surname, given, title, privacy.TabletName(surname, given, title)}
		if got != want {
			t.Errorf("%q: %q, want %q", full, got, want)
		}
	}
}

func FuzzSplitFullName(f *testing.F) {
	f.Add("Mr Piet van der Vos")
	f.Add("VOS/PIET,X")
	f.Add(",\r,")
	f.Fuzz(func(t *testing.T, full string) {
		surname, given, title := splitFullName(full)
		letters := strings.ContainsFunc(full, func(r rune) bool { return !unicode.IsSpace(r) && r != ',' && r != '/' })
		if letters && surname == "" {
			t.Errorf("%q has no surname (%q, %q)", full, given, title)
		}
	})
}

// TestBookingsWithFullNamesOnly: every passenger of the simulated bookings, told by name_full
// alone, reads as their first and last name.
func TestBookingsWithFullNamesOnly(t *testing.T) {
	t.Parallel()
	r, err := os.Open(filepath.Join(testenv.Shared(t), "bookings-sim", "reservations.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	type person struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	}
	var want []person
	var csv strings.Builder
	csv.WriteString("flight,origin,destination,std,sta,locator,name_full\n")
	for d := json.NewDecoder(r); ; {
		var res struct {
			ID         string   `json:"reservation_id"`
			Passengers []person `json:"passengers"`
		}
		if err := d.Decode(&res); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, p := range res.Passengers {
			want = append(want, p)
			fmt.Fprintf(&csv, "KL0641,AMS,JFK,2026-11-21T09:40:00Z,2026-11-21T17:50:00Z,%s,%s %s\n", res.ID, p.First, p.Last)
		}
	}
	if len(want) < 2000 {
		t.Fatalf("only %d passengers", len(want))
	}
	n := 0
	for b, wrong := range DecodeBookings("b.csv", strings.NewReader(csv.String())) {
		if wrong != nil {
			t.Fatal(wrong)
		}
		if got := b.Row(); got.Surname != want[n].Last || got.Given != want[n].First {
			t.Errorf("%v reads as surname %q, given %q", want[n], got.Surname, got.Given)
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d of %d bookings", n, len(want))
	}
}
