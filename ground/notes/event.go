package notes

import (
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// EventInput is one disruption whose cases travel together.
type EventInput struct {
	Designator string    // of the disrupted flight, "KL0641"
	Day        string    // YYYY-MM-DD of the disruption
	Cases      int       // how many cases the note covers, at least 1
	STA        time.Time // latest known scheduled arrival of the flight the note goes to
}

// CompileEvent makes the one note of a flight for a mass disruption. It names nobody. The
// caller has checked the designator and the day; [passenger.Note.Validate] refuses a note
// that covers no case.
func CompileEvent(in EventInput) passenger.Note {
	return passenger.Note{
		Event: true, Cases: in.Cases,
		Happened: []passenger.Phrase{{Code: "h.event", Args: []string{in.Designator, in.Day}}},
		Do:       phrases([]passenger.PhraseCode{"d.announce", "d.ask"}),
		DoNot:    phrases([]passenger.PhraseCode{"n.discuss_cause", "n.promise_money"}),
		Why:      []passenger.PhraseCode{"w.many_cases"},
		Priority: passenger.First, Moment: passenger.AtBoarding,
		Expires: in.STA.Add(passenger.NoteLifeAfterSTA).UTC(),
	}
}
