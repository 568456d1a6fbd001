package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"

	"github.com/uptrace/bun"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// lanes is the engine's storage of one flight within one transaction.
type lanes struct {
	t   *tx
	ctx context.Context // of the transaction; the engine's interface has none
	id  passenger.FlightID
	// all holds every op by author once a whole lane was asked for: a fold asks for each lane, and
	// nobody else writes the flight while this transaction sees it. nil until then.
	all     map[flightsync.Author][]flightsync.Op
	damaged bool // something cannot be read: lanes are read one by one
}

var _ flightsync.Store = (*lanes)(nil)

// Lanes implements [ground.Ops].
func (t *tx) Lanes(ctx context.Context, id passenger.FlightID) flightsync.Store {
	return &lanes{t: t, ctx: ctx, id: id}
}

type opRow struct {
	bun.BaseModel `bun:"table:ops"`
	Flight        flightID `bun:"flight_id,pk"`
	Author        int64    `bun:"author,pk"`
	Seq           int64    `bun:"seq,pk"`
	Kind          int64    `bun:"kind"`
	Traveller     int64    `bun:"traveller"`
	Head          []byte   `bun:"head"`
	Body          []byte   `bun:"body"` // NULL for a stub
	Commit        hash     `bun:"commit_hash"`
}

type stateRow struct {
	bun.BaseModel `bun:"table:flight_state"`
	Flight        flightID `bun:"flight_id,pk"`
	State         []byte   `bun:"state"`
}

// State implements [flightsync.Storage].
func (l *lanes) State() (flightsync.State, error) {
	const op = "store.Lanes.State"
	var rows []stateRow
	if err := l.t.NewSelect().Model(&rows).Where("flight_id = ?", flightID(l.id)).Scan(l.ctx); err != nil {
		return flightsync.State{}, l.t.fail(op, err)
	}
	if len(rows) == 0 {
		return flightsync.State{}, notFound(op, "state of this flight yet")
	}
	return flightsync.UnmarshalState(rows[0].State)
}

// Ops implements [flightsync.Storage]. No cursor is open while yield runs.
func (l *lanes) Ops(author flightsync.Author, first uint64, yield func(flightsync.Op) bool) error {
	if first <= 1 && l.all == nil && !l.damaged {
		if err := l.readAll(); err != nil {
			return err
		}
	}
	if l.all != nil {
		ops := l.all[author]
		for i := max(first, 1) - 1; i < uint64(len(ops)); i++ {
			if !yield(ops[i]) {
				break
			}
		}
		return nil
	}
	for next := int64(max(first, 1)); ; {
		var rows []opRow
		err := l.read(&rows).Where("author = ? AND seq >= ?", int64(author), next).Order("seq").Limit(readRows).Scan(l.ctx)
		if err != nil {
			return l.t.fail("store.Lanes.Ops", err)
		}
		for _, r := range rows {
			o, err := r.op()
			if err != nil {
				return err
			}
			if !yield(o) {
				return nil
			}
		}
		if len(rows) < readRows {
			return nil
		}
		next = rows[len(rows)-1].Seq + 1
	}
}

func (l *lanes) read(rows *[]opRow) *bun.SelectQuery {
	return l.t.NewSelect().Model(rows).Column("author", "seq", "kind", "head", "body", "commit_hash").Where("flight_id = ?", flightID(l.id))
}

// readAll reads the flight in one query. An op that cannot be read is left to the reader of its
// lane, who gets what is before it and then the error.
func (l *lanes) readAll() error {
	var rows []opRow
	if err := l.read(&rows).Order("author", "seq").Scan(l.ctx); err != nil {
		return l.t.fail("store.Lanes.Ops", err)
	}
	l.all = map[flightsync.Author][]flightsync.Op{}
	for _, r := range rows {
		o, err := r.op()
		if err != nil {
			l.all, l.damaged = nil, true
			return nil
		}
		l.all[o.Dot.Author] = append(l.all[o.Dot.Author], o)
	}
	return nil
}

// op rebuilds an op, and proves that head, body and commitment still belong together.
func (r opRow) op() (flightsync.Op, error) {
	const op = "store.Lanes.Ops"
	d := dot(r.Author, r.Seq)
	if r.Kind == opaque {
		return flightsync.ParseOp(d, r.Head)
	}
	raw := binary.AppendUvarint(make([]byte, 0, len(r.Head)+len(r.Body)+len(r.Commit)+4), uint64(len(r.Head)))
	raw = append(raw, r.Head...)
	if r.Body == nil {
		raw = append(append(raw, 1), r.Commit[:]...)
	} else {
		raw = append(append(raw, 0), r.Body...)
	}
	o, err := flightsync.ParseOp(d, raw)
	if err != nil {
		return o, passenger.Wrap(passenger.Corrupt, op, "stored op "+d.String()+" cannot be read", err)
	}
	if !bytes.Equal(o.Commit[:], r.Commit[:]) {
		return o, passenger.Errorf(passenger.Corrupt, op, "stored op %s does not fit its checksum", d)
	}
	return o, nil
}

// Apply implements [flightsync.Store]; it is durable when the transaction commits. Errors:
// corrupt for a gap, an op that is held already or a state of another flight, internal when
// the flight is not locked. After an error the transaction cannot commit.
func (l *lanes) Apply(b flightsync.Batch) error {
	if b.IsEmpty() {
		return nil
	}
	err := l.apply(b)
	if err == nil {
		err = l.t.Notify(l.ctx, "flight", l.id.String())
	}
	if err != nil && l.t.broken == nil {
		l.t.broken = err
	}
	return err
}

func (l *lanes) apply(b flightsync.Batch) error {
	const op = "store.Lanes.Apply"
	if !l.t.locked[l.id] {
		return passenger.Errorf(passenger.Internal, op, "flight %s is not locked by this transaction", l.id)
	}
	if b.State.Group != l.id {
		return passenger.Errorf(passenger.Corrupt, op, "a batch of flight %s does not belong in flight %s", b.State.Group, l.id)
	}
	for _, d := range b.Cuts {
		if err := l.cut(d); err != nil {
			return err
		}
	}
	if err := l.contiguous(b.Ops); err != nil {
		return err
	}
	rows := make([]opRow, len(b.Ops))
	for i, o := range b.Ops {
		rows[i] = opRow{Flight: flightID(l.id), Author: int64(o.Dot.Author), Seq: int64(o.Dot.Seq), Kind: int64(o.Header.Kind),
			Traveller: int64(o.Header.Traveller), Head: o.Head, Body: o.Body, Commit: hash(o.Commit)}
		if o.Body == nil && !o.IsStub() {
			rows[i].Kind = opaque
		}
		if rows[i].Head == nil {
			rows[i].Head = []byte{}
		}
	}
	for part := range slices.Chunk(rows, insertRows) {
		if _, err := l.t.NewInsert().Model(&part).Returning("NULL").Exec(l.ctx); err != nil {
			return l.t.fail(op, err)
		}
	}
	byAuthor := map[flightsync.Author][]int64{}
	for _, d := range b.Stubs {
		byAuthor[d.Author] = append(byAuthor[d.Author], int64(d.Seq))
	}
	for a, seqs := range byAuthor {
		for part := range slices.Chunk(seqs, insertRows) {
			_, err := l.t.NewUpdate().Model((*opRow)(nil)).Set("body = NULL").
				Where("flight_id = ? AND author = ? AND seq IN (?)", flightID(l.id), int64(a), bun.List(part)).Exec(l.ctx)
			if err != nil {
				return l.t.fail(op, err)
			}
		}
	}
	if len(b.Stubs)+len(b.Cuts) > 0 {
		l.all = nil
	}
	if l.all != nil {
		for _, o := range b.Ops {
			l.all[o.Dot.Author] = append(l.all[o.Dot.Author], o)
		}
	}
	return l.t.upsert(l.ctx, op, &stateRow{Flight: flightID(l.id), State: b.State.Marshal()})
}

// opaque is the kind of an op that cannot be told apart into header and body: all of it is head.
const opaque = -1

// cut ends a lane at d.
func (l *lanes) cut(d flightsync.Dot) error {
	const op = "store.Lanes.Apply"
	if d.Seq > 0 {
		n, err := l.t.NewSelect().Model((*opRow)(nil)).Where("flight_id = ? AND author = ? AND seq = ?", flightID(l.id), int64(d.Author), int64(d.Seq)).Count(l.ctx)
		if err != nil {
			return l.t.fail(op, err)
		}
		if n == 0 {
			return passenger.Errorf(passenger.Corrupt, op, "lane %d has no op %d to be cut behind", d.Author, d.Seq)
		}
	}
	_, err := l.t.NewDelete().Model((*opRow)(nil)).Where("flight_id = ? AND author = ? AND seq > ?", flightID(l.id), int64(d.Author), int64(d.Seq)).Exec(l.ctx)
	return l.t.fail(op, err)
}

// contiguous checks that each op follows the last one of its author.
func (l *lanes) contiguous(ops []flightsync.Op) error {
	const op = "store.Lanes.Apply"
	if len(ops) == 0 {
		return nil
	}
	held := map[flightsync.Author]uint64{}
	for _, o := range ops {
		held[o.Dot.Author] = 0
	}
	authors := make([]int64, 0, len(held))
	for a := range held {
		authors = append(authors, int64(a))
	}
	var tops []struct {
		Author int64 `bun:"author"`
		Top    int64 `bun:"top"`
	}
	err := l.t.NewSelect().Model((*opRow)(nil)).Column("author").ColumnExpr("MAX(seq) AS top").
		Where("flight_id = ? AND author IN (?)", flightID(l.id), bun.List(authors)).Group("author").Scan(l.ctx, &tops)
	if err != nil {
		return l.t.fail(op, err)
	}
	for _, r := range tops {
		held[flightsync.Author(r.Author)] = uint64(r.Top)
	}
	for _, o := range ops {
		if last := held[o.Dot.Author]; o.Dot.Seq != last+1 {
			return passenger.Errorf(passenger.Corrupt, op, "op %s does not follow op %d of its lane", o.Dot, last)
		}
		held[o.Dot.Author]++
	}
	return nil
}
