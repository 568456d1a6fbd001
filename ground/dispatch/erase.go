package dispatch

import (
	"context"
	"fmt"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// EraseOn does what an erasure has to do on one flight, in one transaction: standing notes are
// taken back, manifest pages are written again without the travellers, an erase op names every op
// with something personal in it, and ground drops those bodies itself. Tablets follow at their next
// contact. Doing it again writes nothing. Errors: not_found for the flight, phase without a ledger.
func (s *Service) EraseOn(ctx context.Context, job ground.ErasureFlight) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		key, ok, err := tx.LedgerKey(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return passenger.Errorf(passenger.Phase, "dispatch.EraseOn", "no erasure was ever ordered here")
		}
		l, err := s.lock(ctx, tx, job.Flight)
		if err != nil {
			return err
		}
		e := newEraser(l, job.Travellers, job.Notes)
		e.key = &key
		last, err := e.run(ctx)
		if err != nil {
			return err
		}
		if !last.IsZero() {
			job.Op = last
		}
		job.DoneAt = tx.Now()
		if err := tx.PutErasureFlight(ctx, job); err != nil {
			return err
		}
		return l.save(ctx)
	})
}

// Purge takes everything personal out of a sealed flight: its list, the text of its notes and of
// what crew recorded. What happened stays, and its sums. Errors: phase when it is not sealed.
func (s *Service) Purge(ctx context.Context, id passenger.FlightID) error {
	return s.Store.InTx(ctx, func(tx ground.Tx) error {
		l, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if l.flight.Stage != passenger.Sealed {
			return passenger.Errorf(passenger.Phase, "dispatch.Purge", "flight %s is %s; only a sealed flight is purged", l.flight.Key, l.flight.Stage)
		}
		ts, err := tx.Travellers(ctx, id)
		if err != nil {
			return err
		}
		var nos []passenger.TravellerNo
		for _, t := range ts {
			nos = append(nos, t.No)
		}
		if _, err := newEraser(l, nos, nil).run(ctx); err != nil {
			return err
		}
		l.flight.Stage = passenger.Purged
		return l.save(ctx)
	})
}

// eraser takes what is personal out of one locked flight.
type eraser struct {
	*leg
	key        *ground.LedgerKey // nil: leaves no tombstones
	travellers map[passenger.TravellerNo]bool
	notes      map[flightsync.Dot]bool
	ops        map[flightsync.Dot]bool // further ops that must go
	stones     []ground.Tombstone
}

func newEraser(l *leg, travellers []passenger.TravellerNo, notes []flightsync.Dot) *eraser {
	e := &eraser{leg: l, travellers: map[passenger.TravellerNo]bool{}, notes: map[flightsync.Dot]bool{}, ops: map[flightsync.Dot]bool{}}
	for _, no := range travellers {
		e.travellers[no] = true
	}
	for _, d := range notes {
		e.notes[d] = true
	}
	return e
}

// keepsNothing are the kinds that say nothing of a traveller but a number, or what was given.
var keepsNothing = map[flightsync.Kind]bool{flightsync.KindRetract: true, flightsync.KindRemove: true, flightsync.KindGesture: true,
	flightsync.KindVoid: true, flightsync.KindClaim: true, flightsync.KindSeen: true}

// run erases, and returns the last erase op; zero when there was nothing left to erase.
func (e *eraser) run(ctx context.Context) (last flightsync.Dot, err error) {
	v, err := e.view()
	if err != nil {
		return last, err
	}
	if err := e.widen(ctx, v); err != nil {
		return last, err
	}
	gone, pages, err := e.personal(v)
	if err != nil {
		return last, err
	}
	if err := e.withdraw(v); err != nil {
		return last, err
	}
	if err := e.reissue(v, pages); err != nil {
		return last, err
	}
	if err := e.settled(v); err != nil {
		return last, err
	}
	for part := range slices.Chunk(gone, eraseDots) {
		dots, err := e.write(flightsync.Admin, flightsync.EraseDraft(part))
		if err != nil {
			return last, err
		}
		last = dots[0]
		if _, err := e.step(flightsync.EraseBodies{Dots: part}); err != nil {
			return last, err
		}
	}
	if err := e.books(ctx); err != nil {
		return last, err
	}
	if e.key != nil {
		if err := e.tx.AddTombstones(ctx, e.stones...); err != nil {
			return last, err
		}
	}
	if sealed(e.flight) && len(gone) > 0 {
		_, err = e.reconcile(ctx)
	}
	return last, err
}

// widen adds every note of the travellers, and of a traveller with an erased note the replaced
// ones that stand in no book any more.
func (e *eraser) widen(ctx context.Context, v *flightsync.View) error {
	lfs, err := e.tx.LoopFlightsOn(ctx, e.flight.ID)
	if err != nil {
		return err
	}
	booked := map[flightsync.Dot]bool{}
	for _, lf := range lfs {
		booked[lf.Note] = true
	}
	of := map[passenger.TravellerNo]bool{}
	for _, n := range v.Notes {
		of[n.Note.Traveller] = of[n.Note.Traveller] || e.notes[n.Dot] && !n.Note.Event
	}
	for _, n := range v.Notes {
		no := n.Note.Traveller
		if !n.Note.Event && (e.travellers[no] || of[no] && !booked[n.Dot] && n.Retracted != "") {
			e.notes[n.Dot] = true
		}
	}
	return nil
}

// personal lists the ops that must lose their bodies, and of them the manifest pages that no
// later page has replaced.
func (e *eraser) personal(v *flightsync.View) (gone []flightsync.Dot, pages []flightsync.Op, err error) {
	replaced := map[flightsync.Dot]bool{}
	for i := range v.Vector {
		err := e.store.Ops(flightsync.Author(i), 1, func(o flightsync.Op) bool {
			h := o.Header
			if h.Kind == flightsync.KindPage {
				for _, d := range h.Over {
					replaced[d] = true
				}
			}
			if o.IsStub() || !e.concerns(o) {
				return true
			}
			gone = append(gone, o.Dot)
			switch {
			case h.Kind == flightsync.KindPage:
				pages = append(pages, o)
			case o.Dot.Author >= flightsync.FirstTablet && e.key != nil:
				e.stones = append(e.stones, ground.Tombstone{Kind: ground.OpStone, Flight: e.flight.ID, Hash: e.key.Op(e.flight.ID, o.Commit)})
			}
			return true
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return gone, slices.DeleteFunc(pages, func(o flightsync.Op) bool { return replaced[o.Dot] }), nil
}

func (e *eraser) concerns(o flightsync.Op) bool {
	h := o.Header
	switch {
	case e.ops[o.Dot]:
		return true
	case h.Kind == flightsync.KindPage:
		return slices.ContainsFunc(onPage(o), func(no passenger.TravellerNo) bool { return e.travellers[no] })
	case h.Kind == flightsync.KindResolve && o.Dot.Author < flightsync.FirstTablet:
		return false // ground's own says an outcome without words
	case h.Kind == flightsync.KindOutcome || h.Kind == flightsync.KindResolve:
		return e.notes[h.Entity] || e.travellers[h.Traveller]
	}
	return e.notes[o.Dot] || e.travellers[h.Traveller] && !keepsNothing[h.Kind]
}

// onPage lists the travellers that one manifest page names.
func onPage(o flightsync.Op) (nos []passenger.TravellerNo) {
	for _, t := range flightsync.Fold([]flightsync.Op{o}).Travellers {
		nos = append(nos, t.No)
	}
	return nos
}

// withdraw takes the standing notes back while the flight is not over; later the erase op says
// enough.
func (e *eraser) withdraw(v *flightsync.View) error {
	if closing(e.flight) {
		return nil
	}
	var ds []flightsync.Draft
	for _, n := range v.Notes {
		if e.notes[n.Dot] && n.Retracted == "" {
			ds = append(ds, flightsync.RetractDraft(n.Dot, n.Note.Traveller, flightsync.RetractErased))
		}
	}
	_, err := e.write(flightsync.Notes, ds...)
	return err
}

// reissue writes pages again without the travellers, as the list stands now.
func (e *eraser) reissue(v *flightsync.View, pages []flightsync.Op) error {
	var ds []flightsync.Draft
	for _, o := range pages {
		var lines []flightsync.Traveller
		var removed []flightsync.Draft
		for _, no := range onPage(o) {
			t, ok := v.Traveller(no)
			if !ok || e.travellers[no] || t.Name == "" {
				continue
			}
			lines = append(lines, t.Traveller)
			if t.Removed { // the page would bring them back
				removed = append(removed, flightsync.RemoveDraft(no))
			}
		}
		ds = append(append(ds, flightsync.PageDrafts(lines, o.Dot)...), removed...)
	}
	_, err := e.write(flightsync.Manifest, ds...)
	return err
}

// settled keeps what crew recorded about an erased note without a word of it: ground says the
// same outcome over it. What tablets disagree about stays undecided and ends without outcome.
func (e *eraser) settled(v *flightsync.View) error {
	var ds []flightsync.Draft
	for _, n := range v.Notes {
		fb, ok := n.Outcome()
		byCrew := slices.ContainsFunc(n.Heads, func(h flightsync.Head) bool { return h.By >= flightsync.FirstTablet })
		if e.notes[n.Dot] && ok && byCrew {
			fb.Words = ""
			ds = append(ds, flightsync.ResolveDraft(n.Dot, n.Note.Traveller, fb, n.HeadDots(), [8]byte{}))
		}
	}
	_, err := e.write(flightsync.Admin, ds...)
	return err
}

// books empties the rows of the travellers and marks the notes as taken back.
func (e *eraser) books(ctx context.Context) error {
	ts, err := e.tx.Travellers(ctx, e.flight.ID)
	if err != nil {
		return err
	}
	for _, t := range ts {
		if !e.travellers[t.No] || t.Erased {
			continue
		}
		if e.key != nil {
			for _, k := range append([]string{t.SourceKey}, t.Facts.Keys...) {
				e.stones = append(e.stones, ground.Tombstone{Kind: ground.TravellerStone, Flight: t.Flight, Hash: e.key.Traveller(t.Flight, k)})
			}
		}
		if err := e.tx.PutTraveller(ctx, ground.Traveller{Flight: t.Flight, No: t.No, Person: t.Person, SourceKey: fmt.Sprintf("erased|%d", t.No),
			NoShow: t.NoShow, Removed: true, Erased: true}); err != nil {
			return err
		}
	}
	lfs, err := e.tx.LoopFlightsOn(ctx, e.flight.ID)
	if err != nil {
		return err
	}
	for _, lf := range lfs {
		if e.notes[lf.Note] && lf.Retracted == "" {
			lf.Retracted = flightsync.RetractErased
			if err := e.tx.PutLoopFlight(ctx, lf); err != nil {
				return err
			}
		}
	}
	return nil
}

// sealed reports whether a flight merges nothing any more.
func sealed(f ground.Flight) bool { return f.Stage == passenger.Sealed || f.Stage == passenger.Purged }

// forget erases what a tablet brought about somebody who was erased meanwhile, in the
// transaction that stored it. It returns the authors whose ops lost something.
func (l *leg) forget(ctx context.Context, changed []flightsync.Dot) (map[flightsync.Author]bool, error) {
	nos, err := l.tx.ErasedOn(ctx, l.flight.ID)
	if err != nil {
		return nil, err
	}
	stones, err := l.tx.Tombstones(ctx, &l.flight.ID)
	if err != nil || len(nos)+len(stones) == 0 {
		return nil, err
	}
	key, ok, err := l.tx.LedgerKey(ctx)
	if err != nil {
		return nil, err
	}
	e, authors := newEraser(l, nos, nil), map[flightsync.Author]bool{}
	if ok && len(stones) > 0 {
		e.key = &key
	}
	v, err := l.view()
	if err != nil {
		return nil, err
	}
	for _, n := range v.Notes {
		if n.Erased {
			e.notes[n.Dot] = true
		}
	}
	for _, d := range changed {
		if err := l.store.Ops(d.Author, d.Seq, func(o flightsync.Op) bool {
			again := e.key != nil && slices.Contains(stones, ground.Tombstone{Kind: ground.OpStone, Flight: l.flight.ID, Hash: e.key.Op(l.flight.ID, o.Commit)})
			if again {
				e.ops[o.Dot] = true
			}
			if !o.IsStub() && e.concerns(o) {
				authors[d.Author] = true
			}
			return false
		}); err != nil {
			return nil, err
		}
	}
	if len(authors) == 0 {
		return nil, nil
	}
	_, err = e.run(ctx)
	return authors, err
}

// eraseOpen goes on with erasures that a killed program left half done.
func (s *Service) eraseOpen(ctx context.Context) {
	var open []ground.ErasureFlight
	err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		open, err = tx.OpenErasureFlights(ctx)
		return err
	})
	if err != nil {
		s.Log.Warn("open erasures", "err", err)
	}
	for _, job := range open {
		if err := s.EraseOn(ctx, job); err != nil {
			s.Log.Error("erasure of a flight", "flight", job.Flight.String(), "err", err)
		}
	}
}

// keptOut tells whom a list of this flight must not bring back.
func (l *leg) keptOut(ctx context.Context) (func(sourceKey string) bool, error) {
	stones, err := l.tx.Tombstones(ctx, &l.flight.ID)
	if err != nil || len(stones) == 0 {
		return func(string) bool { return false }, err
	}
	key, _, err := l.tx.LedgerKey(ctx)
	out := map[ground.LedgerHash]bool{}
	for _, s := range stones {
		out[s.Hash] = s.Kind == ground.TravellerStone
	}
	return func(sourceKey string) bool { return out[key.Traveller(l.flight.ID, sourceKey)] }, err
}
