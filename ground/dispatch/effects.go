package dispatch

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// effects works what new crew ops mean for ground, in the transaction that stored them: a
// verdict for what people recorded, the register of gestures, and the steps of the loops. It evaluates
// no loop: what crew say decides at most whether a note leaves a cancelled flight, and a sweep sees that.
func (l *leg) effects(ctx context.Context, changed []flightsync.Dot) error {
	erased, err := l.forget(ctx, changed)
	if err != nil {
		return err
	}
	if err := l.verdicts(changed, erased); err != nil {
		return err
	}
	v, err := l.view()
	if err != nil {
		return err
	}
	if err := l.questions(ctx, v, changed); err != nil {
		return err
	}
	byNote, err := l.loopsByNote(ctx)
	if err != nil {
		return err
	}
	if err := l.register(ctx, v, byNote); err != nil {
		return err
	}
	for _, n := range v.Notes {
		for _, lf := range byNote[n.Dot] {
			if err := l.steps(ctx, lf, n); err != nil {
				return err
			}
		}
	}
	for _, r := range v.Reported { // a message about the same movement wins
		if at, ok := v.Moved(r.Word); ok {
			l.moved(flightsync.MovementFact{Word: r.Word, At: at})
		}
	}
	return nil
}

// recorded are the kinds that a person recorded and gets a verdict for.
var recorded = map[flightsync.Kind]bool{flightsync.KindOutcome: true, flightsync.KindGesture: true, flightsync.KindVoid: true,
	flightsync.KindSeatNow: true, flightsync.KindResolve: true, flightsync.KindMovement: true}

// verdicts answers the new ops of each author with one op, when there is something to answer.
func (l *leg) verdicts(changed []flightsync.Dot, erased map[flightsync.Author]bool) error {
	code := flightsync.VerdictReceived
	if sealed(l.flight) {
		code = flightsync.VerdictLate
	}
	type span struct {
		from, to uint64
		answer   bool
	}
	spans := map[flightsync.Author]*span{}
	var order []flightsync.Author
	for _, d := range changed {
		sp := spans[d.Author]
		if sp == nil {
			sp = &span{from: d.Seq}
			spans[d.Author] = sp
			order = append(order, d.Author)
		}
		sp.to = d.Seq
	}
	for _, a := range order { // what changed of an author is one run
		sp := spans[a]
		if err := l.store.Ops(a, sp.from, func(o flightsync.Op) bool {
			sp.answer = sp.answer || recorded[o.Header.Kind]
			return !sp.answer && o.Dot.Seq < sp.to
		}); err != nil {
			return err
		}
	}
	var ds []flightsync.Draft
	for _, a := range order {
		verdict := flightsync.Verdict{Author: a, From: spans[a].from, To: spans[a].to, Code: code}
		if lane, _ := l.rep.State().Lane(a); lane.Fork.Is() { // of a cloned or rolled-back store: somebody has to look
			verdict.Code = flightsync.VerdictQuestion
		}
		if erased[a] {
			verdict.Code = flightsync.VerdictErased
		}
		if spans[a].answer {
			ds = append(ds, verdict.Draft())
		}
	}
	_, err := l.write(flightsync.Admin, ds...)
	return err
}

// questions answers anew what came of a tablet behind its cut: it counts for nothing, and somebody
// has to look.
func (l *leg) questions(ctx context.Context, v *flightsync.View, changed []flightsync.Dot) error {
	var ds []flightsync.Draft
	for _, q := range v.Quarantine {
		if q.Reason == flightsync.BehindCut && slices.Contains(changed, q.Dot) {
			ds = append(ds, flightsync.Verdict{Author: q.Dot.Author, From: q.Dot.Seq, To: q.Dot.Seq, Code: flightsync.VerdictQuestion}.Draft())
		}
	}
	if len(ds) == 0 {
		return nil
	}
	l.s.Log.Error("entries of a tablet whose access was ended; they count for nothing until somebody decides", "flight", l.flight.ID.String(), "n", len(ds))
	if _, err := l.write(flightsync.Admin, ds...); err != nil {
		return err
	}
	return l.review(ctx)
}

// loopsByNote maps the notes of this flight to the loops they answer: one for a service note,
// all covered ones for an event note.
func (l *leg) loopsByNote(ctx context.Context) (map[flightsync.Dot][]ground.LoopFlight, error) {
	lfs, err := l.tx.LoopFlightsOn(ctx, l.flight.ID)
	if err != nil {
		return nil, err
	}
	out := map[flightsync.Dot][]ground.LoopFlight{}
	for _, lf := range lfs {
		out[lf.Note] = append(out[lf.Note], lf)
	}
	return out, nil
}

// register brings the register of gestures to what the view says; what it says already is not
// written again. A second live gesture for the same loop is a follow-up, never paid by itself.
func (l *leg) register(ctx context.Context, v *flightsync.View, byNote map[flightsync.Dot][]ground.LoopFlight) error {
	rows, err := l.tx.Gestures(ctx, l.flight.ID)
	if err != nil {
		return err
	}
	known := map[flightsync.Dot]ground.GestureRow{}
	for _, row := range rows {
		known[row.Dot] = row
	}
	persons := map[passenger.LoopID]passenger.PersonID{}
	var moved []passenger.LoopID
	last := map[passenger.LoopID]flightsync.Dot{} // its last gesture that is news
	for _, g := range v.Gestures {
		row := ground.GestureRow{Flight: l.flight.ID, Dot: g.Dot, Code: g.Code, Quantity: g.Quantity, At: g.At, Voided: g.Voided}
		if lfs := byNote[g.Note]; len(lfs) == 1 {
			row.Loop = lfs[0].Loop
			if _, ok := persons[row.Loop]; !ok {
				loop, err := l.tx.Loop(ctx, row.Loop)
				if err != nil {
					return err
				}
				persons[row.Loop] = loop.Person
			}
			row.Person = persons[row.Loop]
		}
		was := known[g.Dot]
		if was.At.Equal(row.At) {
			was.At = row.At
		}
		if was == row {
			continue
		}
		if err := l.tx.PutGesture(ctx, row); err != nil {
			return err
		}
		if row.Loop != (passenger.LoopID{}) {
			if _, ok := last[row.Loop]; !ok {
				moved = append(moved, row.Loop)
			}
			last[row.Loop] = g.Dot
		}
	}
	for _, loop := range moved {
		all, err := l.tx.GesturesOfLoop(ctx, loop)
		if err != nil {
			return err
		}
		live := 0
		for _, x := range all {
			if !x.Voided && x.Code != passenger.Apology {
				live++
			}
		}
		if live > 1 {
			if err := l.followUp(ctx, loop, "second-gesture", "ground", last[loop]); err != nil {
				return err
			}
		}
	}
	return nil
}

// steps records on a loop what newly became true of its note.
func (l *leg) steps(ctx context.Context, lf ground.LoopFlight, n flightsync.NoteView) error {
	var now []string
	if n.Delivered {
		now = append(now, "delivered")
	}
	if n.Seen() {
		now = append(now, "seen")
	}
	if fb, ok := n.Outcome(); ok {
		now = append(now, string(fb.Outcome))
	} else if n.Disputed() {
		now = append(now, "disputed")
	}
	if len(now) == 0 {
		return nil
	}
	old, err := l.tx.Transitions(ctx, lf.Loop)
	if err != nil {
		return err
	}
	evidence := l.flight.Key.String() + " note " + n.Dot.String()
	have := map[string]bool{}
	for _, t := range old {
		if t.Evidence == evidence {
			have[t.To] = true
		}
	}
	now = slices.DeleteFunc(now, func(to string) bool { return have[to] })
	if len(now) == 0 {
		return nil
	}
	loop, err := l.tx.Loop(ctx, lf.Loop)
	if err != nil {
		return err
	}
	if loop.EndReason == ground.EndErased { // its end stands: nothing more is told of it
		return nil
	}
	for _, to := range now {
		if err := l.tx.AddTransition(ctx, ground.Transition{Loop: lf.Loop, Role: "crew", To: to, Evidence: evidence}); err != nil {
			return err
		}
	}
	return l.tx.Notify(ctx, "case", loop.Case.String())
}
