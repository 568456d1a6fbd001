package pack

import (
	_ "embed" // the dictionaries
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/cabinloop/cabinloop/crewapi/pack/columns"
)

// dictionaryV1 is what [V1] compresses with: made by crewapi/pack/train, never changed.
//
//go:embed v1.dict
var dictionaryV1 []byte

// tablesV1 is what [V1] takes ops apart with.
//
//go:embed v1.tables
var tablesV1 []byte

// codec is the encoders and the decoder that all callers share. They grow to what workers needs
// when first used.
type codec struct {
	plain, v1 *zstd.Encoder
	decoder   *zstd.Decoder
	tables    *columns.Tables
}

var codecs = sync.OnceValue(func() codec {
	options := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false),
		zstd.WithEncoderConcurrency(workers), zstd.WithLowerEncoderMem(true), zstd.WithAllLitEntropyCompression(true)}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderDicts(dictionaryV1), zstd.WithDecoderMaxMemory(MaxBytes),
		zstd.WithDecoderMaxWindow(window), zstd.WithDecoderConcurrency(workers), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic("pack: " + err.Error())
	}
	tables, err := columns.ParseTables(tablesV1)
	if err != nil {
		panic("pack: " + err.Error())
	}
	return codec{tables: tables, plain: encoder(options), v1: encoder(append(options, zstd.WithEncoderDict(dictionaryV1))), decoder: decoder}
})

func encoder(options []zstd.EOption) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic("pack: " + err.Error())
	}
	return e
}
