package tablet

import (
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/passenger"
)

// failure is what went wrong in a round, on one flight or on all.
type failure struct {
	flight string // "" for all
	err    error  // nil for none
}

func (t failure) String() string {
	switch {
	case t.err == nil:
		return ""
	case t.flight == "":
		return passenger.Public(t.err)
	}
	return t.flight + ": " + passenger.Public(t.err)
}

// add notes that a flight failed.
func (r *SyncReport) add(f *flight, err error) {
	t := failure{f.key.String(), err}
	r.causes, r.Problems = append(r.causes, t), append(r.Problems, t.String())
}

// certificateEnds is when ground's certificate ends, as last seen by this program or an earlier one;
// the caller holds a.mu.
func (a *Agent) certificateEnds() time.Time {
	if c, ok := a.Uplink.Meter.(certifier); ok {
		if end := c.CertificateEnds(); !end.IsZero() {
			a.ends = end.UTC()
		}
	}
	return a.ends
}

// CertificateSoon reports whether ground's certificate has ended or ends within two weeks of now.
func (s Status) CertificateSoon(now time.Time) bool {
	return !s.CertificateEnds.IsZero() && s.CertificateEnds.Sub(now) < crewapi.CertificateSoon
}
