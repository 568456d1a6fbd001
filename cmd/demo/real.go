package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/cabinloop/cabinloop/internal/cli"
)

// realCmd closes the loop on real complaint texts: the posts are real, the customers and
// flights come from an invented booking set, the feedback is seeded.
type realCmd struct {
	Data    string `required:"" type:"existingdir" help:"Folder of the data sets."`
	DB      string `help:"Database of the ground; a fresh SQLite file by default."`
	Dir     string `help:"Folder for everything that is written; it is emptied first." default:"var/loop-real"`
	Seed    uint64 `help:"Seed of the sample and of the feedback." default:"42"`
	Tie     int    `help:"How many negative posts are tied to customers." default:"1000"`
	Flights int    `help:"How many flights carry them." default:"120"`
	Tablets int    `help:"How many tablets serve the flights." default:"12"`
}

// realStart is the morning of the story: flights leave in the next two days.
var realStart = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)

// realLoop is the run of one realCmd.
type realLoop struct {
	*story
	cmd    *realCmd
	rand   *rand.Rand
	plan   plan
	agents []*seat
}

func (c *realCmd) Run(ctx context.Context, out cli.IO) error {
	w, err := newWorld(ctx, c.Dir, c.DB, realStart)
	if err != nil {
		return err
	}
	defer w.close()
	l := &realLoop{story: &story{world: w, out: out.Err, begun: time.Now()}, cmd: c, rand: rand.New(rand.NewPCG(c.Seed, 2))}
	if !out.JSON {
		l.out = out.Out
	}
	defer l.closeAgents()
	for _, step := range []func() error{l.begin, l.bring, l.flag, l.carry, l.fly, l.home, l.finish} {
		if err := step(); err != nil {
			return err
		}
	}
	sum, err := l.total()
	if err != nil {
		return err
	}
	if err := out.Print(sum, func(o io.Writer) { printSummary(o, sum); fmt.Fprintf(o, "sums_close=%v\n", closes(sum)) }); err != nil {
		return err
	}
	if !closes(sum) {
		return fmt.Errorf("the loop does not close on real posts: lost %d, duplicated %d, sums close %v %v", sum.Lost, sum.Duplicated, sum.SumsClose, sum.Contradictions)
	}
	return nil
}

func closes(s summary) bool { return s.SumsClose && s.Lost == 0 && s.Duplicated == 0 }

// begin starts the ground and reads the plan.
func (l *realLoop) begin() (err error) {
	if l.plan, err = makePlan(l.cmd, l.rand); err != nil {
		return err
	}
	if err := l.ground.Start(l.ctx); err != nil {
		return err
	}
	for i := range l.cmd.Tablets {
		if err := l.newSeat(fmt.Sprintf("tablet-%02d", i+1)); err != nil {
			return err
		}
	}
	l.tell("%d flights of invented customers in the next two days, %d tablets", len(l.plan.flights), len(l.agents))
	return nil
}

// bring imports bookings, crew and every real post, the posts twice.
func (l *realLoop) bring() error {
	if err := l.give("bookings", "bookings.csv", l.plan.bookings); err != nil {
		return err
	}
	if err := l.give("crew", "crew.csv", l.plan.crew(l.cmd.Tablets)); err != nil {
		return err
	}
	file := filepath.Join(l.cmd.Data, "us-airline-tweets", "train.csv")
	var first, again struct{ Taken, Duplicate, Refused int }
	began := time.Now()
	if err := l.groundJSON(&first, "import", "posts", "--channel", "x", file); err != nil {
		return err
	}
	took := time.Since(began)
	if err := l.groundJSON(&again, "import", "posts", "--channel", "x", file); err != nil {
		return err
	}
	if first.Taken != l.plan.posts || first.Refused != 0 || first.Taken+first.Duplicate != l.plan.rows || again.Taken != 0 || again.Duplicate != l.plan.rows {
		return fmt.Errorf("of %d rows with %d posts the first import took %d and knew %d, the second took %d and knew %d", l.plan.rows, l.plan.posts, first.Taken, first.Duplicate, again.Taken, again.Duplicate)
	}
	l.tell("%d rows taken in %.1f s (%.0f/s): %d real posts, %d given twice, refused %d; the second import added nothing",
		l.plan.rows, took.Seconds(), float64(l.plan.rows)/took.Seconds(), first.Taken, first.Duplicate, first.Refused)
	return nil
}

// flag records the consent of the invented customers and flags by rule.
func (l *realLoop) flag() error {
	var rows []caseRow
	if err := l.groundJSON(&rows, "case", "list", "--negative", "--linked"); err != nil {
		return err
	}
	args := []string{"consent", "set", "yes", "--words", "invented customer"}
	for _, r := range rows {
		args = append(args, "--case", r.Case)
	}
	if err := l.groundJSON(nil, args...); err != nil {
		return err
	}
	var flagged struct {
		Flagged int
		States  map[string]int
	}
	if err := l.groundJSON(&flagged, "case", "flag", "--rule"); err != nil {
		return err
	}
	if flagged.Flagged < 500 {
		return fmt.Errorf("the rule flagged %d cases; at least 500 were to be tied to customers", flagged.Flagged)
	}
	l.tell("%d negative cases of known customers flagged by rule: %v", flagged.Flagged, flagged.States)
	return nil
}

// carry lets every tablet load its flights.
func (l *realLoop) carry() error {
	if err := l.at(l.now.Add(time.Hour)); err != nil {
		return err
	}
	if err := l.syncAll(); err != nil {
		return err
	}
	notes := 0
	for _, a := range l.agents {
		rows, err := a.Flights(l.ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			notes += r.Notes
		}
	}
	l.tell("the tablets hold %d notes; from here on they are offline", notes)
	return nil
}

// fly lets two days pass, hour by hour: flights leave and land by their messages, and crew act
// an hour after departure, offline.
func (l *realLoop) fly() error {
	last := realStart
	for _, f := range l.plan.flights {
		if f.sta.After(last) {
			last = f.sta
		}
	}
	for last = last.Add(2 * time.Hour); l.now.Before(last); {
		before := l.now
		if err := l.at(before.Add(time.Hour)); err != nil {
			return err
		}
		if telexes := l.plan.telexes(before, l.now); telexes != "" {
			if err := l.give("movements", "movements-"+l.now.Format("02-15")+".txt", telexes); err != nil {
				return err
			}
		}
		for i, f := range l.plan.flights {
			if at := f.std.Add(time.Hour); at.After(before) && !at.After(l.now) {
				if err := l.actOn(l.agents[i%len(l.agents)], f.key()); err != nil {
					return err
				}
			}
		}
	}
	l.tell("%d flights have come and gone; %d outcomes and %d gestures were recorded in the air", len(l.plan.flights), l.taps, l.gifts)
	return nil
}

// home brings the tablets back into the network.
func (l *realLoop) home() error {
	if err := l.syncAll(); err != nil {
		return err
	}
	var g summaryOfGround
	if err := l.verify(&g); err != nil {
		return err
	}
	if g.Sealed < len(l.plan.flights) || g.Sealed < 100 && l.cmd.Flights >= 100 {
		return fmt.Errorf("%d of %d flights are sealed: %v", g.Sealed, len(l.plan.flights), g.Waiting)
	}
	l.tell("%d flights are reconciled and sealed, %d follow-ups born", g.Sealed, g.FollowUps)
	return nil
}

// finish closes every follow-up with a reply made of facts.
func (l *realLoop) finish() error {
	return l.followUps()
}

func (l *realLoop) syncAll() error {
	for _, a := range l.agents {
		if err := l.eventually(a.name+" syncs", func() error {
			rep, err := a.Sync(l.ctx)
			if err == nil && (rep.Pending > 0 || len(rep.Problems) > 0) {
				err = fmt.Errorf("%d entries pending: %v", rep.Pending, rep.Problems)
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// total holds the tablets' own counts against the ground's.
func (l *realLoop) total() (summary, error) {
	var g summaryOfGround
	if err := l.verify(&g); err != nil {
		return summary{}, err
	}
	issued := 0
	for _, a := range l.agents {
		st, err := a.Status(l.ctx)
		if err != nil {
			return summary{}, err
		}
		issued += st.Issued
	}
	return l.balance(g, issued, l.plan.posts), nil
}
