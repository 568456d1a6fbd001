package tablet

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// askPeer makes the next request to another tablet, and says how many ops it offers.
func (f *flight) askPeer(id passenger.TabletID) (flightsync.Request, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return flightsync.Request{}, err
	}
	ready, err := f.step(flightsync.Ask{Peer: f.other(id).have, Budget: cabinBudget})
	if err != nil {
		return flightsync.Request{}, err
	}
	return *ready.Request, nil
}

// takePeer applies another tablet's answer, durably. It reports whether anything is news, and
// whether to go on. A peer's word is no order to replace this tablet's store: only ground's is.
func (f *flight) takePeer(id passenger.TabletID, req flightsync.Request, res flightsync.Response) (news, again bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return false, false, err
	}
	before := f.other(id).have
	if err := f.wakeIf(len(res.Runs)+len(res.Again) > 0 || !slices.Equal(res.Have, before)); err != nil {
		return false, false, err
	}
	n, _, err := f.receivePeer(id, res.Runs, res.Have, res.Again)
	if err != nil {
		return false, false, err
	}
	o, mine := f.other(id), f.rep.State().Vector()
	moved := n > 0 || !slices.Equal(before, o.have)
	more := res.More || len(req.Runs) > 0 && !o.have.CoversAll(mine)
	if !more || !moved {
		o.mineThen, o.theirsThen = mine, o.have
	}
	return moved, more && moved, nil
}

// receivePeer takes runs of another tablet and its durable vector in one batch, and does what an
// erase order among them calls for. In lanes of which it has another history (again, and what the
// runs show) its vector says nothing of ours. It returns how many ops are new. The caller holds
// f.mu.
func (f *flight) receivePeer(id passenger.TabletID, runs []flightsync.Run, have flightsync.Vector, again []flightsync.Author) (int, []flightsync.RunNote, error) {
	b, err := f.agent.random(flightsync.SaltSize)
	if err != nil {
		return 0, nil, err
	}
	ready, err := f.step(flightsync.Receive{Runs: runs, Peer: have, Have: true, Salt: [flightsync.SaltSize]byte(b), Now: f.agent.Now()})
	if err != nil {
		return 0, nil, err
	}
	have = slices.Clone(have)
	for _, n := range ready.Notes {
		if n.What == flightsync.FaultFork {
			again = append(again, n.Author)
		}
	}
	for _, author := range again {
		have = have.Set(author, 0)
	}
	for _, n := range ready.Notes {
		f.agent.Log.Warn("odd run of a tablet", "flight", f.id.String(), "kind", string(n.What), "seq", n.Seq, "n", int(n.Author))
	}
	var metas []badgerstore.Meta
	if urgent := f.tells(id, have); urgent || f.unsaved && !ready.Batch.IsEmpty() {
		metas, f.unsaved = []badgerstore.Meta{{Name: metaOthers, Value: packOthers(f.others)}}, false
	}
	if err := f.commit(ready, metas...); err != nil {
		f.others = nil
		return 0, nil, err
	}
	if len(ready.Changed) == 0 {
		return 0, ready.Notes, nil
	}
	return len(ready.Changed), ready.Notes, f.obey()
}

// servePeer answers another tablet of the flight: what ground would do, but for binding.
func (a *Agent) servePeer(ctx context.Context, group passenger.FlightID, peer cabin.Member, req flightsync.Request) (flightsync.Response, error) {
	const op = "tablet.servePeer"
	if err := alive(ctx); err != nil {
		return flightsync.Response{}, err
	}
	a.mu.Lock()
	f, ok := a.flights[group]
	a.mu.Unlock()
	if !ok {
		return flightsync.Response{}, passenger.Errorf(passenger.NotFound, op, "this tablet has no such flight")
	}
	res, news, err := f.servePeer(peer.Tablet, req)
	if news {
		a.tell(f.key)
	}
	return res, err
}

func (f *flight) servePeer(id passenger.TabletID, req flightsync.Request) (res flightsync.Response, news bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return res, false, err
	}
	before := f.other(id).have
	if err := f.wakeIf(len(req.Runs) > 0 || !slices.Equal(req.Have, before)); err != nil {
		return res, false, err
	}
	n, notes, err := f.receivePeer(id, req.Runs, req.Have, nil)
	news = n > 0 || !slices.Equal(before, req.Have)
	if err != nil {
		return res, news, err
	}
	ready, err := f.step(flightsync.Answer{Request: req, Notes: notes})
	if err != nil {
		return res, news, err
	}
	if !f.rep.State().Vector().CoversAll(req.Have) {
		f.agent.lan.due(f, f.agent.pace.news) // the asker has what it did not bring: go and get it
	}
	return *ready.Response, news, nil
}
