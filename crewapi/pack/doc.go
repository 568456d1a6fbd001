// Package pack packs the raw ops of a run for the wire. It is pure, does no input or output, and
// keeps ops bit for bit, also those it cannot read.
//
// A body has an id that says how it is packed, and the smallest one is taken:
//
//	0   raw: each op behind its length, a varint
//	1   the same, compressed with zstd
//	16  version 1: length<<1 of the noise, the noise, and the stream of package columns,
//	    compressed with zstd and a dictionary, or, with 1 added to the first number, with
//	    no more than the dictionary's Huffman table
//	17  version 2: the same, with nonces that are counted as steps among the columns
//
// Of a zstd frame only its blocks are sent: what its header says is the same for all (magic, a
// window of 128 KiB, the dictionary, no checksum: ops are hashed in a chain), and a block's
// header is one varint, size<<3 | type<<1 | last, without the size of a last block.
//
// Tables and dictionary of a version, which versions may share, are made once, by go generate, from invented text only, since
// a dictionary holds pieces of what it has learned. They are never changed while a version is in
// use: better ones are a new version with a new id.
package pack

//go:generate go run ./train -o v1
