package crewapi

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// HTTPClient is a tablet's link: no overall timeout, since streams live long, but one for each
// step before the first byte. It speaks h2 wherever ground does, on one connection that is kept;
// to a plain address, which is this machine's, without asking first.
func HTTPClient() *http.Client {
	secure := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   2,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // Connect names its own encodings
	}
	plain := secure.Clone()
	plain.Protocols = new(http.Protocols)
	plain.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: byScheme{secure: secure, plain: plain}}
}

// byScheme sends http through plain and everything else through secure.
type byScheme struct{ secure, plain *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (b byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return b.plain.RoundTrip(r)
	}
	return b.secure.RoundTrip(r)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (b byScheme) CloseIdleConnections() {
	b.plain.CloseIdleConnections()
	b.secure.CloseIdleConnections()
}
