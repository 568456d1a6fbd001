// Package invented makes the op lanes of flights that never were, for training the dictionary of
// package pack and for measuring it. Every name and every word is invented here; nothing is read
// from outside. The same seed gives the same bytes.
//
// Two casts share no surname and no crew sentence: the dictionary is trained on [Training], sizes
// are measured on [Unseen], so that a figure does not flatter itself with text it has learned.
package invented
