package tablet

import (
	"context"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
)

// Enrol trades a one-time code for this device's identity, with new keys, and keeps both. A device
// may enrol again at any time, under the same name or another: its stores stay, it proves to ground
// that what its keys of before signed is its own, and what ground lacks goes over as before. Errors:
// invalid, forbidden for a bad code, a ground at the same address with other keys, or another ground
// while entries wait for the one that is known, unavailable.
func (a *Agent) Enrol(ctx context.Context, url, code, name string) error {
	const op = "tablet.Enrol"
	url, name = strings.TrimRight(url, "/"), strings.TrimSpace(name)
	client, err := crewapi.NewClient(url, "", a.HTTP)
	if err != nil {
		return err
	}
	pair, err := keys.Generate(a.Rand)
	if err != nil {
		return err
	}
	shown := passenger.Device{PublicKeys: passenger.PublicKeys{Sign: pair.Signer().Public(), Agree: pair.Agreer().Public()}}
	was, err := loadKeys(a.path("device.keys"), a.Log)
	switch {
	case err == nil:
		shown.Former = was.Signer().Public()
		if shown.Proof, err = was.Signer().Sign(shown.ProofMessage(code)); err != nil {
			return err
		}
	case passenger.CodeOf(err) != passenger.NotFound:
		return err
	}
	e, err := client.Enrol(ctx, code, name, shown)
	if err != nil {
		return err
	}
	a.mu.Lock()
	before := a.device
	a.mu.Unlock()
	same := before.knows(e.Ground)
	if !same && before.Ground == url {
		return passenger.Errorf(passenger.Forbidden, op, "ground has other keys than this tablet knows; ask the administrator, and if they were replaced, enrol in an empty data directory")
	}
	if !same {
		if err := a.nothingWaits(ctx); err != nil {
			return err
		}
	}
	return a.become(device{Tablet: e.Tablet, Name: name, Ground: url, Token: e.Token, GroundSign: e.Ground.Sign, GroundAgree: e.Ground.Agree}, pair, was, same, e.Former)
}

// nothingWaits reports an error unless every flight can be read and ground has all of it: only then
// may this device leave its ground for another.
func (a *Agent) nothingWaits(ctx context.Context) error {
	st, err := a.Status(ctx)
	if err != nil {
		return err
	}
	waits := st.Pending + st.Unknown
	for _, f := range a.list() {
		waits += f.record().Unsent
	}
	if waits == 0 {
		return nil
	}
	return passenger.Errorf(passenger.Forbidden, "tablet.Enrol", "this is another ground, and entries of this tablet wait for the one at %s; everything stays as it was: sync there first, or enrol in an empty data directory", st.Ground)
}

// become makes the agent that device. The stores stay, unless they are of another ground, which has
// all of them.
func (a *Agent) become(d device, pair, was *keys.Pair, same bool, former passenger.Access) error {
	client, err := crewapi.NewClient(d.Ground, d.Token, a.HTTP)
	if err != nil {
		return err
	}
	if !same {
		for _, f := range a.list() {
			f.mu.Lock()
			err := a.drop(f)
			f.mu.Unlock()
			if err != nil {
				return err
			}
		}
		was = nil
		if err := a.save(); err != nil {
			return err
		}
	}
	if err := a.keepFormer(&d, was); err != nil {
		return err
	}
	// What is open would sign with the new keys in lanes of the old ones.
	for _, f := range a.list() {
		f.mu.Lock()
		err := f.close()
		f.row = nil
		f.mu.Unlock()
		if err != nil {
			a.Log.Warn("store did not close well", "flight", f.id.String(), "err", err)
		}
	}
	if err := saveKeys(a.path("device.keys"), pair); err != nil {
		return err
	}
	if err := writeFile(a.path("device.json"), d); err != nil {
		return err
	}
	a.mu.Lock()
	moved := d.Tablet != a.device.Tablet && former != passenger.AccessGood && former != passenger.AccessUnknown
	a.device, a.keys, a.client, a.problem, a.ends = d, pair, client, failure{}, time.Time{}
	a.loadFormer()
	a.mu.Unlock()
	for _, f := range a.list() {
		// Ground knows that this device goes by another name: it says anew which flights are its own.
		if moved {
			f.recMu.Lock()
			f.rec.Assignment.Removed = true
			f.recMu.Unlock()
		}
		if f.record().Purged == nil && f.key32() == nil {
			f.readKey()
		}
	}
	a.Log.Info("tablet enrolled", "tablet", d.Tablet.String())
	a.wake()
	a.lan.wake()
	return a.save()
}
