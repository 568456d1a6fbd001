package flightops_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/dispatch"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/ground/store"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// site is a ground with three days of KL0641 and what was told about their travellers.
type site struct {
	*testing.T
	db   *store.DB
	feed flightops.Feed
}

const schedule = `flight,origin,destination,std,sta,locator,surname,given,title,seat,ssr,customer_id
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2M,Jansen,Julia,MS,14C,VGML,C1
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2N,O'Hara,José,MR,15A,,C2
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2P,Vos,Piet,MR,16A,,
KL0641,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,QX7K2Q,Vos,Piet,MR,16B,,
KL0641,AMS,JFK,2026-11-22T12:25:00Z,2026-11-22T20:45:00Z,QX7K2R,Bakker,An,MS,1A,,
KL0641,AMS,JFK,2026-11-23T12:25:00Z,2026-11-23T20:45:00Z,QX7K2S,Bakker,An,MS,1A,,
`

func newSite(t *testing.T) *site {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "ground.db"), store.Options{Now: func() time.Time { return received }, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	own, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, db: db, feed: flightops.Feed{Store: db, Dispatch: dispatch.New(dispatch.Config{Store: db, Rand: rand.Reader, Log: log, Sign: own.Signer(), Agree: own.Agreer()})}}
	rep := &ground.ImportReport{}
	if err := s.feed.Bookings(t.Context(), "b.csv", strings.NewReader(schedule), received, false, rep); err != nil || rep.Taken != 6 {
		t.Fatalf("bookings: %v %+v", err, rep)
	}
	return s
}

// take imports telexes and compares the report in short: taken, duplicate, then the reasons.
func (s *site) take(text string, want ...string) {
	s.Helper()
	rep := &ground.ImportReport{}
	if err := s.feed.Telexes(s.Context(), []flightops.Input{{Name: "in", Data: []byte(text)}}, received, rep); err != nil {
		s.Fatal(err)
	}
	got := []string{fmt.Sprintf("taken %d duplicate %d", rep.Taken, rep.Duplicate)}
	for _, e := range rep.Warnings {
		got = append(got, fmt.Sprintf("%d: note: %s", e.Line, e.Reason))
	}
	for _, e := range rep.Errors {
		got = append(got, fmt.Sprintf("%d: refused: %s", e.Line, e.Reason))
	}
	if d := cmp.Diff(want, got); d != "" {
		s.Errorf("report (-want +got):\n%s", d)
	}
}

// flight returns a flight in one line, and its travellers, a line each.
func (s *site) flight(date string) (row string, list []string) {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx ground.Tx) error {
		f, err := tx.FlightByKey(s.Context(), passenger.FlightKey{Carrier: "KL", Number: 641, Date: date, Departure: "AMS", Attempt: 1})
		if err != nil {
			return err
		}
		row = fmt.Sprintf("%s %s %s %q %q", stamp(f.STD), stamp(f.STA), f.Stage, f.Movement, f.ListDoubt)
		list = nil
		ts, err := tx.Travellers(s.Context(), f.ID)
		for _, t := range ts {
			p, err := tx.Person(s.Context(), t.Person)
			if err != nil {
				return err
			}
			list = append(list, fmt.Sprintf("%s %s %v %q %v %s", t.Surname, t.Seat, t.Assistance, t.Onward, t.Removed, strings.Split(p.CustomerID, "|")[0]))
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return row, list
}

func TestMessagesAboutTravellers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const pil = "PIL\nKL0641/21NOV AMS\nY CLASS\n022A JFK JANSEN/JULIAMS WCHS NEW HIP\n15A JFK OHARA/JOSEMR UMNR\n16C JFK VOS/PIETMR\n30A JFK NOBODY/ATALLMR\nENDPIL\n"
	s.take(pil, "taken 1 duplicate 0", "6: note: the name fits more than one; nothing was changed for them", "7: note: names somebody who is not on the list; nothing was changed for them")
	s.take(pil, "taken 0 duplicate 1")
	s.take("PSM\nKL0641/21NOV AMS PART1\n-JFK 1PAX/1SSR\nY CLASS 1PAX/1SSR\n1JANSEN/JULIAMS  22A\n KL691C21YYZ\nDEAF\nENDPSM\n", "taken 1 duplicate 0")
	s.take("PTM\nKL0641/21NOV AMSJFK PART1\nAA021 LAX 1Y 0B OHARA/JOSEMR\nENDPTM\n", "taken 1 duplicate 0")
	_, list := s.flight("2026-11-21")
	if d := cmp.Diff([]string{
		`Jansen 22A [face and write meal VGML wheelchair and steps] "KL0691 JFK-YYZ" false C1`,
		`O'Hara 15A [accompany the child] "AA0021 JFK-LAX" false C2`,
		`Vos 16A [] "" false pnr:QX7K2P`, `Vos 16B [] "" false pnr:QX7K2Q`}, list); d != "" {
		t.Errorf("list (-want +got):\n%s", d)
	}
	s.take("PFS\nKL0641/21NOV AMS PART1\n-JFK\nNOSHO 2Y\n1JANSEN/JULIAMS\n1VOS/PIETMR .L/QX7K2Q\nGOSHO 1Y\n1OHARA/JOSEMR\nENDPFS\n", "taken 1 duplicate 0")
	_, list = s.flight("2026-11-21")
	for i, gone := range []bool{true, false, false, true} {
		if strings.Contains(list[i], " true ") != gone {
			t.Errorf("after the final message: %s", list[i])
		}
	}
	s.take("PIL\nKL0699/21NOV AMS\nENDPIL\n", "taken 0 duplicate 0", "1: refused: no flight KL0699/2026-11-21/AMS is known; import its schedule first (bookings CSV)")
	s.take("M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100\n", "taken 0 duplicate 0", "1: refused: a boarding pass changes nothing on ground; ground decode reads it")
}

// TestAMessageBeforeItsList: what names travellers waits for the list, and counts when it is sent again.
func TestAMessageBeforeItsList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const pil = ".AMSRMKL 211000\nPIL\nKL0641/21NOV AMS\nY CLASS\n22A JFK JANSEN/JULIAMS\nENDPIL\n"
	s.take(".AMSRMKL 210900\nPNL\nKL0641/21NOV AMS PART1\n-JFK000Y\nENDPNL\n", "taken 1 duplicate 0")
	s.take(pil, "taken 0 duplicate 0", "2: refused: nobody is on the list of the flight yet; send its list first, then this message again")
	s.take(".AMSRMKL 210930\nPNL\nKL0641/21NOV AMS PART1\n-JFK001Y\n1JANSEN/JULIAMS .L/QX7K2M .R/SEAT HK1 14C\nENDPNL\n", "taken 1 duplicate 0")
	s.take(pil, "taken 1 duplicate 0")
	if _, list := s.flight("2026-11-21"); !strings.HasPrefix(list[0], "Jansen 22A ") || !strings.Contains(list[0], " false ") {
		t.Errorf("after the seats: %s", list[0])
	}
}

func TestSchedulesAndReports(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const asm = ".AMSSPKL 210500\nASM\nUTC\nTIM OPER\nKL0641/21NOV26\nAMS1400 JFK220015\n//\nEQT\nKL0641/22NOV26\nJ 77W C30Y300\n//\nRRT\nKL0641/22NOV26\nAMSBOS\n"
	refused := "12: refused: action: RRT is read but not applied; only CNL, TIM and EQT are; bring the flights in by a bookings CSV"
	s.take(asm, "taken 2 duplicate 0", refused)
	s.take(asm, "taken 0 duplicate 2", refused)
	s.take(".AMSSPKL 210501\nSSM\nLT\nCNL\nKL0641\n23NOV26 30NOV26 1234567\n", "taken 1 duplicate 0")
	s.take(".AMSSPKL 210502\nASM\nUTC\nCNL\nKL0641/25NOV26\n", "taken 0 duplicate 0", "4: refused: no flight KL0641 of these days is known; import its schedule first (bookings CSV)")
	s.take("FI KL0641/AN PHBVA\nDT QXS AMS1 211402 M31A\n- QP EHAMKJFK1401\nFI KL0641/AN PHBVA\nDT QXS AMS1 211415 M32A\n- QQ EHAMKJFK1413\n- QR EHAMKJFK1413\n",
		"taken 2 duplicate 0", "7: refused: the report names no flight; a line FI KL0641/AN PHBVA stands before it")
	for date, want := range map[string]string{
		"2026-11-21": `2026-11-21 14:00Z 2026-11-22 00:15Z planned "off" ""`,
		"2026-11-22": `2026-11-22 12:25Z 2026-11-22 20:45Z planned "" "aircraft"`,
		"2026-11-23": `2026-11-23 12:25Z 2026-11-23 20:45Z sealed "cancelled" ""`,
	} {
		if row, _ := s.flight(date); row != want {
			t.Errorf("%s: got %s, want %s", date, row, want)
		}
	}
	s.take(".AMSSPKL 211500\nASM\nUTC\nCNL\nKL0641/21NOV26\n", "taken 0 duplicate 0", "4: refused: flight KL0641/2026-11-21/AMS has left or is closed; its schedule no longer changes")
}
