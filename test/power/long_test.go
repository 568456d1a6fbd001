package power

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// longEnv tells this test program to be a tablet that does what it reads, a line each.
const longEnv = "CABINLOOP_POWER_LONG"

// step is a line for the tablet, and its answer.
type step struct {
	Now    time.Time
	Do     string // enrol, sync, record, restart, look
	Ground string
	Flight string
	Seq    uint64 // of the note, for record
	Usage  usage
	Tablet passenger.TabletID
	Error  string
}

// usage is what a tablet's program takes.
type usage struct {
	Memory  int64 // resident, bytes
	Files   int   // open
	Written int64 // bytes of pages that were made dirty and go to the disk (write_bytes), mapped files too
	Stored  int64 // bytes in the directory
	Names   int   // files in it
	Tables  int   // the most that a store has
}

// long is the tablet's life.
func long(dir string) int {
	debug.SetMemoryLimit(40 << 20) // as `purser serve` has
	var now atomic.Int64
	client := &http.Client{}
	var a *tablet.Agent
	open := func() (err error) {
		a, err = tablet.Open(tablet.Config{Dir: dir, Now: func() time.Time { return time.Unix(now.Load(), 0).UTC() }, Rand: rand.Reader,
			Boot: func() (string, time.Duration) { return "one start", time.Duration(now.Load()) * time.Second }, Log: slog.New(slog.DiscardHandler), HTTP: client})
		return err
	}
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	ctx := context.Background()
	for {
		var s step
		if err := in.Decode(&s); err != nil {
			return 0
		}
		now.Store(s.Now.Unix())
		err := error(nil)
		if a == nil {
			err = open()
		}
		if err == nil {
			switch s.Do {
			case "enrol":
				if err = a.Enrol(ctx, s.Ground, "CODE", "galley"); err == nil {
					var st tablet.Status
					st, err = a.Status(ctx)
					s.Tablet = st.Tablet
				}
			case "sync":
				var rep tablet.SyncReport
				if rep, err = a.Sync(ctx); err == nil && len(rep.Problems) > 0 {
					err = fmt.Errorf("%v", rep.Problems)
				}
				a.Status(ctx) // what a page asks
				a.Flights(ctx)
			case "record":
				var k passenger.FlightKey
				k, err = passenger.ParseFlightKey(s.Flight)
				if err == nil {
					_, err = a.Record(ctx, tablet.Entry{Flight: k, Note: flightsync.Dot{Author: flightsync.Notes, Seq: s.Seq}, Nonce: nonce(),
						Feedback: passenger.Feedback{Outcome: passenger.Acted, Words: said80(s.Seq)}})
				}
			case "restart":
				if err = a.Close(); err == nil {
					err = open()
				}
			case "look":
				s.Usage, err = look(dir)
			}
		}
		if err != nil {
			s.Error = err.Error()
		}
		if out.Encode(s) != nil {
			return 1
		}
	}
}

func look(dir string) (u usage, err error) {
	field := func(file, name string) (n int64) {
		b, _ := os.ReadFile("/proc/self/" + file)
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				fmt.Sscan(rest, &n)
			}
		}
		return n
	}
	u.Memory, u.Written = field("status", "VmRSS")<<10, field("io", "write_bytes")
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return u, err
	}
	u.Files = len(open)
	tables := map[string]int{}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			u.Stored += st.Blocks * 512
		}
		u.Names++
		if strings.HasSuffix(path, ".sst") {
			tables[filepath.Dir(path)]++
			u.Tables = max(u.Tables, tables[filepath.Dir(path)])
		}
		return nil
	})
	return u, err
}

// What a day may take (PRODUCT: low cost on a tablet): flash, memory, files.
const (
	flashADay  = 50 << 20
	longMemory = 96 << 20
	longFiles  = 250
	longStored = 96 << 20
)

// TestLongRun is the life of one tablet of days in compressed time, through the real agent against a
// ground: three flights a day come two days ahead, have notes and entries, land and go; a round every five minutes, on
// each tenth day every minute; started again each night. It fails unless flash writes stay within what
// a day may take, and memory, open files and the directory do not grow.
func TestLongRun(t *testing.T) {
	days := amount(2, 60)
	var clock atomic.Int64
	begin := testNow.Truncate(24 * time.Hour)
	clock.Store(begin.Unix())
	now := func() time.Time { return time.Unix(clock.Load(), 0).UTC() }
	ground := crewtest.New(t, now)
	ground.Code("CODE")
	mux := http.NewServeMux()
	mux.Handle(crewapi.NewHandler(ground, crewapi.Options{Now: now, Log: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewServer(mux)
	defer srv.Close()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), longEnv+"="+t.TempDir(), "GOMAXPROCS=2")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); cmd.Wait() }()
	ask, answers := json.NewEncoder(in), json.NewDecoder(out)
	do := func(s step) step {
		t.Helper()
		s.Now = now()
		var got step
		if err := ask.Encode(s); err != nil {
			t.Fatal(err)
		}
		if err := answers.Decode(&got); err != nil || got.Error != "" {
			t.Fatalf("%v %s %s %d: %v, %s", s.Now, s.Do, s.Flight, s.Seq, err, got.Error)
		}
		return got
	}
	self := do(step{Do: "enrol", Ground: srv.URL}).Tablet

	events := map[int64][]func(){}
	at := func(when time.Time, fn func()) { events[when.Unix()] = append(events[when.Unix()], fn) }
	entries, flights := 0, 0
	var all []*crewtest.Flight
	fly := func(std time.Time, n int) {
		key := fmt.Sprintf("KL%04d/%s/AMS", 641+n, std.Format(time.DateOnly))
		var f *crewtest.Flight
		known := std.Add(-48 * time.Hour)
		if known.Before(begin) {
			known = begin
		}
		at(known, func() {
			f = ground.Leg(key, std, 2*time.Hour)
			f.Assign(self, passenger.Lead)
			for range 12 {
				f.Note(passenger.Note{Traveller: 1, Name: "Ms A. Bakker", Seat: "14C", Words: "cold meal"})
			}
			all, flights = append(all, f), flights+1
		})
		for _, m := range []struct {
			word  passenger.Movement
			after time.Duration
		}{{passenger.Boarding, -40 * time.Minute}, {passenger.DoorsClosed, -5 * time.Minute}, {passenger.OffBlock, 0}, {passenger.Off, 10 * time.Minute}, {passenger.On, 110 * time.Minute}, {passenger.In, 2 * time.Hour}} {
			at(std.Add(m.after), func() { f.Move(m.word, now()) })
		}
		for i := range 8 {
			at(std.Add(time.Duration(20+10*i)*time.Minute), func() {
				do(step{Do: "record", Flight: key, Seq: uint64(1 + i)})
				entries++
			})
		}
	}
	for day := range days {
		for i := range 3 {
			fly(begin.Add(time.Duration(day)*24*time.Hour+time.Duration(7+5*i)*time.Hour), day*3%300+i)
		}
	}
	var seen []usage
	before := do(step{Do: "look"}).Usage
	for day := range days {
		poll := 5
		if day%10 == 1 {
			poll = 1
		}
		for minute := range 24 * 60 {
			clock.Store(begin.Add(time.Duration(day)*24*time.Hour + time.Duration(minute)*time.Minute).Unix())
			for _, fn := range events[now().Unix()] {
				fn()
			}
			if minute%poll == 0 {
				do(step{Do: "sync"})
			}
		}
		do(step{Do: "restart"})
		do(step{Do: "sync"})
		u := do(step{Do: "look"}).Usage
		if wrote := u.Written - before.Written; wrote > flashADay {
			t.Errorf("day %d: %d KB written to flash, at most %d may be", day+1, wrote>>10, flashADay>>10)
		}
		if u.Memory > longMemory || u.Files > longFiles || u.Stored > longStored {
			t.Errorf("day %d: %+v", day+1, u)
		}
		if day < 3 || day%10 == 1 {
			t.Logf("day %d: %d KB written, %+v", day+1, (u.Written-before.Written)>>10, u)
		}
		before = u
		seen = append(seen, u)
	}
	on := 0
	for _, f := range all {
		for _, n := range f.View().Notes {
			on += len(n.Heads)
		}
	}
	if on != entries || entries != flights*8 || flights < days*3 {
		t.Errorf("%d entries on ground, %d recorded on %d flights", on, entries, flights)
	}
	first, last := peak(seen[min(9, len(seen)-1):min(20, len(seen))]), peak(seen[max(0, len(seen)-10):])
	if days >= 20 && (last.Memory > first.Memory*5/4 || last.Files > first.Files+5 || last.Stored > first.Stored*5/4 || last.Names > first.Names*5/4) {
		t.Errorf("it grows: %+v, in the second week %+v", last, first)
	}
	wrote := peakWritten(seen)
	summary.line(t, "kind=long-run days=%d flights=%d entries=%d memory-mb=%d files=%d stored-mb=%d tables=%d flash-mb-a-day=%d lost=%d",
		days, flights, entries, last.Memory>>20, last.Files, last.Stored>>20, last.Tables, wrote>>20, entries-on)
}

// peak is the most of each.
func peak(days []usage) (most usage) {
	for _, u := range days {
		most.Memory, most.Files = max(most.Memory, u.Memory), max(most.Files, u.Files)
		most.Stored, most.Names, most.Tables = max(most.Stored, u.Stored), max(most.Names, u.Names), max(most.Tables, u.Tables)
	}
	return most
}

// peakWritten is the most that a day wrote.
func peakWritten(days []usage) (most int64) {
	before := int64(0)
	for _, u := range days {
		most, before = max(most, u.Written-before), u.Written
	}
	return most
}
