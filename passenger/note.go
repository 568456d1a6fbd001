package passenger

import (
	"time"
	"unicode/utf8"
)

// Priority orders notes; 1 is shown first.
type Priority int

// The priorities.
const (
	First  Priority = 1
	Second Priority = 2
	Third  Priority = 3
)

// Moment is the service moment at which a note is best acted on.
type Moment string

// The service moments, in the order of a flight.
const (
	AtBoarding Moment = "boarding"
	AtMeal     Moment = "meal"
	AtCruise   Moment = "cruise"
	AtArrival  Moment = "arrival"
)

// Moments lists the service moments in the order of a flight.
var Moments = []Moment{AtBoarding, AtMeal, AtCruise, AtArrival}

// Phrase is one coded sentence with its arguments: a flight ("KL0641"), a day ("2026-05-12"),
// a number. Arguments are never free text about a person.
type Phrase struct {
	Code PhraseCode
	Args []string
}

// Note is what the crew of one flight reads about one traveller, or, with Event set, about
// the whole flight. It carries name, seat and tier as compiled; a manifest op overrides them.
type Note struct {
	Event     bool        // an event note names nobody and covers Cases cases
	Cases     int         // how many cases an event note covers
	Traveller TravellerNo // 0 exactly when Event
	Name      string      // to confirm: "Ms J. Jansen"
	Seat      Seat
	Tier      string
	Happened  []Phrase
	Do        []Phrase
	DoNot     []Phrase
	Why       []PhraseCode // why now, why this flight
	Words     string       // at most MaxFreeWordsRunes, operator language
	Priority  Priority
	Moment    Moment
	Private   bool // better said where nobody listens
	Expires   time.Time
}

// Validate reports the first broken rule. Errors: [Invalid].
func (n Note) Validate() error {
	const op = "passenger.Note.Validate"
	switch {
	case n.Event && (n.Traveller != 0 || n.Name != "" || n.Seat != ""):
		return Errorf(Invalid, op, "an event note names nobody")
	case n.Event && n.Cases < 1:
		return Errorf(Invalid, op, "an event note covers at least one case")
	case !n.Event && n.Traveller == 0:
		return Errorf(Invalid, op, "a note is bound to a traveller")
	case len(n.Happened) == 0 || len(n.Do) == 0:
		return Errorf(Invalid, op, "a note says what happened and what to do")
	case utf8.RuneCountInString(n.Words) > MaxFreeWordsRunes:
		return Errorf(Invalid, op, "free words have at most %d characters", MaxFreeWordsRunes)
	case n.Priority < First || n.Priority > Third:
		return Errorf(Invalid, op, "a priority is 1, 2 or 3")
	case n.Expires.IsZero():
		return Errorf(Invalid, op, "a note has an expiry")
	}
	for _, ps := range [][]Phrase{n.Happened, n.Do, n.DoNot} {
		for _, p := range ps {
			if err := p.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}
