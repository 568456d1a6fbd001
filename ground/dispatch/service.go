package dispatch

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/internal/seldom"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Config is what a Service is made of.
type Config struct {
	Store ground.Store
	Rand  io.Reader // crypto/rand in production
	Log   *slog.Logger
	// Sign signs what ground writes; Agree opens what tablets sealed to ground. Every node and
	// command of one ground has the same keys.
	Sign  keys.Signer
	Agree keys.Agreer
	// NotAskedAllowed is the operator's setting: whether a personal note may be compiled when
	// consent was not asked. Shipped default: no (PRODUCT rule 4).
	NotAskedAllowed bool
}

// Service is safe for concurrent use.
type Service struct {
	Config
	slots   chan struct{}
	visits  visits
	feed    feed
	refused patience
	said    seldom.Counter[saying]
}

// New makes a service.
func New(c Config) *Service {
	s := &Service{Config: c, slots: make(chan struct{}, maxExchanges), feed: feed{store: c.Store}}
	if c.Sign != nil {
		s.feed.sign = c.Sign.Sign
	}
	return s
}

// leg is one locked flight within a transaction: its row, its lanes and its replica.
type leg struct {
	s      *Service
	tx     ground.Tx
	flight ground.Flight
	store  flightsync.Store
	rep    *flightsync.Replica
	cached *flightsync.View
	cross  []ground.Crossing  // nil: not read yet
	again  []passenger.LoopID // to evaluate after this transaction: their flight is open again
	// several: it works for several visits, and what is odd about one goes alone.
	several bool
}

// lockKey is lock for who has the flight's key.
func (s *Service) lockKey(ctx context.Context, tx ground.Tx, key passenger.FlightKey) (*leg, error) {
	f, err := tx.FlightByKey(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.lock(ctx, tx, f.ID)
}

// lock opens a flight for writing.
func (s *Service) lock(ctx context.Context, tx ground.Tx, id passenger.FlightID) (*leg, error) {
	f, err := tx.LockFlight(ctx, id)
	if err != nil {
		return nil, err
	}
	l := &leg{s: s, tx: tx, flight: f, store: tx.Lanes(ctx, id)}
	l.rep, err = flightsync.Load(l.store, verify)
	return l, err
}

// begin creates the lanes of a new flight and writes its genesis.
func (s *Service) begin(ctx context.Context, tx ground.Tx, f ground.Flight) (*leg, error) {
	var err error
	if f.Restores, err = tx.Restores(ctx); err != nil { // what was lost knew nothing of it
		return nil, err
	}
	if err := tx.InsertFlight(ctx, f); err != nil {
		return nil, err
	}
	var inc flightsync.Incarnation
	if _, err := io.ReadFull(s.Rand, inc[:]); err != nil {
		return nil, err
	}
	if err := tx.Lanes(ctx, f.ID).Apply(flightsync.Create(f.ID, flightsync.Admin, inc, s.root())); err != nil {
		return nil, err
	}
	l, err := s.lock(ctx, tx, f.ID)
	if err != nil {
		return nil, err
	}
	_, err = l.write(flightsync.Admin, flightsync.Genesis{Key: f.Key, Arrival: f.Arrival, STD: f.STD, STA: f.STA}.Draft())
	return l, err
}

// write appends drafts to a ground lane, within the transaction.
func (l *leg) write(a flightsync.Author, ds ...flightsync.Draft) ([]flightsync.Dot, error) {
	if len(ds) == 0 {
		return nil, nil
	}
	salts := make([][flightsync.SaltSize]byte, len(ds))
	for i := range salts {
		if _, err := io.ReadFull(l.s.Rand, salts[i][:]); err != nil {
			return nil, err
		}
	}
	ready, err := l.step(flightsync.Write{Author: a, Drafts: ds, Salts: salts, Now: l.tx.Now()})
	return ready.Changed, err
}

func (l *leg) step(ev flightsync.Event) (flightsync.Ready, error) {
	ready, err := l.rep.Step(ev)
	if err == nil {
		err = l.rep.Sign(&ready, l.s.Sign.Sign)
	}
	if err != nil {
		return ready, err
	}
	if !ready.Batch.IsEmpty() {
		l.cached = nil
		err = l.store.Apply(ready.Batch)
	}
	return ready, err
}

// root is the key that proves ground's lanes.
func (s *Service) root() flightsync.PublicKey {
	return flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(s.Sign.Public())}
}

func verify(alg flightsync.Algorithm, public, msg, sig []byte) bool {
	return alg == flightsync.ES256 && keys.Verify(public, msg, sig)
}

// view folds the flight as it stands in this transaction.
func (l *leg) view() (*flightsync.View, error) {
	if l.cached == nil {
		v, err := flightsync.FoldStorage(l.store)
		if err != nil {
			return nil, err
		}
		l.cached = v
	}
	return l.cached, nil
}

// crossings lists the crossings of the flight by author; nobody changes the slice.
func (l *leg) crossings(ctx context.Context) (_ []ground.Crossing, err error) {
	if l.cross == nil {
		l.cross, err = l.tx.Crossings(ctx, l.flight.ID)
	}
	return l.cross, err
}

func (l *leg) putCrossing(ctx context.Context, cs ...ground.Crossing) error {
	l.cross = nil
	return l.tx.PutCrossing(ctx, cs...)
}

// save writes the flight row and tells watchers.
func (l *leg) save(ctx context.Context) error {
	if err := l.tx.UpdateFlight(ctx, l.flight); err != nil {
		return err
	}
	return l.tx.Notify(ctx, "flight", l.flight.ID.String())
}

// View folds a flight for reading. Errors: not_found.
func (s *Service) View(ctx context.Context, id passenger.FlightID) (v *flightsync.View, err error) {
	err = s.Store.Read(ctx, func(tx ground.Tx) error {
		v, err = flightsync.FoldStorage(tx.Lanes(ctx, id))
		return err
	})
	return v, err
}

// newFlightID mints a group id.
func (s *Service) newFlightID() (id passenger.FlightID, err error) {
	_, err = io.ReadFull(s.Rand, id[:])
	return id, err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
