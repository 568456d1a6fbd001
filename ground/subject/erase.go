package subject

import (
	"context"
	"errors"
	"slices"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// Erase erases a person or an account and says how far it has come. Ordered again it goes on
// with what is open. Errors: not_found for nobody, phase under a legal hold.
func (s *Service) Erase(ctx context.Context, x Subject, by string) (Status, error) {
	if err := s.erase(ctx, order{Subject: x, by: by}); err != nil {
		return Status{}, err
	}
	if err := s.finish(ctx); err != nil {
		return Status{}, err
	}
	return s.Status(ctx, x)
}

// erase orders and does the flights.
func (s *Service) erase(ctx context.Context, o order) error {
	if err := s.Store.InTx(ctx, func(tx ground.Tx) error {
		do := o // a transaction that lost a race runs again
		return do.run(ctx, s, tx)
	}); err != nil {
		return err
	}
	return s.flights(ctx)
}

// flights does the open parts of every erasure; one that fails does not stop the others.
func (s *Service) flights(ctx context.Context) error {
	var open []ground.ErasureFlight
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		open, err = tx.OpenErasureFlights(ctx)
		return err
	}); err != nil {
		return err
	}
	var errs []error
	for _, job := range open {
		errs = append(errs, s.Flights.EraseOn(ctx, job))
	}
	return errors.Join(errs...)
}

// finish brings the journal up to date and makes freed text go.
func (s *Service) finish(ctx context.Context) error {
	if s.Journal != nil {
		if err := s.Journal.Sync(ctx, s.Store); err != nil {
			return err
		}
	}
	if s.Scrub != nil {
		return s.Scrub(ctx)
	}
	return nil
}

// order is one erasure within its first transaction.
type order struct {
	Subject
	by     string
	replay bool // repeated after a restore: the order was given, a hold of that time is over

	tx    ground.Tx
	key   ground.LedgerKey
	cases map[passenger.CaseID]bool
	loops map[passenger.LoopID]bool
	jobs  map[passenger.FlightID]*ground.ErasureFlight
}

func (o *order) run(ctx context.Context, s *Service, tx ground.Tx) (err error) {
	o.tx, o.cases, o.loops, o.jobs = tx, map[passenger.CaseID]bool{}, map[passenger.LoopID]bool{}, map[passenger.FlightID]*ground.ErasureFlight{}
	if o.key, err = s.key(ctx, tx); err != nil {
		return err
	}
	h := o.hash(o.key)
	_, ordered, err := tx.Erasure(ctx, h)
	if err != nil {
		return err
	}
	left, err := o.collect(ctx)
	if err != nil {
		return err
	}
	if !left {
		if ordered {
			return nil // all of it went before
		}
		return passenger.Errorf(passenger.NotFound, "subject.Erase", "nothing is held about that %s", o.kind())
	}
	if !o.replay {
		if err := o.refuseHeld(ctx); err != nil {
			return err
		}
	}
	if err := o.rows(ctx); err != nil {
		return err
	}
	if err := o.order(ctx, h); err != nil {
		return err
	}
	if err := tx.PutErasure(ctx, ground.Erasure{Hash: h, Kind: o.kind(), By: o.by, At: tx.Now()}); err != nil {
		return err
	}
	return audit(ctx, tx, o.by, "erase", o.object(h), "ordered")
}

func (o *order) kind() ground.ErasureKind {
	if o.isPerson() {
		return ground.ErasedPerson
	}
	return ground.ErasedAccount
}

// collect gathers what the subject is in. It reports whether there is anything to erase.
func (o *order) collect(ctx context.Context) (bool, error) {
	accounts := []ground.Account{o.Account}
	left := false
	if o.isPerson() {
		p, err := o.tx.Person(ctx, o.Person)
		if err != nil {
			return false, err
		}
		if !p.ErasedAt.IsZero() {
			return false, nil
		}
		left, accounts = true, p.Accounts
		linked, err := o.tx.CasesOfPerson(ctx, o.Person)
		if err != nil {
			return false, err
		}
		for _, id := range linked {
			links, err := o.tx.Links(ctx, id)
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(links, func(l ground.Link) bool { return l.Person == o.Person && l.State == ground.Linked }) {
				o.cases[id] = true
			}
		}
		loops, err := o.tx.LoopsOfPerson(ctx, o.Person)
		if err != nil {
			return false, err
		}
		for _, l := range loops {
			o.loops[l.ID] = true
		}
		ts, err := o.tx.TravellersOf(ctx, o.Person)
		if err != nil {
			return false, err
		}
		for _, t := range ts {
			job := o.job(t.Flight)
			job.Travellers = append(job.Travellers, t.No)
		}
	} else if _, owned, err := o.tx.PersonByAccount(ctx, o.Account); err != nil {
		return false, err
	} else if owned {
		left = true
	}
	for _, a := range accounts {
		ids, err := o.tx.CasesOfAccount(ctx, a)
		if err != nil {
			return false, err
		}
		for _, id := range ids {
			o.cases[id] = true
		}
	}
	for id := range o.cases {
		loops, err := o.tx.LoopsOfCase(ctx, id)
		if err != nil {
			return false, err
		}
		for _, l := range loops {
			o.loops[l.ID] = true
		}
	}
	return left || len(o.cases) > 0, nil
}

func (o *order) job(f passenger.FlightID) *ground.ErasureFlight {
	if o.jobs[f] == nil {
		o.jobs[f] = &ground.ErasureFlight{Flight: f}
	}
	return o.jobs[f]
}

// refuseHeld refuses when the subject, or anybody whom a case to be emptied concerns, is under
// a hold.
func (o *order) refuseHeld(ctx context.Context) error {
	const op = "subject.Erase"
	held := func(id passenger.PersonID) (bool, error) { _, ok, err := o.tx.Hold(ctx, id); return ok, err }
	if o.isPerson() {
		if ok, err := held(o.Person); err != nil || ok {
			return cmpErr(err, passenger.Errorf(passenger.Phase, op, "this person is under a legal hold; nothing was erased. Clear it first: ground subject hold --person %s --off", o.Person))
		}
	} else if p, ok, err := o.tx.PersonByAccount(ctx, o.Account); err != nil {
		return err
	} else if ok {
		if ok, err := held(p.ID); err != nil || ok {
			return cmpErr(err, passenger.Errorf(passenger.Phase, op, "this account is that of a person under a legal hold; nothing was erased. See ground subject hold --person %s", p.ID))
		}
	}
	for id := range o.cases {
		links, err := o.tx.Links(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.State != ground.Linked {
				continue
			}
			if ok, err := held(l.Person); err != nil || ok {
				return cmpErr(err, passenger.Errorf(passenger.Phase, op, "case %s also concerns person %s, who is under a legal hold; nothing was erased", id, l.Person))
			}
		}
		c, err := o.tx.Case(ctx, id)
		if err != nil {
			return err
		}
		if p, ok, err := o.tx.PersonByAccount(ctx, ground.Account{Channel: c.Channel, ID: c.AccountID}); err != nil {
			return err
		} else if ok {
			if ok, err := held(p.ID); err != nil || ok {
				return cmpErr(err, passenger.Errorf(passenger.Phase, op, "case %s was written by person %s, who is under a legal hold; nothing was erased", id, p.ID))
			}
		}
	}
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// rows empties every row of the ground but those of flights.
func (o *order) rows(ctx context.Context) error {
	for id := range o.loops {
		if err := o.endLoop(ctx, id); err != nil {
			return err
		}
	}
	for id := range o.cases {
		posts, err := o.tx.CasePosts(ctx, id)
		if err != nil {
			return err
		}
		for _, p := range posts {
			if err := o.tx.AddTombstones(ctx, ground.Tombstone{Kind: ground.PostStone, Hash: o.key.Post(p.Channel, p.ExternalID)}); err != nil {
				return err
			}
		}
		if err := o.tx.EraseCase(ctx, id, false); err != nil {
			return err
		}
		if err := o.tx.Notify(ctx, "case", id.String()); err != nil {
			return err
		}
	}
	if o.isPerson() {
		return o.tx.ErasePerson(ctx, o.Person)
	}
	return o.tx.DropAccount(ctx, o.Account)
}

// endLoop ends a loop that stands, takes the words out of it and orders its notes erased.
func (o *order) endLoop(ctx context.Context, id passenger.LoopID) error {
	l, err := o.tx.Loop(ctx, id)
	if err != nil {
		return err
	}
	l.Edits.Words, l.Outcome.Words = "", ""
	if l.State != ground.LoopClosed && l.State != ground.LoopEnded {
		l.State, l.EndReason, l.EndedAt, l.Flight = ground.LoopEnded, ground.EndErased, o.tx.Now(), passenger.FlightID{}
		if err := o.tx.AddTransition(ctx, ground.Transition{Loop: id, Role: "admin", To: string(ground.LoopEnded), Evidence: ground.EndErased}); err != nil {
			return err
		}
	}
	if err := o.tx.UpdateLoop(ctx, l); err != nil {
		return err
	}
	items, err := o.tx.OpenDeskItems(ctx, &id)
	if err != nil {
		return err
	}
	for _, d := range items {
		d.DoneAt, d.Decision, d.By = o.tx.Now(), "gone", "rule"
		if err := o.tx.UpdateDeskItem(ctx, d); err != nil {
			return err
		}
	}
	fs, err := o.tx.FollowUpsOfLoop(ctx, id)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if f.ClosedAt.IsZero() {
			f.ClosedAt, f.ClosedBy = o.tx.Now(), "rule"
		}
		f.Result = ground.EndErased
		if err := o.tx.UpdateFollowUp(ctx, f); err != nil {
			return err
		}
	}
	lfs, err := o.tx.LoopFlights(ctx, id)
	if err != nil {
		return err
	}
	for _, lf := range lfs {
		if lf.Traveller != 0 { // an event note names nobody
			job := o.job(lf.Flight)
			job.Notes = append(job.Notes, lf.Note)
		}
	}
	return nil
}

// order writes down what each flight has to do, beside what it had to do before.
func (o *order) order(ctx context.Context, h ground.LedgerHash) error {
	before, err := o.tx.ErasureFlights(ctx, h)
	if err != nil {
		return err
	}
	for _, b := range before {
		if job := o.jobs[b.Flight]; job != nil {
			job.Travellers, job.Notes, job.Op = append(job.Travellers, b.Travellers...), append(job.Notes, b.Notes...), b.Op
		}
	}
	for _, job := range o.jobs {
		job.Erasure = h
		slices.Sort(job.Travellers)
		job.Travellers = slices.Compact(job.Travellers)
		if err := o.tx.PutErasureFlight(ctx, *job); err != nil {
			return err
		}
	}
	return nil
}
