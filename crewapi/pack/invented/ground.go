package invented

import (
	"fmt"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// groundLanes writes the four lanes of ground: every kind of op that it has.
func (f *flight) groundLanes() {
	key := passenger.FlightKey{Carrier: pick(f, f.cast.Carriers), Number: 1 + f.IntN(1999), Date: f.std.Format(time.DateOnly), Departure: pick(f, f.cast.Airports), Attempt: 1}
	sta := f.std.Add(time.Duration(60+5*f.IntN(160)) * time.Minute)
	f.write(flightsync.Admin, flightsync.Genesis{Key: key, Arrival: pick(f, f.cast.Airports), STD: f.std, STA: sta}.Draft())
	for i := range f.size.Tablets {
		e := flightsync.RosterEntry{Author: flightsync.FirstTablet + flightsync.Author(i), Class: flightsync.TabletLane, Incarnation: f.incarnation(),
			Role: pick(f, []passenger.Role{passenger.Lead, passenger.Purser, passenger.Cabin}), Zone: pick(f, []string{"", "front", "rear", "upper", "business"})}
		f.random(e.Tablet[:])
		f.write(flightsync.Admin, e.Draft())
	}
	f.write(flightsync.Manifest, flightsync.PageDrafts(f.people)...)
	f.write(flightsync.Manifest, flightsync.ListAge{At: f.now, Doubt: pick(f, []string{"", "", "totals", "aircraft", "gap"})}.Draft())
	for range f.size.Notes {
		f.write(flightsync.Notes, flightsync.NoteDraft(f.note()))
	}
	if f.size.Notes > 10 {
		f.write(flightsync.Notes, flightsync.NoteDraft(f.eventNote()))
	}
	for range f.size.Travellers / 20 {
		p := pick(f, f.people)
		f.write(flightsync.Safety, flightsync.AssistanceDraft(p.No, pick(f, []string{"WCHR", "WCHS", "WCHC", "BLND", "DEAF", "UMNR", "MEDA"})))
		p.Seat = pick(f, f.people).Seat
		f.write(flightsync.Manifest, flightsync.ChangeDraft(p))
	}
	f.write(flightsync.Manifest, flightsync.RemoveDraft(pick(f, f.people).No))
	for i := range f.size.Notes / 10 {
		f.write(flightsync.Notes, flightsync.RetractDraft(flightsync.Dot{Author: flightsync.Notes, Seq: uint64(1 + i)}, pick(f, f.people).No,
			pick(f, []flightsync.RetractReason{flightsync.RetractMoved, flightsync.RetractCancelled, flightsync.RetractConsent, flightsync.RetractErased,
				flightsync.RetractExpired, flightsync.RetractRecalled, flightsync.RetractReplaced, flightsync.RetractSettled})))
	}
	f.write(flightsync.Admin, flightsync.Amend{Arrival: pick(f, f.cast.Airports), STD: f.std.Add(40 * time.Minute), STA: sta.Add(time.Hour)}.Draft())
	for _, m := range passenger.Movements {
		f.write(flightsync.Admin, flightsync.MovementFact{Word: m, At: f.now, Station: key.Departure}.Draft())
	}
	for i := range f.size.Tablets {
		a := flightsync.FirstTablet + flightsync.Author(i)
		from := uint64(1 + f.IntN(80))
		f.write(flightsync.Admin, flightsync.Verdict{Author: a, From: from, To: from + uint64(f.IntN(40)),
			Code: pick(f, []flightsync.VerdictCode{flightsync.VerdictReceived, flightsync.VerdictReceived, flightsync.VerdictQuestion, flightsync.VerdictLate, flightsync.VerdictErased})}.Draft())
	}
	f.write(flightsync.Admin, flightsync.EraseDraft([]flightsync.Dot{f.noteDot(), {Author: flightsync.FirstTablet, Seq: uint64(1 + f.IntN(60))}}))
	f.write(flightsync.Admin, flightsync.Cut{Author: flightsync.FirstTablet, Seq: uint64(200 + f.IntN(100))}.Draft())
	f.write(flightsync.Admin, flightsync.CloseDraft(pick(f, []string{"in", "cancelled", "person", "no-movement"})))
	f.write(flightsync.Admin, flightsync.SealDraft(f.ground.State().Vector()))
}

func (f *flight) note() passenger.Note {
	p := pick(f, f.people)
	n := passenger.Note{Traveller: p.No, Name: p.Name, Seat: p.Seat, Tier: p.Tier, Priority: passenger.Priority(1 + f.IntN(3)),
		Moment: pick(f, passenger.Moments), Private: f.IntN(3) == 0, Expires: f.std.Add(time.Duration(48+f.IntN(24)) * time.Hour)}
	for range 1 + f.IntN(2) {
		n.Happened = append(n.Happened, f.phrase(pick(f, passenger.PhraseCodes("happened"))))
		n.Do = append(n.Do, f.phrase(pick(f, passenger.PhraseCodes("do"))))
	}
	n.DoNot = append(n.DoNot, f.phrase(pick(f, passenger.PhraseCodes("not"))))
	n.Why = append(n.Why, pick(f, passenger.PhraseCodes("why")))
	if f.IntN(4) == 0 {
		n.Words = pick(f, f.cast.Notes)
	}
	return n
}

func (f *flight) eventNote() passenger.Note {
	return passenger.Note{Event: true, Cases: 2 + f.IntN(60), Happened: []passenger.Phrase{f.phrase("h.event")}, Do: []passenger.Phrase{f.phrase("d.announce")},
		Why: []passenger.PhraseCode{"w.many_cases"}, Priority: passenger.First, Moment: passenger.AtBoarding, Expires: f.std.Add(48 * time.Hour)}
}

// phrase fills the arguments a code takes: a flight and a day, or only a day.
func (f *flight) phrase(c passenger.PhraseCode) passenger.Phrase {
	p := passenger.Phrase{Code: c}
	switch w := c.Words(passenger.Languages[0]); {
	case strings.Contains(w, "%2"):
		p.Args = []string{fmt.Sprintf("%s%04d", pick(f, f.cast.Carriers), 1+f.IntN(1999)), f.day()}
	case strings.Contains(w, "%1"):
		p.Args = []string{f.day()}
	}
	return p
}
