package sim

import (
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const travellers = 24

func genesis() flightsync.Genesis {
	return flightsync.Genesis{Key: passenger.FlightKey{Carrier: "KL", Number: 641, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
		Arrival: "JFK", STD: start.Add(2 * time.Hour), STA: start.Add(landedAt)}
}

func someList(n int) (out []flightsync.Traveller) {
	for i := range n {
		out = append(out, flightsync.Traveller{No: passenger.TravellerNo(i + 1), Name: "Mx T. Sample", Seat: passenger.Seat(string(rune('1'+i%9)) + "C")})
	}
	return out
}

// act is something that ground does by itself.
func (g *ground) act() {
	w := g.w
	if !g.up || g.disk.state.Sealed {
		return
	}
	no := passenger.TravellerNo(1 + w.rng.IntN(travellers))
	switch w.rng.IntN(11) {
	case 0, 1, 2, 3:
		g.note(no)
	case 4:
		v := g.fold()
		for _, n := range v.Notes {
			if n.Retracted == "" && w.chance(0.3) {
				lane := flightsync.Notes
				if w.chance(0.5) {
					lane = flightsync.Safety
				}
				g.write(lane, flightsync.RetractDraft(n.Dot, n.Note.Traveller, flightsync.RetractRecalled))
				break
			}
		}
	case 5:
		g.write(flightsync.Manifest, flightsync.ChangeDraft(flightsync.Traveller{No: no, Name: "Mx T. Sample", Seat: passenger.Seat(string(rune('1'+w.rng.IntN(9))) + "A")}))
	case 6:
		if w.chance(0.3) {
			g.write(flightsync.Manifest, flightsync.RemoveDraft(no))
		}
		g.write(flightsync.Manifest, flightsync.ListAge{At: g.clock(), Doubt: "totals"}.Draft())
	case 7:
		v := g.fold()
		tr, _ := v.Traveller(no)
		g.write(flightsync.Safety, flightsync.AssistanceDraft(no, "WCHR", tr.AssistanceDots...))
	case 8:
		w.fault("mixed versions: unknown kind")
		g.write(flightsync.Notes, flightsync.Draft{Kind: 4000, Content: []byte("\x0a\x03new")})
	case 9:
		w.fault("mixed versions: unknown field")
		d := flightsync.AssistanceDraft(no, "DEAF")
		d.Content, d.Flags = append(d.Content, 0xfa, 0x3e, 3, 'n', 'e', 'w'), 1<<40
		g.write(flightsync.Safety, d)
	case 10:
		w.fault("mixed versions: must understand")
		g.write(flightsync.Safety, flightsync.Draft{Kind: 4001, Flags: flightsync.MustUnderstand, Content: []byte("\x0a\x03new")})
	}
	if w.planted(ForeignFlight) && w.chance(0.1) { // a row of another flight is written to this one
		g.write(flightsync.Notes, flightsync.NoteDraft(aNote(no, "note-of-another-flight.")))
	}
}

func aNote(no passenger.TravellerNo, words string) passenger.Note {
	return passenger.Note{Traveller: no, Name: "Mx T. Sample", Priority: passenger.Second, Words: words, Happened: []passenger.Phrase{{Code: "h.service", Args: []string{"2026-05-12"}}},
		Do: []passenger.Phrase{{Code: "d.apologise"}}, Expires: start.Add(48 * time.Hour)}
}

func (g *ground) note(no passenger.TravellerNo) {
	words := g.w.word("note")
	g.w.truth.notes[words] = no
	g.write(flightsync.Notes, flightsync.NoteDraft(aNote(no, words)))
}

func (g *ground) land() {
	if !g.up {
		g.load()
	}
	if dots := g.write(flightsync.Admin, flightsync.MovementFact{Word: passenger.In, At: g.clock()}.Draft()); len(dots) > 0 {
		g.in = dots[0]
	}
}

// erase orders one text gone: a note's or an entry's.
func (g *ground) erase() bool {
	w := g.w
	if !g.up {
		return false
	}
	var dots []flightsync.Dot
	var text string
	pick := func(d flightsync.Dot, words string) {
		if o, ok := g.disk.op(d); ok && !o.IsStub() && words != "" && (text == "" || w.chance(0.3)) {
			dots, text = []flightsync.Dot{d}, words
		}
	}
	for _, n := range g.fold().Notes {
		pick(n.Dot, n.Note.Words)
		for _, h := range n.Heads {
			pick(h.Dot, h.Feedback.Words)
		}
	}
	if text == "" {
		return false
	}
	for twin, d := range g.fold().Repeated {
		if d == dots[0] {
			dots = append(dots, twin)
		}
	}
	slices.SortFunc(dots[1:], func(a, b flightsync.Dot) int { return int(a.Author) - int(b.Author) })
	ok := g.tx(func() error {
		order, err := g.put(flightsync.Admin, flightsync.EraseDraft(dots))
		if err == nil {
			o, _ := g.disk.op(order[0])
			w.truth.erased[text] = o.Commit
			_, err = g.step(flightsync.EraseBodies{Dots: dots})
		}
		return err
	})
	if !ok {
		delete(w.truth.erased, text)
	}
	w.log("ground erases %v", dots)
	return ok
}

// seal seals the flight as ground holds it.
func (g *ground) seal() bool {
	if !g.up || g.disk.state.Sealed {
		return false
	}
	return g.tx(func() error {
		if _, err := g.put(flightsync.Admin, flightsync.CloseDraft("person")); err != nil {
			return err
		}
		_, err := g.put(flightsync.Admin, flightsync.SealDraft(g.rep.State().Vector()))
		return err
	})
}

// change writes another roster entry for every index of a device.
func (g *ground) change(device int, role passenger.Role, removed bool) {
	if !g.up {
		return
	}
	g.tx(func() error {
		set(g, g.tables.role, device, role)
		set(g, g.tables.removed, device, removed)
		var of []binding
		for b := range g.tables.bound {
			if b.device == device {
				of = append(of, b)
			}
		}
		slices.SortFunc(of, func(a, b binding) int { return int(g.tables.bound[a]) - int(g.tables.bound[b]) })
		for _, b := range of {
			if _, err := g.put(flightsync.Admin, g.entry(device, g.tables.bound[b], b.inc).Draft()); err != nil {
				return err
			}
		}
		return nil
	})
}
