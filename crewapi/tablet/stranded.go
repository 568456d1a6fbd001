package tablet

import (
	"context"
	"maps"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// deliverStranded brings crew entries to ground that stand in no lane any more, since an op before them
// is lost here, as they were sealed when they were written: with the author's own proof, and the lost op
// among them. What ground takes so need not be recorded again. It is tried once for each store.
func (a *Agent) deliverStranded(ctx context.Context, client *crewapi.Client, f *flight, rep *SyncReport) error {
	runs, err := f.strandedRuns()
	if err != nil || len(runs) == 0 {
		return err
	}
	left, err := a.bring(ctx, f.id, runs, rep, func(ctx context.Context, part []flightsync.SealedRun, _ int) ([][]byte, passenger.TabletID, error) {
		receipts, err := client.Deliver(ctx, f.id, part)
		return receipts, a.tablet(), err
	})
	switch passenger.CodeOf(err) {
	case passenger.Unavailable, passenger.TooMuch, passenger.SignedOut, passenger.Raced:
		f.mu.Lock()
		f.tried = nil
		f.mu.Unlock()
		return err
	}
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err != nil {
		f.agent.Log.Warn("stranded entries were not delivered", "flight", f.id.String(), "err", err)
	}
	return f.handed(runs, left)
}

// strandedRuns lists the sealed runs that end beyond the lanes.
func (f *flight) strandedRuns() ([]unsentRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rests() { // nothing stands beside its lanes
		return nil, nil
	}
	if err := f.use(); err != nil {
		return nil, err
	}
	v, err := f.view()
	if err != nil || len(f.apart.ops) == 0 && len(v.missing) == 0 || f.tried == f.db {
		return nil, err
	}
	f.tried = f.db
	runs, err := f.unsentRuns(v.mine)
	return slices.DeleteFunc(runs, func(r unsentRun) bool {
		return len(r.Sig) == 0 || v.state.Vector().Covers(flightsync.Dot{Author: r.Author, Seq: r.Last()})
	}), err
}

// sealedOnly counts own entries that only ground can read any more, and that it does not have.
func (f *flight) sealedOnly(v *folded) (n int) {
	if len(v.missing) == 0 || f.readSealed() != nil {
		return 0
	}
	for _, d := range v.missing {
		if v.mine[d.Author] && f.sealed[d] {
			n++
		}
	}
	return n
}

// sealedApart seals own entries that stand in no lane, for ground to take after the lease: written once
// more at the end of one of this tablet's lanes, in memory. Those that proven say were sealed when they
// were written are not among them. The caller holds f.mu.
func (f *flight) sealedApart(v *folded, proven []unsentRun) ([]unsentRun, error) {
	var drafts []flightsync.Draft
	author := v.me
	for _, l := range v.state.Lanes { // not bound, the last that these keys prove
		if is := f.agent.identities(); v.me == flightsync.Nobody && v.mine[l.Author] && len(is) > 0 && l.Key == is[0].public() {
			author = l.Author
		}
	}
	l, ok := v.state.Lane(author)
	if !ok {
		return nil, nil
	}
	moved, next := maps.Clone(f.apart.moved), l.Seq
	for _, o := range v.rescued {
		if slices.ContainsFunc(proven, func(r unsentRun) bool {
			return r.Author == o.Dot.Author && len(r.Sig) > 0 && r.First <= f.talk.Peer.Of(r.Author)+1 && r.First <= o.Dot.Seq && o.Dot.Seq <= r.Last()
		}) {
			continue
		}
		next++
		drafts = append(drafts, draft(o, follower(moved)))
		moved[o.Dot] = flightsync.Dot{Author: author, Seq: next}
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	st := v.state
	st.Me = author
	mem := flightsync.NewMemory()
	batch := flightsync.Batch{State: st}
	for _, o := range f.ops {
		if o.Dot.Author == author {
			batch.Ops = append(batch.Ops, o)
		}
	}
	err := mem.Apply(batch)
	if err != nil {
		return nil, err
	}
	rep, err := flightsync.Load(mem, verify)
	if err != nil {
		return nil, err
	}
	w := flightsync.Write{Author: author, Drafts: drafts, Now: f.agent.now()}
	for range drafts {
		b, err := f.agent.random(flightsync.SaltSize)
		if err != nil {
			return nil, err
		}
		w.Salts = append(w.Salts, [flightsync.SaltSize]byte(b))
	}
	ready, err := rep.Step(w)
	if err == nil {
		err = mem.Apply(ready.Batch)
	}
	if err != nil {
		return nil, err
	}
	var out []unsentRun
	for have := v.state.Vector().Set(author, f.talk.Peer.Of(author)); ; {
		ready, err := rep.Step(flightsync.Ask{Peer: have, Send: cutBytes})
		if err == nil {
			err = rep.Sign(&ready, f.agent.sign)
		}
		if err != nil || len(ready.Request.Runs) == 0 {
			return out, err
		}
		run := ready.Request.Runs[0]
		r := unsentRun{Own: true, SealedRun: flightsync.SealedRun{Author: author, Incarnation: l.Incarnation, First: run.First, Head: run.Head, Sig: run.Sig}}
		for i, raw := range run.Ops {
			o, err := flightsync.ParseOp(flightsync.Dot{Author: author, Seq: run.First + uint64(i)}, raw)
			if err != nil {
				return nil, err
			}
			m, err := f.seal(o, l, author)
			if err != nil {
				return nil, err
			}
			r.Ops = append(r.Ops, m.Value[9:])
		}
		out, have = append(out, r), have.Set(author, r.Last())
	}
}
