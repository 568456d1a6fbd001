package sim

import (
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

const (
	crashRounds  = 5  // of notes, entries and exchanges
	crashNotes   = 24 // of ground, in a round
	crashEntries = 12 // of a tablet in a round, four in a write
	noBound      = 1 << 20
)

// deed is one thing that somebody does in the script. When it is cut short it is done again, as
// people and programs do: what was already done must not be there twice then.
type deed struct {
	what string
	do   func() bool // false: it came to nothing
}

// script is one flight of about a thousand ops of everything that a flight has: lists, notes,
// entries of three tablets and one that leaves, disputes, exchanges with ground and on board,
// restarts, an erasure, another crew, a store put back, the seal and what comes late.
func (w *world) script() (out []deed) {
	say := func(what string, do func() bool) { out = append(out, deed{what, do}) }
	g := w.ground
	say("ground begins", func() bool { return g.begin() })
	say("crew enrols", func() bool {
		for len(w.tablets) < 4 {
			t := w.addTablet(true)
			t.budget = noBound
		}
		return true
	})
	for r := range crashRounds {
		say("ground writes notes", g.noteBatch())
		say("ground changes the list", g.listBatch(r))
		for i := range 4 {
			say("a tablet exchanges with ground", func() bool { return w.handIn(w.tablets[i]) })
		}
		for i := range 4 {
			if i < 3 || r < 2 {
				say("crew enters", w.crewBatch(i, r))
			}
		}
		say("two tablets exchange", func() bool { return w.onBoard(w.tablets[r%3], w.tablets[(r+1)%3]) })
		switch r {
		case 1:
			say("a tablet starts again", func() bool { w.tablets[1].rep = nil; return true })
			say("ground starts again", func() bool { g.rep, g.up = nil, false; return true })
		case 2:
			say("an image is taken", func() bool { w.tablets[2].imprint(); return true })
			say("a small budget", func() bool { w.tablets[0].budget = 2000; return true })
		case 3:
			say("a tablet leaves", g.changeOne(3, passenger.Cabin, true))
			say("another lead", g.changeOne(1, passenger.Lead, false))
			say("a lead steps back", g.changeOne(0, passenger.Purser, false))
		case 4:
			say("a tablet exchanges with ground", func() bool { return w.handIn(w.tablets[2]) })
			say("a store is put back", w.putBack(2))
			say("crew enters", w.crewBatch(2, crashRounds+1))
			say("ground erases", g.eraseOne())
			say("ground erases", g.eraseOne())
			say("an op rots", func() bool { return w.tablets[1].rotOwn() })
			say("ground erases", g.eraseOne())
			say("crew enters", w.crewBatch(1, crashRounds+2))
		}
	}
	say("ground lands", func() bool { return g.in != flightsync.Dot{} || g.lands() })
	for range 2 {
		for i := range 3 {
			say("a tablet exchanges with ground", func() bool { return w.handIn(w.tablets[i]) })
		}
	}
	say("ground seals", func() bool { return g.disk.state.Sealed || g.seal() })
	say("crew enters late", w.crewBatch(0, crashRounds))
	for range 2 {
		for i := range 4 {
			say("a tablet exchanges with ground", func() bool { return w.handIn(w.tablets[i]) })
		}
	}
	return out
}

// handIn exchanges with ground until neither lacks anything.
func (w *world) handIn(t *tablet) bool {
	if t.purged {
		return true
	}
	born := t.born
	for range 100 {
		req, ok := t.ask(0)
		if !ok {
			return false
		}
		w.record(kept{from: t.at, to: 0, req: &req})
		res := w.ground.exchange(t.at, req)
		if res == nil {
			return false
		}
		w.record(kept{from: 0, to: t.at, res: res})
		if !t.answered(0, t.call, &req, *res) {
			return t.purged || t.rep != nil && t.born == born
		}
	}
	return false
}

// record keeps some messages, to be delivered again in the end.
func (w *world) record(m kept) {
	if w.res.Exchanges%12 == 0 && len(w.net.kept) < 12 {
		w.net.kept = append(w.net.kept, m)
	}
}

// onBoard exchanges once between two tablets.
func (w *world) onBoard(a, b *tablet) bool {
	req, ok := a.ask(b.at)
	if !ok {
		return false
	}
	res := b.serve(req)
	if res == nil {
		return false
	}
	a.answered(b.at, a.call, &req, *res)
	return a.rep != nil
}

// putBack puts the store of a tablet back to its image, once.
func (w *world) putBack(i int) func() bool {
	return func() bool {
		if t := w.tablets[i]; t.image != nil {
			t.rollBack()
			t.image = nil
		}
		return true
	}
}

// rotOwn makes an own op unreadable that ground holds: the store is set aside once that is seen.
func (t *tablet) rotOwn() bool {
	for _, o := range slices.Backward(t.disk.lanes[t.me()]) {
		if f, ok := formOf(o); ok && t.talks[0].Peer.Covers(o.Dot) {
			delete(t.owes, f)
			t.disk.rotten[o.Dot] = true
			t.disk.writes++
			t.vector, t.retired = nil, map[string]bool{}
			return true
		}
	}
	return true
}

// crewBatch is what the crew of a tablet enter in a round, in three writes. A form that was cut
// short is sent again as it was filled in.
func (w *world) crewBatch(i, round int) func() bool {
	var writes [][]flightsync.Draft
	done := 0
	return func() bool {
		t := w.tablets[i]
		if t.me() == flightsync.Nobody {
			return false
		}
		if writes == nil {
			writes = t.forms(round)
		}
		for ; done < len(writes); done++ {
			if !t.write(writes[done]...) {
				return false
			}
			for _, d := range writes[done] {
				if d.Nonce != [8]byte{} {
					w.truth.entries[d.Nonce] = entry{kind: d.Kind, by: t.at}
				}
			}
		}
		return true
	}
}

// forms are filled in from what the tablet shows: outcomes, gestures, a seat, a need, a word of the
// lead on a dispute, the movements. Each write holds several ops.
func (t *tablet) forms(round int) (writes [][]flightsync.Draft) {
	w := t.w
	v := t.shown()
	next := func() form {
		f := w.form(t.at)
		w.truth.filled[f] = true
		return f
	}
	var ds []flightsync.Draft
	end := func() { writes, ds = append(writes, ds), nil }
	notes := slices.DeleteFunc(slices.Clone(v.Notes), func(n flightsync.NoteView) bool { return n.Erased })
	feedback := []passenger.Feedback{{Outcome: passenger.Acted}, {Outcome: passenger.Declined, Reaction: passenger.Neutral}, {Outcome: passenger.NotPossible, Reason: passenger.Asleep}}
	for k := range crashEntries {
		n := notes[(round*crashNotes+k*3+t.at)%len(notes)]
		fb := feedback[(k+t.at)%3]
		fb.Words = w.word("said")
		ds = append(ds, flightsync.SeenDraft(n.Dot), flightsync.OutcomeDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), next()))
		if k%3 == 1 {
			gesture := flightsync.Gesture{Code: passenger.Drink, Quantity: 1, PolicyVersion: 1, Traveller: n.Note.Traveller, Note: n.Dot}
			ds = append(ds, gesture.Draft(next()))
		}
		if k%4 == 3 {
			end()
		}
	}
	no := passenger.TravellerNo(1 + round)
	tr, _ := v.Traveller(no)
	need := flightsync.AssistanceDraft(no, "BLND", tr.AssistanceDots...)
	need.Nonce = next()
	ds = append(ds, flightsync.SeatNowDraft(no, passenger.Seat(string(rune('1'+round%9))+"F"), tr.SeatDots, next()), need)
	for _, n := range notes {
		if n.Disputed() && round%2 == 1 {
			fb := passenger.Feedback{Outcome: passenger.Acted, Words: w.word("said")}
			ds = append(ds, flightsync.ResolveDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), next()), flightsync.ClaimDraft(n.Dot, n.Note.Traveller))
			break
		}
	}
	for _, x := range v.Gestures {
		if x.Dot.Author == t.me() && !x.Voided && round%3 == 2 {
			ds = append(ds, flightsync.VoidDraft(x.Dot, x.Traveller, next()))
			break
		}
	}
	if at, ok := v.ActingLead(); ok && at == t.me() {
		off := flightsync.MovementFact{Word: passenger.Off, At: t.clock()}.Draft()
		off.Nonce = next()
		ds = append(ds, off)
	}
	end()
	return writes
}

// begin writes what a flight begins with, unless it is there.
func (g *ground) begin() bool {
	return (len(g.disk.lanes[flightsync.Admin]) > 0 || len(g.write(flightsync.Admin, genesis().Draft())) > 0) &&
		(len(g.disk.lanes[flightsync.Manifest]) > 0 || len(g.write(flightsync.Manifest, flightsync.PageDrafts(someList(travellers))...)) > 0)
}

// noteBatch writes notes in one transaction, unless they are there: ground knows its jobs by rows
// of the same transaction.
func (g *ground) noteBatch() func() bool {
	var ds []flightsync.Draft
	var words string
	return func() bool {
		if ds == nil {
			for i := range crashNotes {
				words = g.w.word("note")
				no := passenger.TravellerNo(1 + (len(g.w.truth.notes)+i)%travellers)
				g.w.truth.notes[words] = no
				ds = append(ds, flightsync.NoteDraft(aNote(no, words)))
			}
		}
		return g.holds(flightsync.Notes, ds[len(ds)-1]) || len(g.write(flightsync.Notes, ds...)) > 0
	}
}

func (g *ground) holds(a flightsync.Author, d flightsync.Draft) bool {
	return slices.ContainsFunc(g.disk.lanes[a], func(o flightsync.Op) bool {
		return o.Header.Kind == d.Kind && slices.Equal(o.Content(), d.Content)
	})
}

// listBatch is news of the list, a need, and a note taken back.
func (g *ground) listBatch(round int) func() bool {
	step := 0
	return func() bool {
		no := passenger.TravellerNo(1 + round)
		v := g.fold()
		tr, _ := v.Traveller(no)
		change := flightsync.ChangeDraft(flightsync.Traveller{No: no, Name: "Mx T. Sample", Seat: passenger.Seat(string(rune('1'+round)) + "A")})
		n := v.Notes[(round*7)%len(v.Notes)]
		for _, write := range []func() bool{
			func() bool {
				return g.holds(flightsync.Manifest, change) || len(g.write(flightsync.Manifest, change, flightsync.ListAge{At: g.clock(), Doubt: "totals"}.Draft())) > 0
			},
			func() bool {
				return len(g.write(flightsync.Safety, flightsync.AssistanceDraft(no, "WCHR", tr.AssistanceDots...))) > 0
			},
			func() bool {
				return n.Retracted != "" || len(g.write(flightsync.Notes, flightsync.RetractDraft(n.Dot, n.Note.Traveller, flightsync.RetractRecalled))) > 0
			},
			func() bool {
				return round != 3 || len(g.write(flightsync.Notes, flightsync.Draft{Kind: 4000, Content: []byte("\x0a\x03new")})) > 0
			},
		}[step:] {
			if !write() {
				return false
			}
			step++
		}
		return true
	}
}

// eraseOne orders one text gone. An order that was cut short stands or does not: it is given again
// only in the second case.
func (g *ground) eraseOne() func() bool {
	want := -1
	return func() bool {
		orders := 0
		for _, o := range g.disk.lanes[flightsync.Admin] {
			if o.Header.Kind == flightsync.KindErase {
				orders++
			}
		}
		if want < 0 {
			want = orders + 1
		}
		return orders >= want || g.erase()
	}
}

func (g *ground) changeOne(device int, role passenger.Role, removed bool) func() bool {
	return func() bool {
		if g.tables.role[device] != role || g.tables.removed[device] != removed {
			g.change(device, role, removed)
		}
		return g.up && g.tables.role[device] == role && g.tables.removed[device] == removed
	}
}

func (g *ground) lands() bool {
	dots := g.write(flightsync.Admin, flightsync.MovementFact{Word: passenger.In, At: g.clock()}.Draft())
	if len(dots) > 0 {
		g.in = dots[0]
	}
	return len(dots) > 0
}

// pause is between two deeds.
const pause = 3 * time.Minute
