package dispatch

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/manifest"
	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/privacy"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// ApplyManifest takes one list message or file for one flight: all of it, or nothing. A flight
// that ground does not know is created when the update says its schedule. Errors: not_found
// for an unknown flight without one, phase for a sealed flight.
func (s *Service) ApplyManifest(ctx context.Context, u ground.ManifestUpdate) (res ground.ManifestResult, err error) {
	err = s.Store.InTx(ctx, func(tx ground.Tx) error {
		res = ground.ManifestResult{}
		if u.Receipt != "" {
			fresh, err := tx.Receipt(ctx, u.Receipt)
			if err != nil {
				return err
			}
			if !fresh {
				res.Duplicate = true
				return nil
			}
		}
		l, err := s.flightOf(ctx, tx, u, &res)
		if err != nil {
			return err
		}
		m := &merger{leg: l, update: u, res: &res}
		return m.run(ctx)
	})
	if err == nil {
		err = s.EvaluateAll(ctx, res.Loops)
	}
	return res, err
}

// flightOf finds or creates the flight of an update and locks it.
func (s *Service) flightOf(ctx context.Context, tx ground.Tx, u ground.ManifestUpdate, res *ground.ManifestResult) (*leg, error) {
	const op = "dispatch.ApplyManifest"
	f, err := tx.FlightByKey(ctx, u.Key)
	switch {
	case err == nil:
		l, err := s.lock(ctx, tx, f.ID)
		if err != nil {
			return nil, err
		}
		if l.flight.Stage == passenger.Sealed || l.flight.Stage == passenger.Purged {
			return nil, passenger.Errorf(passenger.Phase, op, "flight %s is sealed; its list no longer changes", u.Key)
		}
		res.Flight = f.ID
		return l, nil
	case passenger.CodeOf(err) != passenger.NotFound:
		return nil, err
	case u.STD.IsZero() || u.STA.IsZero():
		return nil, passenger.Errorf(passenger.NotFound, op, "no flight %s is known; import its schedule first (bookings CSV)", u.Key)
	}
	id, err := s.newFlightID()
	if err != nil {
		return nil, err
	}
	res.Flight, res.Created = id, true
	return s.begin(ctx, tx, ground.Flight{ID: id, Key: u.Key, Arrival: u.Arrival, STD: u.STD.UTC(), STA: u.STA.UTC(), Stage: passenger.Planned})
}

// merger writes what one update changed: travellers, their persons, and the manifest lane.
type merger struct {
	*leg
	update  ground.ManifestUpdate
	res     *ground.ManifestResult
	persons map[passenger.PersonID]bool // touched
	rows    []ground.Traveller
	drafts  []flightsync.Draft     // manifest lane
	pages   []flightsync.Traveller // of a first list
	safety  []flightsync.Draft
}

func (m *merger) run(ctx context.Context) error {
	list, err := m.tx.Travellers(ctx, m.flight.ID)
	if err != nil {
		return err
	}
	v, err := m.view()
	if err != nil {
		return err
	}
	var next passenger.TravellerNo
	for _, t := range v.Travellers { // of which a restored database may know less: a number is never used again
		next = max(next, t.No)
	}
	for _, t := range list {
		next = max(next, t.No)
	}
	erased, err := m.keptOut(ctx)
	if err != nil {
		return err
	}
	merged := manifest.Merge(m.flight, list, m.update, next, erased)
	m.res.Warnings, m.persons = merged.Warnings, map[passenger.PersonID]bool{}
	for _, c := range merged.Changes {
		if err := m.change(ctx, c, len(list) == 0); err != nil {
			return err
		}
	}
	if err := m.tx.PutTravellers(ctx, m.rows); err != nil {
		return err
	}
	m.flight.List, m.flight.ListDoubt = merged.Facts, merged.Doubt
	m.flight.ANA = max(m.flight.ANA, m.update.ANA)
	if !m.update.Aside {
		m.flight.ListAt = latest(m.update.At, m.flight.ListAt)
	}
	m.drafts = append(flightsync.PageDrafts(m.pages), m.drafts...)
	m.drafts = append(m.drafts, flightsync.ListAge{At: m.flight.ListAt, Doubt: m.flight.ListDoubt}.Draft())
	if _, err := m.write(flightsync.Manifest, m.drafts...); err != nil {
		return err
	}
	if _, err := m.write(flightsync.Safety, m.safety...); err != nil {
		return err
	}
	if err := m.loops(ctx); err != nil {
		return err
	}
	return m.save(ctx)
}

// change writes what a message changed of one traveller; with first, on a list that was empty.
func (m *merger) change(ctx context.Context, c manifest.Change, first bool) error {
	now, was := c.Traveller, ground.Traveller{Removed: true}
	if c.Before != nil {
		was = *c.Before
	}
	if err := m.who(ctx, &now, c); err != nil {
		return err
	}
	m.rows = append(m.rows, now)
	line := flightsync.Traveller{No: now.No, Name: privacy.TabletName(now.Surname, now.Given, now.Title), Seat: now.Seat, Tier: now.Tier}
	switch {
	case was.Removed && now.Removed: // known, and on no list
		return nil
	case now.Removed:
		m.res.Removed++
		m.drafts = append(m.drafts, flightsync.RemoveDraft(now.No))
		m.persons[now.Person] = true
		return nil
	case c.Before == nil:
		m.res.Added++
	case !was.Removed && was.Person == now.Person && was.Seat == now.Seat && was.Tier == now.Tier && was.Surname == now.Surname && was.Given == now.Given &&
		slices.Equal(was.Assistance, now.Assistance) && was.Onward == now.Onward && was.Minor == now.Minor && was.Cabin == now.Cabin:
		return nil
	default:
		m.res.Changed++
	}
	if first {
		m.pages = append(m.pages, line)
	} else {
		m.drafts = append(m.drafts, flightsync.ChangeDraft(line))
	}
	m.persons[now.Person] = true
	return m.assist(now.No, now.Assistance, c.Before != nil)
}

// who gives a traveller their person. A message that names no customer makes nobody else of a
// traveller, and one that tells nothing of the person reads nothing of them.
func (m *merger) who(ctx context.Context, t *ground.Traveller, c manifest.Change) error {
	row := c.Row
	if row == nil || c.Before != nil && row.CustomerID == "" && len(row.Accounts) == 0 && row.Tier == "" {
		return nil
	}
	person, err := m.person(ctx, *row, manifest.SourceKey(*row), c.Before)
	t.Person = person.ID
	if t.Tier == "" {
		t.Tier = person.Tier
	}
	return err
}

// assist brings the live assistance ops of a traveller to codes.
func (m *merger) assist(no passenger.TravellerNo, codes []string, known bool) error {
	var old []flightsync.Dot
	if known {
		if err := m.store.Ops(flightsync.Safety, 1, func(o flightsync.Op) bool {
			if o.Header.Kind == flightsync.KindAssistance && o.Header.Traveller == no {
				old = append(old, o.Dot)
			}
			return true
		}); err != nil {
			return err
		}
	}
	if len(codes) == 0 && len(old) > 0 {
		m.safety = append(m.safety, flightsync.AssistanceDraft(no, "", old...))
	}
	for i, c := range codes {
		d := flightsync.AssistanceDraft(no, c)
		if i == 0 {
			d.Over = old
		}
		m.safety = append(m.safety, d)
	}
	return nil
}

// person finds or makes the person of a row: by customer number, else by who the traveller is known
// to be (nil: not known), else by the booking itself.
func (m *merger) person(ctx context.Context, row ground.ManifestRow, key string, known *ground.Traveller) (ground.Person, error) {
	booking := "pnr:" + key
	if row.Locator == "" {
		booking = "flight:" + m.flight.Key.String() + " " + key // a name alone is nobody on another flight
	}
	customer := cmp.Or(row.CustomerID, booking)
	p, ok, err := m.tx.PersonByCustomer(ctx, customer)
	if row.CustomerID == "" && known != nil && known.Person != (passenger.PersonID{}) {
		ok = true // a message that names no customer makes nobody else of a traveller
		p, err = m.tx.Person(ctx, known.Person)
	}
	if err != nil {
		return p, err
	}
	if ok {
		changed := false
		for _, a := range row.Accounts {
			if !slices.Contains(p.Accounts, a) {
				p.Accounts, changed = append(p.Accounts, a), true
			}
		}
		if row.Tier != "" && row.Tier != p.Tier {
			p.Tier, changed = row.Tier, true
		}
		if changed {
			err = m.tx.UpdatePerson(ctx, p)
		}
		return p, err
	}
	id, err := uuid.NewRandomFromReader(m.s.Rand)
	if err != nil {
		return p, err
	}
	p = ground.Person{ID: id, CustomerID: customer, Surname: row.Surname, Given: row.Given, Title: row.Title, Tier: row.Tier, Accounts: row.Accounts}
	return p, m.tx.InsertPerson(ctx, p)
}

// loops collects the loops of every person who came, left or changed.
func (m *merger) loops(ctx context.Context) error {
	for id := range m.persons {
		ls, err := m.tx.LoopsOfPerson(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range ls {
			if l.State == ground.LoopWaiting || l.State == ground.LoopCompiled || l.State == ground.LoopDesk {
				m.res.Loops = append(m.res.Loops, l.ID)
			}
		}
	}
	return nil
}
