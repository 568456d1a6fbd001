package flightops

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must be there on machines that ship none

	"github.com/cabinloop/cabinloop/passenger"
)

//go:embed airports.csv
var airportsCSV string

//go:embed cities.csv
var citiesCSV string

// Airport is one place with an IATA code. Source: mborsetti/airportsdata, see NOTICE.
type Airport struct {
	IATA    string
	ICAO    string // "" when it has none
	TZ      string // IANA zone
	Country string // ISO 3166, 2 letters
}

type places struct {
	iata   map[string]Airport
	icao   map[string]string // ICAO to IATA
	cities map[string]string // city code to the airports it stands for
}

var loadPlaces = sync.OnceValue(func() places {
	p := places{iata: make(map[string]Airport, 8000), icao: make(map[string]string, 8000), cities: map[string]string{}}
	for row := range rows(airportsCSV) {
		f := strings.SplitN(row, ",", 4)
		if len(f) != 4 {
			continue
		}
		p.iata[f[0]] = Airport{IATA: f[0], ICAO: f[1], TZ: f[2], Country: f[3]}
		if f[1] != "" {
			p.icao[f[1]] = f[0]
		}
	}
	for row := range rows(citiesCSV) {
		city, airports, _ := strings.Cut(row, ",")
		p.cities[city] = airports
	}
	return p
})

func rows(csv string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for row := range strings.Lines(csv) {
			row = strings.TrimRight(row, "\r\n")
			if row != "" && row[0] != '#' && !yield(row) {
				return
			}
		}
	}
}

// LookupAirport finds an airport by its IATA code ("AMS") or ICAO code ("EHAM").
// Errors: [passenger.NotFound] for an unknown code; [passenger.Invalid] for a city code ("LON"),
// naming its airports.
func LookupAirport(code string) (Airport, error) {
	const op = "flightops.LookupAirport"
	p := loadPlaces()
	if a, ok := p.iata[code]; ok {
		return a, nil
	}
	if iata, ok := p.icao[code]; ok {
		return p.iata[iata], nil
	}
	if airports, ok := p.cities[code]; ok {
		return Airport{}, passenger.Errorf(passenger.Invalid, op, "%s is a city, not an airport; name one of %s", code, airports)
	}
	if !passenger.IsAirport(code) {
		return Airport{}, passenger.Errorf(passenger.NotFound, op, "an airport code has three capital letters (AMS)")
	}
	return Airport{}, passenger.Errorf(passenger.NotFound, op, "no airport has the code %s; check the spelling", code)
}

var zones sync.Map // IANA name to *time.Location; loading one parses its whole history

// Zone returns the time zone of an airport, given by its IATA code.
// Errors: as [LookupAirport].
func Zone(iata string) (*time.Location, error) {
	a, err := LookupAirport(iata)
	if err != nil {
		return nil, err
	}
	if z, ok := zones.Load(a.TZ); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(a.TZ)
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, "flightops.Zone", "the time zone of airport "+a.IATA+" is not in the table; tell the administrator", err)
	}
	zones.Store(a.TZ, z)
	return z, nil
}
