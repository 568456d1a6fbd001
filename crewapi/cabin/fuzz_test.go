package cabin

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/mdns"
)

// FuzzSighting reads what anybody on the LAN may announce: an address is one of this network, and
// tags are few.
func FuzzSighting(f *testing.F) {
	f.Add("ab12."+service+".local.", []byte{192, 168, 1, 7}, []byte{}, "wlan0", 8491, "v=1|t=ABC")
	f.Add("own."+service+".local.", []byte{192, 168, 1, 7}, []byte{}, "", 8491, "t=")
	f.Add("x."+service+".local.", []byte{8, 8, 8, 8}, []byte(net.ParseIP("fe80::1").To16()), "wlan0", 70000, strings.Repeat("t=A|", 40))
	at := []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24"), netip.MustParsePrefix("fe80::5/64")}
	f.Fuzz(func(t *testing.T, name string, v4, v6 []byte, zone string, port int, txt string) {
		e := &mdns.ServiceEntry{Name: name, AddrV4: v4, Port: port, InfoFields: strings.Split(txt, "|")}
		if len(v6) > 0 {
			e.AddrV6IPAddr = &net.IPAddr{IP: v6, Zone: zone}
		}
		s, ok := sighting(e, at, "own")
		if !ok {
			return
		}
		host, _, err := net.SplitHostPort(s.Address)
		if err != nil {
			t.Fatalf("address %q: %v", s.Address, err)
		}
		ip, err := netip.ParseAddr(host)
		if err != nil || !slices.ContainsFunc(at, func(p netip.Prefix) bool { return p.Masked().Contains(ip.WithZone("")) }) {
			t.Errorf("address %q is believed, %v", s.Address, err)
		}
		if len(s.Tags) > maxTags {
			t.Errorf("%d tags", len(s.Tags))
		}
	})
}
