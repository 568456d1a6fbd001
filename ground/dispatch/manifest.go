package dispatch

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground"
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

// merger folds one update into the travellers of a flight and the manifest lane.
type merger struct {
	*leg
	update  ground.ManifestUpdate
	res     *ground.ManifestResult
	known   map[string]*ground.Traveller // by source key
	next    passenger.TravellerNo
	persons map[passenger.PersonID]bool // touched
	drafts  []flightsync.Draft          // manifest lane
	pages   []flightsync.Traveller      // of a first list
	safety  []flightsync.Draft
	erased  func(key string) bool // who was erased and does not come back with a list
}

func (m *merger) run(ctx context.Context) error {
	all, err := m.tx.Travellers(ctx, m.flight.ID)
	if err != nil {
		return err
	}
	m.known, m.persons = map[string]*ground.Traveller{}, map[passenger.PersonID]bool{}
	v, err := m.view()
	if err != nil {
		return err
	}
	for _, t := range v.Travellers { // of which a restored database may know less: a number is never used again
		m.next = max(m.next, t.No)
	}
	for _, t := range all {
		m.known[t.SourceKey] = &t
		m.next = max(m.next, t.No)
	}
	if m.erased, err = m.keptOut(ctx); err != nil {
		return err
	}
	first := len(all) == 0
	seen := map[string]bool{}
	for _, row := range m.update.Rows {
		key := SourceKey(row)
		seen[key] = true
		if err := m.row(ctx, row, key, first); err != nil {
			return err
		}
	}
	if m.update.Full {
		for key, t := range m.known {
			if !seen[key] && !t.Removed {
				if err := m.remove(ctx, t); err != nil {
					return err
				}
			}
		}
	}
	slices.SortFunc(m.drafts, func(a, b flightsync.Draft) int { return cmp.Compare(a.Traveller, b.Traveller) })
	m.drafts = append(flightsync.PageDrafts(m.pages), m.drafts...)
	m.flight.ListAt, m.flight.ListDoubt = latest(m.update.At, m.flight.ListAt), m.update.Doubt
	if m.update.ANA != 0 {
		m.gap()
	}
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

// gap notes a lost ADL: the list is unsure until the next full list.
func (m *merger) gap() {
	if m.flight.ANA != 0 && !m.update.Full && m.update.ANA > m.flight.ANA+1 && m.flight.ListDoubt == "" {
		m.flight.ListDoubt = "gap"
		m.res.Warnings = append(m.res.Warnings, "a change message is missing before this one; ask for a new full list")
	}
	m.flight.ANA = max(m.flight.ANA, m.update.ANA)
}

func (m *merger) row(ctx context.Context, row ground.ManifestRow, key string, first bool) error {
	t, ok := m.known[key]
	if row.Removed {
		if !ok || t.Removed {
			m.res.Warnings = append(m.res.Warnings, "a removal names a traveller who is not on the list")
			return nil
		}
		return m.remove(ctx, t)
	}
	if !ok && m.erased(key) {
		m.res.Warnings = append(m.res.Warnings, "a line names a traveller who was erased on request; it is left out")
		return nil
	}
	person, err := m.person(ctx, row, key, t)
	if err != nil {
		return err
	}
	now := ground.Traveller{Flight: m.flight.ID, Person: person.ID, SourceKey: key, Surname: row.Surname, Given: row.Given, Title: row.Title,
		Seat: row.Seat, Tier: cmp.Or(row.Tier, person.Tier), Cabin: row.Cabin, Minor: row.Minor, Assistance: row.Assistance, Onward: row.Onward}
	line := func() flightsync.Traveller {
		return flightsync.Traveller{No: now.No, Name: privacy.TabletName(now.Surname, now.Given, now.Title), Seat: now.Seat, Tier: now.Tier}
	}
	switch {
	case !ok:
		m.next++
		now.No = m.next
		m.res.Added++
		if first {
			m.pages = append(m.pages, line())
		} else {
			m.drafts = append(m.drafts, flightsync.ChangeDraft(line()))
		}
	default:
		now.No, now.Unsure = t.No, t.Unsure
		spelling(&now, *t)
		if now.Seat == "" && !m.update.Full {
			now.Seat = t.Seat // a change message without a seat leaves the seat
		}
		if t.Seat == now.Seat && t.Tier == now.Tier && t.Surname == now.Surname && t.Given == now.Given && !t.Removed &&
			slices.Equal(t.Assistance, now.Assistance) && t.Onward == now.Onward && t.Minor == now.Minor && t.Cabin == now.Cabin {
			return nil
		}
		m.res.Changed++
		m.drafts = append(m.drafts, flightsync.ChangeDraft(line()))
	}
	if err := m.assist(now.No, now.Assistance, ok); err != nil {
		return err
	}
	m.known[key] = &now
	m.persons[now.Person] = true
	return m.tx.PutTraveller(ctx, now)
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

func (m *merger) remove(ctx context.Context, t *ground.Traveller) error {
	t.Removed = true
	m.res.Removed++
	m.persons[t.Person] = true
	m.drafts = append(m.drafts, flightsync.RemoveDraft(t.No))
	return m.tx.PutTraveller(ctx, *t)
}

// spelling keeps how a traveller is known to be written where a message has the same in capitals.
func spelling(now *ground.Traveller, known ground.Traveller) {
	for _, x := range []struct {
		now   *string
		known string
	}{{&now.Surname, known.Surname}, {&now.Given, known.Given}, {&now.Title, known.Title}} {
		if strings.EqualFold(*x.now, x.known) && *x.now == strings.ToUpper(*x.now) {
			*x.now = x.known
		}
	}
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

// SourceKey identifies a traveller across the messages of one flight: locator, normalised name
// and order within them. It never leaves the ground.
func SourceKey(r ground.ManifestRow) string {
	norm := func(s string) string { return strings.Join(strings.Fields(strings.ToUpper(s)), " ") }
	return norm(r.Locator) + "|" + norm(r.Surname) + "/" + norm(r.Given) + "|" + strconv.Itoa(max(r.Order, 1))
}
