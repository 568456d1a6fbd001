package pack

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"
)

// letters codes a short stream with the fixed Huffman table of a dictionary. zstd has that table
// too, but its encoder only takes it when it fits the text better than a table made for it, so
// that a sentence in an op of its own would go as it is.
//
//	length of the stream, a varint; then the coded bytes, as a zstd literals section has them
type letters struct {
	table   *huff0.Scratch
	decoder *huff0.Decoder
}

func newLetters(dictionary []byte) (letters, error) {
	d, err := zstd.InspectDictionary(dictionary)
	if err != nil {
		return letters{}, err
	}
	return letters{d.LitEncoder(), d.LitEncoder().Decoder()}, nil
}

// encode appends the stream to dst. It is not ok for a stream it would make no smaller, or that
// decode could not read.
func (l letters) encode(dst, stream []byte) ([]byte, bool) {
	if len(stream) > maxLetters {
		return nil, false
	}
	var s huff0.Scratch
	s.TransferCTable(l.table)
	s.Reuse = huff0.ReusePolicyMust
	out, _, err := huff0.Compress1X(stream, &s)
	if err != nil {
		return nil, false
	}
	// The library cannot read all that it writes: not some streams of three bytes.
	if back, err := l.decoder.Decompress1X(make([]byte, 0, len(stream)), out); err != nil || !bytes.Equal(back, stream) {
		return nil, false
	}
	return append(binary.AppendUvarint(dst, uint64(len(stream))), out...), true
}

func (l letters) decode(body []byte) ([]byte, bool) {
	length, n := binary.Uvarint(body)
	if n <= 0 || length == 0 || length > maxLetters {
		return nil, false
	}
	stream, err := l.decoder.Decompress1X(make([]byte, 0, length), body[n:])
	return stream, err == nil && uint64(len(stream)) == length
}
