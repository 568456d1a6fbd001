// Package identity says which passenger may have written a post: candidates with a score and
// reasons. It is pure.
//
// Evidence, strongest first: the account a customer told us is theirs, the booking reference
// they wrote, the flight, day and seat they wrote, the name. Names are compared in one form:
// transliterated, capitals, words sorted, Jaro-Winkler. That is weak for Chinese and Arabic and
// blind to namesakes, so:
//   - a score of [AutoLink] or more needs an account, or a booking reference and a like name; the
//     reference is written as one, in the author's own words (not quoted, not passed on), in a text
//     that does not speak of somebody else whom it may be about;
//   - a name, with any flight, day and seat, stays below it and waits for a person
//     ([PersonConfirms] is the least that is shown).
//
// Candidates do not depend on the order of the people, and equal scores are ordered by id.
// It decides nothing: ground links, a person confirms, and every link can be undone.
package identity
