package tablet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
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

func (u unsent) count() (own, all int) {
	for _, r := range u.Runs {
		all += len(r.Ops)
		if r.Own {
			own += len(r.Ops)
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

// received reports whether receipt is ground's word to this tablet that it holds a run.
func (a *Agent) received(id passenger.FlightID, run flightsync.SealedRun, receipt []byte) bool {
	a.mu.Lock()
	d := a.device
	a.mu.Unlock()
	return keys.Verify(d.GroundSign, run.ReceiptMessage(id, d.Tablet), receipt)
}

// deliver brings what is left of a destroyed flight to ground. It may be repeated at will.
func (a *Agent) deliver(ctx context.Context, client *crewapi.Client, f *flight, rep *SyncReport) error {
	u, err := a.loadUnsent(f.id)
	if err != nil {
		return err
	}
	var left, rest []unsentRun
	for _, r := range u.Runs {
		if len(r.Ops) > flightsync.MaxRunOps { // what could not be cut must not hold up the others
			left = append(left, r)
		} else {
			rest = append(rest, r)
		}
	}
	way, silent := &a.way.narrow, 0
	var failed error
	for len(rest) > 0 && failed == nil {
		most := way.most(deliverAtOnce)
		part, size, ops := []flightsync.SealedRun{}, 0, 0
		for _, r := range rest {
			if len(part) == deliverRuns || len(part) > 0 && (size+r.size() > most || ops+len(r.Ops) > flightsync.MaxRunOps) {
				break
			}
			part, size, ops = append(part, r.SealedRun), size+r.size(), ops+len(r.Ops)
		}
		receipts, err := client.Deliver(ctx, f.id, part)
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
			failed = err
			continue
		}
		way.passed(size, deliverAtOnce)
		rep.Exchanges++
		for i, r := range rest[:len(part)] {
			if a.received(f.id, r.SealedRun, receipts[i]) {
				rep.Sent += len(r.Ops)
			} else {
				left = append(left, r)
			}
		}
		rest = rest[len(part):]
	}
	left = append(left, rest...)
	u.Runs = left
	own, all := u.count()
	if err := a.saveUnsent(f.id, u); err != nil {
		return err
	}
	if err := f.setRecord(func(r *record) {
		r.Unsent, r.Counts.OnGround = all, r.Counts.Issued-own
		row := *r.Purged
		row.Pending = own
		r.Purged = &row
	}); err != nil {
		return err
	}
	a.tell(f.key)
	if failed != nil {
		return failed
	}
	if all > 0 {
		return passenger.Errorf(passenger.Raced, "tablet.deliver", "ground gave no valid receipt for %d entries of this flight; they stay here", all)
	}
	return nil
}
