package stage

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// echo answers each line with the same line, on any number of connections.
func echo(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if _, err := io.WriteString(c, line); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func TestRelayCounts(t *testing.T) {
	target := echo(t)
	r, err := NewRelay(func() string { return target })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	say := func(c net.Conn, lines ...string) error {
		back := bufio.NewReader(c)
		for _, l := range lines {
			if _, err := io.WriteString(c, l+"\n"); err != nil {
				return err
			}
			if got, err := back.ReadString('\n'); err != nil || got != l+"\n" {
				return io.ErrUnexpectedEOF
			}
		}
		return nil
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	one, two := dial(), dial()
	if err := say(one, "ab", "cde"); err != nil {
		t.Fatal(err)
	}
	if err := say(two, "x"); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Take(), (Traffic{Up: 9, Down: 9, Turns: 3, Conns: 2}); got != want {
		t.Errorf("traffic = %+v, want %+v", got, want)
	}
	if got := r.Take(); got != (Traffic{}) {
		t.Errorf("traffic since then = %+v, want none", got)
	}
	r.Cut()
	if err := say(one, "gone"); err == nil {
		t.Error("a cut link carried a line")
	}
	if err := say(dial(), "gone"); err == nil {
		t.Error("a cut link took a new connection")
	}
	r.Join()
	if err := say(dial(), "back"); err != nil {
		t.Errorf("a joined link: %v", err)
	}
}
