package tablet

import (
	"context"
	"errors"
	"slices"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// ended hands over what waits here after ground refused this tablet's token, proven by its key, and
// says why its access ended. cause is the refusal: it stands when nobody answers who knows better.
func (a *Agent) ended(ctx context.Context, client *crewapi.Client, rep *SyncReport, cause error) error {
	access, known := passenger.AccessGood, false
	for _, f := range a.list() {
		f.mu.Lock()
		done := f.gaveAll
		f.mu.Unlock()
		if done {
			a.mu.Lock()
			access, known = a.device.Access, true
			a.mu.Unlock()
			continue
		}
		got, err := a.handOver(ctx, client, f, rep)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		known = known || err == nil
		if err == nil && (access == passenger.AccessGood || access == passenger.AccessUnknown) {
			access = got
		}
		if code := passenger.CodeOf(err); err != nil {
			a.Log.Warn("hand-over failed", "flight", f.id.String(), "err", err)
			if code == passenger.Unavailable || code == passenger.SignedOut || code == passenger.TooMuch {
				break
			}
			rep.add(f, err)
		}
	}
	if !known || !access.Held() {
		return cause
	}
	if err := a.setAccess(access); err != nil {
		return err
	}
	return refusal(access)
}

// refusal says to people why a tablet has no access, and what to do.
func refusal(access passenger.Access) error {
	const op = "tablet.ended"
	switch access {
	case passenger.AccessUnknown:
		return passenger.Errorf(passenger.SignedOut, op, "ground does not know this tablet any more, for its data was put back from a backup; everything recorded is kept here: enrol this tablet again with a new code, and it goes over")
	case passenger.AccessReplaced:
		return passenger.Errorf(passenger.SignedOut, op, "another device was enrolled under the name of this tablet; what was recorded here is handed over for a person on ground to look at. Enrol this tablet again with a code of its own to go on")
	}
	return passenger.Errorf(passenger.SignedOut, op, "ground has ended the access of this tablet (%s); what was recorded here is handed over for a person on ground to look at. Enrol it again with a new code to go on", access)
}

// setAccess keeps how ground says that this tablet stands.
func (a *Agent) setAccess(access passenger.Access) error {
	a.mu.Lock()
	d := a.device
	a.mu.Unlock()
	if d.Access == access {
		return nil
	}
	d.Access = access
	if err := writeFile(a.path("device.json"), d); err != nil {
		return err
	}
	a.mu.Lock()
	a.device.Access = access
	a.mu.Unlock()
	return nil
}

// handOver brings what waits of a flight to ground as the device that wrote it, with no token and
// nothing of the flight in return, and keeps a receipt for each run. It may be repeated at will.
func (a *Agent) handOver(ctx context.Context, client *crewapi.Client, f *flight, rep *SyncReport) (access passenger.Access, err error) {
	var u unsent
	if rec := f.record(); rec.Purged != nil && rec.Unsent > 0 {
		if u, err = a.loadUnsent(f.id); err != nil {
			return access, err
		}
	} else if rec.Purged == nil && rec.Generation > 0 {
		if u.Runs, err = f.lacking(); err != nil {
			return access, err
		}
	}
	unknown := false // what this device is now; ground may still know what it was
	tried := passenger.Errorf(passenger.Forbidden, "tablet.handOver", "ground does not take the entries of this flight from this tablet; ask ground operations to put it on the crew list")
	for _, i := range a.identities() {
		left, err := a.bring(ctx, f.id, u.Runs, rep, func(ctx context.Context, part []flightsync.SealedRun, left int) ([][]byte, passenger.TabletID, error) {
			h := flightsync.HandOver{Group: f.id, Runs: part, Left: uint64(left), Key: i.keys.Signer().Public()}
			var receipts [][]byte
			var err error
			if h.Proof, err = i.keys.Signer().Sign(h.Message()); err == nil {
				receipts, access, err = client.HandOver(ctx, h)
			}
			return receipts, i.tablet, err
		})
		switch {
		case passenger.CodeOf(err) == passenger.Forbidden:
			continue // another identity may have served the flight
		case err == nil && access == passenger.AccessUnknown:
			unknown = true
			continue
		case unknown:
			access = passenger.AccessUnknown
		}
		f.mu.Lock()
		f.gaveAll = err == nil && len(left) == 0 && access.Held() && !unknown
		f.mu.Unlock()
		if f.record().Purged == nil {
			return access, errors.Join(err, f.handed(u.Runs, left))
		}
		u.Runs = left
		return access, f.delivered(u, err)
	}
	if unknown {
		return passenger.AccessUnknown, nil
	}
	return access, tried
}

// lacking seals what ground lacks of a flight whose store is here.
func (f *flight) lacking() ([]unsentRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		return nil, err
	}
	v, err := f.view()
	if err != nil {
		return nil, err
	}
	return f.unsentRuns(v.mine)
}

// handed notes that ground has given its word for runs, all but those that are left.
func (f *flight) handed(runs, left []unsentRun) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.use(); err != nil {
		return err
	}
	if err := f.splitOld(); err != nil {
		return err
	}
	st, peer := f.rep.State(), slices.Clone(f.talk.Peer)
	var metas []badgerstore.Meta
	for _, r := range runs {
		if slices.ContainsFunc(left, func(l unsentRun) bool { return l.Author == r.Author && l.First == r.First }) {
			continue
		}
		for seq := r.First; seq <= r.Last(); seq++ {
			d := flightsync.Dot{Author: r.Author, Seq: seq}
			metas = append(metas, badgerstore.Meta{Name: sealedName(d), Gone: true}, badgerstore.Meta{Name: dotName(metaKept, d), Gone: true})
		}
		if lane, ok := st.Lane(r.Author); ok && lane.Incarnation == r.Incarnation && r.First <= peer.Of(r.Author)+1 && r.Last() <= lane.Seq {
			peer = peer.Set(r.Author, max(peer.Of(r.Author), r.Last()))
		}
	}
	if len(metas) == 0 {
		return nil
	}
	metas = append(metas, badgerstore.Meta{Name: metaPeer, Value: peer.Pack()})
	if err := writeMetas(f.db, metas); err != nil {
		return err
	}
	f.talk.Peer, f.row, f.folded, f.apart = peer, nil, nil, nil
	f.sealedNow(metas)
	f.agent.tell(f.key)
	return nil
}

// received reports whether receipt is ground's word to a tablet that it holds a run.
func (a *Agent) received(id passenger.FlightID, tablet passenger.TabletID, run flightsync.SealedRun, receipt []byte) bool {
	a.mu.Lock()
	ground := a.device.GroundSign
	a.mu.Unlock()
	return keys.Verify(ground, run.ReceiptMessage(id, tablet), receipt)
}
