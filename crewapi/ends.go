package crewapi

import (
	"crypto/tls"
	"time"
)

// CertificateSoon is how long before its end ground's certificate is spoken of. Public ones are
// renewed 30 days before; with two weeks left somebody has forgotten it.
const CertificateSoon = 14 * 24 * time.Hour

// met notes when the certificate ends that ground showed. A resumed session has the one it began with.
func (l *Link) met(cs tls.ConnectionState) error {
	if !cs.DidResume && len(cs.PeerCertificates) > 0 {
		l.mu.Lock()
		l.ends = cs.PeerCertificates[0].NotAfter
		l.mu.Unlock()
	}
	return nil
}

// CertificateEnds is when the certificate ends that ground last showed; zero when it has shown none.
func (l *Link) CertificateEnds() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ends
}

// resumed resumes no session whose certificate ends soon: a full handshake shows the next one.
type resumed struct {
	tls.ClientSessionCache
	link *Link
}

func (r resumed) Get(key string) (*tls.ClientSessionState, bool) {
	if end := r.link.CertificateEnds(); r.link.now != nil && !end.IsZero() && end.Sub(r.link.now()) < CertificateSoon {
		return nil, false
	}
	return r.ClientSessionCache.Get(key)
}
