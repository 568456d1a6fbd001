package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// step is one station of a note's way.
type step struct {
	Name     string // flagged, compiled, delivered, seen, outcome, reconciled, replied
	Words    string
	Done     bool
	At       time.Time
	Evidence string
	Branch   bool // something else than the plain way happened
}

// recallLine is one tablet of a note that was taken back.
type recallLine struct {
	Name  string
	State string // removed, not-yet-reached, already-seen
}

// track is where the note of a case is, like a parcel.
type track struct {
	base
	CaseID    passenger.CaseID
	Flagged   bool
	State     ground.LoopState
	End       string
	Event     bool
	Flight    string // path of the flight that carries the note, "" for none
	FlightKey string
	Steps     []step
	Log       []ground.Transition
	Reason    passenger.Reason
	Reaction  passenger.Reaction
	MayRecall bool
	Recalled  []recallLine
}

// stations is the plain way of a note.
var stations = []string{"flagged", "compiled", "delivered", "seen", "outcome", "reconciled", "replied"}

func (s *server) track(ctx context.Context, b base, c ground.Case, loop *ground.Loop) (track, error) {
	t := track{base: b, CaseID: c.ID}
	if loop == nil {
		return t, nil
	}
	t.Flagged, t.State, t.End, t.Event = true, loop.State, loop.EndReason, loop.Event
	t.Reason, t.Reaction = loop.Outcome.Reason, loop.Outcome.Reaction
	t.MayRecall = b.May("flag") && !loop.Event && slices.Contains([]ground.LoopState{ground.LoopDesk, ground.LoopWaiting, ground.LoopCompiled}, loop.State)
	var last *ground.LoopFlight
	names := map[passenger.TabletID]string{}
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		last = nil
		if t.Log, err = tx.Transitions(ctx, loop.ID); err != nil {
			return err
		}
		lfs, err := tx.LoopFlights(ctx, loop.ID)
		if err != nil {
			return err
		}
		for _, lf := range lfs {
			last = &lf
			if lf.Flight == loop.Flight {
				break
			}
		}
		if last == nil {
			return nil
		}
		f, err := tx.Flight(ctx, last.Flight)
		if err != nil {
			return err
		}
		t.Flight, t.FlightKey = "/flight/"+f.ID.String(), f.Key.String()
		if last.Retracted == "" {
			return nil
		}
		cs, err := tx.Crossings(ctx, last.Flight)
		for _, c := range cs {
			tab, err := tx.Tablet(ctx, c.Tablet)
			if err != nil {
				return err
			}
			names[c.Tablet] = tab.Name
		}
		return err
	}); err != nil {
		return t, err
	}
	t.Steps = steps(b, t.Log, t.FlightKey)
	if last != nil && last.Retracted != "" {
		lines, err := s.Dispatch.Recalled(ctx, last.Flight, last.Note)
		if err != nil {
			return t, err
		}
		for _, l := range lines {
			t.Recalled = append(t.Recalled, recallLine{names[l.Tablet], strings.ReplaceAll(l.State, " ", "-")})
		}
	}
	return t, nil
}

// steps lays what happened along the stations. What concerns another flight than the note's
// last is in the log only.
func steps(b base, log []ground.Transition, flight string) []step {
	var out []step
	outcomes := []string{string(passenger.Acted), string(passenger.Declined), string(passenger.NotPossible), "disputed"}
	for _, name := range stations {
		st := step{Name: name, Words: b.T("step." + name)}
		for _, x := range log {
			to := x.To
			switch {
			case slices.Contains(outcomes, to):
				to = "outcome"
			case to == string(ground.LoopClosed):
				to = "replied"
			}
			onBoard := slices.Contains([]string{"compiled", "delivered", "seen", "outcome", "reconciled"}, to)
			if to != name || onBoard && flight != "" && !strings.HasPrefix(x.Evidence, flight) {
				continue
			}
			st.Done, st.At, st.Evidence = true, x.At, strings.TrimPrefix(evidence(b, x), flight+" ")
			if name == "outcome" {
				st.Words, st.Branch = b.Word("outcome", x.To), x.To != string(passenger.Acted)
			}
			if name == "replied" && x.Evidence != "replied" && x.Evidence != "" {
				st.Words, st.Branch = b.T("step.no_reply"), true
			}
		}
		out = append(out, st)
	}
	return out
}

// evidence says where a step comes from: never a name or words.
func evidence(b base, x ground.Transition) string {
	switch x.To {
	case "flagged":
		return b.Word("role", x.Role)
	case string(ground.LoopEnded), string(ground.LoopClosed):
		return b.Word("end", x.Evidence)
	}
	return x.Evidence
}

// Evidence says it for a line of the log.
func (t track) Evidence(x ground.Transition) string { return evidence(t.base, x) }
