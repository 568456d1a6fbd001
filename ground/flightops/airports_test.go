package flightops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestZone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"AMS": "Europe/Amsterdam", "EHAM": "Europe/Amsterdam", "JFK": "America/New_York", "AKL": "Pacific/Auckland"} {
		z, err := flightops.Zone(code)
		if err != nil || z.String() != want {
			t.Errorf("%s: got %v, %v; want %s", code, z, err, want)
		}
	}
	for code, want := range map[string]passenger.Code{"LON": passenger.Invalid, "TYO": passenger.Invalid, "QQQ": passenger.NotFound, "": passenger.NotFound, "ams": passenger.NotFound} {
		if _, err := flightops.Zone(code); passenger.CodeOf(err) != want {
			t.Errorf("%q: got %v, want %s", code, err, want)
		}
	}
	if _, err := flightops.Zone("LON"); !strings.Contains(passenger.Public(err), "LHR") {
		t.Errorf("a city names its airports: %v", err)
	}
}

func TestUTCDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ airport, date, at, want string }{
		{"AMS", "2026-11-21", "09:40", "2026-11-21"},
		{"AMS", "2026-11-21", "0030", "2026-11-20"},
		{"AKL", "2026-11-21", "08:00", "2026-11-20"},
		{"LAX", "2026-11-21", "23:00", "2026-11-22"},
		{"AMS", "2026-03-29", "02:30", "2026-03-29"}, // skipped by the clock change
	} {
		z, err := flightops.Zone(c.airport)
		if err != nil {
			t.Fatal(err)
		}
		got, err := flightops.UTCDate(c.date, c.at, z)
		if err != nil || got != c.want {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
		dates, err := flightops.UTCDates(c.date, c.airport)
		if err != nil || !slices.Contains(dates, got) {
			t.Errorf("%+v: %v does not hold %s, %v", c, dates, got, err)
		}
	}
	if _, err := flightops.UTCDate("2026-11-21", "24:61", nil); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("got %v", err)
	}
}
