// Package columns takes the raw ops of a run apart, so that what is alike lies together and what
// is random lies outside of what a compressor sees, and puts them together again bit for bit.
//
// It knows the wire form of package sync's ops, and leaves as it is what is not written that way:
// a newer op costs bytes, never content. It holds no domain rule and does no input or output.
//
// With [Tables.Counting] nonces that are near each other are steps in a column of their own.
//
// The stream is, in varints unless said otherwise:
//
//	number of ops
//	structure, for each op: 0, length, shape in bytes | 1 (kept as it is) | 2 + number of a shape;
//	  then a count for each repeated tag; then the structure of the messages within
//	for each column, by (kind, tag around, tag): its numbers, then its bytes
//
// A byte string is a number, length<<1 with its bytes in the column, or code<<1|1 without. Stamps
// and traveller numbers are zigzag differences to the one before. The noise is the column of
// stamps, then nonce, salt or commit of each op.
package columns
