// Command purser is the program of a crew tablet: it keeps the flights of the tablet, shows
// them on this machine and brings what the crew recorded to ground.
package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/internal/cli"
)

func main() {
	var c commands
	os.Exit(cli.Main("purser", "Cabinloop on the tablet.", &c, os.Args[1:], func() bool { return c.JSON },
		func(ctx context.Context, io cli.IO, k *kong.Context) error {
			a, err := newApp(ctx, io, c.globals)
			if err != nil {
				return err
			}
			defer a.close()
			return k.Run(a)
		}))
}
