package main

import (
	"io"
	"net"
	"time"

	"github.com/cabinloop/cabinloop/internal/link"
)

// The links of the workloads: satcom as W2 has it, without loss; and one round trip long enough
// to count the waits of an exchange by it.
var (
	satcom  = link.Profile{Name: "satcom", RTT: 700 * time.Millisecond, Rate: 256_000 / 8}
	counted = link.Profile{Name: "eRTT", RTT: 400 * time.Millisecond}
)

// across puts a link between a relay and what it leads to while fn runs.
func across(p link.Profile, seed uint64, target string, lead func(addr string), fn func() error) error {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ln := link.New(p, seed).Listener(tcp)
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return // closed
			}
			go forward(c, target)
		}
	}()
	lead(tcp.Addr().String())
	defer lead("")
	return fn()
}

// forward joins two connections until either ends.
func forward(c net.Conn, target string) {
	defer c.Close()
	g, err := net.Dial("tcp", target)
	if err != nil {
		return // the client sees its end
	}
	defer g.Close()
	done := make(chan struct{}, 2)
	pipe := func(dst, src net.Conn) { _, _ = io.Copy(dst, src); done <- struct{}{} } // ends when either is gone
	go pipe(g, c)
	go pipe(c, g)
	<-done
}
