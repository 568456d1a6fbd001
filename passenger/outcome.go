package passenger

// Outcome is what became of a note in the cabin.
type Outcome string

// The outcomes.
const (
	Acted       Outcome = "acted"
	Declined    Outcome = "declined" // the passenger did not want it
	NotPossible Outcome = "not-possible"
)

// ParseOutcome reads an outcome. Errors: [Invalid].
func ParseOutcome(s string) (Outcome, error) {
	switch o := Outcome(s); o {
	case Acted, Declined, NotPossible:
		return o, nil
	}
	return "", Errorf(Invalid, "passenger.ParseOutcome", "an outcome is acted, declined or not-possible")
}

// Reason says why something was not possible.
type Reason string

// The reasons.
const (
	Asleep         Reason = "asleep"
	NotOnBoard     Reason = "not-on-board"
	NotThisPerson  Reason = "not-this-person"
	NoStock        Reason = "no-stock"
	NoTime         Reason = "no-time"
	NotTheMoment   Reason = "not-the-moment"
	AlreadySettled Reason = "already-settled"
	OtherReason    Reason = "other"
)

// Reasons lists every reason.
var Reasons = []Reason{Asleep, NotOnBoard, NotThisPerson, NoStock, NoTime, NotTheMoment, AlreadySettled, OtherReason}

// ParseReason reads a reason; "" is none. Errors: [Invalid].
func ParseReason(s string) (Reason, error) {
	if s == "" {
		return "", nil
	}
	for _, r := range Reasons {
		if string(r) == s {
			return r, nil
		}
	}
	return "", Errorf(Invalid, "passenger.ParseReason", "a reason is one of asleep, not-on-board, not-this-person, no-stock, no-time, not-the-moment, already-settled, other")
}

// Reaction is how it was received; optional.
type Reaction string

// The reactions.
const (
	Pleased    Reaction = "pleased"
	Neutral    Reaction = "neutral"
	Displeased Reaction = "displeased"
)

// ParseReaction reads a reaction; "" is none. Errors: [Invalid].
func ParseReaction(s string) (Reaction, error) {
	switch r := Reaction(s); r {
	case "", Pleased, Neutral, Displeased:
		return r, nil
	}
	return "", Errorf(Invalid, "passenger.ParseReaction", "a reaction is pleased, neutral or displeased")
}

// GestureCode names something that can be given.
type GestureCode string

// The gestures of the shipped policy.
const (
	Apology GestureCode = "apology"
	Drink   GestureCode = "drink"
	Voucher GestureCode = "voucher"
	Miles   GestureCode = "miles"
)

// Feedback is what a crew member records about one note. Words are optional, at most
// [MaxWordsRunes] characters.
type Feedback struct {
	Outcome  Outcome
	Reason   Reason
	Reaction Reaction
	Words    string
}

// Validate reports the first broken rule. Errors: [Invalid].
func (f Feedback) Validate() error {
	const op = "passenger.Feedback.Validate"
	if _, err := ParseOutcome(string(f.Outcome)); err != nil {
		return err
	}
	if _, err := ParseReason(string(f.Reason)); err != nil {
		return err
	}
	if _, err := ParseReaction(string(f.Reaction)); err != nil {
		return err
	}
	if f.Outcome == NotPossible && f.Reason == "" {
		return Errorf(Invalid, op, "say why it was not possible: give a reason")
	}
	if f.Outcome != NotPossible && f.Reason != "" {
		return Errorf(Invalid, op, "a reason goes only with not-possible")
	}
	if n := len([]rune(f.Words)); n > MaxWordsRunes {
		return Errorf(Invalid, op, "the words have %d characters; at most %d fit", n, MaxWordsRunes)
	}
	return nil
}
