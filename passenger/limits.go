package passenger

import "time"

const (
	// MaxFreeWordsRunes bounds the free words of a service note (PRODUCT: "at most 80 characters").
	MaxFreeWordsRunes = 80
	// MaxWordsRunes bounds the words of one feedback; arbitrary, two tweets' worth.
	MaxWordsRunes = 500
	// MaxNotesPerFlight is how many notes a flight shows by default, by priority; the rest is one tap away.
	MaxNotesPerFlight = 12
	// MaxPostBytes bounds the text of one post; longer ones are refused with their line.
	MaxPostBytes = 8 << 10
	// LoopLife is how long a loop waits for a flight before it ends as expired.
	LoopLife = 180 * 24 * time.Hour
	// OpenBefore is how long before departure a flight with a roster opens.
	OpenBefore = 72 * time.Hour
	// CloseAfterSTA closes a flight that sent no movement after its scheduled arrival.
	CloseAfterSTA = 6 * time.Hour
	// NoteLifeAfterLanding is when note text leaves a tablet after landing.
	NoteLifeAfterLanding = 12 * time.Hour
	// NoteLifeAfterSTA is when note text leaves a tablet that heard of no landing.
	NoteLifeAfterSTA = 48 * time.Hour
	// SealAfter seals a closed flight whose tablets have not all reported.
	SealAfter = 72 * time.Hour
	// SealAfterNoMovement is how long a flight that was closed by time alone can be opened again at
	// least, whoever handed in: arbitrary, as long as it waited for a movement.
	SealAfterNoMovement = 6 * time.Hour
	// LineLife is how long after its arrival a flight is on the lists of its tablets. Arbitrary.
	LineLife = 7 * 24 * time.Hour
	// MaxWatched is how many flights a tablet says what it holds of, in one call. Arbitrary.
	MaxWatched = 64
)
