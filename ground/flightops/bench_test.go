package flightops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

// BenchmarkPNL decodes the list of a full long-haul flight: 360 passengers, 6 parts, the usual
// elements for each.
func BenchmarkPNL(b *testing.B) {
	const passengers, inPart = 360, 60
	var s strings.Builder
	for i := range passengers {
		if i%inPart == 0 {
			n := i/inPart + 1
			if i > 0 {
				fmt.Fprintf(&s, "ENDPART%d\n", n-1)
			}
			fmt.Fprintf(&s, ".AMSRMKL 201530\nPNL\nKL0641/21NOV AMS PART%d\n", n)
			if n == 1 {
				s.WriteString("CFG/030C330Y\nRBD C/CJ Y/YBHKM\n")
			}
			fmt.Fprintf(&s, "-JFK%03dY\n", passengers)
		}
		given := string(rune('A'+i%26)) + string(rune('A'+i/26)) + "NNAMRS"
		fmt.Fprintf(&s, "1TESTER/%s .L/A%04dB .R/TKNE HK1 0741234567890/1\n.R/DOCS HK1/P/NLD/X1234567/NLD/01JAN80/F/01JAN30/TESTER/ANNA-1TESTER/\n.RN/%s\n", given, i, given)
		fmt.Fprintf(&s, ".R/SEAT HK1 %d%c\n.F/KL 1234567890/GOLD .W/K/1/20\n", 10+i/9, 'A'+rune(i%9))
	}
	s.WriteString("ENDPNL\n")
	in := []flightops.Input{{Name: "in", Data: []byte(s.String())}}
	b.ReportAllocs()
	b.SetBytes(int64(s.Len()))
	for b.Loop() {
		res, err := flightops.DecodeAll(in, received)
		if err != nil || len(res.Lists) != 1 || len(res.Lists[0].Entries) != passengers {
			b.Fatalf("%v %v", res.Refused, err)
		}
	}
	b.ReportMetric(passengers*float64(b.N)/b.Elapsed().Seconds(), "passengers/s")
}

// BenchmarkBookings decodes rows of a bookings CSV.
func BenchmarkBookings(b *testing.B) {
	const rows = 1000
	var s strings.Builder
	s.WriteString("flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,ssr,customer_id,name_full,handles\n")
	for i := range rows {
		fmt.Fprintf(&s, "KL0641,AMS,JFK,2026-11-21T09:40:00Z,2026-11-21T17:50:00Z,A%04dB,Tester,Anna,Mrs,Y,%dA,GOLD,VGML,C%d,,x:%d\n", i, 1+i%900, i, i)
	}
	data := s.String()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range flightops.DecodeBookings("in", strings.NewReader(data)) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
