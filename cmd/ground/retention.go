package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cabinloop/cabinloop/ground/subject"
)

type retentionCmd struct {
	Run retentionRunCmd `cmd:"" help:"Let go what has had its time; see docs/privacy.md."`
}

type retentionRunCmd struct {
	DryRun bool `help:"Only say what would go."`
}

func (c *retentionRunCmd) Run(a *app) error {
	if err := a.open(); err != nil {
		return err
	}
	swept, err := a.subjects(nil).Retain(a.ctx, subject.DefaultPolicy(), c.DryRun, a.By)
	if err != nil {
		return err
	}
	return a.Print(map[string]any{"dry_run": c.DryRun, "kinds": swept}, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		said := "GONE"
		if c.DryRun {
			said = "WOULD GO"
		}
		fmt.Fprintf(t, "KIND\tKEPT (DAYS)\t%s\n", said)
		for _, s := range swept {
			fmt.Fprintf(t, "%s\t%d\t%d\n", s.Kind, s.Days, s.Gone)
		}
		t.Flush()
	})
}
