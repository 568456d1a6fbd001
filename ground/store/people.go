package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

type personRow struct {
	bun.BaseModel `bun:"table:persons,alias:p"`
	ID            uuid.UUID `bun:"id,pk"`
	CustomerID    string    `bun:"customer_id"`
	Surname       string    `bun:"surname"`
	Given         string    `bun:"given"`
	Title         string    `bun:"title"`
	Tier          string    `bun:"tier"`
	ErasedAt      time.Time `bun:"erased_at,nullzero"`
}

func (r personRow) noun() ground.Person {
	return ground.Person{ID: r.ID, CustomerID: r.CustomerID, Surname: r.Surname, Given: r.Given, Title: r.Title, Tier: r.Tier, ErasedAt: utc(r.ErasedAt)}
}

func personOf(p ground.Person) *personRow {
	return &personRow{ID: p.ID, CustomerID: p.CustomerID, Surname: p.Surname, Given: p.Given, Title: p.Title, Tier: p.Tier, ErasedAt: micro(p.ErasedAt)}
}

type accountRow struct {
	bun.BaseModel `bun:"table:accounts"`
	Channel       string    `bun:"channel,pk"`
	ID            string    `bun:"id,pk"`
	Person        uuid.UUID `bun:"person_id"`
	Place         int       `bun:"place"`
}

// InsertPerson implements [ground.People]. Errors: exists when the id, the customer id or an
// account is taken.
func (t *tx) InsertPerson(ctx context.Context, p ground.Person) error {
	const op = "store.InsertPerson"
	return t.guarded(ctx, op, func() error {
		if err := t.insertNew(ctx, op, "person or customer id", personOf(p)); err != nil {
			return err
		}
		return t.putAccounts(ctx, op, p)
	})
}

// UpdatePerson implements [ground.People]; accounts that are not named any more are free again.
// Errors: exists when the customer id or an account is another person's.
func (t *tx) UpdatePerson(ctx context.Context, p ground.Person) error {
	const op = "store.UpdatePerson"
	return t.guarded(ctx, op, func() error {
		if err := t.update(ctx, op, "person", personOf(p)); err != nil {
			return err
		}
		if _, err := t.NewDelete().Model((*accountRow)(nil)).Where("person_id = ?", p.ID).Exec(ctx); err != nil {
			return err
		}
		return t.putAccounts(ctx, op, p)
	})
}

func (t *tx) putAccounts(ctx context.Context, op string, p ground.Person) error {
	for i, a := range p.Accounts {
		if err := t.insertNew(ctx, op, "social account", &accountRow{Channel: string(a.Channel), ID: a.ID, Person: p.ID, Place: i}); err != nil {
			return err
		}
	}
	return nil
}

// withAccounts fills in the accounts of people.
func (t *tx) withAccounts(ctx context.Context, op string, w where, people func(passenger.PersonID) *ground.Person) error {
	var rows []accountRow
	if err := w(t.NewSelect().Model(&rows)).Order("person_id", "place").Scan(ctx); err != nil {
		return t.fail(op, err)
	}
	for _, r := range rows {
		if p := people(r.Person); p != nil {
			p.Accounts = append(p.Accounts, ground.Account{Channel: passenger.Channel(r.Channel), ID: r.ID})
		}
	}
	return nil
}

func (t *tx) person(ctx context.Context, op string, w where, key ...string) (ground.Person, bool, error) {
	p, ok, err := find[ground.Person, personRow](ctx, t, op, true, w)
	if len(key) > 0 && err == nil && !ok {
		p, ok, err = findOrClaim[ground.Person, personRow](ctx, t, op, w, key...)
	}
	if err == nil && ok {
		err = t.withAccounts(ctx, op, by("person_id = ?", p.ID), func(passenger.PersonID) *ground.Person { return &p })
	}
	return p, ok, err
}

// Person implements [ground.People].
func (t *tx) Person(ctx context.Context, id passenger.PersonID) (ground.Person, error) {
	const op = "store.Person"
	p, ok, err := t.person(ctx, op, by("id = ?", id))
	if err == nil && !ok {
		err = notFound(op, "person")
	}
	return p, err
}

// PersonByCustomer implements [ground.People]. "" is nobody's.
func (t *tx) PersonByCustomer(ctx context.Context, customerID string) (ground.Person, bool, error) {
	if customerID == "" {
		return ground.Person{}, false, nil
	}
	return t.person(ctx, "store.PersonByCustomer", by("customer_id = ? AND customer_id <> ''", customerID), "customer", customerID)
}

// PersonByAccount implements [ground.People].
func (t *tx) PersonByAccount(ctx context.Context, a ground.Account) (ground.Person, bool, error) {
	return t.person(ctx, "store.PersonByAccount",
		by("id IN (SELECT person_id FROM accounts WHERE channel = ? AND id = ?)", string(a.Channel), a.ID), "account", string(a.Channel), a.ID)
}

// ListPeople implements [ground.People], by id; erased ones too, trips that are not removed by
// departure. A trip's locator is the part of the source key before the first "|".
func (t *tx) ListPeople(ctx context.Context) ([]ground.PersonTrips, error) {
	const op = "store.ListPeople"
	people, err := all[ground.Person, personRow](ctx, t, op, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("id") })
	if err != nil {
		return nil, err
	}
	out := make([]ground.PersonTrips, len(people))
	known := make(map[passenger.PersonID]*ground.PersonTrips, len(people))
	for i, p := range people {
		out[i].Person = p
		known[p.ID] = &out[i]
	}
	err = t.withAccounts(ctx, op, func(q *bun.SelectQuery) *bun.SelectQuery { return q }, func(id passenger.PersonID) *ground.Person {
		if p := known[id]; p != nil {
			return &p.Person
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var trips []struct {
		Flight    flightID  `bun:"flight_id"`
		Person    uuid.UUID `bun:"person_id"`
		SourceKey string    `bun:"source_key"`
		Seat      string    `bun:"seat"`
		Carrier   string    `bun:"carrier"`
		Number    int       `bun:"number"`
		Suffix    string    `bun:"suffix"`
		Date      string    `bun:"date"`
		Departure string    `bun:"departure"`
		Attempt   int       `bun:"attempt"`
	}
	err = t.NewSelect().TableExpr("travellers AS t").Join("JOIN flights AS f ON f.id = t.flight_id").
		Column("t.flight_id", "t.person_id", "t.source_key", "t.seat", "f.carrier", "f.number", "f.suffix", "f.date", "f.departure", "f.attempt").
		Where("NOT t.removed").Order("f.std", "f.id", "t.no").Scan(ctx, &trips)
	if err != nil {
		return nil, t.fail(op, err)
	}
	for _, r := range trips {
		p := known[r.Person]
		if p == nil {
			continue
		}
		locator, _, _ := strings.Cut(r.SourceKey, "|")
		p.Trips = append(p.Trips, ground.Trip{Flight: passenger.FlightID(r.Flight), Locator: locator, Seat: passenger.Seat(r.Seat),
			Key: passenger.FlightKey{Carrier: r.Carrier, Number: r.Number, Suffix: r.Suffix, Date: r.Date, Departure: r.Departure, Attempt: r.Attempt}})
	}
	return out, nil
}

type consentRow struct {
	bun.BaseModel `bun:"table:consents"`
	ID            int64     `bun:"id,pk,autoincrement"`
	Person        uuid.UUID `bun:"person_id"`
	Answer        string    `bun:"answer"`
	Words         string    `bun:"words"`
	Asker         string    `bun:"asker"`
	At            time.Time `bun:"at,nullzero"`
}

func (r consentRow) noun() ground.ConsentRecord {
	return ground.ConsentRecord{Person: r.Person, Answer: passenger.Consent(r.Answer), Words: r.Words, Asker: r.Asker, At: utc(r.At)}
}

// SetConsent implements [ground.People]. Earlier answers stay.
func (t *tx) SetConsent(ctx context.Context, c ground.ConsentRecord) error {
	_, err := t.insertID(ctx, "store.SetConsent", "id", &consentRow{Person: c.Person, Answer: string(c.Answer), Words: c.Words, Asker: c.Asker, At: micro(c.At)})
	return err
}

// Consent implements [ground.People]. Of two answers of one moment the later written counts.
func (t *tx) Consent(ctx context.Context, id passenger.PersonID) (ground.ConsentRecord, error) {
	c, ok, err := find[ground.ConsentRecord, consentRow](ctx, t, "store.Consent", false, newestConsent(id))
	if err == nil && !ok {
		c = ground.ConsentRecord{Person: id, Answer: passenger.ConsentNotAsked}
	}
	return c, err
}

// ConsentHistory implements [ground.People].
func (t *tx) ConsentHistory(ctx context.Context, id passenger.PersonID) ([]ground.ConsentRecord, error) {
	return all[ground.ConsentRecord, consentRow](ctx, t, "store.ConsentHistory", newestConsent(id))
}

func newestConsent(id passenger.PersonID) where {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("person_id = ?", id).OrderExpr("CASE WHEN at IS NULL THEN 1 ELSE 0 END, at DESC, id DESC")
	}
}
