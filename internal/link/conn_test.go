package link

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"
)

// TestConn runs the contract suite of net.Conn, over a link that takes no time and one that does.
func TestConn(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Profile{"no delay": {}, "cabin": Cabin} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				c1, c2 = New(p, 1).Pipe()
				return c1, c2, func() { c1.Close(); c2.Close() }, nil
			})
		})
	}
}
