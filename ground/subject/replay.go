package subject

import (
	"context"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Replayed says what a replay did.
type Replayed struct {
	Journal    int `json:"journal"`    // erasures that the journal names
	Repeated   int `json:"repeated"`   // of them, erased again here
	Tombstones int `json:"tombstones"` // that were missing here
}

// Replay repeats every erasure of the journal that this database does not know: it was restored
// from a backup that is older. It must be run before the ground serves; on a database that knows
// them all it does nothing. Errors: corrupt for a
// journal that cannot be read or belongs to another ground.
func (s *Service) Replay(ctx context.Context, by string) (r Replayed, err error) {
	j, err := s.Journal.read()
	if err != nil || !j.hasKey {
		return r, err
	}
	r.Journal = len(j.erased)
	if err := s.adopt(ctx, j, &r); err != nil {
		return r, err
	}
	missing, err := s.missing(ctx, j)
	if err != nil || len(missing)+r.Tombstones == 0 {
		return r, err
	}
	again, err := s.here(ctx, j.key, missing)
	if err != nil {
		return r, err
	}
	for _, x := range again {
		if err := s.erase(ctx, order{Subject: x, by: by, replay: true}); err != nil {
			return r, err
		}
		r.Repeated++
	}
	if err := s.flights(ctx); err != nil { // those that were under way at the time of the backup
		return r, err
	}
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		for h, e := range missing { // also of what is not in this backup at all
			if _, ok, err := tx.Erasure(ctx, h); err != nil {
				return err
			} else if !ok {
				e.By = by
				if err := tx.PutErasure(ctx, e); err != nil {
					return err
				}
			}
		}
		return audit(ctx, tx, by, "replay", "journal of erasures", "repeated")
	}); err != nil {
		return r, err
	}
	return r, s.finish(ctx)
}

// adopt takes over the journal's key and tombstones.
func (s *Service) adopt(ctx context.Context, j entries, r *Replayed) error {
	missing := 0
	err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		missing = 0
		key, ok, err := tx.LedgerKey(ctx)
		switch {
		case err != nil:
			return err
		case !ok:
			if err := tx.SetLedgerKey(ctx, j.key); err != nil {
				return err
			}
		case key != j.key:
			return passenger.Errorf(passenger.Corrupt, "subject.Replay", "the journal of erasures belongs to another ground; name the right file")
		}
		known := map[ground.Tombstone]bool{}
		ts, err := tx.Tombstones(ctx, nil)
		for _, t := range ts {
			known[t] = true
		}
		for _, t := range j.stones {
			if err == nil && !known[t] {
				missing++
				err = tx.AddTombstones(ctx, t)
			}
		}
		return err
	})
	r.Tombstones = missing
	return err
}

// missing lists the newest erasures of the journal that this database does not know.
func (s *Service) missing(ctx context.Context, j entries) (out map[ground.LedgerHash]ground.Erasure, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = map[ground.LedgerHash]ground.Erasure{}
		for _, e := range j.erased {
			if here, ok, err := tx.Erasure(ctx, e.Hash); err != nil {
				return err
			} else if (!ok || here.At.Before(e.At)) && !e.At.Before(out[e.Hash].At) {
				out[e.Hash] = e
			}
		}
		return nil
	})
	return out, err
}

// here finds who of the missing ones is in this database.
func (s *Service) here(ctx context.Context, key ground.LedgerKey, missing map[ground.LedgerHash]ground.Erasure) (out []Subject, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = nil
		people, err := tx.ListPeople(ctx)
		if err != nil {
			return err
		}
		for _, p := range people {
			if _, ok := missing[key.Person(p.ID)]; ok && p.ErasedAt.IsZero() {
				out = append(out, Subject{Person: p.ID})
			}
		}
		accounts, err := tx.AllAccounts(ctx)
		for _, a := range accounts {
			if _, ok := missing[key.Account(a)]; ok {
				out = append(out, Subject{Account: a})
			}
		}
		return err
	})
	return out, err
}

// Returning is a flight of which tablets may hold more than a restored ground.
type Returning struct {
	Flight  string   `json:"flight"`
	Stage   string   `json:"stage"`
	Tablets []string `json:"tablets"`
}

// Returning lists the flights that must regain entries from their tablets after a restore: those
// that were not sealed when the backup was made and have a crew. Their tablets send again what
// this ground does not acknowledge, at their next contact.
func (s *Service) Returning(ctx context.Context) (out []Returning, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		out = []Returning{}
		now := tx.Now()
		flights, err := tx.ListFlights(ctx, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
		if err != nil {
			return err
		}
		for _, f := range flights {
			if f.Stage == passenger.Sealed || f.Stage == passenger.Purged {
				continue
			}
			cs, err := tx.Crossings(ctx, f.ID)
			if err != nil {
				return err
			}
			r := Returning{Flight: f.Key.String(), Stage: string(f.Stage)}
			for _, c := range cs {
				t, err := tx.Tablet(ctx, c.Tablet)
				if err != nil {
					return err
				}
				if !slices.Contains(r.Tablets, t.Name) {
					r.Tablets = append(r.Tablets, t.Name)
				}
			}
			if len(r.Tablets) > 0 {
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}
