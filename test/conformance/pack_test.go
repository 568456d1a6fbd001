package conformance_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const (
	maxOps   = 4096
	maxBytes = 4 << 20
	window   = 128 << 10
)

var (
	errTooMuch = errors.New("too_much")
	errNewer   = errors.New("unavailable")
)

// unpacker holds what an app ships with.
type unpacker struct {
	zstd          *zstd.Decoder
	shapes, codes [][]byte
}

func newUnpacker(t *testing.T) *unpacker {
	t.Helper()
	dict, err := os.ReadFile("../../crewapi/pack/v1.dict")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := os.ReadFile("../../crewapi/pack/v1.tables")
	if err != nil {
		t.Fatal(err)
	}
	u := &unpacker{}
	if u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderDicts(dict), zstd.WithDecoderConcurrency(1)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.zstd.Close)
	n, rest, _ := varint(tables)
	all, err := split(rest)
	if err != nil {
		t.Fatal(err)
	}
	u.shapes, u.codes = all[:n], all[n:]
	return u
}

// split reads byte strings behind their lengths.
func split(b []byte) (out [][]byte, err error) {
	for len(b) > 0 {
		n, rest, ok := varint(b)
		if !ok || n > uint64(len(rest)) {
			return nil, errMalformed
		}
		out, b = append(out, rest[:n:n]), rest[n:]
	}
	if len(out) > maxOps {
		return nil, errTooMuch
	}
	return out, nil
}

func (u *unpacker) unpack(id uint64, body []byte) ([][]byte, error) {
	switch id {
	case 0:
		return split(body)
	case 1:
		raw, err := u.blocks([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x38}, body)
		if err != nil {
			return nil, err
		}
		return split(raw)
	case 16, 17:
		v, rest, ok := varint(body)
		if !ok || v>>1 > uint64(len(rest)) {
			return nil, errMalformed
		}
		noise, rest := rest[:v>>1], rest[v>>1:]
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 1, 0x38, 16}
		var stream []byte
		var err error
		if v&1 == 0 {
			stream, err = u.blocks(frame, rest)
		} else {
			stream, err = u.letters(frame, rest)
		}
		if err != nil {
			return nil, err
		}
		return u.join(stream, noise, id == 17)
	}
	return nil, errNewer
}

func little3(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }

// blocks puts the headers back in front of the blocks of a frame.
func (u *unpacker) blocks(frame, body []byte) ([]byte, error) {
	for {
		v, rest, ok := varint(body)
		last, kind, size := v&1 == 1, v>>1&3, v>>3
		held := size
		switch {
		case !ok || kind == 3 || size > window:
			return nil, errMalformed
		case kind == 1:
			held = 1
		case last && size != 0:
			return nil, errMalformed
		case last:
			size, held = uint64(len(rest)), uint64(len(rest))
		}
		if held > uint64(len(rest)) || size > window {
			return nil, errMalformed
		}
		frame = append(little3(frame, int(size<<3|v&7)), rest[:held]...)
		body = rest[held:]
		if last {
			break
		}
	}
	if len(body) > 0 {
		return nil, errMalformed
	}
	return u.decode(frame)
}

func (u *unpacker) decode(frame []byte) ([]byte, error) {
	out, err := u.zstd.DecodeAll(frame, nil)
	switch {
	case err != nil:
		return nil, errMalformed
	case len(out) > maxBytes:
		return nil, errTooMuch
	}
	return out, nil
}

// letters makes a frame of one block whose literals are the coded bytes.
func (u *unpacker) letters(frame, body []byte) ([]byte, error) {
	n, coded, ok := varint(body)
	if !ok || n == 0 || n > 1023 || len(coded) > 1023 {
		return nil, errMalformed
	}
	frame = little3(frame, (len(coded)+4)<<3|2<<1|1)
	frame = little3(frame, len(coded)<<14|int(n)<<4|3)
	return u.decode(append(append(frame, coded...), 0))
}

func TestPacked(t *testing.T) {
	u := newUnpacker(t)
	for _, v := range load[[]struct {
		Name, Error string
		ID          uint64
		Body        hexed
		Ops         []hexed
	}](t, "packed.json") {
		ops, err := u.unpack(v.ID, v.Body)
		if v.Error != "" {
			if want := map[string]error{"invalid": errMalformed, "too_much": errTooMuch, "unavailable": errNewer}[v.Error]; err != want {
				t.Errorf("%s: %v, want %v", v.Name, err, want)
			}
			continue
		}
		if err != nil || len(ops) != len(v.Ops) {
			t.Errorf("%s: %d ops, %v; want %d", v.Name, len(ops), err, len(v.Ops))
			continue
		}
		for i := range ops {
			if !bytes.Equal(ops[i], v.Ops[i]) {
				t.Errorf("%s: op %d is %x, want %x", v.Name, i, ops[i], v.Ops[i])
			}
		}
	}
}
