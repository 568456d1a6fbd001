package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cabinloop/cabinloop/internal/cli"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

type playCmd struct {
	DB    string `help:"Database of the ground; a fresh SQLite file by default." env:"CABINLOOP_DEMO_DB"`
	Dir   string `help:"Folder for everything the demo writes; it is emptied first." default:"var/demo"`
	Once  bool   `help:"Play to the end without waiting, and exit 0 only if every sum closes."`
	Short bool   `help:"One flight only."`
	Kills int    `help:"Kill programs at most so many times at random moments while playing."`
	Seed  uint64 `help:"Seed of the kills." default:"1"`
}

// summary is the JSON of the command-line contract.
type summary struct {
	Posts   int `json:"posts"`
	Cases   int `json:"cases"`
	Flagged int `json:"flagged"`
	flightsync.Sums
	OpsIssued      int      `json:"ops_issued"`
	OpsOnGround    int      `json:"ops_on_ground"`
	FollowUps      int      `json:"follow_ups"`
	Closed         int      `json:"closed"`
	Duplicated     int      `json:"duplicated"`
	Lost           int      `json:"lost"`
	SumsClose      bool     `json:"sums_close"`
	Seconds        float64  `json:"seconds"`
	Kills          int      `json:"kills,omitempty"`
	Contradictions []string `json:"contradictions,omitempty"`
}

var storyStart = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

func (c *playCmd) Run(ctx context.Context, out cli.IO) error {
	w, err := newWorld(ctx, c.Dir, c.DB, storyStart)
	if err != nil {
		return err
	}
	defer w.close()
	s := &story{world: w, out: out.Err, begun: time.Now(), short: c.Short}
	if !out.JSON {
		s.out = out.Out
	}
	if !c.Once {
		s.pause = 2 * time.Second
	}
	kills, err := c.play(ctx, s)
	if err != nil {
		return err
	}
	sum, err := s.sum()
	if err != nil {
		return err
	}
	sum.Kills = kills
	if err := out.Print(sum, func(o io.Writer) { printSummary(o, sum) }); err != nil {
		return err
	}
	if !sum.SumsClose || sum.Lost != 0 || sum.Duplicated != 0 {
		return fmt.Errorf("the loop does not close: lost %d, duplicated %d, sums close %v %v", sum.Lost, sum.Duplicated, sum.SumsClose, sum.Contradictions)
	}
	if c.Once {
		return nil
	}
	return s.stayUp()
}

// play plays the story, with programs being killed when asked for.
func (c *playCmd) play(ctx context.Context, s *story) (int, error) {
	if c.Kills == 0 {
		return 0, s.play()
	}
	if err := s.prepare(); err != nil {
		return 0, err
	}
	// Kills end with the script: one after it would prove nothing.
	ctx, end := context.WithCancel(ctx)
	defer end()
	wait := s.chaos(ctx, c.Kills, c.Seed)
	err := s.acts()
	end()
	kills, failed := wait()
	if err := errors.Join(err, failed); err != nil {
		return kills, err
	}
	return kills, s.settled()
}

// summaryOfGround is what the story reads of ground's books.
type summaryOfGround struct {
	summary
	Recorded int      `json:"recorded"`
	Gestures int      `json:"gestures"`
	Sealed   int      `json:"sealed"`
	Waiting  []string `json:"waiting"`
}

// verify reads ground's books; when they do not close, the command fails but its document says why.
func (s *story) verify(g *summaryOfGround) error {
	raw, err := s.run("ground", "verify", "--db", s.db, "--json")
	if jsonErr := json.Unmarshal(raw, g); jsonErr != nil {
		return fmt.Errorf("ground verify: %w", err)
	}
	return nil
}

// sum holds what the tablets say against what the ground has.
func (s *story) sum() (summary, error) {
	var g summaryOfGround
	if err := s.verify(&g); err != nil {
		return summary{}, err
	}
	issued := 0
	for _, t := range s.tablets {
		t.Stop() // its data folder has one owner at a time
		var st struct {
			Issued int `json:"issued"`
		}
		out, err := s.run("purser", "status", "--data", t.dir, "--json")
		if err != nil {
			return summary{}, err
		}
		if err := json.Unmarshal(out, &st); err != nil {
			return summary{}, err
		}
		issued += st.Issued
	}
	return s.balance(g, issued, len(posts)), nil
}

// balance counts what is lost and what is there twice: ops by the tablets' own count, entries
// by the taps of people, posts by the file they came from.
func (s *story) balance(g summaryOfGround, issued, posts int) summary {
	sum := g.summary
	sum.OpsIssued = issued
	sum.Lost = max(0, issued-sum.OpsOnGround) + max(0, s.taps-g.Recorded) + max(0, s.gifts-g.Gestures) + max(0, posts-g.Posts)
	sum.Duplicated = max(0, sum.OpsOnGround-issued) + max(0, g.Recorded-s.taps) + max(0, g.Gestures-s.gifts) + max(0, g.Posts-posts)
	sum.SumsClose = g.SumsClose && sum.Sums.Close() && issued == sum.OpsOnGround
	sum.Seconds = time.Since(s.begun).Seconds()
	return sum
}

func printSummary(w io.Writer, s summary) {
	fmt.Fprintf(w, "\nposts %d → cases %d → flagged %d → notes compiled %d\n", s.Posts, s.Cases, s.Flagged, s.Compiled)
	fmt.Fprintf(w, "compiled %d = delivered %d + never delivered %d + withdrawn %d\n", s.Compiled, s.Delivered, s.NeverDelivered, s.Withdrawn)
	fmt.Fprintf(w, "delivered %d = seen %d + not seen %d\n", s.Delivered, s.Seen, s.NotSeen)
	fmt.Fprintf(w, "seen %d = acted %d + declined %d + not possible %d + disputed %d + no outcome %d\n", s.Seen, s.Acted, s.Declined, s.NotPossible, s.Disputed, s.NoOutcome)
	fmt.Fprintf(w, "ops the tablets issued %d = ops on ground %d\n", s.OpsIssued, s.OpsOnGround)
	fmt.Fprintf(w, "follow-ups %d, loops closed %d\n", s.FollowUps, s.Closed)
	fmt.Fprintf(w, "lost: %d, duplicated: %d, sums_close: %v  (%.1f s)\n", s.Lost, s.Duplicated, s.SumsClose, s.Seconds)
}

// stayUp starts the tablets again, prints where everything is, and lets the story's clock run.
func (s *story) stayUp() error {
	var account struct{ Name, Password string }
	if err := s.groundJSON(&account, "user", "add", "demo", "--role", "social", "--role", "ground", "--role", "admin"); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nconsole   %s   sign in as %q with the one-time password %s\n", s.ground.URL(), account.Name, account.Password)
	for _, t := range s.tablets {
		if err := t.Start(s.ctx); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%-9s %s\n", t.Name, t.URL())
	}
	fmt.Fprintf(s.out, "logs      %s/processes.log\nCtrl-C ends it all.\n", s.dir)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return nil
		case <-tick.C:
			if err := s.at(s.now.Add(time.Second)); err != nil {
				return err
			}
		}
	}
}
