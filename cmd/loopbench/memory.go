package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/screen"
	"github.com/cabinloop/cabinloop/internal/stage"
	"github.com/cabinloop/cabinloop/passenger"
)

// memoryResult is the peak of a tablet's program over loading and showing.
type memoryResult struct {
	Flights    int `json:"flights"`
	Renderings int `json:"renderings"` // of every page
	PeakKB     int `json:"peak_kb"`    // VmHWM, KiB
	// What the programs take of a core while nothing happens, percent.
	TabletIdle float64 `json:"tablet_idle"`
	GroundIdle float64 `json:"ground_idle"`
}

// the tablet that carries all three flights; the parts after this one go on with its folder.
const carrier = "carrier"

var cardRE = regexp.MustCompile(`data-test="note-card" data-dot="([0-9.]+)"`)

func (l leg) path() (string, error) {
	key, err := passenger.ParseFlightKey(l.key())
	return screen.FlightPath(key), err
}

// measureMemory starts a new tablet's program, lets it load three flights through its own
// stream, reads every kind of page ten times, and asks the kernel for the peak.
func (s *site) measureMemory() (r memoryResult, err error) {
	dir, err := s.enrol(carrier, s.ground.URL())
	if err != nil {
		return r, err
	}
	if err := s.give("crew", carrier+".csv", crew(carrier, carried...)); err != nil {
		return r, err
	}
	p := s.serve(carrier, dir)
	if err := p.Start(s.ctx); err != nil {
		return r, err
	}
	defer p.Stop()
	pages := []string{"/", "/status"}
	for _, l := range carried {
		path, err := l.path()
		if err != nil {
			return r, err
		}
		var cards [][]string
		if err := s.until(l.key()+" is loaded", 50*time.Millisecond, func() (bool, error) {
			_, body, err := s.get(p.URL() + path + "?all=1")
			cards = cardRE.FindAllStringSubmatch(body, -1)
			return len(cards) == l.notes, err
		}); err != nil {
			return r, err
		}
		pages = append(pages, path, path+"?all=1", path+"/people", path+"/note/"+cards[0][1])
	}
	for range renderings {
		for _, path := range pages {
			if status, _, err := s.get(p.URL() + path); err != nil || status != 200 {
				return r, fmt.Errorf("%s: status %d, %v", path, status, err)
			}
		}
	}
	r.Flights, r.Renderings = len(carried), renderings
	if r.PeakKB, err = peak(p.PID()); err != nil {
		return r, err
	}
	r.TabletIdle, r.GroundIdle, err = s.idle(p)
	return r, err
}

// idle is what a tablet's program in touch with ground, and ground, take of a core while nothing
// happens, percent.
func (s *site) idle(tablet *stage.Process) (percent, ofGround float64, err error) {
	time.Sleep(idleSettle)
	var took [2][2]time.Duration
	for i := range took {
		for j, p := range []*stage.Process{tablet, s.ground} {
			if took[i][j], err = cpuOf(p.PID()); err != nil {
				return 0, 0, err
			}
		}
		if i == 0 {
			time.Sleep(idleFor)
		}
	}
	of := func(j int) float64 { return 100 * float64(took[1][j]-took[0][j]) / float64(idleFor) }
	return of(0), of(1), nil
}

// peak reads the peak resident memory of a process, KiB.
func peak(pid int) (int, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if v, ok := strings.CutPrefix(sc.Text(), "VmHWM:"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(v), " kB"))
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmHWM", pid)
}
