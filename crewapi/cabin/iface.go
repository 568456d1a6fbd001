package cabin

import (
	"net"
	"net/netip"
)

// upAndReal picks the interfaces that lead to other machines.
func upAndReal(i net.Interface) bool { return i.Flags&net.FlagUp != 0 && i.Flags&net.FlagLoopback == 0 }

// prefixes lists the addresses, with their networks, of the interfaces that pick picks.
func prefixes(pick func(net.Interface) bool) []netip.Prefix {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, i := range list {
		if pick(i) {
			out = append(out, prefixesOf(i)...)
		}
	}
	return out
}

func prefixesOf(i net.Interface) []netip.Prefix {
	addrs, err := i.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()))
		}
	}
	return out
}
