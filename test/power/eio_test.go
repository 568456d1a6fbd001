package power

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFailedFlush makes the flushes of a running writer fail, from a random moment on: for good,
// or until a few writes were refused. Nothing may be acknowledged by a store whose flush failed:
// the system may have thrown the page away and call it clean. (SQLite writes the page again, so
// ground may go on once the disk does.) Opened again, everything that was acknowledged is there.
func TestFailedFlush(t *testing.T) {
	needStrace(t)
	for _, c := range []struct{ store, calls string }{
		{"tablet", "fsync,fdatasync,msync"},
		{"ground", "fsync,fdatasync"},
	} {
		t.Run(c.store, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(*seed, 4))
			l := newLedger()
			n := amount(2, 20)
			refused, resumed, after, atOpen := 0, 0, 0, 0
			for i := range n {
				dir := t.TempDir()
				l.fresh()
				o := order{Store: c.store, Dir: dir, Seed: rng.Uint64(), Stubborn: 12}
				if i%8 == 7 { // the store cannot even be made
					w := start(t, o, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+c.calls, "-e", "inject="+c.calls+":error=EIO")
					for line := range w.lines {
						if strings.HasPrefix(line, "ack") {
							t.Errorf("%q while no flush works", line)
						}
					}
					w.cmd.Wait()
					atOpen++
					continue
				}
				w := start(t, o)
				if !l.opened(w) {
					continue
				}
				l.during(w, time.Duration(rng.IntN(100))*time.Millisecond)
				r, a := l.failing(t, w, c.calls, i%2 == 1)
				refused += r
				resumed += min(a, 1)
				if c.store == "tablet" || i%2 == 0 {
					after += a
				}
				w = start(t, order{Store: c.store, Dir: dir, Writes: 3})
				if l.opened(w) {
					l.during(w, time.Minute)
				}
				l.drain(w)
			}
			l.good(t)
			if refused < n-atOpen {
				t.Errorf("only %d refusals in %d runs", refused, n)
			}
			if after > 0 {
				t.Errorf("%d acks after a failed flush", after)
			}
			summary.line(t, "kind=eio-%s runs=%d at_open=%d acked=%d refused=%d acked_after=%d resumed=%d lost=%d twice=%d salvaged=%d", c.store, n, atOpen, l.acks, refused, after, resumed, l.lost, l.twice, l.salvaged)
		})
	}
}

// failing makes every flush of w fail until w ends, or with heal until it was refused twice. It
// counts the refusals, and the acks behind the first of them.
func (l *ledger) failing(t *testing.T, w *writer, calls string, heal bool) (refused, acksAfter int) {
	t.Helper()
	tracer := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+calls+":error=EIO", "-p", fmt.Sprint(w.cmd.Process.Pid))
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	before := l.refused
	for line := range w.lines {
		acks := l.acks
		l.took(line)
		if l.refused > before {
			acksAfter += l.acks - acks
		}
		if heal && l.refused == before+2 {
			tracer.Process.Signal(syscall.SIGTERM)
		}
		if acksAfter > 50 {
			w.kill()
		}
	}
	w.cmd.Wait()
	tracer.Process.Signal(syscall.SIGTERM)
	tracer.Wait()
	return l.refused - before, acksAfter
}
