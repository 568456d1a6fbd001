package crewapi

import (
	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func (p *packed) fromRuns(runs []flightsync.Run, peer uint32) []*crewv1.Run {
	var out []*crewv1.Run
	for _, r := range runs {
		dict, body := p.pack(r.Ops, peer)
		out = append(out, &crewv1.Run{Author: uint32(r.Author), FirstSeq: r.First, Dict: dict, Ops: body, Head: r.Head[:], Sig: r.Sig})
	}
	return out
}

// toRuns reads runs. Errors: invalid, too_much, unavailable.
func toRuns(ms []*crewv1.Run) ([]flightsync.Run, error) {
	var out []flightsync.Run
	left, count := pack.MaxBytes, 0
	for _, m := range ms {
		r := flightsync.Run{Author: flightsync.Author(m.GetAuthor()), First: m.GetFirstSeq(), Sig: m.GetSig()}
		if r.Author >= flightsync.MaxAuthors || len(m.GetHead()) != len(r.Head) {
			return nil, malformed("run")
		}
		copy(r.Head[:], m.GetHead())
		var err error
		if r.Ops, err = pack.Unpack(m.GetDict(), m.GetOps(), left); err != nil {
			return nil, err
		}
		for _, raw := range r.Ops {
			left -= len(raw) + 1
		}
		if count += len(r.Ops); count > flightsync.MaxRunOps || left <= 0 {
			return nil, passenger.Errorf(passenger.TooMuch, "crewapi.convert", "an exchange carries at most %d ops", flightsync.MaxRunOps)
		}
		out = append(out, r)
	}
	return out, nil
}
