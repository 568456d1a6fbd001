package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/flightops"
	"github.com/cabinloop/cabinloop/ground/social"
	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

type importCmd struct {
	Posts     importPostsCmd     `cmd:"" help:"Posts of a channel (CSV or JSONL)."`
	Manifest  importManifestCmd  `cmd:"" help:"Passenger lists: PNL, ADL, PIL, PSM, PTM and PFS telexes, or a CSV that is the whole list."`
	Movements importMovementsCmd `cmd:"" help:"Movements and changes of schedule (MVT, MVA, DIV, ACARS OOOI, ASM, SSM)."`
	Bookings  importBookingsCmd  `cmd:"" help:"Bookings with schedules and customers (CSV)."`
	Crew      importCrewCmd      `cmd:"" help:"Which tablet serves which flight (CSV)."`
	Answers   importAnswersCmd   `cmd:"" help:"The airline's past questions and answers (CSV or JSONL); they are masked and offered beside reply drafts."`
}

// files are the arguments every import has.
type files struct {
	DryRun bool     `help:"Check the files; change nothing."`
	File   []string `arg:"" type:"existingfile" help:"Files to take in."`
}

// report prints what an import did; refused input makes the exit code 3.
func (a *app) report(rep *ground.ImportReport) error {
	if rep.Errors == nil {
		rep.Errors = []ground.ImportError{}
	}
	if err := a.Print(rep, func(w io.Writer) {
		fmt.Fprintf(w, "taken %d, duplicate %d, refused %d\n", rep.Taken, rep.Duplicate, rep.Refused)
		for _, e := range rep.Warnings {
			fmt.Fprintf(a.Err, "%s:%d: note: %s\n", e.File, e.Line, e.Reason)
		}
		for _, e := range rep.Errors {
			fmt.Fprintf(a.Err, "%s:%d: refused: %s\n", e.File, e.Line, e.Reason)
		}
	}); err != nil {
		return err
	}
	if rep.Refused > 0 {
		return cli.ErrRefused
	}
	return nil
}

// each opens the files one after the other.
func (f files) each(fn func(name string, r *os.File) error) error {
	for _, name := range f.File {
		r, err := os.Open(name)
		if err != nil {
			return err
		}
		err = fn(name, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

type importPostsCmd struct {
	Channel string `help:"Channel of posts that name none." default:"file"`
	files
}

func (c *importPostsCmd) Run(a *app) error {
	channel, err := passenger.ParseChannel(c.Channel)
	if err != nil {
		return cli.UsageError{Text: passenger.Public(err)}
	}
	if err := a.begin(); err != nil {
		return err
	}
	rep := &ground.ImportReport{}
	if err := c.each(func(name string, r *os.File) error {
		var posts []passenger.Post
		for p, wrong := range social.DecodePosts(r, social.Options{Channel: channel, File: name, Received: a.now()}) {
			if wrong != nil {
				rep.Refuse(wrong.File, wrong.Line, wrong.Error())
				continue
			}
			posts = append(posts, p)
		}
		if c.DryRun {
			rep.Taken += len(posts)
			return nil
		}
		bar := a.progress(len(posts), name)
		taken, err := a.cases.Import(a.ctx, posts, bar)
		rep.Taken += taken.New
		rep.Duplicate += taken.Duplicate
		return err
	}); err != nil {
		return err
	}
	return a.report(rep)
}

// progress shows a bar on a terminal, and nothing elsewhere.
func (a *app) progress(total int, name string) func(int) {
	st, err := os.Stderr.Stat()
	if a.IO.JSON || err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	return func(n int) { _ = bar.Set(n) } // a bar that cannot be drawn is no reason to stop
}

func (a *app) feed(dry bool) flightops.Feed {
	return flightops.Feed{Store: a.db, Dispatch: a.dispatch, DryRun: dry}
}

type importManifestCmd struct{ files }

func (c *importManifestCmd) Run(a *app) error { return a.telexes(c.files, true) }

type importMovementsCmd struct{ files }

func (c *importMovementsCmd) Run(a *app) error { return a.telexes(c.files, false) }

// telexes takes telex files together, so that the parts of a list may lie in several; a CSV is
// the whole list of each flight it names.
func (a *app) telexes(f files, csv bool) error {
	if err := a.begin(); err != nil {
		return err
	}
	rep := &ground.ImportReport{}
	var inputs []flightops.Input
	if err := f.each(func(name string, r *os.File) error {
		if csv && flightops.IsCSV(name) {
			return a.feed(f.DryRun).Bookings(a.ctx, name, r, a.now(), true, rep)
		}
		data, err := io.ReadAll(io.LimitReader(r, flightops.MaxInputBytes+1))
		inputs = append(inputs, flightops.Input{Name: name, Data: data})
		return err
	}); err != nil {
		return err
	}
	if err := a.feed(f.DryRun).Telexes(a.ctx, inputs, a.now(), rep); err != nil {
		return err
	}
	return a.report(rep)
}

type importBookingsCmd struct{ files }

func (c *importBookingsCmd) Run(a *app) error {
	if err := a.begin(); err != nil {
		return err
	}
	rep := &ground.ImportReport{}
	if err := c.each(func(name string, r *os.File) error {
		return a.feed(c.DryRun).Bookings(a.ctx, name, r, a.now(), false, rep)
	}); err != nil {
		return err
	}
	return a.report(rep)
}

type importCrewCmd struct{ files }

func (c *importCrewCmd) Run(a *app) error {
	if err := a.begin(); err != nil {
		return err
	}
	rep := &ground.ImportReport{}
	if err := c.each(func(name string, r *os.File) error {
		return a.feed(c.DryRun).Crew(a.ctx, name, r, rep)
	}); err != nil {
		return err
	}
	return a.report(rep)
}

type importAnswersCmd struct{ files }

func (c *importAnswersCmd) Run(a *app) error {
	if err := a.begin(); err != nil {
		return err
	}
	rep := &ground.ImportReport{}
	if err := c.each(func(name string, r *os.File) error {
		var answers []ground.PastAnswer
		for x, wrong := range social.DecodeAnswers(r, social.Options{File: name}) {
			if wrong != nil {
				rep.Refuse(wrong.File, wrong.Line, wrong.Error())
				continue
			}
			answers = append(answers, x)
		}
		if c.DryRun {
			rep.Taken += len(answers)
			return nil
		}
		taken, duplicate, err := a.followup.ImportAnswers(a.ctx, answers, a.progress(len(answers), name))
		rep.Taken += taken
		rep.Duplicate += duplicate
		return err
	}); err != nil {
		return err
	}
	return a.report(rep)
}
