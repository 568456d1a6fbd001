package cabin

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
)

// TestMulticast finds tablets by real multicast on an interface of this machine. Where the machine
// has none that carries it, the test says so and is counted as skipped.
func TestMulticast(t *testing.T) {
	name := carrier(t)
	if name == "" {
		t.Skip("cabin: mdns skipped=1: no interface of this machine carries multicast to itself")
	}
	t.Logf("cabin: mdns ran=1 on %s", name)
	pick := func(i net.Interface) bool { return i.Name == name }
	a, b, c := newDevice(t, 1), newDevice(t, 2), newDevice(t, 3)
	c.set(second, c) // on the same LAN, of another flight
	for _, d := range []*device{a, b, c} {
		if d != c {
			d.set(first, a, b)
		}
		d.start(Config{Listen: ":0", Discover: &MDNS{Rand: rand.Reader, Pick: pick}})
	}
	wait(t, "the two meet", func() bool { return a.sees(first, b) && b.sees(first, a) })
	if len(c.node.Peers(second)) != 0 || c.finds() != 0 {
		t.Error("the tablet of the other flight was let in")
	}
}

// carrier names an interface on which this machine hears its own multicast.
func carrier(t *testing.T) string {
	list, err := net.Interfaces()
	if err != nil {
		t.Logf("interfaces: %v", err)
		return ""
	}
	slices.SortStableFunc(list, func(i, j net.Interface) int { return int(j.Flags&net.FlagLoopback) - int(i.Flags&net.FlagLoopback) })
	for _, i := range list {
		at := prefixesOf(i)
		if i.Flags&net.FlagUp == 0 || len(at) == 0 {
			continue
		}
		s := speak(i, at, "probe", func() Announcement { return Announcement{Port: 1, Tags: []string{"x"}} })
		if s == nil {
			t.Logf("%s: nobody can listen", i.Name)
			continue
		}
		heard := false
		browse(t.Context(), i, at, "", func(Sighting) { heard = true })
		s.server.Shutdown()
		if heard {
			return i.Name
		}
		t.Logf("%s does not carry multicast to this machine itself", i.Name)
	}
	return ""
}

// TestAnnouncementSaysNothing: no flight, tablet or device name is in what goes out.
func TestAnnouncementSaysNothing(t *testing.T) {
	d := newDevice(t, 1)
	d.set(first, d)
	now := t0
	n := &Node{Config: Config{Groups: d.Groups, Members: d.Members, Now: func() time.Time { return now }}}
	z := &zone{own: "0011223344556677", ips: []net.IP{{10, 0, 0, 1}}, self: func() Announcement { return Announcement{Port: 8491, Tags: n.tags()} }}
	ask := func() string {
		var b strings.Builder
		for _, rr := range z.Records(dns.Question{Name: service + ".local.", Qtype: dns.TypePTR, Qclass: dns.ClassINET}) {
			b.WriteString(rr.String() + "\n")
		}
		return b.String()
	}
	said := ask()
	for _, want := range []string{"0011223344556677." + service + ".local.", "10.0.0.1", "8491", `"v=1" "t=`} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if again := ask(); again != said {
		t.Error("the same question in the same hour has another answer")
	}
	now = now.Add(time.Hour)
	if ask() == said {
		t.Error("an hour later the tags are the same")
	}
	d.roster = roster{}
	if got := ask(); got != "" {
		t.Errorf("a tablet without a flight says\n%s", got)
	}
}

// TestSightings: what comes in from the LAN is anybody's.
func TestSightings(t *testing.T) {
	at := []netip.Prefix{netip.MustParsePrefix("10.1.0.9/16"), netip.MustParsePrefix("fe80::1/64")}
	name := "abc." + service + ".local."
	many := []string{"v=1"}
	for range 100 {
		many = append(many, "t=AAAA")
	}
	for what, c := range map[string]struct {
		e    mdns.ServiceEntry
		want string
	}{
		"good":             {mdns.ServiceEntry{Name: name, Port: 8491, AddrV4: net.IP{10, 1, 2, 3}, InfoFields: many}, "10.1.2.3:8491"},
		"link-local":       {mdns.ServiceEntry{Name: name, Port: 1, AddrV6IPAddr: &net.IPAddr{IP: net.ParseIP("fe80::7"), Zone: "wlan0"}}, "[fe80::7%wlan0]:1"},
		"elsewhere":        {mdns.ServiceEntry{Name: name, Port: 8491, AddrV4: net.IP{8, 8, 8, 8}}, ""},
		"own":              {mdns.ServiceEntry{Name: "me." + service + ".local.", Port: 1, AddrV4: net.IP{10, 1, 2, 3}}, ""},
		"another service":  {mdns.ServiceEntry{Name: "abc._http._tcp.local.", Port: 1, AddrV4: net.IP{10, 1, 2, 3}}, ""},
		"no port":          {mdns.ServiceEntry{Name: name, AddrV4: net.IP{10, 1, 2, 3}}, ""},
		"no address":       {mdns.ServiceEntry{Name: name, Port: 1}, ""},
		"malformed":        {mdns.ServiceEntry{Name: name, Port: 1, AddrV4: net.IP{1}}, ""},
		"first of two bad": {mdns.ServiceEntry{Name: name, Port: 1, AddrV4: net.IP{8, 8, 8, 8}, AddrV6IPAddr: &net.IPAddr{IP: net.ParseIP("fe80::8")}}, "[fe80::8]:1"},
	} {
		s, ok := sighting(&c.e, at, "me")
		if ok != (c.want != "") || s.Address != c.want || len(s.Tags) > maxTags {
			t.Errorf("%s: %+v, %v, want %q", what, s, ok, c.want)
		}
	}
}

// TestDiscoverEnds: when told to, whatever the network is like.
func TestDiscoverEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		m := &MDNS{Rand: rand.Reader, Pick: func(net.Interface) bool { return false }}
		if err := m.Discover(ctx, func() Announcement { return Announcement{} }, func(Sighting) {}); err != nil {
			t.Errorf("discover: %v", err)
		}
	})
	cancel()
	run.Wait()
}
