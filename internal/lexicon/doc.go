// Package lexicon finds labelled words and phrases in text of any language.
//
// Text is folded first ([Tokens]): lower case, no diacritics, no addresses, no @mentions, so
// that "Verspätung", "VERSPATUNG" and "#verspätung" are one word. A term is one or more words;
// "*" stands for the rest of a word in front ("*krebs"), behind ("annul*") or both ("*遅延*").
//
// It knows nothing about what its labels mean and has no state after [Compile].
package lexicon
