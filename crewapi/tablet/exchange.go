package tablet

import (
	"cmp"
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// exchange brings one flight and ground together: exchanges until neither lacks anything.
func (a *Agent) exchange(ctx context.Context, client *crewapi.Client, f *flight, rep *SyncReport) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := a.deliverStranded(ctx, client, f, rep); err != nil {
		return err
	}
	idle, parts := 0, parts{way: &a.way.narrow}
	for range maxRounds {
		req, err := f.ask(parts.stuck)
		if err != nil {
			return err
		}
		res, err := client.Exchange(ctx, req)
		a.charge(f)
		a.time.hear(res.Now)
		if err != nil {
			f.slower()
			if parts.again(req.Runs, err) {
				continue
			}
			return err
		}
		_, size := sized(req.Runs)
		a.way.narrow.passed(size, a.way.policy().Budget)
		rep.Exchanges++
		for _, run := range req.Runs {
			rep.Sent += len(run.Ops)
		}
		t, err := f.take(res, taken{request: &req})
		if err != nil {
			f.slower()
			return err
		}
		rep.Received += t.received
		if t.news {
			a.tell(f.key)
		}
		if !t.again {
			f.tellOf(req)
			return nil
		}
		if err := parts.ended(); err != nil && len(req.Runs) == 0 && !res.More {
			return err
		}
		if rep.why != uplink.None && !f.purse().Allows(rep.why) {
			return nil // the rest goes over at the gate
		}
		if t.progress {
			idle = 0
			continue
		}
		// Without runs, the entry came after the question: ask again, once.
		if idle++; len(req.Runs) > 0 || idle > 1 {
			f.tellOf(req)
			return passenger.Errorf(passenger.Raced, "tablet.exchange", "ground did not take what this tablet sent")
		}
	}
	return passenger.Errorf(passenger.TooMuch, "tablet.exchange", "the flight has more to exchange than one round takes")
}

// ask makes the next request, without what lanes that are stuck have for ground.
func (f *flight) ask(stuck []flightsync.Author) (flightsync.Request, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return flightsync.Request{}, err
	}
	if err := f.wakeIf(!f.talk.Done(f.rep.State())); err != nil {
		return flightsync.Request{}, err
	}
	if err := f.obey(); err != nil && passenger.CodeOf(err) != passenger.Corrupt {
		return flightsync.Request{}, err
	}
	most := f.agent.way.policy().Budget
	budget := most
	if f.budget > 0 {
		budget = min(budget, f.budget)
	}
	send := f.agent.way.narrow.most(most)
	ask := f.talk.Ask(budget, send)
	if st := f.rep.State(); ask.Peer == nil && len(stuck) > 0 { // nothing is known: it would be offered its own lane
		ask.Peer = st.Vector().Set(st.Me, 0)
	}
	var err error
	if ask.Prove, err = f.wantsProof(); err != nil {
		return flightsync.Request{}, err
	}
	for _, a := range stuck {
		ask.Peer = slices.Clone(ask.Peer).Set(a, f.rep.State().Vector().Of(a))
		ask.Whole = slices.DeleteFunc(slices.Clone(ask.Whole), func(w flightsync.Author) bool { return w == a })
	}
	ready, err := f.step(ask)
	if passenger.CodeOf(err) == passenger.Corrupt {
		if err = f.renew(); err == nil {
			ready, err = f.step(flightsync.Ask{Budget: budget, Send: send})
		}
	}
	if err != nil {
		return flightsync.Request{}, err
	}
	return *ready.Request, nil
}

// tellOf notes what ground has been told. What it does not take goes again when it is next asked
// for news, not before.
func (f *flight) tellOf(req flightsync.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = req.Have
}

// slower halves the budget of the next answer, quicker doubles it (reference D.7).
func (f *flight) slower() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.budget == 0 {
		f.budget = flightsync.DefaultBudget
	}
	f.budget = max(f.budget/2, minBudget)
}

func (f *flight) quicker() {
	if f.budget *= 2; f.budget >= flightsync.DefaultBudget {
		f.budget = 0
	}
}

// taken is what became of a response.
type taken struct {
	request  *flightsync.Request // nil for a frame of a stream
	received int
	news     bool // something to show
	again    bool // one side still lacks something
	progress bool
}

// take applies a response or a frame, durably, and does what follows from it.
func (f *flight) take(res flightsync.Response, t taken) (taken, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.peek(); err != nil {
		return t, err
	}
	if err := f.wakeIf(len(res.Runs)+len(res.Receipts)+len(res.Again) > 0 || res.More || !slices.Equal(res.Have, f.talk.Peer) || !f.talk.Done(f.rep.State())); err != nil {
		return t, err
	}
	st := f.rep.State()
	// Before ground has bound this replica, a frame shows its notes; the exchange that follows tells
	// of them.
	t.again = t.request == nil && st.Me == flightsync.Nobody
	b, err := f.agent.random(flightsync.SaltSize)
	if err != nil {
		return t, err
	}
	var asked flightsync.Vector
	if t.request != nil {
		asked = t.request.Have
	}
	ready, err := f.step(flightsync.Receive{Runs: res.Runs, Receipts: res.Receipts, Peer: res.Have, Asked: asked, Proof: res.Proof,
		Have: true, Salt: [flightsync.SaltSize]byte(b)})
	if err != nil {
		return t, err
	}
	before, talked := f.talk.Peer, f.talk
	metas := f.acknowledged(res, ready, t.request != nil)
	if err := f.commit(ready, metas...); err != nil {
		return t, err
	}
	t.received = len(ready.Changed)
	t.news = t.received > 0 || !slices.Equal(before, f.talk.Peer)
	t.progress = t.news || st.Me != f.rep.State().Me
	if t.news {
		f.row = nil
	}
	if t.request != nil {
		f.quicker()
	}
	if err := f.follow(res, ready, &t); err != nil {
		return t, err
	}
	v, err := f.outline()
	if err != nil {
		return t, err
	}
	if t.request != nil && (len(f.talk.Whole) > 0 || f.talk.Claims) {
		// What was sent whole in vain has no home on ground.
		t.again, t.progress = true, t.progress || !slices.Equal(talked.Whole, f.talk.Whole) || talked.Claims != f.talk.Claims
	}
	t.again = t.again || f.talk.More && t.request != nil || res.More || v.pending(f.talk.Peer) > 0
	return t, nil
}

// acknowledged keeps ground's vector: the marks and what is pending follow from it. One that went
// back is legal from an exchange (a restored ground), and means to send again. A frame may be
// older than the last answer and only ever adds; it says nothing of this tablet's own lane, nor of one
// that goes whole: ground may have another history there (a copied tablet), which only an exchange
// finds out.
func (f *flight) acknowledged(res flightsync.Response, ready flightsync.Ready, exchanged bool) []badgerstore.Meta {
	before := f.talk.Peer
	switch {
	case exchanged:
		f.talk.Heard(res, ready, f.rep.State())
	case res.Have.CoversAll(before):
		have := slices.Clone(res.Have)
		for _, a := range append(slices.Clone(f.talk.Whole), f.rep.State().Me) {
			if a < flightsync.MaxAuthors {
				have = have.Set(a, before.Of(a))
			}
		}
		f.talk.Peer = have
	default:
		return nil
	}
	var out []badgerstore.Meta
	if !slices.Equal(before, f.talk.Peer) {
		out = append(out, badgerstore.Meta{Name: metaPeer, Value: f.talk.Peer.Pack()})
	}
	if exchanged { // saved with the next write: a quiet flight writes nothing for a poll
		f.synced = cmp.Or(res.Now, f.agent.now())
		if f.row != nil {
			row := *f.row
			row.SyncedAt, f.row = f.synced, &row
		}
	}
	return out
}

// follow does what a response calls for besides its ops: a new store, erasure, recording again what was rescued, handing in.
func (f *flight) follow(res flightsync.Response, ready flightsync.Ready, t *taken) error {
	v, err := f.outline()
	if err != nil {
		return err
	}
	for _, n := range ready.Notes {
		f.agent.Log.Warn("odd run", "flight", f.id.String(), "kind", string(n.What), "seq", n.Seq, "n", int(n.Author))
		t.again = t.again || n.What == flightsync.FaultGap
	}
	if t.request != nil && len(v.damaged) > 0 { // ground is in reach and has what cannot be read here
		f.agent.Log.Error("entries are damaged; replacing the store", "flight", f.id.String(), "n", len(v.damaged))
		t.again, t.progress = true, true
		return f.renew()
	}
	if err := f.obey(); err != nil {
		return err
	}
	if t.request == nil || res.More {
		return nil
	}
	if !f.rests() {
		if err := f.recordAgain(); err != nil {
			return err
		}
	}
	return f.handInIfDone()
}

// handInIfDone writes fin once everything of a flight that is over is on ground.
func (f *flight) handInIfDone() error {
	v, err := f.outline()
	if err != nil || v.me == flightsync.Nobody || v.Sealed || !v.landedOrClosed() || v.pending(f.talk.Peer) > 0 || f.record().Assignment.Removed {
		return err
	}
	if _, done := v.Fins[v.me]; done {
		return nil
	}
	if err := f.wakeIf(true); err != nil {
		return err
	}
	return f.write(flightsync.FinDraft(v.Reopened...))
}

// erase drops the bodies that ground ordered erased, and the files and key that held them.
func (f *flight) erase(dots []flightsync.Dot) error {
	ready, err := f.step(flightsync.EraseBodies{Dots: dots})
	if err != nil {
		return err
	}
	if err := f.commit(ready, badgerstore.Meta{Name: metaErasing, Value: []byte{1}}); err != nil {
		return err
	}
	if err := f.splitOld(); err != nil {
		return err
	}
	f.sweepGenerations(f.record().Generation) // what was set aside
	if err := f.replaceStore(func(m badgerstore.Meta) (badgerstore.Meta, bool) {
		d, ok := parseDotName(m.Name)
		return m, !(ok && slices.Contains(dots, d)) && m.Name != metaErasing
	}); err != nil {
		return err
	}
	f.agent.Log.Info("erased on request", "flight", f.id.String(), "n", len(dots))
	return nil
}
