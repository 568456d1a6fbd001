package ground

import (
	"context"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Access says how the tablet's present device stands.
func (t Tablet) Access() passenger.Access {
	switch {
	case !t.LostAt.IsZero():
		return passenger.AccessLost
	case !t.RevokedAt.IsZero():
		return passenger.AccessRevoked
	}
	return passenger.AccessGood
}

// Standing says whose a sign key is or was, and how its device stands; a key that ground does not
// know is unknown, and nobody's. Who revokes a tablet means the devices that had its name before, too.
func Standing(ctx context.Context, tx Tx, key []byte) (passenger.TabletID, passenger.Access, error) {
	t, err := tx.TabletBySignKey(ctx, key)
	if err == nil {
		return t.ID, t.Access(), nil
	}
	var k FormerKey
	if passenger.CodeOf(err) == passenger.NotFound {
		if k, err = tx.FormerKey(ctx, key); passenger.CodeOf(err) == passenger.NotFound {
			return passenger.TabletID{}, passenger.AccessUnknown, nil
		}
	}
	if err == nil && k.Why == passenger.AccessReplaced {
		if t, err = tx.Tablet(ctx, k.Tablet); t.Access().Held() {
			k.Why = t.Access()
		}
	}
	return k.Tablet, k.Why, err
}

// Stays says what a device whose access ended may still have of a flight: entries that ground has
// never seen (may), and how many ground holds that wait for a person. c is one of its lanes.
func (c Crossing) Stays(ctx context.Context, tx Tx, st flightsync.State, v *flightsync.View) (a passenger.Access, may bool, wait int, err error) {
	lane, _ := st.Lane(c.Author)
	for _, q := range v.Quarantine {
		if q.Reason == flightsync.BehindCut && q.Dot.Author == c.Author && q.Dot.Seq > c.Reviewed {
			wait++
		}
	}
	if lane.Class != flightsync.TabletLane {
		return a, false, wait, nil
	}
	if _, a, err = Standing(ctx, tx, []byte(lane.Key.Bytes)); err != nil || a == passenger.AccessUnknown {
		return passenger.AccessGood, false, wait, err
	}
	_, in := v.Fins[c.Author]
	return a, a.Held() && !c.FirstAt.IsZero() && c.SettledAt.IsZero() && !(in && c.Issued <= v.Vector.Of(c.Author)), wait, nil
}
