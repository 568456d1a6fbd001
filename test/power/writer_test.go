package power

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/badgerstore"
	"github.com/cabinloop/cabinloop/passenger"
)

// writerEnv tells this test program to be a writer; see work.
const writerEnv = "CABINLOOP_POWER_WRITER"

// order is what a writer does: opens the store, says what is in it, then writes entry after
// entry and says which ones were acknowledged, until it is killed or has written Writes times.
type order struct {
	Store  string // tablet, ground, loose-badger, loose-sqlite
	Dir    string
	Seed   uint64
	Writes int // 0: until the end
	// NoFloor makes the tablet's store write whatever room there is.
	NoFloor bool
	// Stubborn is how often a refused write is tried again before the writer gives up; 0: always.
	Stubborn int
	Pause    time.Duration // behind each write
}

// work is a writer's life. What it says on standard output outlives it: a pipe has no cache that
// a kill could lose.
func work(text string) int {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return 2
	}
	say := func(format string, args ...any) { os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n") }
	var k keeper
	var err error
	switch o.Store {
	case "tablet":
		var s *badgerstore.Salvaged
		var opts []badgerstore.Option
		if o.NoFloor {
			opts = append(opts, badgerstore.WithFloor(0))
		}
		var why error
		if k, s, why, err = openTablet(o.Dir, opts...); s != nil && err == nil {
			var b strings.Builder
			for _, op := range s.Ops {
				fmt.Fprintf(&b, "has %d %s\n", op.Dot.Seq, short(said(op)))
			}
			os.Stdout.WriteString(b.String())
			say("salvaged %v", why)
			return 0
		}
	case "agent":
		k, err = openAgentKeeper(o.Dir)
	case "merging-badger":
		k, err = openMergingBadger(o.Dir)
	case "ground":
		k, err = openGround(o.Dir)
	case "loose-badger":
		k, err = openLooseBadger(o.Dir)
	case "loose-sqlite":
		k, err = openLooseSQLite(o.Dir)
	}
	if err != nil {
		say("closed %s %v", passenger.CodeOf(err), err)
		return 0
	}
	next := uint64(1)
	if o.Store == "agent" {
		next = 0
	}
	var b strings.Builder
	if err := k.each(func(seq uint64, words string) {
		fmt.Fprintf(&b, "has %d %s\n", seq, short(words))
		next = seq + 1
	}); err != nil {
		say("unreadable %s %v", passenger.CodeOf(err), err)
		return 0
	}
	os.Stdout.WriteString(b.String())
	say("ready")
	rng := rand.New(rand.NewPCG(o.Seed, 1))
	refused := 0
	for i := 0; o.Writes == 0 || i < o.Writes; i++ {
		n := 1
		if rng.IntN(8) == 0 {
			n += rng.IntN(60)
		}
		if o.Store == "agent" { // which flushes each
			n = 1 + n%3
		}
		if err := k.put(next, n); err != nil {
			say("refused %s %s", passenger.CodeOf(err), passenger.Public(err))
			if refused++; refused == o.Stubborn {
				return 0 // without closing: the disk may still fail
			}
			time.Sleep(2 * time.Millisecond)
			if lk, ok := k.(laneKeeper); ok && lk.roomNow() { // as the tablet's agent does
				k.Close()
				if k, _, _, err = openTablet(o.Dir); err != nil || k == nil {
					say("closed %v", err)
					return 0
				}
			}
			// A write that was refused may be there all the same; go on behind it.
			k.each(func(seq uint64, _ string) { next = seq + 1 })
			continue
		}
		say("ack %d %d", next, n)
		time.Sleep(o.Pause)
		next += uint64(n)
	}
	if err := k.Close(); err != nil {
		say("close %v", err)
	}
	say("done")
	return 0
}

// writer is a running writer.
type writer struct {
	cmd    *exec.Cmd
	lines  chan string
	errors bytes.Buffer // what it says on standard error
}

// start starts a writer, below the given command when there is one.
func start(t testing.TB, o order, below ...string) *writer {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	args := append(below, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), writerEnv+"="+string(b), "GOMAXPROCS=2")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	w := &writer{cmd: cmd, lines: make(chan string, 1<<16)}
	cmd.Stderr = &w.errors
	if os.Getenv("CABINLOOP_POWER_STDERR") != "" {
		cmd.Stderr = os.Stderr
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if err == io.EOF || err != nil {
				return // half a line says nothing
			}
			w.lines <- strings.TrimSuffix(line, "\n")
		}
	}()
	return w
}

func (w *writer) kill() { w.cmd.Process.Kill() }

// ledger is what one store acknowledged, and what it was found to hold.
type ledger struct {
	acked       map[uint64]bool
	acks        int // of all stores
	lost, twice int
	wrong       int // other words than were written
	salvaged    int // opens that Badger was kept from
	problems    []string
	reasons     []string // of salvaging
	refused     int
	refusals    []string // what they begin with, each once
}

func newLedger() *ledger { return &ledger{acked: map[uint64]bool{}} }

// fresh forgets the store: a new one begins.
func (l *ledger) fresh() { l.acked = map[uint64]bool{} }

// opened reads what a writer found in the store, up to the line that it is ready. It reports false when the
// store did not open for writing.
func (l *ledger) opened(w *writer) bool {
	has := map[uint64]int{}
	ready, over := false, false
	for !over {
		line, ok := <-w.lines
		if !ok {
			l.problems = append(l.problems, "the writer died while opening")
			return false
		}
		var seq uint64
		var said string
		switch n, _ := fmt.Sscanf(line, "has %d %s", &seq, &said); {
		case n == 2:
			has[seq]++
			if said != short(words(seq)) {
				l.wrong++
			}
		case line == "ready":
			ready, over = true, true
		case strings.HasPrefix(line, "salvaged "):
			l.salvaged++
			l.reasons = append(l.reasons, line)
			over = true
		default:
			l.problems = append(l.problems, line)
			return false
		}
	}
	for seq, n := range has {
		if n > 1 {
			l.twice++
		}
		l.acked[seq] = l.acked[seq] || ready // what is there now must stay, acknowledged or not
	}
	for seq := range l.acked {
		if has[seq] == 0 {
			l.lost++
		}
	}
	return ready
}

// took notes a line after the store was opened.
func (l *ledger) took(line string) {
	var first uint64
	var n int
	if k, _ := fmt.Sscanf(line, "ack %d %d", &first, &n); k == 2 {
		for i := range n {
			l.acked[first+uint64(i)] = true
		}
		l.acks += n
		return
	}
	if rest, ok := strings.CutPrefix(line, "refused "); ok {
		l.refused++
		if how, _, _ := strings.Cut(rest, ":"); !slices.Contains(l.refusals, how) {
			l.refusals = append(l.refusals, how)
		}
	}
}

// drain notes everything the writer still said before it died, and waits for it.
func (l *ledger) drain(w *writer) {
	for line := range w.lines {
		l.took(line)
	}
	w.cmd.Wait()
}

// during notes what the writer says for a while, or until it ends.
func (l *ledger) during(w *writer, d time.Duration) {
	end := time.After(d)
	for {
		select {
		case line, ok := <-w.lines:
			if !ok {
				return
			}
			l.took(line)
		case <-end:
			return
		}
	}
}

func (l *ledger) good(t testing.TB) {
	t.Helper()
	for _, why := range l.reasons {
		t.Log(why)
	}
	if l.lost != 0 || l.twice != 0 || l.wrong != 0 || len(l.problems) != 0 {
		t.Errorf("lost %d, twice %d, wrong %d, problems %q", l.lost, l.twice, l.wrong, l.problems[:min(5, len(l.problems))])
	}
}
