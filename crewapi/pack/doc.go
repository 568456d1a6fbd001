// Package pack packs the raw ops of a run for the wire: the smallest of zstd with an embedded
// dictionary, plain zstd, and raw. It is pure, does no input or output, and keeps ops bit for bit,
// also those it cannot read.
package pack

//go:generate go run ./train -o v1.dict
