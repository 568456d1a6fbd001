package main

import (
	"encoding/binary"
	"time"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/link"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// lte is a phone's network at the gate.
var lte = link.Profile{Name: "4g", RTT: 60 * time.Millisecond, Rate: 10_000_000 / 8}

// opsOnWire is what entries add to a round that finds nothing new, on a kept connection: one, and a
// landing of forty; then the backlog of a long flight, over a phone's network.
func (l *lab) opsOnWire(d device, leg leg, again func() error) error {
	page, err := d.Flight(l.ctx, leg.key())
	if err != nil {
		return err
	}
	idle := l.sheet.find("w6", "kept, bytes").Value[ours]
	r := dice(l.seed, 760)
	n := 0
	record := func(many int) (payload []byte, err error) {
		for range many {
			n++
			e := tablet.Entry{Flight: page.Key, Note: page.Cards[n%len(page.Cards)].Dot, Feedback: report(r)}
			binary.BigEndian.PutUint64(e.Nonce[:], uint64(n))
			if _, err := d.Record(l.ctx, e); err != nil {
				return nil, err
			}
			payload = append(payload, entryPayload(e.Note, e.Feedback, n)...)
		}
		took(l.link)
		return payload, nil
	}
	over := func(name string, many int) error {
		payload, err := record(many)
		if err != nil {
			return err
		}
		if err := again(); err != nil {
			return err
		}
		t := took(l.link)
		l.sheet.add("wire", name, "B", ours, float64(t.Bytes())-idle)
		l.sheet.add("wire", name, "B", least, float64(floor.Packed(l.dict, payload)))
		l.sheet.add("wire", name+", turns", "", ours, float64(t.Turns))
		return nil
	}
	if err := over("1 op", 1); err != nil {
		return err
	}
	if err := over("40 ops", stormOps); err != nil {
		return err
	}
	l.sheet.add("wire", "one op of 40", "B", ours, l.sheet.find("wire", "40 ops").Value[ours]/stormOps)
	l.sheet.add("wire", "vector of 16", "B", ours, float64(len(sixteen.Pack())))
	l.sheet.note("wire", "40 ops", "over a round that finds nothing new, signature included; the words of each report are some 75 letters; floor: the payload alone by zstd and a dictionary")
	if _, err := record(backlog); err != nil {
		return err
	}
	if err := l.through(lte, 4, func() error {
		d.hc.CloseIdleConnections()
		took(l.link)
		begun := time.Now()
		if err := again(); err != nil {
			return err
		}
		l.sheet.add("link", "4g, 1,000 ops", "ms", ours, ms(time.Since(begun)))
		l.sheet.add("wire", "1,000 ops", "B", ours, float64(took(l.link).Bytes()))
		return nil
	}); err != nil {
		return err
	}
	l.sheet.note("wire", "1,000 ops", "a connection of its own, without TLS; list of flights included")
	return nil
}

// sixteen is the vector of a flight with four lanes of ground and twelve tablets.
var sixteen = flightsync.Vector{12, 9, 51, 410, 97, 81, 64, 80, 122, 33, 71, 140, 95, 60, 18, 88}

// entryPayload is what a report says and nothing else.
func entryPayload(note flightsync.Dot, f passenger.Feedback, n int) []byte {
	b := number(nil, 1, note.Seq)
	b = text(b, 2, string(f.Outcome))
	b = text(b, 3, f.Words)
	return message(nil, 1, number(b, 4, uint64(start.UnixMilli())+uint64(n)*90_000))
}
