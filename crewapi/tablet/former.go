package tablet

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// formerDevice is a tablet that this device was before it enrolled again.
type formerDevice struct {
	Tablet passenger.TabletID `json:"tablet"`
	Key    []byte             `json:"sign_key"`
}

// identity is a tablet that this device is or was, with its keys: the flights' keys are wrapped for
// them, and what they signed is this device's.
type identity struct {
	tablet passenger.TabletID
	keys   keys.KeyStore
}

func (i identity) public() flightsync.PublicKey {
	return flightsync.PublicKey{Alg: flightsync.ES256, Bytes: string(i.keys.Signer().Public())}
}

func (a *Agent) formerPath(key []byte) string {
	return filepath.Join(a.Dir, "former", hex.EncodeToString(key[:9])+".keys")
}

// loadFormer reads the keys that this device had before; those that cannot be read prove nothing any
// more. Keys without a device.json are of a device whose name was lost.
func (a *Agent) loadFormer() {
	paths, _ := filepath.Glob(a.path(filepath.Join("former", "*.keys"))) // a pattern that is right
	if !a.device.enrolled() {
		paths = append(paths, a.path("device.keys"), a.path("device.keys")+spare)
	}
	a.former = nil
	for _, path := range paths {
		pair, err := loadKey(path, a.Log)
		if err != nil {
			if passenger.CodeOf(err) != passenger.NotFound {
				a.Log.Error("keys of this device from before cannot be read", "err", err)
			}
			continue
		}
		a.former = append(a.former, identity{a.device.was(pair.Signer().Public()), pair})
	}
}

// was returns the tablet whose device had a key; the present one when nobody noted it.
func (d device) was(key []byte) passenger.TabletID {
	for _, f := range d.Former {
		if slices.Equal(f.Key, key) && f.Tablet != (passenger.TabletID{}) {
			return f.Tablet
		}
	}
	return d.Tablet
}

// identities lists what this device is and was, the present one first.
func (a *Agent) identities() []identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []identity
	if a.keys != nil {
		out = append(out, identity{a.device.Tablet, a.keys})
	}
	return append(out, a.former...)
}

// keepFormer notes what this device was and puts its keys aside, before it gets others.
func (a *Agent) keepFormer(d *device, pair *keys.Pair) error {
	a.mu.Lock()
	d.Former = slices.Clone(a.device.Former)
	was := a.device.Tablet
	a.mu.Unlock()
	if pair == nil {
		return nil
	}
	public := pair.Signer().Public()
	path := a.formerPath(public)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = keys.Save(path, pair)
	}
	if err != nil {
		return passenger.Wrap(passenger.Unavailable, "tablet.keepFormer", "the keys of this tablet could not be put aside; is the storage full?", err)
	}
	d.Former = append(d.Former, formerDevice{was, public})
	return nil
}

// dropFormer removes the former keys when no flight is left that may need them.
func (a *Agent) dropFormer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.flights) > 0 || len(a.former) == 0 || !a.device.enrolled() {
		return
	}
	for _, i := range a.former {
		if err := os.Remove(a.formerPath(i.keys.Signer().Public())); err != nil && !os.IsNotExist(err) {
			a.Log.Warn("keys from before stay on disk", "err", err)
		}
	}
	a.former = nil
}

// owns reports whether a roster entry is of this device, as what it is or was.
func owns(is []identity, e flightsync.RosterEntry) bool {
	return e.Class == flightsync.TabletLane && slices.ContainsFunc(is, func(i identity) bool {
		return e.Tablet == i.tablet && e.Tablet != (passenger.TabletID{}) || e.Key == i.public()
	})
}

// reown gives a store that was begun with other keys of this device a new incarnation before anything
// is written: ground binds it anew, and the lanes of before go over as they were signed.
func (f *flight) reown(st flightsync.State) (flightsync.State, error) {
	is := f.agent.identities()
	if len(is) == 0 {
		return st, nil
	}
	own, me := st.Own, is[0].public()
	if lane, ok := st.Lane(st.Me); own == (flightsync.PublicKey{}) && ok {
		own = lane.Key
	}
	if own == me || own == (flightsync.PublicKey{}) {
		return st, nil
	}
	inc, err := f.incarnation()
	if err != nil {
		return st, err
	}
	st.Me, st.Incarnation, st.Own = flightsync.Nobody, inc, me
	f.agent.Log.Info("store taken over from former keys", "flight", f.id.String())
	return st, f.db.Apply(flightsync.Batch{State: st})
}
