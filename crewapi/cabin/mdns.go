package cabin

import (
	"context"
	"encoding/hex"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/mdns"

	"github.com/cabinloop/cabinloop/passenger"
)

// service is what tablets are found under.
const service = "_cabinloop._tcp"

// MDNS finds tablets by multicast DNS (RFC 6762, RFC 6763), on every interface that leads to other
// machines, also on one that comes up later.
type MDNS struct {
	Rand io.Reader
	// Pick chooses the interfaces; nil takes those that are up, can multicast and lead elsewhere.
	Pick func(net.Interface) bool
}

var _ Discoverer = (*MDNS)(nil)

func usual(i net.Interface) bool { return upAndReal(i) && i.Flags&net.FlagMulticast != 0 }

// Discover implements [Discoverer].
func (m *MDNS) Discover(ctx context.Context, self func() Announcement, found func(Sighting)) error {
	const op = "cabin.Discover"
	b := make([]byte, 8)
	if _, err := io.ReadFull(m.Rand, b); err != nil {
		return passenger.Wrap(passenger.Internal, op, "this tablet gave no random numbers", err)
	}
	own := hex.EncodeToString(b)
	pick := m.Pick
	if pick == nil {
		pick = usual
	}
	says := map[string]*speaker{} // by interface
	defer func() {
		for _, s := range says {
			s.server.Shutdown()
		}
	}()
	for round := 0; ; round++ {
		pause := browseEvery
		if round < len(browseFirst) {
			pause = browseFirst[round]
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		list, err := net.Interfaces()
		if err != nil {
			return passenger.Wrap(passenger.Unavailable, op, "this device does not tell its networks", err)
		}
		present := map[string]bool{}
		for _, i := range list {
			if !pick(i) {
				continue
			}
			at := prefixesOf(i)
			if len(at) == 0 {
				continue
			}
			present[i.Name] = true
			if s := says[i.Name]; s == nil || !slices.Equal(s.at, at) {
				if s != nil {
					s.server.Shutdown()
					delete(says, i.Name)
				}
				if s = speak(i, at, own, self); s != nil {
					says[i.Name] = s
				}
			}
			browse(ctx, i, at, own, found)
		}
		for name, s := range says {
			if !present[name] {
				s.server.Shutdown()
				delete(says, name)
			}
		}
	}
}

// speaker answers questions on one interface as long as its addresses stay what they are.
type speaker struct {
	server *mdns.Server
	at     []netip.Prefix
}

// silent is for what the library says of every packet it does not like.
var silent = log.New(io.Discard, "", 0)

// speak returns nil where nobody can listen; the next round tries again.
func speak(i net.Interface, at []netip.Prefix, own string, self func() Announcement) *speaker {
	z := &zone{own: own, self: self}
	for _, p := range at {
		z.ips = append(z.ips, p.Addr().AsSlice())
	}
	srv, err := mdns.NewServer(&mdns.Config{Zone: z, Iface: &i, Logger: silent})
	if err != nil {
		return nil
	}
	return &speaker{srv, at}
}

// browse asks one interface who is there and waits for the answers.
func browse(ctx context.Context, i net.Interface, at []netip.Prefix, own string, found func(Sighting)) {
	entries := make(chan *mdns.ServiceEntry, maxSpots)
	has4 := slices.ContainsFunc(at, func(p netip.Prefix) bool { return p.Addr().Is4() })
	// One family at a time: the library gives up when one of two fails.
	err := mdns.QueryContext(ctx, &mdns.QueryParam{Service: service, Domain: "local", Timeout: browseFor, Interface: &i, Entries: entries,
		DisableIPv4: !has4, DisableIPv6: has4, Logger: silent})
	if err != nil {
		return // no network today is no failure; the next round asks again
	}
	for {
		select {
		case e := <-entries:
			if s, ok := sighting(e, at, own); ok {
				found(s)
			}
		default:
			return
		}
	}
}

// sighting reads an answer. An address outside the interface's own networks is not believed:
// nobody on the LAN sends this tablet elsewhere.
func sighting(e *mdns.ServiceEntry, at []netip.Prefix, own string) (Sighting, bool) {
	name, ok := strings.CutSuffix(e.Name, "."+service+".local.")
	if !ok || name == own || e.Port <= 0 || e.Port > 65535 {
		return Sighting{}, false
	}
	var candidates []netip.Addr
	if ip, ok := netip.AddrFromSlice(e.AddrV4); ok {
		candidates = append(candidates, ip.Unmap())
	}
	if e.AddrV6IPAddr != nil {
		if ip, ok := netip.AddrFromSlice(e.AddrV6IPAddr.IP); ok {
			candidates = append(candidates, ip.WithZone(e.AddrV6IPAddr.Zone))
		}
	}
	for _, ip := range candidates {
		if slices.ContainsFunc(at, func(p netip.Prefix) bool { return p.Masked().Contains(ip.WithZone("")) }) {
			s := Sighting{Address: net.JoinHostPort(ip.String(), strconv.Itoa(e.Port))}
			for _, f := range e.InfoFields {
				if t, ok := strings.CutPrefix(f, "t="); ok && len(s.Tags) < maxTags {
					s.Tags = append(s.Tags, t)
				}
			}
			return s, true
		}
	}
	return Sighting{}, false
}
