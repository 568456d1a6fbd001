package main

import (
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/crewapi/uplink"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// linkFlags say how a command uses the way to ground.
type linkFlags struct {
	Link  string `help:"How to use the way to ground: auto, gate (stream, at once) or satcom (rarely, one tablet for all). Not set: as last chosen, at first auto." env:"CABINLOOP_LINK"`
	Purse int64  `help:"KiB that a flight may cost on satcom; 0 is 128, below 0 without bound." env:"CABINLOOP_PURSE"`
	NoPQ  bool   `help:"Agree keys with ground by X25519 alone: 2.3 kB less for each connection; who records it may read it once there is a large quantum computer." name:"no-pq" env:"CABINLOOP_NO_PQ"`
}

// uplink reads the flags.
func (f linkFlags) uplink() (u tablet.Uplink, err error) {
	if f.Link != "" {
		if u.Class, err = uplink.ParseSetting(f.Link); err != nil {
			return u, cli.UsageError{Text: "--link: " + passenger.Public(err)}
		}
	}
	u.Purse = f.Purse << 10
	return u, nil
}

// dial makes the link to ground. Samples are of real time, whatever the tablet's clock says.
func (a *app) dial(f linkFlags) error {
	u, err := f.uplink()
	if err != nil {
		return err
	}
	l := crewapi.NewLink(crewapi.LinkOptions{NoPQ: f.NoPQ, Now: time.Now})
	u.Meter = l
	a.uplink, a.http = u, l.Client()
	return nil
}
