package screen

import "time"

const (
	// maxForm bounds the body of a form, in bytes: 500 characters of words, percent-encoded, fit
	// more than twice.
	maxForm = 16 << 10
	// staleAfter is when the data of a flight is marked as old. Arbitrary: about the time in which
	// a gate agent moves people around.
	staleAfter = 30 * time.Minute
	// maxName, maxTier, maxWords and maxShort clip what others wrote, in characters.
	maxName  = 60
	maxTier  = 24
	maxShort = 160
	maxWords = 500
	// maxMarks is how many combining marks a character may carry; more only paints over lines.
	maxMarks = 8
	// beat keeps the event stream alive; see web.SSE.
	beat = 20 * time.Second
	// maxQuantity bounds a gesture's number in a form; the policy on the tablet has the last word.
	maxQuantity = 9
)
