package scenario_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// purser is the tablet's program, on Badger.
type purser struct {
	*world
	name  string
	dir   string
	agent *tablet.Agent
	away  bool
	skew  time.Duration
	seat  string // on the LAN
	floor uint64 // free disk space below which nothing is recorded; 0 is the store's own
	log   logged
}

func newPurser(w *world, name string) *purser {
	w.Helper()
	p := &purser{world: w, name: name, dir: w.TempDir(), seat: w.lan.seat()}
	p.start()
	code, err := w.auth.Invite(w.ctx, name, "admin")
	w.must(err)
	w.must(p.agent.Enrol(w.ctx, crewtest.URL, code, name))
	return p
}

// open opens the data directory as the program does at its start.
func (p *purser) open() (*tablet.Agent, error) {
	return tablet.Open(tablet.Config{Dir: p.dir, Now: p.clock, Boot: p.boot, Rand: rand.Reader, HTTP: p.http(&p.away), Floor: p.floor,
		LAN: &tablet.LAN{Listen: p.seat, Link: &p.lan, Peers: p.lan.others(p.seat)}, Log: slog.New(slog.NewTextHandler(&p.log, nil))})
}

func (p *purser) start() {
	p.Helper()
	a, err := p.open()
	p.must(err)
	p.agent = a
	p.Cleanup(func() { a.Close() })
}

func (p *purser) stop() { p.Helper(); p.must(p.agent.Close()) }

func (p *purser) Name() string                  { return p.name }
func (p *purser) Offline(away bool)             { p.away = away }
func (p *purser) Skew(d time.Duration)          { p.skew = d }
func (p *purser) clock() time.Time              { return p.now().Add(p.skew) }
func (p *purser) boot() (string, time.Duration) { return "one machine", p.now().Sub(time.Unix(0, 0)) }
func (p *purser) Restart()                      { p.Helper(); p.stop(); p.start() }

func (p *purser) ID() passenger.TabletID { return p.status().Tablet }

func (p *purser) status() tablet.Status {
	p.Helper()
	st, err := p.agent.Status(p.ctx)
	p.must(err)
	return st
}

func (p *purser) Clone() device {
	p.Helper()
	p.stop()
	twin := &purser{world: p.world, name: p.name + " twin", dir: p.TempDir(), skew: p.skew, seat: p.lan.seat()}
	p.must(os.CopyFS(twin.dir, os.DirFS(p.dir)))
	p.must(os.Chmod(filepath.Join(twin.dir, "device.keys"), 0o600)) // CopyFS forgets modes
	p.start()
	twin.start()
	return twin
}

func (p *purser) Sync() error {
	rep, err := p.agent.Sync(p.ctx)
	if err == nil && len(rep.Problems) > 0 {
		err = fmt.Errorf("%d problems: %s", len(rep.Problems), rep.Problems[0])
	}
	return err
}

func (p *purser) page(k passenger.FlightKey) tablet.FlightPage {
	p.Helper()
	page, err := p.agent.Flight(p.ctx, k.String())
	p.must(err)
	return page
}

func (p *purser) Notes(k passenger.FlightKey) (out []note) {
	p.Helper()
	for _, c := range p.page(k).Cards {
		n := note{Dot: c.Dot, Traveller: c.Note.Traveller, Name: c.Note.Name, Seat: c.Note.Seat, Retracted: c.Retracted, Disputed: c.Disputed, Verdict: c.Verdict}
		if c.SeatNow != "" {
			n.Seat = c.SeatNow
		}
		if c.Outcome != nil {
			n.Outcome = c.Outcome.Outcome
		}
		out = append(out, n)
	}
	return out
}

func (p *purser) entry(k passenger.FlightKey, d flightsync.Dot, fb passenger.Feedback) tablet.Entry {
	return tablet.Entry{Flight: k, Note: d, Nonce: salt(), Feedback: fb}
}

func (p *purser) Record(k passenger.FlightKey, d flightsync.Dot, fb passenger.Feedback) error {
	if err := p.agent.Seen(p.ctx, k.String(), d); err != nil {
		return err
	}
	_, err := p.agent.Record(p.ctx, p.entry(k, d, fb))
	return err
}

func (p *purser) Resolve(k passenger.FlightKey, d flightsync.Dot, fb passenger.Feedback) error {
	e := p.entry(k, d, fb)
	e.Resolve = true
	_, err := p.agent.Record(p.ctx, e)
	return err
}

func (p *purser) SeatNow(k passenger.FlightKey, no passenger.TravellerNo, seat passenger.Seat) error {
	return p.agent.SeatNow(p.ctx, k.String(), no, seat, salt())
}

func (p *purser) HandIn(k passenger.FlightKey) error { return p.agent.HandIn(p.ctx, k.String()) }
