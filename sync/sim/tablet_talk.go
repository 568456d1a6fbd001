package sim

import (
	"slices"

	flightsync "github.com/cabinloop/cabinloop/sync"
)

// callTo begins an exchange with ground (0) or tablet to-1.
func (t *tablet) callTo(to int) {
	if to == t.at || !t.works() || t.busy {
		return
	}
	req, ok := t.ask(to)
	if !ok {
		return
	}
	w := t.w
	t.call++
	t.busy = true
	call, born := t.call, t.born
	w.in(patience, func() {
		if t.call == call && t.born == born {
			t.busy = false
		}
	})
	w.net.send(t.at, to, kept{from: t.at, to: to, req: &req}, func(m kept) {
		var res *flightsync.Response
		if to == 0 {
			res = w.ground.exchange(t.at, *m.req)
		} else {
			res = w.tablets[to-1].serve(*m.req)
		}
		if res != nil {
			life := w.life(to)
			w.net.send(to, t.at, kept{from: to, to: t.at, res: res}, func(m kept) {
				if t.born == born && life == w.life(to) {
					t.answered(to, call, &req, *m.res)
				}
			})
		}
	})
}

// life tells stores of one address apart: an answer dies with the store that it speaks for.
func (w *world) life(at int) int {
	if at == 0 {
		return w.truth.restored
	}
	return w.tablets[at-1].stores
}

func (t *tablet) ask(to int) (flightsync.Request, bool) {
	w := t.w
	talk := t.talks[to]
	budget, send := t.budget, t.budget
	if budget == 0 && w.chance(0.3) && !w.healed {
		budget, send = 1+w.rng.IntN(3000), 1+w.rng.IntN(3000)
	}
	ready, ok := t.do(talk.Ask(budget, send))
	if !ok {
		return flightsync.Request{}, false
	}
	req := *ready.Request
	w.fits(req.Runs, send)
	if w.planted(MarkSentOnSend) {
		talk.Peer = slices.Clone(req.Have)
		t.talks[to] = talk
		t.marks(to)
	}
	if w.planted(DropUnknown) {
		req.Runs = dropUnknown(req.Runs)
	}
	return req, true
}

// answered takes a response, in time, late or again (req is nil). It reports whether there is
// more to do at once.
func (t *tablet) answered(from, call int, req *flightsync.Request, res flightsync.Response) (more bool) {
	w := t.w
	if !t.works() {
		return false
	}
	if call == t.call {
		t.busy = false
	}
	before := t.rep.State()
	ready, ok := t.receive(flightsync.Receive{Runs: t.taken(res.Runs), Receipts: res.Receipts, Peer: res.Have, Have: true, Salt: w.salt()})
	if !ok {
		return false
	}
	talk := t.talks[from]
	was := talk
	if req != nil && !w.planted(MarkSentOnSend) {
		if w.planted(AckInForkedLane) {
			talk.Peer, talk.More = slices.Clone(res.Have), res.More
		} else {
			talk.Heard(res, ready, t.rep.State())
		}
		t.talks[from] = talk
		t.marks(from)
	}
	w.log("tablet %d takes %v", t.at, ready.Changed)
	if res.More {
		w.reached("an answer left something out")
	}
	if len(talk.Whole) > 0 {
		w.reached("a lane was sent from its start")
	}
	if talk.Claims {
		w.reached("equal vectors met unequal digests")
	}
	stores := t.stores
	t.follow(ready)
	if t.stores != stores { // renewed: the talk starts over
		return true
	}
	// Ground is in reach, has what cannot be read here, and got what can.
	if from == 0 && len(t.disk.rotten) > 0 && t.rep != nil && talk.Done(t.rep.State()) {
		t.renew()
		return true
	}
	if from == 0 && req != nil && !res.More {
		t.recordAgain()
	}
	if from == 0 {
		t.purge()
	}
	if t.rep == nil {
		return false
	}
	st := t.rep.State()
	news := len(ready.Changed) > 0 || st.Me != before.Me || !slices.Equal(was.Peer, talk.Peer) || !slices.Equal(was.Whole, talk.Whole) || was.Claims != talk.Claims
	more = news && !talk.Done(st) && req != nil
	if more && !w.healed && w.chance(0.8) {
		w.in(1e6, func() { t.callTo(from) })
	}
	return more
}

func (t *tablet) receive(ev flightsync.Receive) (flightsync.Ready, bool) {
	ev.Have = ev.Have && !t.w.planted(SkipHave)
	ready, ok := t.do(ev)
	if ok {
		t.w.odd(ready.Notes)
	}
	return ready, ok && t.rep != nil
}

// follow does what an exchange calls for besides its ops.
func (t *tablet) follow(ready flightsync.Ready) {
	fresh := len(ready.Batch.Cuts) > 0
	for _, o := range ready.Batch.Ops {
		fresh = fresh || o.Header.Kind == flightsync.KindErase || o.Header.Kind == flightsync.KindRoster
	}
	if fresh {
		t.erased = t.orders()
	}
	t.obey()
}

// marks tells people who has their entries: the peer says it holds them, durably (I2).
func (t *tablet) marks(peer int) {
	have := t.talks[peer].Acked()
	for f, d := range t.mine {
		// Of former lanes a count says nothing until all chains were compared.
		if !have.Covers(d) || !t.owes[f] || d.Author != t.me() {
			continue
		}
		if peer == 0 {
			t.w.ground.owes[f] = true
		} else if p := t.w.tablets[peer-1]; !p.lost && !p.purged && !p.disk.rotten[d] { // what it cannot read it does not know of yet
			p.owes[f] = true
		}
	}
}

// serve answers another tablet.
func (t *tablet) serve(req flightsync.Request) *flightsync.Response {
	w := t.w
	if !t.works() || req.Group != w.group {
		return nil
	}
	w.res.Exchanges++
	got, ok := t.receive(flightsync.Receive{Runs: t.taken(req.Runs), Peer: req.Have, Have: true, Salt: w.salt()})
	if !ok {
		return nil
	}
	t.follow(got)
	if t.rep == nil {
		return nil
	}
	ready, ok := t.do(flightsync.Answer{Request: req, Notes: got.Notes})
	if !ok || t.rep == nil {
		return nil
	}
	res := ready.Response
	w.fits(res.Runs, req.Budget, got.Notes...)
	return res
}

// purge forgets a sealed flight when ground holds all that this tablet wrote, and has what it
// keeps for others.
func (t *tablet) purge() {
	w := t.w
	if t.rep == nil || w.healed || len(t.kept) > 0 {
		return
	}
	st := t.rep.State()
	if !st.Sealed || w.now < landedAt && !w.truth.sealedAt || !t.talks[0].Done(st) && !w.planted(PurgeEarly) {
		return
	}
	for _, l := range st.Lanes {
		own := l.Author == st.Me
		if w.planted(PurgeEarly) {
			own = false
		} else if l.Class == flightsync.TabletLane && !own && t.talks[0].Peer.Of(l.Author) < l.Seq {
			return
		}
		if own && l.Freed < l.Seq {
			return
		}
	}
	if st.Me == flightsync.Nobody {
		return
	}
	w.reached("a tablet purged the flight")
	w.checked(I2)
	ground := forms(w.ground.disk.all())
	for f := range t.owes {
		if _, ok := ground[f]; !ok {
			w.fail(I2, "tablet %d forgets the flight and entry %x, which ground does not hold", t.at, f)
			return
		}
	}
	if err := t.disk.call(); err != nil {
		t.trouble(err)
		return
	}
	t.over = true
	t.purged, t.rep, t.disk, t.view, t.image, t.owes = true, nil, w.disk(newDisk()), nil, nil, map[form]bool{}
	w.log("tablet %d purged", t.at)
	if w.planted(ForgetPurge) {
		w.in(w.around(syncEvery), t.load)
		w.in(w.around(2*syncEvery), func() { t.purged = false; t.load(); t.callTo(0) })
	}
}
