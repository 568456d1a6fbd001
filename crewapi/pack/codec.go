package pack

import (
	_ "embed" // the dictionaries

	"github.com/klauspost/compress/zstd"

	"github.com/cabinloop/cabinloop/crewapi/pack/columns"
)

// dictionaryV1 is what [V1] and [V2] compress with: made by crewapi/pack/train, never changed.
//
//go:embed v1.dict
var dictionaryV1 []byte

// tablesV1 is what [V1] and [V2] take ops apart with.
//
//go:embed v1.tables
var tablesV1 []byte

// codec is the encoders and the decoder that all callers share.
type codec struct {
	plain, v1 *zstd.Encoder
	decoder   *zstd.Decoder
	tables    map[uint32]*columns.Tables // by id
	letters   letters
}

// shared is made as the program starts (3 ms, 5 MB) and not when first used: the library's
// channels would belong to the synctest bubble of whoever comes first, and end every other user.
var shared = newCodec()

func newCodec() codec {
	options := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true), zstd.WithAllLitEntropyCompression(true)}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderDicts(dictionaryV1), zstd.WithDecoderMaxMemory(MaxBytes),
		zstd.WithDecoderMaxWindow(window), zstd.WithDecoderConcurrency(workers), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("pack: " + err.Error())
	}
	tables, err := columns.ParseTables(tablesV1)
	if err != nil {
		panic("pack: " + err.Error())
	}
	letters, err := newLetters(dictionaryV1)
	if err != nil {
		panic("pack: " + err.Error())
	}
	return codec{decoder: decoder, tables: map[uint32]*columns.Tables{V1: tables, V2: tables.Counting()}, letters: letters,
		plain: encoder(append(options, zstd.WithEncoderConcurrency(1))),
		v1:    encoder(append(options, zstd.WithEncoderConcurrency(workers), zstd.WithEncoderDict(dictionaryV1)))}
}

func encoder(options []zstd.EOption) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic("pack: " + err.Error())
	}
	e.EncodeAll([]byte{0}, nil) // makes its channel
	return e
}
