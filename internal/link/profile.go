package link

import "time"

// Profile is what a link is like.
type Profile struct {
	Name string
	RTT  time.Duration // there and back
	Rate int           // bytes a second, each way; 0 is without bound
	Loss float64       // part of the packets that are lost, 0 to below 1
}

// The links that the goals speak of.
var (
	// Satcom700 is a geostationary link as reference/flight-sync.md B2 and E.9 have it.
	Satcom700 = Profile{Name: "satcom-700", RTT: 700 * time.Millisecond, Rate: 256_000 / 8, Loss: 0.02}
	// Satcom2000 is the worst that was measured in a cabin (reference B2: 1.4 to 2.8 s, 16 %).
	Satcom2000 = Profile{Name: "satcom-2000", RTT: 2 * time.Second, Rate: 64_000 / 8, Loss: 0.16}
	// Cabin is Wi-Fi between tablets of one cabin.
	Cabin = Profile{Name: "cabin", RTT: 4 * time.Millisecond, Rate: 20_000_000 / 8, Loss: 0.001}
)

const (
	// packet is the payload of one packet, bytes: an Ethernet frame without TCP/IP headers.
	packet = 1460
	// buffer is how many bytes of one connection may be on their way before a writer waits;
	// the default of Linux for a socket's receive window, doubled.
	buffer = 256 << 10
	// minRTO and firstRTO bound the retransmission timeout of data (Linux) and of a connection's
	// first packet (RFC 6298, 2.1); neither is below one round trip.
	minRTO   = 200 * time.Millisecond
	firstRTO = time.Second
	// maxTries ends the doubling; a packet that was lost so often arrives.
	maxTries = 8
)

// lost returns how much later a packet arrives whose sending fails n times: the sum of a
// timeout that doubles.
func (p Profile) lost(n int, least time.Duration) time.Duration {
	return max(p.RTT, least) * (1<<n - 1)
}

// Clear returns the link without loss.
func (p Profile) Clear() Profile { p.Loss = 0; return p }
