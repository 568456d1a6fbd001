package crewapi

import (
	"encoding/binary"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func fromRuns(runs []flightsync.Run) []*crewv1.Run {
	var out []*crewv1.Run
	for _, r := range runs {
		m := &crewv1.Run{Author: uint32(r.Author), Incarnation: r.Incarnation[:], FirstSeq: r.First, Head: r.Head[:]}
		size := 0
		for _, raw := range r.Ops {
			size += len(raw) + 3
		}
		m.Ops = make([]byte, 0, size)
		for _, raw := range r.Ops {
			m.Ops = append(binary.AppendUvarint(m.Ops, uint64(len(raw))), raw...)
		}
		out = append(out, m)
	}
	return out
}

// toRuns reads runs; the ops point into the message. Errors: invalid, too_much.
func toRuns(ms []*crewv1.Run) ([]flightsync.Run, error) {
	var out []flightsync.Run
	count := 0
	for _, m := range ms {
		r := flightsync.Run{Author: flightsync.Author(m.GetAuthor()), First: m.GetFirstSeq()}
		if r.Author >= flightsync.MaxAuthors || len(m.GetIncarnation()) != len(r.Incarnation) || len(m.GetHead()) != len(r.Head) {
			return nil, malformed("run")
		}
		copy(r.Incarnation[:], m.GetIncarnation())
		copy(r.Head[:], m.GetHead())
		for b := m.GetOps(); len(b) > 0; {
			l, n := binary.Uvarint(b)
			if n <= 0 || l > uint64(len(b)-n) {
				return nil, malformed("ops")
			}
			if count++; count > flightsync.MaxRunOps {
				return nil, passenger.Errorf(passenger.TooMuch, "crewapi.convert", "an exchange carries at most %d ops", flightsync.MaxRunOps)
			}
			end := n + int(l)
			r.Ops, b = append(r.Ops, b[n:end:end]), b[end:]
		}
		out = append(out, r)
	}
	return out, nil
}
