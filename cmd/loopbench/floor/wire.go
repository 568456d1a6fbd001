package floor

import (
	"encoding/binary"
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	pullPath  = "/bench.v1.Floor/Pull"
	pushPath  = "/bench.v1.Floor/Push"
	watchPath = "/bench.v1.Floor/Watch"
)

// Fields of the one message that every answer and request is: a number and lists of records.
const (
	fieldSeq = iota + 1
	fieldPassenger
	fieldNote
	fieldEntry
)

// message is what crosses, inside a BytesValue.
type message struct {
	seq                        uint64
	passengers, notes, entries [][]byte
}

func (m message) pack() *wrapperspb.BytesValue {
	var b []byte
	if m.seq != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, fieldSeq, protowire.VarintType), m.seq)
	}
	for field, list := range [][][]byte{fieldPassenger: m.passengers, fieldNote: m.notes, fieldEntry: m.entries} {
		for _, v := range list {
			b = protowire.AppendBytes(protowire.AppendTag(b, protowire.Number(field), protowire.BytesType), v)
		}
	}
	return &wrapperspb.BytesValue{Value: b}
}

var errMessage = errors.New("floor: not a message of the floor")

func unpack(v *wrapperspb.BytesValue) (m message, err error) {
	for b := v.GetValue(); len(b) > 0; {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return m, errMessage
		}
		b = b[n:]
		if field == fieldSeq && kind == protowire.VarintType {
			if m.seq, n = protowire.ConsumeVarint(b); n < 0 {
				return m, errMessage
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 || kind != protowire.BytesType {
			return m, errMessage
		}
		b = b[n:]
		switch field {
		case fieldPassenger:
			m.passengers = append(m.passengers, value)
		case fieldNote:
			m.notes = append(m.notes, value)
		case fieldEntry:
			m.entries = append(m.entries, value)
		}
	}
	return m, nil
}

// idSize is the size of the random id that an entry begins with, bytes.
const idSize = 8

// Entry is an entry with the id that makes a repeated push harmless.
func Entry(id uint64, body []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, id), body...)
}
