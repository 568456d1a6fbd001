package conformance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"
)

type header struct {
	Kind      uint64   `json:"kind"`
	Ms        uint64   `json:"ms,omitempty"`
	Ctr       uint64   `json:"ctr,omitempty"`
	Entity    string   `json:"entity,omitempty"`
	Over      []string `json:"over,omitempty"`
	Traveller uint64   `json:"traveller,omitempty"`
	Flags     uint64   `json:"flags,omitempty"`
	Nonce     hexed    `json:"nonce,omitempty"`
	Marks     hexed    `json:"marks,omitempty"`
}

// op is one as ops.md has it.
type op struct {
	dot     dot
	raw     []byte
	head    []byte // as chained
	header  header
	salt    []byte
	content []byte
	commit  []byte
	stub    bool
	poison  string
}

func hash16(parts ...[]byte) []byte {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return sum[:16]
}

// parseOp is not ok for what is not taken at all.
func parseOp(d dot, raw []byte) (o op, ok bool) {
	if len(raw) > 65536 {
		return o, false
	}
	o = op{dot: d, raw: raw}
	l, rest, fine := varint(raw)
	if n := len(raw) - len(rest); fine && n > 1 && raw[n-1] == 0 {
		fine = false // longer than needed
	}
	if fine = fine && l < uint64(len(rest)); fine {
		o.head = rest[:l]
		switch form, body := rest[l], rest[l+1:]; {
		case form == 0 && len(body) >= 8:
			o.salt, o.content, o.commit = body[:8], body[8:], hash16(body)
		case form == 1 && len(body) == 16:
			o.commit, o.stub = body, true
		default:
			fine = false
		}
	}
	if !fine {
		return op{dot: d, raw: raw, head: raw, commit: hash16(), poison: "malformed"}, true
	}
	if o.header, fine = parseHeader(o.head); !fine {
		o.header, o.poison = header{}, "unreadable"
	}
	if len(raw) > 16384 {
		o.poison = "too-large"
	}
	return o, true
}

func parseHeader(b []byte) (h header, ok bool) {
	fs, err := fields(b)
	if err != nil {
		return h, false
	}
	for _, f := range fs {
		if f.wire == 1 || f.wire == 5 {
			continue
		}
		switch f.id {
		case 1:
			h.Kind = f.num
		case 2:
			h.Ms = f.num
		case 3:
			h.Ctr = f.num
		case 4, 5:
			ds, ok := dots(f.data)
			if !ok {
				return h, false
			}
			if f.id == 4 {
				if len(ds) == 1 {
					h.Entity = ds[0].String()
				}
				continue
			}
			h.Over = nil
			for _, d := range ds {
				h.Over = append(h.Over, d.String())
			}
		case 6:
			h.Traveller = f.num
		case 7:
			h.Flags = f.num
		case 8:
			if len(f.data) == 8 {
				h.Nonce = f.data
			}
		case 9:
			h.Marks = f.data
		}
		if h.Kind > 1<<32-1 || h.Traveller > 1<<32-1 {
			return h, false
		}
	}
	if len(h.Marks) != 2*len(h.Over) {
		h.Marks = nil
	}
	return h, h.Kind != 0
}

func (o op) asStub() []byte {
	if o.poison == "malformed" {
		return o.raw
	}
	return append(append(append(appendVarint(nil, uint64(len(o.head))), o.head...), 1), o.commit...)
}

func TestOps(t *testing.T) {
	for _, v := range load[[]struct {
		Name, Dot               string
		Raw, Salt, Commit, Stub hexed
		Header                  header
		Content                 any
	}](t, "ops.json") {
		o, ok := parseOp(parseDot(v.Dot), v.Raw)
		if !ok || o.poison != "" {
			t.Errorf("%s: %v, %q", v.Name, ok, o.poison)
			continue
		}
		if !reflect.DeepEqual(o.header, v.Header) {
			t.Errorf("%s: header %+v, want %+v", v.Name, o.header, v.Header)
		}
		if !bytes.Equal(o.commit, v.Commit) || !bytes.Equal(o.salt, v.Salt) || !bytes.Equal(o.asStub(), v.Stub) {
			t.Errorf("%s: commit %x, salt %x, stub %x", v.Name, o.commit, o.salt, o.asStub())
		}
		if v.Content == nil {
			if !o.stub {
				t.Errorf("%s is a stub", v.Name)
			}
			continue
		}
		got, err := contentOf(o)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		if a, b := jsonOf(t, got), jsonOf(t, v.Content); a != b {
			t.Errorf("%s: content\n%s\nwant\n%s", v.Name, a, b)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again any // the same order of keys and kind of numbers
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	b, _ = json.Marshal(again)
	return string(b)
}

func TestPoison(t *testing.T) {
	for _, v := range load[[]struct {
		Name, Poison string
		Raw, Commit  hexed
		Repeat       int
		Taken        bool
	}](t, "poison.json") {
		o, ok := parseOp(dot{4, 1}, append(bytes.Clone(v.Raw), bytes.Repeat([]byte{0x61}, v.Repeat)...))
		if ok != v.Taken || o.poison != v.Poison || ok && !bytes.Equal(o.commit, v.Commit) {
			t.Errorf("%s: taken %v, %q, commit %x; want %v, %q, %x", v.Name, ok, o.poison, o.commit, v.Taken, v.Poison, v.Commit)
		}
	}
}

func TestVersionVectors(t *testing.T) {
	for _, v := range load[[]struct {
		Name   string
		Packed hexed
		Vector []uint64
	}](t, "vectors.json") {
		got, ok := unpackVector(v.Packed)
		if ok != (v.Vector != nil) || ok && !reflect.DeepEqual(append([]uint64{}, got...), v.Vector) {
			t.Errorf("%s: %v, %v", v.Name, got, ok)
		}
	}
}

func unpackVector(b []byte) ([]uint64, bool) {
	v, ok := varints(b)
	return v, ok && len(v) <= 64
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
