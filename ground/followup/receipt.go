package followup

import (
	"context"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Receipt proves one loop: what was flagged, which notes went where, what crew recorded, and
// how it ended. It names no passenger and quotes no words.
type Receipt struct {
	Case       passenger.CaseID `json:"case"`
	Loop       passenger.LoopID `json:"loop"`
	State      ground.LoopState `json:"state"`
	End        string           `json:"end,omitempty"`
	FlaggedAt  time.Time        `json:"flagged_at"`
	EndedAt    *time.Time       `json:"ended_at,omitempty"`
	Steps      []Step           `json:"steps"`
	Notes      []NoteLine       `json:"notes"`
	FollowUps  []FollowUpLine   `json:"follow_ups"`
	Gestures   []GestureLine    `json:"gestures"`
	Replied    bool             `json:"replied"`
	NoneReason string           `json:"no_reply_reason,omitempty"`
	Outcomes   int              `json:"outcomes"` // recorded outcomes that count: exactly one for a closed loop
	Proven     bool             `json:"proven"`   // every line is backed by an op or a decision, and there is one end
}

// Step is one recorded step.
type Step struct {
	At       time.Time `json:"at"`
	Role     string    `json:"role"`
	To       string    `json:"to"`
	Evidence string    `json:"evidence"`
}

// NoteLine is one note of the loop on one flight. Chain is the head of the notes lane that
// holds it: anyone with the lane can check it.
type NoteLine struct {
	Flight    string                   `json:"flight"`
	FlightID  string                   `json:"flight_id"`
	Note      string                   `json:"note"`
	Event     bool                     `json:"event,omitempty"`
	Delivered bool                     `json:"delivered"`
	Seen      bool                     `json:"seen"`
	Retracted flightsync.RetractReason `json:"retracted,omitempty"`
	Bucket    string                   `json:"bucket"`
	Outcome   passenger.Outcome        `json:"outcome,omitempty"`
	Reason    passenger.Reason         `json:"reason,omitempty"`
	Reaction  passenger.Reaction       `json:"reaction,omitempty"`
	Versions  int                      `json:"versions"` // live outcomes; more than one unequal is a dispute
	Final     bool                     `json:"final"`    // the flight is sealed
}

// FollowUpLine is one follow-up of the loop.
type FollowUpLine struct {
	Cause    string     `json:"cause"`
	Queue    string     `json:"queue"`
	Deadline time.Time  `json:"deadline"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	Result   string     `json:"result,omitempty"`
}

// GestureLine is one line of the register.
type GestureLine struct {
	Code     passenger.GestureCode `json:"code"`
	Quantity int                   `json:"quantity"`
	Op       string                `json:"op"`
	Voided   bool                  `json:"voided,omitempty"`
}

// Receipt makes the receipt of the newest loop of a case. Errors: not_found when the case was
// never flagged.
func (s *Service) Receipt(ctx context.Context, id passenger.CaseID) (r Receipt, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		loop, ok, err := tx.LoopOfCase(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			return passenger.Errorf(passenger.NotFound, "followup.Receipt", "this case was never flagged for the crew, so it has no loop")
		}
		r = Receipt{Case: id, Loop: loop.ID, State: loop.State, End: loop.EndReason, FlaggedAt: loop.FlaggedAt, EndedAt: orNil(loop.EndedAt),
			Steps: []Step{}, Notes: []NoteLine{}, FollowUps: []FollowUpLine{}, Gestures: []GestureLine{}}
		return r.fill(ctx, tx, loop)
	})
	return r, err
}

func (r *Receipt) fill(ctx context.Context, tx ground.Tx, loop ground.Loop) error {
	steps, err := tx.Transitions(ctx, loop.ID)
	if err != nil {
		return err
	}
	for _, t := range steps {
		r.Steps = append(r.Steps, Step{t.At, t.Role, t.To, t.Evidence})
	}
	lfs, err := tx.LoopFlights(ctx, loop.ID)
	if err != nil {
		return err
	}
	booked := true
	for _, lf := range lfs {
		line, ok, err := noteLine(ctx, tx, lf)
		if err != nil {
			return err
		}
		booked = booked && ok
		if lf.Flight == loop.Flight && line.Outcome != "" {
			r.Outcomes++
		}
		r.Notes = append(r.Notes, line)
	}
	fs, err := tx.FollowUpsOfLoop(ctx, loop.ID)
	if err != nil {
		return err
	}
	open := 0
	for _, f := range fs {
		if f.ClosedAt.IsZero() {
			open++
		}
		r.FollowUps = append(r.FollowUps, FollowUpLine{f.Cause, f.Queue, f.Deadline, orNil(f.ClosedAt), f.Result})
	}
	gs, err := tx.GesturesOfLoop(ctx, loop.ID)
	if err != nil {
		return err
	}
	for _, g := range gs {
		r.Gestures = append(r.Gestures, GestureLine{g.Code, g.Quantity, g.Dot.String(), g.Voided})
	}
	replies, err := tx.Replies(ctx, loop.Case)
	if err != nil {
		return err
	}
	for _, x := range replies {
		r.Replied, r.NoneReason = x.NoneReason == "", x.NoneReason
	}
	ended := loop.State == ground.LoopClosed || loop.State == ground.LoopEnded
	r.Proven = ended && loop.EndReason != "" && open == 0 && booked && len(r.Steps) > 0 &&
		r.Steps[len(r.Steps)-1].To == string(loop.State)
	return nil
}

// noteLine reads a note's fate from the ops of its flight; ok says that the books agree.
func noteLine(ctx context.Context, tx ground.Tx, lf ground.LoopFlight) (NoteLine, bool, error) {
	f, err := tx.Flight(ctx, lf.Flight)
	if err != nil {
		return NoteLine{}, false, err
	}
	line := NoteLine{Flight: f.Key.String(), FlightID: f.ID.String(), Note: lf.Note.String(), Final: f.Stage == passenger.Sealed}
	v, err := flightsync.FoldStorage(tx.Lanes(ctx, lf.Flight))
	if err != nil {
		return line, false, err
	}
	n, ok := v.Note(lf.Note)
	if !ok {
		return line, false, nil
	}
	line.Event, line.Delivered, line.Seen, line.Retracted = n.Note.Event, n.Delivered, n.Seen(), n.Retracted
	line.Bucket, line.Versions = n.Bucket(), len(n.Heads)
	if fb, ok := n.Outcome(); ok {
		line.Outcome, line.Reason, line.Reaction = fb.Outcome, fb.Reason, fb.Reaction
	}
	return line, !line.Final || lf.Outcome == line.Bucket, nil
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
