package identity

const (
	// AutoLink is the least score at which a rule may link without a person; it needs the account, or
	// the booking reference and the name. A decision of the product.
	AutoLink = 0.90
	// PersonConfirms is the least score that is shown to a person; below it there is nothing
	// to go on. Two equal names score 0.60.
	PersonConfirms = 0.50
	// maxCandidates bounds an answer; arbitrary, a person looks at five.
	maxCandidates = 10
	// maxTextBytes bounds how much of a text is searched; posts are bounded at 8 KiB.
	maxTextBytes = 16 << 10

	// nameFloor is the Jaro-Winkler likeness from which two names count as alike. Measured on
	// spelling variants: MUELLER HANS / Müller Hans .965, SCHMIDT / Schmitt .967, different
	// people mostly below .85.
	nameFloor = 0.90
)

// The scores. Only the first two reach [AutoLink].
const (
	scoreAccount     = 1.00 // the customer told us the account
	scoreLocatorName = 0.97 // booking reference, written as one in their own words and about themselves, and a like name
	// scoreLocator is a booking reference alone: several people may share it, a daughter may write for
	// her mother, a stranger may quote it: a person confirms.
	scoreLocator = 0.80
	scoreName    = 0.60 // an equal name
	scoreHandle  = 0.50 // the account's handle made of the name
	addFlight    = 0.10 // a flight they are booked on is in the text
	addDate      = 0.06 // and its day
	addSeat      = 0.10 // and their seat there
	topWithout   = 0.86 // the most without account and booking reference, below AutoLink
	scoreSeat    = 0.44 // flight, day and seat without a name: 0.70 with what they add
)
