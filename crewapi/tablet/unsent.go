package tablet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// deliverAtOnce bounds the sealed bytes of one delivery, deliverRuns its runs; a run is never cut,
// since its proof is at its end. Arbitrary, half of what a message may have; a run for each author.
const (
	deliverAtOnce = 512 << 10
	deliverRuns   = flightsync.MaxAuthors
)

// unsent is what a file in the folder unsent holds: what ground lacked of a flight when the
// lease ended. Nobody but ground can read it.
type unsent struct {
	Runs []unsentRun `json:"runs"`
	// Assignment says of which flight, should flights.json be lost.
	Assignment *passenger.Assignment `json:"assignment,omitempty"`
}

func (a *Agent) unsentPath(id passenger.FlightID) string {
	return filepath.Join(a.Dir, "unsent", id.String()+".json")
}

// count says how many of this tablet's entries ground is not known to hold, and how many of anybody's
// wait for its signed word.
func (u unsent) count() (own, all int) {
	for _, r := range u.Runs {
		all += len(r.Ops)
		if r.Own {
			own += len(r.Ops) - min(r.Acked, len(r.Ops))
		}
	}
	return own, all
}

func parseUnsent(b []byte) (u unsent, err error) {
	if err := json.Unmarshal(b, &u); err != nil {
		return u, passenger.Wrap(passenger.Corrupt, "tablet.parseUnsent", "the entries that wait for ground cannot be read", err)
	}
	for _, r := range u.Runs {
		if err := r.check(); err != nil {
			return u, err
		}
	}
	return u, nil
}

func (a *Agent) loadUnsent(id passenger.FlightID) (u unsent, err error) {
	if err = readFile(a.unsentPath(id), func(b []byte) (err error) { u, err = parseUnsent(b); return err }); err != nil {
		return unsent{}, passenger.Wrap(passenger.Corrupt, "tablet.loadUnsent", "the entries that wait for ground cannot be read", err)
	}
	return u, nil
}

// saveUnsent writes what is left, or removes the file when nothing is.
func (a *Agent) saveUnsent(id passenger.FlightID, u unsent) error {
	path := a.unsentPath(id)
	if len(u.Runs) > 0 {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return passenger.Wrap(passenger.Unavailable, "tablet.saveUnsent", "the folder of waiting entries cannot be made", err)
		}
		return writeFile(path, u)
	}
	if err := removeFile(path); err != nil {
		return passenger.Wrap(passenger.Unavailable, "tablet.saveUnsent", "entries that ground has could not be removed", err)
	}
	return nil
}

// send carries some runs to ground; left is how many ops stay here after them. The receipts are made
// out to tablet.
type send func(ctx context.Context, part []flightsync.SealedRun, left int) (receipts [][]byte, tablet passenger.TabletID, err error)

// bring sends sealed runs of a flight, as many at once as a message takes and the way lets through,
// and returns those for which ground gave no valid receipt, also with an error. It asks once when
// there are none.
func (a *Agent) bring(ctx context.Context, id passenger.FlightID, runs []unsentRun, rep *SyncReport, to send) (left []unsentRun, err error) {
	var rest []unsentRun
	for _, r := range runs {
		if len(r.Ops) > flightsync.MaxRunOps { // what could not be cut must not hold up the others
			left = append(left, r)
		} else {
			rest = append(rest, r)
		}
	}
	way, silent := &a.way.narrow, 0
	for first := true; first || len(rest) > 0; first = false {
		most := way.most(deliverAtOnce)
		part, size, ops := []flightsync.SealedRun{}, 0, 0
		for _, r := range rest {
			if len(part) == deliverRuns || len(part) > 0 && (size+r.size() > most || ops+len(r.Ops) > flightsync.MaxRunOps) {
				break
			}
			part, size, ops = append(part, r.SealedRun), size+r.size(), ops+len(r.Ops)
		}
		_, behind := unsent{Runs: append(rest[len(part):len(rest):len(rest)], left...)}.count()
		receipts, tablet, err := to(ctx, part, behind)
		switch {
		case err == nil:
		case crewapi.TooLarge(err) && len(part) == 1:
			left, rest = append(left, rest[0]), rest[1:] // the others may pass
			continue
		case crewapi.SmallerMayPass(err) && len(part) > 1 && (crewapi.TooLarge(err) || silent < triesInARound):
			way.refused(size)
			silent++
			continue
		default:
			return append(left, rest...), err
		}
		way.passed(size, deliverAtOnce)
		rep.Exchanges++
		for i, r := range rest[:len(part)] {
			if a.received(id, tablet, r.SealedRun, receipts[i]) {
				rep.Sent += len(r.Ops)
			} else {
				left = append(left, r)
			}
		}
		rest = rest[len(part):]
	}
	return left, nil
}

// deliver brings what is left of a destroyed flight to ground. It may be repeated at will.
func (a *Agent) deliver(ctx context.Context, client *crewapi.Client, f *flight, rep *SyncReport) error {
	u, err := a.loadUnsent(f.id)
	if err != nil {
		return err
	}
	u.Runs, err = a.bring(ctx, f.id, u.Runs, rep, func(ctx context.Context, part []flightsync.SealedRun, _ int) ([][]byte, passenger.TabletID, error) {
		receipts, err := client.Deliver(ctx, f.id, part)
		return receipts, a.tablet(), err
	})
	return f.delivered(u, err)
}

// delivered keeps what ground did not take of a destroyed flight; failed is why it went no further.
func (f *flight) delivered(u unsent, failed error) error {
	own, all := u.count()
	if err := f.agent.saveUnsent(f.id, u); err != nil {
		return err
	}
	if f.record().Unsent == 0 && all == 0 {
		return failed
	}
	if err := f.setRecord(func(r *record) {
		r.Unsent, r.Counts.OnGround = all, r.Counts.Issued-own
		row := *r.Purged
		row.Pending = own
		r.Purged = &row
	}); err != nil {
		return err
	}
	f.agent.tell(f.key)
	if failed != nil {
		return failed
	}
	if all > 0 {
		return passenger.Errorf(passenger.Raced, "tablet.deliver", "ground gave no valid receipt for %d entries of this flight; they stay here", all)
	}
	return nil
}
