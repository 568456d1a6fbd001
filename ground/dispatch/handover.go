package dispatch

import (
	"context"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// handOver is what is known of the device behind a hand-over.
type handOver struct {
	tablet passenger.TabletID
	key    string
	access passenger.Access
	left   uint64 // stays on the device
}

// HandOver takes what a device without a token has of a flight that its tablet served, as
// [Service.Deliver] would, and gives nothing of the flight back. What the device itself wrote is
// held, unless it has enrolled again in good standing: it counts for nothing until a person accepts
// it ([Service.Accept]). What it carries of other tablets is theirs and counts as ever. A key that
// ground does not know is told so, and nothing is taken. Errors: forbidden for a bad proof or a
// tablet that never was on the flight's crew list, too_much, not_found.
func (s *Service) HandOver(ctx context.Context, h flightsync.HandOver) (receipts [][]byte, access passenger.Access, err error) {
	if !keys.Verify(h.Key, h.Message(), h.Proof) {
		return nil, access, passenger.Errorf(passenger.Forbidden, "dispatch.HandOver", "this device did not prove that it is the tablet it says; enrol it with a new code")
	}
	from := handOver{key: string(h.Key), left: h.Left}
	if err := s.Store.Read(ctx, func(tx ground.Tx) error {
		if from.tablet, from.access, err = ground.Standing(ctx, tx, h.Key); err != nil || from.access == passenger.AccessUnknown {
			return err
		}
		_, err = s.rostered(ctx, tx, from.tablet, h.Group)
		return err
	}); err != nil {
		return nil, from.access, err
	}
	if from.access == passenger.AccessUnknown {
		return make([][]byte, len(h.Runs)), from.access, nil
	}
	receipts, err = s.deliver(ctx, from.tablet, h.Group, h.Runs, &from)
	return receipts, from.access, err
}

// hold ends the lanes of a device whose access ended where ground holds them now, before it hands
// anything over: what comes behind waits for a person, whoever brings it. Errors: too_much when as
// much waits as a tablet may ever have recorded.
func (l *leg) hold(ctx context.Context, h *handOver, runs []flightsync.Run) error {
	if h == nil || !h.access.Held() {
		return nil
	}
	v, err := l.view()
	if err != nil {
		return err
	}
	var ds []flightsync.Draft
	ops, bytes := 0, 0
	for _, r := range runs {
		ops += len(r.Ops)
		for _, raw := range r.Ops {
			bytes += len(raw)
		}
	}
	for _, lane := range l.rep.State().Lanes {
		if lane.Class != flightsync.TabletLane || lane.Key.Bytes != h.key {
			continue
		}
		cut, ok := v.Cuts[lane.Author]
		if ok && cut < lane.Seq {
			ops, bytes = ops+int(lane.Seq-cut), bytes+int(lane.Bytes)
		}
		if !ok || cut > lane.Seq {
			ds = append(ds, flightsync.Cut{Author: lane.Author, Seq: lane.Seq}.Draft())
		}
	}
	if ops > maxHeld || bytes > maxHeldBytes {
		return passenger.Errorf(passenger.TooMuch, "dispatch.HandOver", "entries of this tablet wait for a person on ground; more are taken when somebody has decided about them")
	}
	_, err = l.write(flightsync.Admin, ds...)
	return err
}

// handed notes that a device says that nothing is left on it.
func (l *leg) handed(ctx context.Context, h *handOver) error {
	if h == nil || h.left > 0 {
		return nil
	}
	cs, err := l.crossings(ctx)
	if err != nil {
		return err
	}
	st := l.rep.State()
	var news []ground.Crossing
	for _, c := range cs {
		if lane, _ := st.Lane(c.Author); lane.Key.Bytes == h.key && c.SettledAt.IsZero() {
			c.SettledAt = l.tx.Now()
			news = append(news, c)
		}
	}
	if len(news) == 0 {
		return nil
	}
	return l.putCrossing(ctx, news...)
}

// Hold ends the lanes of a device whose access had ended, on every flight of its tablet, in the
// caller's transaction: the device enrols again, and what it wrote under its old key waits for a person.
func (s *Service) Hold(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, key []byte) error {
	return s.eachFlight(ctx, tx, tablet, func(l *leg) error {
		return l.hold(ctx, &handOver{key: string(key), access: passenger.AccessLost}, nil)
	})
}

// Release lets count what was held of a device that has enrolled again in good standing, on every
// flight of its tablet, in the caller's transaction. A sweep moves the loops on.
func (s *Service) Release(ctx context.Context, tx ground.Tx, tablet passenger.TabletID, key []byte) error {
	return s.eachFlight(ctx, tx, tablet, func(l *leg) error {
		_, err := l.accept(ctx, func(lane flightsync.Lane, _ ground.Crossing) bool { return lane.Key.Bytes == string(key) }, flightsync.MaxLaneOps)
		return err
	})
}
