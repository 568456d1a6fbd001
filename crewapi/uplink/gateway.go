package uplink

import (
	"cmp"
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Beat is what a tablet says to another one of its flight about the link to ground.
type Beat struct {
	Group passenger.FlightID
	Lease time.Duration // how long it is the gateway; 0 when it is none
	Spent Spent         // by each tablet, as far as it knows
}

// Rank orders the tablets of a flight: role, then author index. A role of a newer program comes last.
type Rank struct {
	Role   passenger.Role
	Author uint32
}

// Compare is below 0 when r goes before s.
func (r Rank) Compare(s Rank) int {
	return cmp.Or(r.role()-s.role(), cmp.Compare(r.Author, s.Author))
}

func (r Rank) role() int {
	order := []passenger.Role{passenger.Lead, passenger.Purser, passenger.Cabin}
	if i := slices.Index(order, r.Role); i >= 0 {
		return i
	}
	return len(order)
}

// Neighbour is another tablet of the flight that is in reach on the cabin LAN.
type Neighbour struct {
	Tablet passenger.TabletID
	Rank   Rank
	Since  time.Time // when it came into reach
	Until  time.Time // the end of the lease it last said; zero when it never did
}

// Self is this tablet's own part in the choice.
type Self struct {
	Rank  Rank
	Fails int       // rounds that failed in a row
	Last  time.Time // when the last of them did
}

// Choice is who speaks for the flight.
type Choice struct {
	Mine    bool // this tablet
	Alone   bool // because nobody else is in reach
	Leased  bool // another one has a lease that holds
	Yields  bool // it gives way: it says no lease, so that another one may
	Recheck time.Time
}

// Choose decides whether this tablet is the gateway now. Of lower rank than a neighbour it waits,
// as long as that one has a lease or was in reach for less than one: a neighbour that never says
// it is the gateway cannot be (another program, no way to ground). A tablet whose own rounds fail
// gives way for a while to any neighbour: it takes no lease, and is the gateway only while none has one.
func Choose(now time.Time, me Self, near []Neighbour) Choice {
	c := Choice{Mine: true, Alone: len(near) == 0, Recheck: now.Add(Lease)}
	if c.Alone {
		return c
	}
	c.Yields = me.Fails >= failsToGiveWay && now.Before(me.Last.Add(giveWay)) && !me.Last.After(now)
	if c.Yields {
		c.Recheck = earlier(c.Recheck, me.Last.Add(giveWay))
	}
	for _, n := range near {
		leased := now.Before(n.Until)
		waits := now.Before(n.Since.Add(Lease)) && !n.Since.After(now)
		before := n.Rank.Compare(me.Rank) < 0 || c.Yields
		c.Leased = c.Leased || leased && before
		if !before || !leased && (!waits || c.Yields) {
			continue
		}
		c.Mine = false
		if leased {
			c.Recheck = earlier(c.Recheck, n.Until)
		} else {
			c.Recheck = earlier(c.Recheck, n.Since.Add(Lease))
		}
	}
	return c
}
