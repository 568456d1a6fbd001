package floor

import (
	"bytes"
	"fmt"
	"io"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/dict"
	"github.com/klauspost/compress/zstd"
)

// window is zstd's, bytes: larger than any message here.
const window = 1 << 17

// compressFrom is the size from which a message is compressed, bytes.
const compressFrom = 64

// codec is one encoder and one decoder for the whole process: making or resetting one with a
// dictionary costs far more than a message does (reference: performance.md, zstd in Go).
type codec struct {
	name string
	enc  *zstd.Encoder
	dec  *zstd.Decoder
}

func newCodec(dictionary []byte) (*codec, error) {
	c := &codec{name: "zstd"}
	eo := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false)}
	do := []zstd.DOption{zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true)}
	if dictionary != nil {
		c.name = "zstd-d"
		eo, do = append(eo, zstd.WithEncoderDict(dictionary)), append(do, zstd.WithDecoderDicts(dictionary))
	}
	var err error
	if c.enc, err = zstd.NewWriter(nil, eo...); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if c.dec, err = zstd.NewReader(nil, do...); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return c, nil
}

// Train makes a dictionary of samples, which must not be the records that are measured.
func Train(samples [][]byte) ([]byte, error) {
	return dict.BuildZstdDict(samples, dict.Options{MaxDictSize: 32 << 10, HashBytes: 6, ZstdDictID: 1, ZstdLevel: zstd.SpeedDefault})
}

func (c *codec) handler() connect.HandlerOption {
	return connect.WithHandlerOptions(connect.WithCompressMinBytes(compressFrom), connect.WithCompression("gzip", nil, nil),
		connect.WithCompression(c.name, c.decompressor, c.compressor))
}

func (c *codec) client() connect.ClientOption {
	return connect.WithClientOptions(connect.WithCompressMinBytes(compressFrom), connect.WithAcceptCompression("gzip", nil, nil),
		connect.WithAcceptCompression(c.name, c.decompressor, c.compressor), connect.WithSendCompression(c.name))
}

func (c *codec) compressor() connect.Compressor     { return &packer{c: c} }
func (c *codec) decompressor() connect.Decompressor { return &unpacker{c: c} }

// packer gathers a message and compresses it whole.
type packer struct {
	c  *codec
	in bytes.Buffer
	w  io.Writer
}

func (p *packer) Write(b []byte) (int, error) { return p.in.Write(b) }
func (p *packer) Reset(w io.Writer)           { p.in.Reset(); p.w = w }
func (p *packer) Close() error {
	if p.w == nil || p.w == io.Discard { // connect closes an unused one
		return nil
	}
	_, err := p.w.Write(p.c.enc.EncodeAll(p.in.Bytes(), nil))
	return err
}

// unpacker reads a message whole and decompresses it.
type unpacker struct {
	c    *codec
	from io.Reader
	out  *bytes.Reader
}

func (u *unpacker) Reset(r io.Reader) error { u.from, u.out = r, nil; return nil }
func (u *unpacker) Close() error            { return nil }
func (u *unpacker) Read(b []byte) (int, error) {
	if u.out == nil {
		packed, err := io.ReadAll(u.from)
		if err != nil {
			return 0, err
		}
		plain, err := u.c.dec.DecodeAll(packed, nil)
		if err != nil {
			return 0, err
		}
		u.out = bytes.NewReader(plain)
	}
	return u.out.Read(b)
}

// Packed is the size of b by zstd with a dictionary, bytes: at least that is to be sent of it.
func Packed(dictionary, b []byte) int {
	c, err := newCodec(dictionary)
	if err != nil {
		return 0 // no floor
	}
	defer c.enc.Close()
	defer c.dec.Close()
	return len(c.enc.EncodeAll(b, nil))
}
