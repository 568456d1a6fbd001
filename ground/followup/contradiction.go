package followup

import "strings"

// Contradiction is one thing in the books of a flight that does not fit another. What is its name,
// one of [Contradictions]; Of is the name of the tablet, or the dot of the note or the gesture, that
// it is about; Says and Other are what the two sides say, where that is known.
type Contradiction struct {
	What, Of, Says, Other string
}

// Contradictions are the names of all that can contradict.
var Contradictions = []string{"sums", "register", "gesture-missing", "gesture-invented", "loop-twice", "note-missing", "taken-back", "booked", "note-unbooked"}

var contradictionWords = map[string]string{
	"sums":             "the sums of the notes do not close",
	"register":         "tablet {of}: the register says {says} ops on ground, the lanes say {other}",
	"gesture-missing":  "gesture {of} is not in the register",
	"gesture-invented": "the register holds gesture {of}, which nobody gave",
	"loop-twice":       "a loop is on this flight twice",
	"note-missing":     "note {of} is in the books but not on the flight",
	"taken-back":       "note {of}: books and lanes disagree on whether it was taken back",
	"booked":           `note {of}: booked as "{says}", the ops say "{other}"`,
	"note-unbooked":    "note {of} stands on the flight but in no book",
}

// String says it in English, for programs and logs.
func (c Contradiction) String() string {
	return strings.NewReplacer("{of}", c.Of, "{says}", c.Says, "{other}", c.Other).Replace(contradictionWords[c.What])
}

// MarshalText implements [encoding.TextMarshaler].
func (c Contradiction) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
