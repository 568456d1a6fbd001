package badgerstore

import (
	"errors"
	"slices"

	badger "github.com/dgraph-io/badger/v4"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Meta is one value of the agent, written together with a batch.
type Meta struct {
	Name  string
	Value []byte
	Gone  bool // take it away instead
}

// Apply implements [flightsync.Store]. Errors: corrupt for a gap, too_much for a batch that does
// not fit one transaction (ask for less), unavailable when the disk is full or a flush failed; after
// a failed flush every further write is refused until the store is opened again.
func (d *DB) Apply(b flightsync.Batch) error { return d.Commit(b) }

// SetMeta writes one value of the agent, durably. Errors: unavailable.
func (d *DB) SetMeta(name string, value []byte) error {
	return d.Commit(flightsync.Batch{}, Meta{Name: name, Value: value})
}

// Commit applies a batch and writes values of the agent, in one durable transaction. The zero
// batch writes the values only. Errors: those of [DB.Apply].
func (d *DB) Commit(b flightsync.Batch, metas ...Meta) error {
	const op = "badgerstore.Commit"
	if b.IsEmpty() && len(metas) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil {
		return broken(op, d.failed)
	}
	if d.snapshot != nil {
		if err := d.room(op); err != nil {
			return err
		}
		return passenger.Errorf(passenger.Unavailable, op, "there is room on the tablet again; try once more")
	}
	w := writer{db: d, values: map[string][]byte{}}
	held := slices.Clone(d.held)
	if !b.IsEmpty() {
		var err error
		if held, err = w.batch(b, held); err != nil {
			return err
		}
	}
	for _, m := range metas {
		if m.Gone {
			w.drop(metaKey(m.Name))
		} else {
			w.put(metaKey(m.Name), m.Value)
		}
	}
	if w.size > maxBatch {
		return passenger.Errorf(passenger.TooMuch, op, "%d bytes do not fit one write on this tablet; at most %d do", w.size, maxBatch)
	}
	if err := d.room(op); err != nil {
		return err
	}
	err := d.update(func(txn *badger.Txn) error {
		for _, dot := range w.gone {
			err := txn.Delete(opKey(dot))
			if dot.Author == flightsync.Admin {
				err = errors.Join(err, txn.Delete(spareKey(dot)))
			}
			if err != nil {
				return err
			}
		}
		for _, k := range w.order {
			err := error(nil)
			if v := w.values[k]; v == nil {
				err = txn.Delete([]byte(k))
			} else {
				err = txn.Set([]byte(k), v)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, badger.ErrTxnTooBig):
		return passenger.Wrap(passenger.TooMuch, op, "the batch does not fit one write on this tablet", err)
	case err != nil:
		d.failed = err
		return broken(op, err)
	}
	d.held = held
	if b.IsEmpty() {
		return nil
	}
	if err := d.high.write(b.State.Vector(), b.Cuts...); err != nil {
		d.failed = err
		return broken(op, err)
	}
	return nil
}

// update does not wait for ever for room in a memtable: what cannot become a table takes it.
func (d *DB) update(fn func(*badger.Txn) error) error {
	_, err := within(badgerWait, func() (struct{}, error) { return struct{}{}, d.db.Update(fn) }, nil)
	return err
}

// broken is the answer once a flush has failed: the system may have dropped what was not on the
// disk and call it clean, so that a later flush that works proves nothing (reference table 1.1,
// fsync study). Reading goes on; opening again reads what the disk really holds.
func broken(op string, err error) error {
	return passenger.Wrap(passenger.Unavailable, op, "the tablet's storage failed while saving, so nothing more is taken; start this tablet's program again", err)
}

// writer gathers sealed values; a key set twice counts once, with its last value. nil takes the
// key away.
type writer struct {
	db     *DB
	order  []string
	values map[string][]byte
	gone   []flightsync.Dot
	size   int
}

func (w *writer) put(key, value []byte) { w.set(string(key), w.db.env.seal(key, value)) }

func (w *writer) op(o flightsync.Op) {
	w.put(opKey(o.Dot), o.Raw())
	if o.Dot.Author == flightsync.Admin {
		w.put(spareKey(o.Dot), o.Raw())
	}
}

func (w *writer) drop(key []byte) { w.set(string(key), nil) }

func (w *writer) set(k string, sealed []byte) {
	if old, ok := w.values[k]; ok {
		w.size -= len(old)
	} else {
		w.order = append(w.order, k)
		w.size += len(k) + 16
	}
	w.values[k] = sealed
	w.size += len(sealed)
}

// batch checks that ops follow what is held and that the state names exactly them.
func (w *writer) batch(b flightsync.Batch, held flightsync.Vector) (flightsync.Vector, error) {
	const op = "badgerstore.Commit"
	for _, d := range b.Cuts {
		if d.Seq > held.Of(d.Author) {
			return nil, passenger.Errorf(passenger.Corrupt, op, "lane %d has no op %d to be cut behind", d.Author, d.Seq)
		}
		for seq := d.Seq + 1; seq <= held.Of(d.Author); seq++ {
			w.gone = append(w.gone, flightsync.Dot{Author: d.Author, Seq: seq})
			w.size += 32
		}
		held = held.Set(d.Author, d.Seq)
	}
	fresh := map[flightsync.Dot]flightsync.Op{}
	for _, o := range b.Ops {
		if want := held.Of(o.Dot.Author) + 1; o.Dot.Seq != want || o.Dot.Author >= flightsync.MaxAuthors {
			return nil, passenger.Errorf(passenger.Corrupt, op, "op %s does not follow op %d", o.Dot, want-1)
		}
		held = held.Set(o.Dot.Author, o.Dot.Seq)
		fresh[o.Dot] = o
		w.op(o)
	}
	if v := b.State.Vector(); !v.CoversAll(held) || !held.CoversAll(v) {
		return nil, passenger.Errorf(passenger.Corrupt, op, "the batch's state does not name the ops that would be stored")
	}
	for _, dot := range b.Stubs {
		o, ok := fresh[dot]
		if !ok && held.Covers(dot) {
			var err error
			if o, err = w.db.one(dot); err != nil {
				return nil, err
			}
			ok = true
		}
		if ok {
			w.op(o.Stub())
		}
	}
	w.put(stateKey, b.State.Marshal())
	return held, nil
}

func (d *DB) one(dot flightsync.Dot) (out flightsync.Op, err error) {
	err = d.Ops(dot.Author, dot.Seq, func(o flightsync.Op) bool { out = o; return false })
	return out, err
}
