package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
)

// connections counts what a new connection to ground costs, TLS and HTTP/2 set-up, over a call on
// one that stands: with the usual key agreement and by X25519 alone, in full and resumed.
func (l *lab) connections() error {
	cert, roots, err := selfMade(time.Now())
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- srv.ServeTLS(ln, "", "") }()
	for _, way := range []struct {
		name string
		noPQ bool
	}{{"X25519MLKEM768", false}, {"X25519", true}} {
		link := crewapi.NewLink(crewapi.LinkOptions{NoPQ: way.noPQ, Roots: roots})
		var cost [3]int64 // the first call, the next one, and one on a new connection
		for i := range cost {
			if cost[i], err = callCost(l.ctx, link, "https://"+ln.Addr().String()); err != nil {
				break
			}
			if i == 1 {
				link.Client().CloseIdleConnections()
			}
		}
		link.Client().CloseIdleConnections()
		if err != nil {
			break
		}
		l.sheet.add("tls", "new connection, "+way.name, "B", ours, float64(cost[0]-cost[1]))
		l.sheet.add("tls", "resumed, "+way.name, "B", ours, float64(cost[2]-cost[1]))
	}
	l.sheet.note("tls", "new connection, X25519", "purser --no-pq; over a call on a connection that stands; a chain of two P-256 certificates, HTTP/2 set-up included")
	err = errors.Join(err, srv.Close())
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// callCost makes one call and waits for what the connection says behind it.
func callCost(ctx context.Context, link *crewapi.Link, url string) (int64, error) {
	up, down := link.Bytes()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := link.Client().Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	time.Sleep(settle)
	up2, down2 := link.Bytes()
	return up2 - up + down2 - down, errors.Join(err, res.Body.Close())
}

// settle is how long a connection on this machine may still speak behind an answer: its settings
// and a session ticket.
const settle = 200 * time.Millisecond

// selfMade makes a certificate behind one authority, as public ones are at least.
func selfMade(now time.Time) (tls.Certificate, *x509.CertPool, error) {
	root := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 3, 0)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: root.NotBefore, NotAfter: root.NotAfter}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	parsed, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: leafKey}, roots, nil
}
