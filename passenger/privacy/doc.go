// Package privacy decides what may be said in the cabin. It is pure.
//
// [Check] is the lamp: a text that touches health, religion, sexual life, politics, trade
// union, children (GDPR Art. 9 and the product's rule 3) or that names or describes staff
// (rule 1) is held for a person. It runs on the source and, as [CheckNote], on every rendering
// of a note. It prefers a wrong hold to a wrong release: a lexicon of words, no model. A
// language whose recall was not measured on testdata/lamp is always held.
//
// [TabletName] is the minimised name a tablet shows; [RedactStaff] removes staff names.
//
// It does not decide: a person clears what is held. It keeps and logs nothing.
package privacy
