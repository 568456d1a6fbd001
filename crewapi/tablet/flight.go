package tablet

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// The values that an agent keeps in a flight's store beside the ops.
const (
	metaPeer   = "peer"   // ground's last durable vector, packed
	metaSynced = "synced" // when, RFC 3339
	metaRescue = "rescue" // own ops of a store that was replaced
)

// flight is one flight of the tablet. mu guards everything below it and is never held over the
// network; rec is written under both mu and recMu, so that the index can be saved by anyone.
type flight struct {
	agent *Agent
	id    passenger.FlightID
	key   passenger.FlightKey
	std   time.Time     // as first assigned; for a stable order
	turn  chan struct{} // one exchange at a time

	recMu     sync.Mutex
	rec       record
	secret    *flightKey // nil: not on this tablet
	leaseEnds time.Time  // for which secret was wrapped

	mu      sync.Mutex
	gone    bool // off the list; a caller that found it before is too late
	db      *badgerstore.DB
	rep     *flightsync.Replica
	rest    *folded                 // what is known while the store is shut; see [flight.calm]
	talk    flightsync.Talk         // with ground
	sealed  map[flightsync.Dot]bool // ops kept sealed to ground; nil: read
	settled flightsync.Vector       // ground's vector for which sealed is as it should be; nil: look
	freed   uint64                  // and what its signed words covered then
	synced  time.Time
	kept    time.Time        // of synced, what the store says
	ops     []flightsync.Op  // everything readable in the store, once read; nil: read
	bad     []flightsync.Dot // what is not
	folded  *folded
	row     *FlightRow                    // as last computed; nil: compute
	phased  *phase                        // as last computed; nil: compute
	gaveAll bool                          // ground was told that nothing of it is left here without a token
	told    flightsync.Vector             // what ground has been told, whether or not it took it
	own     counts                        // as last computed, with row
	budget  int                           // of the next answer, bytes; 0 is the engine's
	others  map[passenger.TabletID]*other // nil: read
	apart   *apart                        // what stands beside the lanes; nil, or of another store: read
	tried   *badgerstore.DB               // the store whose stranded entries were offered to ground
	unsaved bool                          // others holds what the store does not

	tables      int       // of the store, as last seen
	mergeFailed time.Time // when the last merge did
	unsure      bool      // the index may name another generation; see [flight.makeSure]

	pins atomic.Pointer[[]cabin.Member] // the roster's keys; nil: look
}

func newFlight(a *Agent, rec record) *flight {
	return &flight{agent: a, id: rec.Assignment.Flight, key: rec.Assignment.Key, std: rec.Assignment.STD,
		turn: make(chan struct{}, 1), rec: rec}
}

func (f *flight) record() record {
	f.recMu.Lock()
	defer f.recMu.Unlock()
	return f.rec
}

// setRecord changes the record and saves the index; when that fails, the record is as before.
func (f *flight) setRecord(change func(*record)) error {
	f.recMu.Lock()
	before := f.rec
	change(&f.rec)
	after := f.rec
	f.recMu.Unlock()
	err := error(nil)
	if after.Generation != before.Generation && after.Purged == nil {
		err = f.writeRecord(after) // first: an old salt is nowhere once the index has the new one
	}
	if err == nil {
		err = f.agent.save()
	}
	if err != nil {
		f.recMu.Lock()
		f.rec = before
		f.recMu.Unlock()
		return err
	}
	return nil
}

func (f *flight) dir(generation int) string {
	return filepath.Join(f.agent.Dir, "flights", f.id.String(), strconv.Itoa(generation))
}

// usable reports that the flight is gone, or the program going: not_found, unavailable.
func (f *flight) usable() error {
	const op = "tablet.use"
	if f.record().Purged != nil || f.gone {
		return passenger.Errorf(passenger.NotFound, op, "the notes of this flight have left the tablet")
	}
	f.agent.mu.Lock()
	defer f.agent.mu.Unlock()
	if f.agent.closed {
		return passenger.Errorf(passenger.Unavailable, op, "this tablet's program is shutting down")
	}
	return nil
}

// use opens the flight for a caller that holds f.mu. Errors: not_found when it was destroyed,
// unavailable, corrupt.
func (f *flight) use() error {
	if err := f.usable(); err != nil {
		return err
	}
	if f.db != nil {
		if _, roomNow := f.db.ReadOnly(); roomNow { // nothing could be written; now it can
			f.close()
		}
	}
	if f.db == nil {
		f.rep, f.rest = nil, nil // the store's own word counts
		if err := f.open(f.record()); err != nil {
			return err
		}
	}
	if f.rep == nil {
		if err := f.replica(); err != nil {
			return err
		}
		f.resume()
		if f.rep == nil { // it failed half way; what was not persisted never happened
			if f.db == nil {
				return passenger.Errorf(passenger.Unavailable, "tablet.use", "the storage of this flight cannot be used now; try again")
			}
			if err := f.replica(); err != nil {
				return err
			}
		}
	}
	f.agent.touch(f)
	if f.db.Tables() >= tooManyTables {
		f.merge()
	}
	return nil
}

// open opens the current generation, or begins the first.
func (f *flight) open(rec record) error {
	if rec.Generation == 0 {
		return f.begin(f.newest() + 1)
	}
	db, err := f.openStore(rec.Generation, rec.Salt)
	if passenger.CodeOf(err) == passenger.Corrupt {
		f.agent.Log.Error("store damaged; replacing it", "flight", f.id.String(), "err", err)
		return f.renew()
	}
	if err != nil {
		return err
	}
	f.db = db
	if err := f.settle(rec); err != nil {
		f.close()
		return err
	}
	f.discard(f.generations(func(n int) bool { return n < rec.Generation })...) // a merge was cut short
	return f.readMeta()
}

// openStore opens the store of a generation. Errors: phase while the flight's key is not here;
// those of [badgerstore.Open].
func (f *flight) openStore(generation int, salt []byte, opts ...badgerstore.Option) (*badgerstore.DB, error) {
	const op = "tablet.openStore"
	secret := f.key32()
	if secret == nil {
		return nil, passenger.Errorf(passenger.Phase, op, "the key of this flight is not on the tablet; it comes with the next sync")
	}
	key, err := storeKey(*secret, salt)
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, op, "the flight's key cannot be used", err)
	}
	opts = append(append(f.agent.limits(), badgerstore.WithGroup(f.id)), opts...)
	return badgerstore.Open(f.dir(generation), key, opts...)
}

// settle makes state and incarnation fit: a fresh store begins, a rolled-back one takes a new
// incarnation before anything is written.
func (f *flight) settle(rec record) error {
	_, err := f.db.State()
	if passenger.CodeOf(err) == passenger.NotFound {
		inc := rec.Incarnation
		if f.db.RolledBack() {
			if inc, err = f.incarnation(); err != nil {
				return err
			}
		}
		if err := f.db.Apply(f.empty(inc)); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if f.db.RolledBack() {
		// What ground or another tablet has of it comes back; a branch of it finds a home there.
		f.agent.Log.Error("store lost entries that were flushed", "flight", f.id.String())
		if err := f.db.AcceptRollback(); err != nil {
			return err
		}
	}
	st, err := f.db.State()
	if err == nil {
		st, err = f.reown(st)
	}
	if err != nil || st.Incarnation == f.record().Incarnation {
		return err
	}
	return f.setRecord(func(r *record) { r.Incarnation = st.Incarnation })
}

func (f *flight) incarnation() (inc flightsync.Incarnation, err error) {
	b, err := f.agent.random(len(inc))
	copy(inc[:], b)
	return inc, err
}

// step runs the engine and signs what it wrote; the caller commits. On an error nothing happened.
func (f *flight) step(ev flightsync.Event) (flightsync.Ready, error) {
	ready, err := f.rep.Step(ev)
	if isShut(err) {
		if err = f.use(); err == nil {
			ready, err = f.rep.Step(ev)
		}
	}
	if err != nil {
		return ready, err
	}
	if err := f.rep.Sign(&ready, f.agent.sign); err != nil {
		f.rep, f.folded = nil, nil // what was not persisted never happened
		return ready, err
	}
	return ready, nil
}

// sign signs with the tablet's own key.
func (a *Agent) sign(msg []byte) ([]byte, error) {
	a.mu.Lock()
	k := a.keys
	a.mu.Unlock()
	if k == nil {
		return nil, passenger.Errorf(passenger.Phase, "tablet.sign", "this tablet has no keys; enrol it")
	}
	return k.Signer().Sign(msg)
}

// root is ground's key, as learned at enrolment: it proves ground's lanes.
func (a *Agent) root() flightsync.PublicKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	return flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(a.device.GroundSign)}
}

func verify(alg flightsync.Algorithm, public, msg, sig []byte) bool {
	return alg == flightsync.ES256 && keys.Verify(public, msg, sig)
}

// begin makes an empty store of the given generation and makes it the current one.
func (f *flight) begin(generation int) error {
	db, salt, err := f.fresh(generation)
	if err != nil {
		return err
	}
	inc, err := f.incarnation()
	if err == nil {
		err = db.Apply(f.empty(inc))
	}
	if err == nil {
		err = f.setRecord(func(r *record) { r.Generation, r.Salt, r.Incarnation = generation, salt, inc })
	}
	if err != nil {
		db.Close()
		return err
	}
	f.db, f.rep, f.talk, f.folded, f.row, f.ops, f.sealed = db, nil, flightsync.Talk{}, nil, nil, nil, nil
	return nil
}

// empty begins a store: for an index that this tablet's own key proves, and no other.
func (f *flight) empty(inc flightsync.Incarnation) flightsync.Batch {
	b := flightsync.Create(f.id, flightsync.Nobody, inc, f.agent.root())
	f.agent.mu.Lock()
	defer f.agent.mu.Unlock()
	if k := f.agent.keys; k != nil {
		b.State.Own = flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(k.Signer().Public())}
	}
	return b
}

func (f *flight) readMeta() error {
	b, err := f.db.Meta(metaPeer)
	if err != nil {
		return err
	}
	if f.talk.Peer, err = flightsync.UnpackVector(b); err != nil {
		f.talk.Peer = nil // a hint; ground says it again
	}
	if b, err = f.db.Meta(metaSynced); err != nil {
		return err
	}
	if f.kept, _ = time.Parse(time.RFC3339, string(b)); f.kept.After(f.synced) {
		f.synced = f.kept
	}
	return nil
}

// commit works off what the engine asked for. On an error the replica is dropped: what was not
// persisted never happened.
func (f *flight) commit(ready flightsync.Ready, metas ...badgerstore.Meta) error {
	sealing, err := f.sealing(ready.Batch)
	metas = append(metas, sealing...)
	if err == nil && ready.Batch.IsEmpty() && len(metas) == 0 {
		return nil
	}
	if err == nil && f.db == nil {
		err = errShut
	}
	if err == nil {
		err = f.makeSure()
	}
	if err == nil {
		if !f.synced.Equal(f.kept) {
			metas = append(metas, badgerstore.Meta{Name: metaSynced, Value: []byte(f.synced.Format(time.RFC3339))})
		}
		err = f.db.Commit(ready.Batch, metas...)
	}
	if err != nil {
		f.rep, f.rest, f.folded, f.ops, f.sealed = nil, nil, nil, nil, nil
		return err
	}
	f.kept = f.synced
	f.sealedNow(metas)
	if !ready.Batch.IsEmpty() {
		f.folded, f.row, f.phased, f.gaveAll = nil, nil, nil, false
		f.agent.lan.changed(f, ready.Batch)
		if len(ready.Batch.Stubs)+len(ready.Batch.Cuts) > 0 {
			f.ops = nil
		} else if f.ops != nil {
			f.ops = append(f.ops, ready.Batch.Ops...)
		}
	}
	return nil
}

// touch makes f the last used of the open flights and shuts the first used beyond the limit. A
// flight that is in use stays open; the next touch tries again. The caller holds f.mu.
func (a *Agent) touch(f *flight) {
	a.mu.Lock()
	kept := append(slices.DeleteFunc(slices.Clone(a.recent), func(g *flight) bool { return g == f }), f)
	var over []*flight
	for i := 0; len(kept) > openStores && i < len(kept)-1; {
		if g := kept[i]; g.mu.TryLock() {
			over, kept = append(over, g), slices.Delete(kept, i, i+1)
		} else {
			i++
		}
	}
	a.recent = kept
	a.mu.Unlock()
	for _, g := range over {
		if err := g.shut(); err != nil {
			a.Log.Warn("store did not close well", "flight", g.id.String(), "err", err)
		}
		g.mu.Unlock()
	}
}

// find returns the flight that key names.
func (a *Agent) find(op, key string) (*flight, error) {
	notFound := passenger.Errorf(passenger.NotFound, op, "this tablet has no such flight; sync it where there is a connection, and if the flight stays away ask ground operations to put this tablet on its crew list")
	k, err := passenger.ParseFlightKey(key)
	if err == nil {
		for _, f := range a.list() {
			if f.key == k {
				return f, nil
			}
		}
		return nil, notFound
	}
	carrier, number, suffix, err := passenger.ParseDesignator(key)
	if err != nil {
		return nil, passenger.Errorf(passenger.Invalid, op, "a flight is written KL0641/2026-11-21/AMS, or KL0641 when it is the only one")
	}
	var found []*flight
	for _, f := range a.list() {
		if f.key.Carrier == carrier && f.key.Number == number && f.key.Suffix == suffix && f.record().Purged == nil {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return nil, notFound
	case 1:
		return found[0], nil
	}
	return nil, passenger.Errorf(passenger.Invalid, op, "%d flights have that number; write one out, like %s", len(found), fmt.Sprint(found[0].key))
}
