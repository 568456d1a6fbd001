package dispatch

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// EventNote writes one note for a whole flight, about a mass disruption: it names nobody and
// covers the loops given. A covered loop needs no consent, since nobody is named. Loops that
// have a note of their own keep it. Errors: invalid without loops, phase for a closed flight.
func (s *Service) EventNote(ctx context.Context, key passenger.FlightKey, designator, day string, loops []passenger.LoopID, by string) (note flightsync.Dot, err error) {
	const op = "dispatch.EventNote"
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		l, err := s.lockKey(ctx, tx, key)
		if err != nil {
			return err
		}
		if closing(l.flight) {
			return passenger.Errorf(passenger.Phase, op, "flight %s is over; an event note would reach nobody", key)
		}
		var covered []ground.Loop
		for _, id := range slices.Compact(slices.SortedFunc(slices.Values(loops), func(a, b passenger.LoopID) int { return slices.Compare(a[:], b[:]) })) {
			loop, err := tx.Loop(ctx, id)
			if err != nil {
				return err
			}
			if loop.State == ground.LoopDesk || loop.State == ground.LoopWaiting {
				covered = append(covered, loop)
			}
		}
		if len(covered) == 0 {
			return passenger.Errorf(passenger.Invalid, op, "an event note covers at least one case that has no note yet")
		}
		dots, err := l.write(flightsync.Notes, flightsync.NoteDraft(notes.CompileEvent(notes.EventInput{
			Designator: designator, Day: day, Cases: len(covered), STA: l.flight.STA})))
		if err != nil {
			return err
		}
		note = dots[0]
		en := ground.EventNote{Flight: l.flight.ID, Note: note, Origin: designator + " " + day}
		for _, loop := range covered {
			en.Loops = append(en.Loops, loop.ID)
			e := &evaluation{s: s, tx: tx, loop: loop, before: loop}
			if err := tx.PutLoopFlight(ctx, ground.LoopFlight{Loop: loop.ID, Flight: l.flight.ID, Note: note, CreatedAt: tx.Now()}); err != nil {
				return err
			}
			if err := tx.AddTransition(ctx, ground.Transition{Loop: loop.ID, Role: "social", To: string(ground.LoopCompiled),
				Evidence: key.String() + " event note " + note.String()}); err != nil {
				return err
			}
			e.loop.Flight, e.loop.Event = l.flight.ID, true
			if err := e.settle(ctx, ground.LoopCompiled); err != nil {
				return err
			}
		}
		if err := tx.InsertEventNote(ctx, en); err != nil {
			return err
		}
		if err := tx.Audit(ctx, ground.AuditRow{Actor: by, Act: "event-note", Object: l.flight.ID.String(), Result: note.String()}); err != nil {
			return err
		}
		if err := l.advance(ctx); err != nil {
			return err
		}
		return l.save(ctx)
	})
	return note, err
}
