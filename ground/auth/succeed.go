package auth

import (
	"bytes"
	"context"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/passenger"
)

// succeed notes whose place a device takes that enrols as tab: that of the device which had the
// tablet's name, and its own under the key that it proves. It says how that one stood.
func (t *Tablets) succeed(ctx context.Context, tx ground.Tx, tab ground.Tablet, device passenger.Device) (passenger.Access, error) {
	former := ground.FormerKey{Key: tab.SignKey, Tablet: tab.ID, Why: tab.Access(), EndedAt: tx.Now()}
	if len(tab.SignKey) > 0 && !bytes.Equal(tab.SignKey, device.Sign) {
		if former.Why == passenger.AccessGood {
			former.Why = passenger.AccessReplaced
		}
		if err := tx.PutFormerKey(ctx, former); err != nil {
			return "", err
		}
	}
	if len(device.Former) == 0 || bytes.Equal(device.Former, device.Sign) {
		return passenger.AccessGood, nil
	}
	id, stood, err := ground.Standing(ctx, tx, device.Former)
	if err != nil {
		return stood, err
	}
	former.Key, former.Tablet, former.Why = device.Former, id, stood
	switch stood {
	case passenger.AccessUnknown: // a restored database: what came before is this tablet's
		former.Tablet, former.Why = tab.ID, passenger.AccessRenewed
	case passenger.AccessRevoked, passenger.AccessLost:
		if err := t.Dispatch.Hold(ctx, tx, id, device.Former); err != nil {
			return stood, err
		}
	default:
		former.Why = passenger.AccessRenewed
		if stood == passenger.AccessReplaced {
			err = t.Dispatch.Release(ctx, tx, id, device.Former)
		} else if stood == passenger.AccessGood && id != tab.ID {
			err = vacate(ctx, tx, id)
		}
		if err != nil {
			return stood, err
		}
		stood = passenger.AccessRenewed
	}
	return stood, tx.PutFormerKey(ctx, former)
}

// vacate leaves a tablet without a device: that one goes by another name now.
func vacate(ctx context.Context, tx ground.Tx, id passenger.TabletID) error {
	tab, err := tx.Tablet(ctx, id)
	if err != nil {
		return err
	}
	tab.SignKey, tab.AgreeKey, tab.TokenHash = nil, nil, nil
	return tx.UpdateTablet(ctx, tab)
}
