package tablet

import (
	"context"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
)

// Status says how the tablet stands. It needs no network.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	all := a.list()
	a.mu.Lock()
	st := Status{Tablet: a.device.Tablet, Ground: a.device.Ground, Enrolled: a.device.enrolled(), Flights: len(all),
		Issued: a.gone.Issued, OnGround: a.gone.OnGround, LastSync: a.synced, LastError: a.problem.String(), Cause: a.problem.err, CauseOn: a.problem.flight,
		Access: a.device.Access, CertificateEnds: a.certificateEnds()}
	a.mu.Unlock()
	for _, f := range all {
		if err := alive(ctx); err != nil {
			return st, err
		}
		row, own, err := f.summary()
		if err != nil {
			a.Log.Warn("flight cannot be read", "flight", f.id.String(), "err", err)
		}
		st.Damaged += row.Damaged
		if row.Unknown {
			st.Unknown++
		}
		st.Pending += row.Pending
		st.Issued += own.Issued
		st.OnGround += own.OnGround
	}
	free, err := badgerstore.Free(a.Dir)
	if err == nil {
		st.FreeBytes = free
	}
	st.Storage = a.storage(nil)
	st.Link = a.linkStatus()
	return st, nil
}
