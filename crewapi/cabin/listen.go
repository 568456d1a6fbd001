package cabin

import (
	"net"
	"net/netip"
	"sync"
)

// capped bounds the connections of a listener, over all and of one host, before anything is known
// of who is there. What is too much is closed at once.
type capped struct {
	net.Listener
	mu    sync.Mutex
	total int
	hosts map[string]int
}

func (l *capped) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(c.RemoteAddr().String())
		if l.take(host) {
			return &counted{Conn: c, done: func() { l.give(host) }}, nil
		}
		c.Close()
	}
}

func (l *capped) take(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxConns || l.hosts[host] >= maxConnsPerHost {
		return false
	}
	l.total++
	l.hosts[host]++
	return true
}

func (l *capped) give(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.hosts[host]--; l.hosts[host] == 0 {
		delete(l.hosts, host)
	}
}

type counted struct {
	net.Conn
	once sync.Once
	done func()
}

func (c *counted) Close() error {
	c.once.Do(c.done)
	return c.Conn.Close()
}

// hostOf returns the host of an address, an IPv4 one as such.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return host
}
