// Package floor is the least that a durable sync can do with the tools the product is made of:
// Connect over h2c, protobuf, zstd, and one Badger batch with fsync for each pull, push, note or
// write. It knows no order, no identity, no right, no conflict, no erasure. It is the yardstick
// that loopbench holds the product against, in the same run and with the same records.
//
// Records are opaque: who measures encodes them. The wire carries google.protobuf.BytesValue, so
// the floor needs no contract of its own.
package floor
