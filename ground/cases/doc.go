// Package cases turns posts into cases and people's decisions about cases into loops.
//
// [Classify] reads one text: language, negative or not, topic, severity, the flight and day it
// names. It is rules first: a lexicon per language written from general knowledge, and the
// shape of the text. Nothing in it was trained on data, so nothing of a data set ships in it.
// Its measured quality is in docs/classification.md and printed by its test.
//
// [Service] keeps the cases: a post joins the case it belongs to or opens one, with a response
// clock; a flag starts a loop and always succeeds; links, consent and clearances are decisions
// of a person, recorded with who took them.
//
// It does not compile notes or move loops on: ground/notes and ground/dispatch do.
package cases
