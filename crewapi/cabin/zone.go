package cabin

import (
	"net"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
)

// zone answers with what is true at the time of the question: tags change every hour.
type zone struct {
	own  string // random name of this start; the device's own name stays out of it
	ips  []net.IP
	self func() Announcement
}

// Records implements mdns.Zone.
func (z *zone) Records(q dns.Question) []dns.RR {
	a := z.self()
	if len(a.Tags) == 0 {
		return nil // no flight, nobody to be found by
	}
	txt := []string{"v=1"}
	for _, t := range a.Tags {
		txt = append(txt, "t="+t)
	}
	s, err := mdns.NewMDNSService(z.own, service, "local.", z.own+".local.", a.Port, z.ips, txt)
	if err != nil {
		return nil
	}
	return s.Records(q)
}
