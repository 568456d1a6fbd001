// Command demo plays the whole loop on one machine: a ground, three tablets, invented
// passengers, posts in several languages, and two flights that take off and land.
package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/internal/cli"
)

type commands struct {
	Play playCmd `cmd:"" default:"withargs" help:"Play the story."`
	Real realCmd `cmd:"" help:"Close the loop on real posts: --data is the folder of the data sets."`
	JSON bool    `help:"Print exactly one JSON document on standard output."`
}

func main() {
	var c commands
	os.Exit(cli.Main("demo", "The whole Cabinloop on one machine.", &c, os.Args[1:], func() bool { return c.JSON },
		func(ctx context.Context, io cli.IO, k *kong.Context) error {
			k.BindTo(ctx, (*context.Context)(nil))
			return k.Run(io)
		}))
}
