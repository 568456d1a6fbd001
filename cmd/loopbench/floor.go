package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The floor is what a hand-written endpoint would send for the same content, once, to one
// reader: one protobuf message, compressed by gzip -9 where that helps. No HTTP, no ids, no
// order, no acknowledgement, nothing to tell whether it arrived.

// flightFloor is the floor of a flight with its passengers and notes, bytes.
func flightFloor(p tablet.FlightPage) int {
	var m []byte
	for _, t := range p.Others {
		var b []byte
		b = number(b, 1, uint64(t.No))
		b = text(b, 2, t.Name)
		b = text(b, 3, string(t.Seat))
		b = text(b, 4, t.Tier)
		m = message(m, 1, b)
	}
	for _, c := range append(p.Events, p.Cards...) {
		m = message(m, 2, noteMessage(c.Note))
	}
	return packed(m)
}

// noteMessage leaves out name, seat and tier: the passenger has them.
func noteMessage(n passenger.Note) (b []byte) {
	b = number(b, 1, uint64(n.Traveller))
	for i, ps := range [][]passenger.Phrase{n.Happened, n.Do, n.DoNot} {
		field := protowire.Number(2 + i)
		for _, p := range ps {
			x := text(nil, 1, string(p.Code))
			for _, a := range p.Args {
				x = text(x, 2, a)
			}
			b = message(b, field, x)
		}
	}
	for _, w := range n.Why {
		b = text(b, 5, string(w))
	}
	b = text(b, 6, n.Words)
	b = number(b, 7, uint64(n.Priority))
	b = text(b, 8, string(n.Moment))
	b = number(b, 9, protowire.EncodeBool(n.Private))
	return number(b, 10, uint64(n.Expires.Unix()))
}

// feedbackFloor is the floor of one outcome: which note, what, and the nonce that makes it one.
func feedbackFloor(note flightsync.Dot, f passenger.Feedback) int {
	var b []byte
	b = number(b, 1, uint64(note.Author))
	b = number(b, 2, note.Seq)
	b = text(b, 3, string(f.Outcome))
	b = text(b, 4, string(f.Reason))
	b = text(b, 5, string(f.Reaction))
	b = text(b, 6, f.Words)
	b = message(b, 7, binary.BigEndian.AppendUint64(nil, 1))
	return packed(b)
}

// number, text and message append a field; what is zero is left out, as in proto3.
func number(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func text(b []byte, field protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func message(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// packed is the smaller of a message's plain and compressed size.
func packed(m []byte) int {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(m)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return len(m) // a buffer takes everything
	}
	return min(len(m), out.Len())
}
