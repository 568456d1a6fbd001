package pack_test

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/cabinloop/cabinloop/crewapi/pack"
)

// FuzzRestore makes frames of arbitrary bodies: what was restored, stripped, is the body again.
func FuzzRestore(f *testing.F) {
	e, err := zstd.NewWriter(nil, zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false))
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range [][]byte{[]byte("one block"), bytes.Repeat([]byte("many blocks "), 40000), make([]byte, 300000)} {
		f.Add(pack.Plain, pack.Strip(e.EncodeAll(b, nil)))
	}
	f.Add(pack.V1, []byte{8<<3 | 1<<1 | 1, 'a'})
	f.Fuzz(func(t *testing.T, dict uint32, body []byte) {
		frame, ok := pack.Restore(dict, body, 256<<10)
		if !ok {
			return
		}
		if len(frame) > 3*len(body)+16 {
			t.Fatalf("%d bytes of frame of %d of body", len(frame), len(body))
		}
		again := pack.Strip(frame)
		twice, ok := pack.Restore(dict, again, 256<<10)
		if !ok || !bytes.Equal(frame, twice) {
			t.Fatalf("restored %x, and again %x", frame, twice)
		}
	})
}

func FuzzLetters(f *testing.F) {
	f.Add([]byte("acted: a warm meal from business"), true)
	f.Add(bytes.Repeat([]byte("the words of an op "), 53), true)
	f.Add([]byte("aa "), true) // the library writes it and does not read it
	f.Add([]byte{200, 1, 1, 2, 3}, false)
	f.Fuzz(func(t *testing.T, b []byte, encode bool) {
		if !encode {
			if s, ok := pack.Unletter(b); ok && (len(s) == 0 || len(s) > 1023) {
				t.Fatalf("a stream of %d bytes", len(s))
			}
			return
		}
		body, ok := pack.Letters(b)
		if !ok {
			return
		}
		if s, ok := pack.Unletter(body); !ok || !bytes.Equal(s, b) {
			t.Fatalf("%x came back as %x", b, s)
		}
	})
}
