package tablet

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/passenger"
)

// certified is a meter that has seen ground's certificate.
type certified struct{ ends time.Time }

func (certified) Bytes() (up, down int64)      { return 0, 0 }
func (certified) Samples() []uplink.Sample     { return nil }
func (certified) Forget()                      {}
func (c certified) CertificateEnds() time.Time { return c.ends }

// What was seen of the certificate is known after a restart too, before ground is asked again.
func TestTheEndOfTheCertificateIsKept(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	end := time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	a.Uplink.Meter = certified{end}
	w.sync(a)
	c := a.Config
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	c.Uplink.Meter = nil
	b, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	st, err := b.Status(t.Context())
	if err != nil || !st.CertificateEnds.Equal(end) {
		t.Fatalf("after a restart the certificate ends %v, %v", st.CertificateEnds, err)
	}
	for before, want := range map[time.Duration]bool{15 * 24 * time.Hour: false, 13 * 24 * time.Hour: true, -time.Hour: true} {
		if st.CertificateSoon(end.Add(-before)) != want {
			t.Errorf("%v before the end it is said: %v, want %v", before, !want, want)
		}
	}
}

func TestTheCauseOfAFailureIsKept(t *testing.T) {
	w := newWorld(t)
	a := w.tablet()
	w.flight(a)
	w.http.Transport = dead{}
	if _, err := a.Sync(t.Context()); err == nil {
		t.Fatal("a ground that is away was reached")
	}
	st, err := a.Status(t.Context())
	if e, ok := st.Cause.(*passenger.Error); err != nil || !ok || e.Key != "wire.away" || e.Public != st.LastError || st.CauseOn != "" {
		t.Errorf("the cause is %#v on %q behind %q, %v", st.Cause, st.CauseOn, st.LastError, err)
	}
}
