// Package notes is the compiler: a flagged case and a traveller of one flight become what the
// crew reads, or a reason why not. It is pure: same input, same note, same hash.
//
// Invariants of a compiled note:
//   - It is about the service, made of coded phrases; free words are the agent's, at most 80
//     characters, and passed the lamp of package privacy.
//   - It exists only if consent is yes (or not asked, where the operator allows that), the
//     traveller is surely the person, surely an adult or cleared, on a flight with own tablets,
//     and crew can do something there (rule 14): see the table in actions.go.
//   - A complaint about crew never becomes a personal note by itself, and none at all on a
//     flight with anyone of that crew (rule 1).
//
// A [Refusal] says which of these failed and whether the note desk can change it.
//
// testdata holds one story a file: the input, and the note as English and Dutch crew read it.
package notes
