package pack

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// A zstd frame says what both sides know anyway: its magic, window, dictionary and content size.
// strip takes all of it off and writes a block's header of three bytes as one varint:
//
//	size<<3 | type<<1 | last
//
// where the size of a last block, unless it is of type rle, is 0: it takes the rest of the body.

// The block types of RFC 8878, 3.1.1.2.2.
const (
	blockRaw        = 0
	blockRLE        = 1
	blockCompressed = 2
)

// strip appends the blocks of a frame that zstd's encoder made to dst.
func strip(dst, frame []byte) []byte {
	var h zstd.Header
	if err := h.Decode(frame); err != nil {
		panic("pack: the encoder made no frame: " + err.Error())
	}
	for b := frame[h.HeaderSize:]; len(b) > 0; {
		v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16
		n := int(v >> 3)
		if v>>1&3 == blockRLE {
			n = 1
		} else if v&1 == 1 {
			v &= 7
		}
		dst = append(binary.AppendUvarint(dst, v), b[3:3+n]...)
		b = b[3+n:]
	}
	return dst
}

// restore makes the frame again that strip took apart. It is false for a body that no encoder
// of ours wrote, or whose blocks could hold more than limit bytes and one block: every block
// but the last one must be able to be a full one, so the bound is known before anything is unpacked.
func restore(dict uint32, body []byte, limit int) ([]byte, bool) {
	frame := make([]byte, 0, len(body)+16)
	frame = append(frame, 0x28, 0xb5, 0x2f, 0xfd) // magic
	if dict == Plain {
		frame = append(frame, 0, windowByte)
	} else {
		frame = append(frame, 1, windowByte, byte(dict))
	}
	for full := 0; ; full += window {
		v, n := binary.Uvarint(body)
		if n <= 0 || full > limit {
			return nil, false
		}
		body = body[n:]
		last, kind, size := v&1 == 1, v>>1&3, v>>3
		held := size
		switch {
		case kind == blockRLE:
			held = 1
		case last:
			if size != 0 {
				return nil, false
			}
			held = uint64(len(body))
			size = held
		}
		if size > window || kind > blockCompressed || held > uint64(len(body)) {
			return nil, false
		}
		h := uint32(size)<<3 | uint32(v&7)
		frame = append(append(frame, byte(h), byte(h>>8), byte(h>>16)), body[:held]...)
		body = body[held:]
		if last {
			return frame, len(body) == 0
		}
	}
}

// windowByte is the window descriptor of RFC 8878, 3.1.1.1.2: 2^(10+7) bytes.
const windowByte = 7 << 3
