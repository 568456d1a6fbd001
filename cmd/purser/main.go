// Command purser is the tablet: the purser's pages on loopback, and the same from the command
// line. It links nothing of the ground and no SQL driver.
package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/internal/cli"
)

func main() {
	var c commands
	os.Exit(cli.Main("purser", "Cabinloop in the cabin.", &c, os.Args[1:], func() bool { return c.JSON },
		func(ctx context.Context, io cli.IO, k *kong.Context) error {
			a, err := newApp(ctx, io, c.globals)
			if err != nil {
				return err
			}
			defer a.close()
			return k.Run(a)
		}))
}
