package main

import (
	"crypto/rand"
	"net"

	"github.com/cabinloop/cabinloop/crewapi/cabin"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// lan reads the flags about other tablets; nil when this one keeps to itself.
func (c *serveCmd) lan() (*tablet.LAN, error) {
	if c.LAN == "" {
		if len(c.Peer) > 0 || c.NoMDNS {
			return nil, cli.UsageError{Text: "--peer and --no-mdns are about the cabin network: give --lan :8491 with them"}
		}
		return nil, nil
	}
	if _, _, err := net.SplitHostPort(c.LAN); err != nil {
		return nil, cli.UsageError{Text: "--lan takes an address like :8491"}
	}
	for _, p := range c.Peer {
		if _, err := cabin.ParseInvite(p); err != nil {
			return nil, cli.UsageError{Text: passenger.Public(err)}
		}
	}
	l := &tablet.LAN{Listen: c.LAN, Peers: c.Peer}
	if !c.NoMDNS {
		l.Discover = &cabin.MDNS{Rand: rand.Reader}
	}
	return l, nil
}
