package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func TestOneLoopFromFlagToReceipt(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicMeal)
		if loop.State != ground.LoopCompiled {
			w.Fatalf("loop is %s, want compiled", loop.State)
		}
		tab.sync()
		w.move(first, passenger.OffBlock)
		w.now = w.now.Add(6 * time.Hour)
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted, Reaction: passenger.Pleased})
		w.now = w.now.Add(6 * time.Hour)
		w.move(first, passenger.In)
		tab.sync()
		if r := w.report(first); r.Acted != 1 || r.Stage != "closed" || !r.SumsClose {
			w.Fatalf("after landing: %+v", r)
		}
		tab.write(flightsync.FinDraft())
		tab.sync()
		r := w.report(first)
		if r.Stage != "sealed" || r.Revision != 1 || !r.SumsClose || r.OpsIssued != r.OpsOnGround || r.FollowUps != 1 {
			w.Fatalf("after the seal: %+v", r)
		}
		if l := w.read(loop.ID); l.State != ground.LoopReconciled || l.Outcome.Outcome != passenger.Acted {
			w.Fatalf("loop after the seal: %s %v", l.State, l.Outcome)
		}
		draft, err := w.followup.Draft(w.ctx, loop.Case)
		w.must(err)
		if !strings.Contains(draft, "KL0641") {
			w.Errorf("the draft names no flight: %q", draft)
		}
		w.closeReplies(draft)
		rec, err := w.followup.Receipt(w.ctx, loop.Case)
		w.must(err)
		if !rec.Proven || rec.State != ground.LoopClosed || rec.Outcomes != 1 || !rec.Replied {
			w.Errorf("receipt: %+v", rec)
		}
		for _, word := range []string{"JANSEN", "Jansen", "14C"} {
			if strings.Contains(w.log.String(), word) {
				w.Errorf("the log holds %q", word)
			}
		}
	})
}

func (w *world) closeReplies(text string) {
	w.Helper()
	var open []ground.FollowUp
	w.must(w.db.Read(w.ctx, func(tx ground.Tx) (err error) { open, err = tx.ListFollowUps(w.ctx, true); return err }))
	for _, f := range open {
		w.must(w.followup.Close(w.ctx, f.ID, followup.Answer{Reply: text, Result: "done", By: "agent", Role: "social"}))
	}
}

func TestNoShowMovesOnAndCountsOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicDelay)
		tab.sync()
		w.now = w.now.Add(5 * time.Hour)
		tab.record("14C", passenger.Feedback{Outcome: passenger.NotPossible, Reason: passenger.NotOnBoard})
		w.now = w.now.Add(8 * time.Hour)
		w.move(first, passenger.In)
		tab.write(flightsync.FinDraft())
		tab.sync()
		if l := w.read(loop.ID); l.State != ground.LoopWaiting {
			w.Fatalf("loop after the no-show is %s, want waiting", l.State)
		}
		w.flight(second, start.Add(28*time.Hour), true, row("C1", "JANSEN", "9D"))
		l := w.read(loop.ID)
		if l.State != ground.LoopCompiled || l.Flight != w.flightRow(second).ID {
			w.Fatalf("loop after re-booking: %s on %s", l.State, l.Flight)
		}
		if r := w.report(first); r.NotPossible != 1 || r.FollowUps != 0 || !r.SumsClose {
			w.Errorf("first flight: %+v", r)
		}
		if r := w.report(second); r.Compiled != 1 || !r.SumsClose {
			w.Errorf("second flight: %+v", r)
		}
	})
}

func TestMoveIsOneTransactionOverBothFlights(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
		w.flight(second, start.Add(28*time.Hour), true, row("C1", "JANSEN", "9D"))
		loop := w.loop("C1", passenger.TopicMeal)
		gone := row("C1", "JANSEN", "14C")
		gone.Removed = true
		w.flight(first, start.Add(4*time.Hour), false, gone)
		if l := w.read(loop.ID); l.Flight != w.flightRow(second).ID {
			w.Fatalf("the loop did not move: %s", l.State)
		}
		if r := w.report(first); r.Withdrawn != 1 || r.Compiled != 1 || !r.SumsClose {
			w.Errorf("first flight: %+v", r)
		}
		if r := w.report(second); r.Compiled != 1 || !r.SumsClose {
			w.Errorf("second flight: %+v", r)
		}
		// Evaluating again writes nothing.
		before, err := w.dispatch.View(w.ctx, w.flightRow(second).ID)
		w.must(err)
		w.must(w.dispatch.Evaluate(w.ctx, loop.ID))
		after, err := w.dispatch.View(w.ctx, w.flightRow(second).ID)
		w.must(err)
		if before.Vector.Of(flightsync.Notes) != after.Vector.Of(flightsync.Notes) {
			w.Error("evaluating again wrote to the notes lane")
		}
	})
}

func TestConsentNoRecallsAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicMeal)
		tab.sync()
		w.tx(func(tx ground.Tx) error {
			return tx.SetConsent(w.ctx, ground.ConsentRecord{Person: loop.Person, Answer: passenger.ConsentNo, At: w.now})
		})
		w.must(w.dispatch.Evaluate(w.ctx, loop.ID))
		if l := w.read(loop.ID); l.State != ground.LoopEnded || l.EndReason != "consent-no" {
			w.Fatalf("loop: %s %s", l.State, l.EndReason)
		}
		tab.sync()
		for _, n := range tab.view().Notes {
			if n.Retracted == "" {
				w.Error("the note still stands on the tablet")
			}
		}
		if r := w.report(first); r.Delivered != 1 || r.NotSeen != 1 || !r.SumsClose {
			w.Errorf("a retract after delivery stays in its bucket: %+v", r)
		}
	})
}

func TestTwoTabletsDisagree(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		lead, cabin := w.tablet("t1", first, passenger.Lead), w.tablet("t2", first, passenger.Cabin)
		w.loop("C1", passenger.TopicMeal)
		lead.sync()
		cabin.sync()
		lead.sync()
		w.now = w.now.Add(6 * time.Hour)
		lead.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		cabin.record("14C", passenger.Feedback{Outcome: passenger.Declined})
		w.now = w.now.Add(6 * time.Hour)
		w.move(first, passenger.In)
		for _, tab := range []*tablet{lead, cabin} {
			tab.sync()
			tab.write(flightsync.FinDraft())
			tab.sync()
		}
		r := w.report(first)
		if r.Disputed != 1 || r.Stage != "sealed" || !r.SumsClose || r.FollowUps != 2 {
			w.Errorf("report: %+v", r)
		}
	})
}

func TestForeignFlightIsRefused(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		w.flight(second, start.Add(28*time.Hour), true, row("C2", "SMITH", "9D"))
		tab := w.tablet("t1", first, passenger.Lead)
		tab.sync()
		req := tab.step(flightsync.Ask{}).Request
		req.Group = w.flightRow(second).ID
		if _, err := w.dispatch.Exchange(w.ctx, tab.id, *req); passenger.CodeOf(err) != passenger.Forbidden {
			w.Errorf("exchange with a foreign flight: %v", err)
		}
		req.Group = passenger.FlightID{9}
		if _, err := w.dispatch.Exchange(w.ctx, tab.id, *req); passenger.CodeOf(err) != passenger.NotFound {
			w.Errorf("exchange with an unknown flight: %v", err)
		}
	})
}

func TestReplayedExchangeChangesNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		w.loop("C1", passenger.TopicMeal)
		tab.sync()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		note := tab.view().Notes[0]
		tab.write(flightsync.Gesture{Code: passenger.Voucher, Quantity: 1, PolicyVersion: 1, Traveller: 1, Note: note.Dot}.Draft([8]byte{7}))
		req := tab.step(tab.talk.Ask(0, 0)).Request
		var vector flightsync.Vector
		for i := range 3 {
			_, err := w.dispatch.Exchange(w.ctx, tab.id, *req)
			w.must(err)
			v, err := w.dispatch.View(w.ctx, req.Group)
			w.must(err)
			if i > 0 && !vector.CoversAll(v.Vector) {
				w.Fatalf("replay %d wrote ops: %v then %v", i, vector, v.Vector)
			}
			vector = v.Vector
		}
		if r := w.report(first); r.Recorded != 1 || r.Gestures != 1 || !r.SumsClose {
			w.Errorf("report: %+v", r)
		}
	})
}

func TestEventNoteCoversCases(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"), row("C2", "SMITH", "15A"))
		tab := w.tablet("t1", first, passenger.Lead)
		var loops []passenger.LoopID
		for _, c := range []string{"C1", "C2"} {
			l := w.loop(c, passenger.TopicDelay)
			w.tx(func(tx ground.Tx) error {
				return tx.SetConsent(w.ctx, ground.ConsentRecord{Person: l.Person, Answer: passenger.ConsentNotAsked, At: w.now.Add(time.Second)})
			})
			w.must(w.dispatch.Evaluate(w.ctx, l.ID))
			if l = w.read(l.ID); l.State != ground.LoopDesk {
				w.Fatalf("without consent the loop is %s, want desk", l.State)
			}
			loops = append(loops, l.ID)
		}
		note, err := w.dispatch.EventNote(w.ctx, first, "KL0701", "2026-11-12", loops, "agent")
		w.must(err)
		tab.sync()
		n, ok := tab.view().Note(note)
		if !ok || !n.Note.Event || n.Note.Cases != 2 || n.Note.Name != "" {
			w.Fatalf("event note on the tablet: %+v", n.Note)
		}
		tab.write(flightsync.SeenDraft(note), flightsync.OutcomeDraft(note, 0, passenger.Feedback{Outcome: passenger.Acted}, nil, [8]byte{3}))
		w.now = w.now.Add(12 * time.Hour)
		w.move(first, passenger.In)
		tab.write(flightsync.FinDraft())
		tab.sync()
		r := w.report(first)
		if r.Stage != "sealed" || !r.SumsClose || r.Acted != 1 || r.FollowUps != 2 {
			w.Errorf("report: %+v", r)
		}
	})
}

func TestLateReportRaisesTheRevision(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicMeal)
		tab.sync()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		w.now = w.now.Add(12 * time.Hour)
		w.move(first, passenger.In)
		w.now = w.now.Add(passenger.SealAfter + time.Hour)
		w.must(w.dispatch.Sweep(w.ctx, w.now))
		if r := w.report(first); r.Stage != "sealed" || r.Revision != 1 || r.NotSeen != 1 {
			w.Fatalf("sealed without the tablet: %+v", r)
		}
		tab.sync()
		r := w.report(first)
		if r.Revision != 2 || r.Acted != 1 || r.Late == 0 || !r.SumsClose {
			w.Errorf("after the late report: %+v", r)
		}
		if l := w.read(loop.ID); l.State != ground.LoopReconciled {
			w.Errorf("loop after the late report: %s", l.State)
		}
	})
}

// A flight that left and says nothing for days keeps its note: only its tablets know better.
func TestADepartedFlightKeepsItsNote(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "JANSEN", "14C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loop := w.loop("C1", passenger.TopicMeal)
		tab.sync()
		w.move(first, passenger.OffBlock)
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		for range 5 {
			w.now = w.now.Add(12 * time.Hour)
			w.must(w.dispatch.Sweep(w.ctx, w.now))
		}
		if l := w.read(loop.ID); l.State != ground.LoopCompiled {
			w.Fatalf("two days after departure the loop is %s", l.State)
		}
		w.move(first, passenger.In)
		tab.write(flightsync.FinDraft())
		tab.sync()
		if r := w.report(first); r.Acted != 1 || r.FollowUps != 1 || !r.SumsClose {
			w.Errorf("report: %+v", r)
		}
	})
}

// TestWhatTheCrewHasDoneIsNotWrittenAgain: what was learned later changes a note that waits; one that
// the crew has acted on stands as they read it.
func TestWhatTheCrewHasDoneIsNotWrittenAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		w.flight(first, start.Add(4*time.Hour), true, row("C1", "VOS", "14C"), row("C2", "BOS", "15C"))
		tab := w.tablet("t1", first, passenger.Lead)
		loops := []ground.Loop{w.loop("C1", passenger.TopicMeal), w.loop("C2", passenger.TopicMeal)}
		tab.sync()
		tab.record("14C", passenger.Feedback{Outcome: passenger.Acted})
		tab.sync()
		for _, l := range loops {
			w.tx(func(tx ground.Tx) error {
				c, err := tx.Case(w.ctx, l.Case)
				if err != nil {
					return err
				}
				c.Severity = passenger.Urgent
				return tx.UpdateCase(w.ctx, c)
			})
			w.must(w.dispatch.Evaluate(w.ctx, l.ID))
		}
		tab.sync()
		standing := map[passenger.Seat]passenger.Priority{}
		for _, n := range tab.view().Notes {
			if n.Retracted == "" {
				standing[n.Note.Seat] = n.Note.Priority
			}
		}
		if diff := cmp.Diff(map[passenger.Seat]passenger.Priority{"14C": passenger.Second, "15C": passenger.First}, standing); diff != "" {
			w.Errorf("notes that stand: -want +got\n%s", diff)
		}
		if r := w.report(first); r.Acted != 1 || r.Compiled != 3 || !r.SumsClose {
			w.Errorf("report: %+v", r)
		}
	})
}
