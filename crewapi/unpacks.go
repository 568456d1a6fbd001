package crewapi

import (
	"sync/atomic"

	"connectrpc.com/connect"

	"github.com/cabinloop/cabinloop/crewapi/pack"
)

// unpacks is the newest dictionary that a peer said it unpacks. Nobody says so before the first
// answer, but every ground and tablet of this wire version unpacks [pack.V1]. It is safe for
// concurrent use.
type unpacks struct{ said atomic.Uint32 }

func (u *unpacks) newest() uint32 { return max(u.said.Load(), pack.V1) }

// heard notes what an answer says; one without dictionaries says nothing.
func (u *unpacks) heard(dict uint32) {
	if dict != 0 {
		u.said.Store(dict)
	}
}

// failed forgets it when the peer itself answered unavailable: that is what a program says that is
// older than the one that spoke before.
func (u *unpacks) failed(err error) {
	if connect.IsWireError(err) && connect.CodeOf(err) == connect.CodeUnavailable {
		u.said.Store(0)
	}
}
