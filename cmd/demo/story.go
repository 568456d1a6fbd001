package main

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/screen"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// story plays the loop on a stage and tells it as it happens.
type story struct {
	*world
	out   io.Writer
	pause time.Duration // between scenes, for people who watch
	begun time.Time
	cases map[string]caseRow // by "channel:account"
	short bool               // one flight only
}

type caseRow struct {
	Case, Channel, Account, Lang, Topic, Linked, Loop string
	Negative                                          bool
	Held                                              []string
}

// tell prints a scene's headline with the time of the story and the time it took.
func (s *story) tell(format string, args ...any) {
	fmt.Fprintf(s.out, "%s  %5.1fs  %s\n", s.now.Format("02 Jan 15:04Z"), time.Since(s.begun).Seconds(), fmt.Sprintf(format, args...))
	select {
	case <-s.ctx.Done():
	case <-time.After(s.pause):
	}
}

func (s *story) hour(day, h, m int) error {
	return s.at(time.Date(2026, 11, day, h, m, 0, 0, time.UTC))
}

// play runs every scene in order.
func (s *story) play() error {
	if err := s.prepare(); err != nil {
		return err
	}
	return s.acts()
}

// acts is the story after everything is in place.
func (s *story) acts() error {
	scenes := []func() error{s.complaints, s.flags, s.delivery}
	if s.short {
		scenes = append(scenes, s.flyA)
	} else {
		scenes = append(scenes, s.recall, s.flyA, s.flyB)
	}
	for _, scene := range append(scenes, s.followUps) {
		if err := scene(); err != nil {
			return err
		}
	}
	return nil
}

// settled waits, after the last kill, until every tablet has nothing that ground lacks.
func (s *story) settled() error {
	for _, flight := range []string{flightA, flightB} {
		if flight == flightB && s.short {
			continue
		}
		if err := s.eventually(flight+" is settled", func() error {
			var r report
			if err := s.groundJSON(&r, "flight", "report", flight); err != nil {
				return err
			}
			if r.OpsIssued != r.OpsOnGround {
				for _, t := range s.tablets {
					s.syncNow(t)
				}
				return fmt.Errorf("%w: %d of %d ops on ground", errNotYet, r.OpsOnGround, r.OpsIssued)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// prepare starts the ground, enrols tablets, and brings flights, passengers and crew in.
func (s *story) prepare() error {
	if err := s.ground.Start(s.ctx); err != nil {
		return err
	}
	names := []string{"tablet-1", "tablet-2", "tablet-3"}
	for _, name := range names {
		if err := s.newTablet(name); err != nil {
			return err
		}
	}
	if err := s.give("bookings", "bookings.csv", bookings(false)); err != nil {
		return err
	}
	if err := s.give("crew", "crew.csv", crewFile); err != nil {
		return err
	}
	s.tell("two flights tonight: %s and %s (over UTC midnight); three tablets enrolled and on the roster", flightA, flightB)
	return nil
}

// complaints brings the posts in, twice: the second time nothing is new.
func (s *story) complaints() error {
	if err := s.give("posts", "posts.jsonl", postFile()); err != nil {
		return err
	}
	var again struct{ Taken, Duplicate int }
	if err := s.groundJSON(&again, "import", "posts", s.dir+"/posts.jsonl"); err != nil {
		return err
	}
	if again.Taken != 0 || again.Duplicate != len(posts) {
		return fmt.Errorf("importing the same posts again took %d and knew %d of %d", again.Taken, again.Duplicate, len(posts))
	}
	var rows []caseRow
	if err := s.groundJSON(&rows, "case", "list"); err != nil {
		return err
	}
	s.cases = map[string]caseRow{}
	langs := map[string]bool{}
	linked := 0
	for _, r := range rows {
		s.cases[r.Channel+":"+r.Account] = r
		langs[r.Lang] = true
		if r.Linked != "" {
			linked++
		}
	}
	s.tell("%d posts in %d languages became %d cases; %d are tied to a booked passenger; a second import added nothing", len(posts), len(langs), len(rows), linked)
	return nil
}

// caseOf finds the case of an account.
func (s *story) caseOf(account string) (string, error) {
	c, ok := s.cases[account]
	if !ok {
		return "", fmt.Errorf("no case of account %s", account)
	}
	return c.Case, nil
}

// disrupted are the accounts that one event note covers; nobody asked them for consent.
var disrupted = []string{"x:9000000000000000203", "x:9000000000000000204", "x:9000000000000000205"}

// flags asks the passengers for consent and tells the crew.
func (s *story) flags() error {
	var yes, flagged []string
	for _, p := range append(passengersA, passengersB...) {
		c, ok := s.cases[p.account]
		if !ok || !c.Negative || s.short && strings.HasPrefix(p.customer, "C2") {
			continue
		}
		flagged = append(flagged, c.Case)
		asked := true
		for _, d := range disrupted {
			asked = asked && d != p.account
		}
		if asked {
			yes = append(yes, "--case", c.Case)
		}
	}
	if err := s.groundJSON(nil, append([]string{"consent", "set", "yes", "--words", "asked in the conversation"}, yes...)...); err != nil {
		return err
	}
	if err := s.groundJSON(nil, append([]string{"case", "flag"}, flagged...)...); err != nil {
		return err
	}
	s.tell("the social team told the crew about %d cases; %d passengers had said yes", len(flagged), len(yes)/2)
	return nil
}

// card is one note as a tablet's page shows it.
type card struct {
	dot   flightsync.Dot
	seat  string
	event bool
}

var cardRE = regexp.MustCompile(`data-test="note-card" data-dot="([0-9.]+)" data-seat="([^"]*)"( data-event="1")?`)

// cards reads the notes of a flight from a tablet's page.
func (s *story) cards(t *device, flight string) ([]card, error) {
	key, err := passenger.ParseFlightKey(flight)
	if err != nil {
		return nil, err
	}
	body, err := s.page(t, screen.FlightPath(key)+"?all=1")
	if err != nil {
		return nil, err
	}
	var out []card
	for _, m := range cardRE.FindAllStringSubmatch(body, -1) {
		dot, ok := flightsync.ParseDot(m[1])
		if !ok {
			return nil, fmt.Errorf("the page names note %q", m[1])
		}
		out = append(out, card{dot, m[2], m[3] != ""})
	}
	return out, nil
}

// await waits until a tablet shows notes at all of the seats, and none at the others.
func (s *story) await(t *device, flight string, events int, seats ...string) error {
	return s.eventually(t.Name+" shows its notes", func() error {
		cs, err := s.cards(t, flight)
		if err != nil {
			return err
		}
		have, ev := map[string]bool{}, 0
		for _, c := range cs {
			if c.event {
				ev++
			} else {
				have[c.seat] = true
			}
		}
		if len(have) != len(seats) || ev != events {
			return fmt.Errorf("%w: %d notes and %d event notes, want %d and %d", errNotYet, len(have), ev, len(seats), events)
		}
		for _, seat := range seats {
			if !have[seat] {
				return fmt.Errorf("%w: no note at %s", errNotYet, seat)
			}
		}
		return nil
	})
}

func (s *story) delivery() error {
	began := time.Now()
	for _, t := range s.tablets[:2] {
		if err := s.await(t, flightA, 0, "14C", "15A", "3D", "21F", "22B", "17D"); err != nil {
			return err
		}
	}
	if !s.short {
		if err := s.await(s.tablets[2], flightB, 0, "11A", "12C"); err != nil {
			return err
		}
	}
	s.tell("the notes are readable on all three tablets, %.1f s after the flag", time.Since(began).Seconds())
	return nil
}

// recall takes a note back from the tablet that already has it.
func (s *story) recall() error {
	id, err := s.caseOf("x:9000000000000000202")
	if err != nil {
		return err
	}
	if err := s.groundJSON(nil, "loop", "recall", id); err != nil {
		return err
	}
	if err := s.await(s.tablets[2], flightB, 0, "11A"); err != nil {
		return err
	}
	s.tell("one passenger's matter was settled by phone: the note is recalled and gone from the tablet")
	return nil
}

// open opens the note of a seat, which records it as seen.
func (s *story) open(t *device, flight, seat string) (path string, err error) {
	err = s.eventually(t.Name+" opens a note", func() error {
		cs, err := s.cards(t, flight)
		if err != nil {
			return err
		}
		for _, c := range cs {
			if c.seat == seat && (seat != "" || c.event) {
				key, err := passenger.ParseFlightKey(flight)
				path = screen.NotePath(key, c.dot)
				return err
			}
		}
		return errNotYet
	})
	if err != nil {
		return path, err
	}
	return path, s.tap(t, path+"/open", url.Values{})
}

// record opens the note of a seat and taps what became of it.
func (s *story) record(t *device, flight, seat, do string, more ...string) error {
	path, err := s.open(t, flight, seat)
	if err != nil {
		return err
	}
	form := url.Values{"do": {do}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	s.taps++
	return s.tap(t, path+"/outcome", form)
}

// gesture records something given; the tablet records the standing outcome with it.
func (s *story) gesture(t *device, flight, seat, code string) error {
	path, err := s.open(t, flight, seat)
	if err != nil {
		return err
	}
	s.gifts++
	return s.tap(t, path+"/gesture", url.Values{"gesture": {code}})
}

// flyA is the first flight: it goes dark, crew act, two tablets disagree, one passenger is
// not on board, and it lands.
func (s *story) flyA() error {
	if err := s.hour(21, 12, 31); err != nil {
		return err
	}
	if err := s.give("movements", "mvt-1.txt", movement("211231", "KL0641", "21", "AMS", "AD1229/1241 EA2040 JFK")); err != nil {
		return err
	}
	one, two := s.tablets[0], s.tablets[1]
	one.link.Cut()
	two.link.Cut()
	s.tell("KL0641 is off block; its tablets have no network from here on")
	if err := s.hour(21, 16, 0); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.record(one, flightA, "14C", "acted", "reaction", "pleased") },
		func() error { return s.gesture(one, flightA, "14C", "drink") },
		func() error { return s.record(two, flightA, "15A", "acted", "words", "seat checked before take-off") },
		func() error { return s.record(one, flightA, "3D", "acted") },
		func() error { return s.record(two, flightA, "3D", "declined") },
		func() error { return s.record(two, flightA, "21F", "not-possible/asleep") },
		func() error { return s.record(one, flightA, "22B", "declined") },
		func() error { return s.record(one, flightA, "17D", "not-possible/not-on-board") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	s.tell("in the air, offline: %d outcomes tapped and %d gesture given; the ground knows nothing yet", s.taps, s.gifts)
	if err := s.hour(21, 20, 52); err != nil {
		return err
	}
	if err := s.give("movements", "mvt-2.txt", movement("212050", "KL0641", "21", "JFK", "AA2036/2048")); err != nil {
		return err
	}
	return s.land(flightA, one, two)
}

// land joins the links again and waits for the seal.
func (s *story) land(flight string, ts ...*device) error {
	for _, t := range ts {
		t.link.Join()
	}
	var r report
	if err := s.eventually(flight+" is sealed", func() error {
		for _, t := range ts {
			s.syncNow(t)
		}
		if err := s.groundJSON(&r, "flight", "report", flight); err != nil {
			return err
		}
		if r.Stage != string(passenger.Sealed) {
			return fmt.Errorf("%w: it is %s; %v", errNotYet, r.Stage, r.Waiting)
		}
		return nil
	}); err != nil {
		return err
	}
	if !r.SumsClose {
		return fmt.Errorf("%s: the sums do not close: %v", flight, r.Contradictions)
	}
	s.tell("%s landed and is sealed: %d compiled = %d delivered + %d never + %d withdrawn; %d seen = %d acted + %d declined + %d not possible + %d disputed + %d none; %d of %d ops on ground",
		flight[:6], r.Compiled, r.Delivered, r.NeverDelivered, r.Withdrawn, r.Seen, r.Acted, r.Declined, r.NotPossible, r.Disputed, r.NoOutcome, r.OpsOnGround, r.OpsIssued)
	return nil
}

// report is what the story reads of a flight's report.
type report struct {
	Stage string
	flightsync.Sums
	OpsIssued      int  `json:"ops_issued"`
	OpsOnGround    int  `json:"ops_on_ground"`
	SumsClose      bool `json:"sums_close"`
	Waiting        []string
	Contradictions []string
}

// flyB is the flight over midnight: a note that moved on, and one note for a disruption.
func (s *story) flyB() error {
	if err := s.give("bookings", "rebooked.csv", bookings(true)); err != nil {
		return err
	}
	s.tell("the passenger who missed KL0641 is re-booked on KL0605: the note moves on with them")
	var covered []string
	for _, a := range disrupted {
		id, err := s.caseOf(a)
		if err != nil {
			return err
		}
		covered = append(covered, "--case", id)
	}
	if err := s.groundJSON(nil, append([]string{"flight", "event", flightB, "--origin", "KL0617", "--day", "2026-11-20"}, covered...)...); err != nil {
		return err
	}
	three := s.tablets[2]
	if err := s.await(three, flightB, 1, "11A", "18D"); err != nil {
		return err
	}
	s.tell("one event note covers the three cases of a cancelled flight; it names nobody")
	if err := s.hour(21, 22, 20); err != nil {
		return err
	}
	if err := s.give("movements", "mvt-3.txt", movement("212220", "KL0605", "21", "AMS", "AD2214/2226 EA0858 SFO")); err != nil {
		return err
	}
	three.link.Cut()
	s.tell("KL0605 is off block and dark")
	if err := s.hour(22, 1, 30); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.record(three, flightB, "11A", "acted", "reaction", "neutral") },
		func() error { return s.record(three, flightB, "18D", "acted", "reaction", "pleased") },
		func() error { return s.record(three, flightB, "", "acted") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	s.tell("past midnight over Greenland: the crew acts on the moved note and on the event note")
	if err := s.hour(22, 9, 6); err != nil {
		return err
	}
	if err := s.give("movements", "mvt-4.txt", movement("220905", "KL0605", "21", "SFO", "AA0851/0903")); err != nil {
		return err
	}
	return s.land(flightB, three)
}

// followUps closes what ground still has to do, each with a fact or a reason.
func (s *story) followUps() error {
	var open []struct {
		ID    int64
		Case  string
		Cause string
	}
	if err := s.groundJSON(&open, "followup", "list"); err != nil {
		return err
	}
	event := map[string]bool{}
	for _, a := range disrupted {
		event[s.cases[a].Case] = true
	}
	var replies, covered, other []string
	for _, f := range open {
		id := fmt.Sprint(f.ID)
		switch {
		case f.Cause == "reply" && event[f.Case]:
			covered = append(covered, id)
		case f.Cause == "reply":
			replies = append(replies, id)
		default:
			other = append(other, id)
		}
	}
	for _, c := range []struct {
		ids  []string
		flag []string
	}{{replies, []string{"--reply", "draft"}}, {covered, []string{"--none", "covered-by-event-note"}}, {other, []string{"--result", "asked the lead purser, settled"}}} {
		if len(c.ids) > 0 {
			if err := s.groundJSON(nil, append(append([]string{"followup", "close"}, c.flag...), c.ids...)...); err != nil {
				return err
			}
		}
	}
	s.tell("ground closed %d follow-ups: %d replies made of facts, %d covered by the event note, %d settled with the crew", len(open), len(replies), len(covered), len(other))
	return nil
}
