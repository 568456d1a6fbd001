// Command ground is everything that runs on the ground: the server, imports, and the desk
// tools of social team, ground operations and administrator.
package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/internal/cli"
)

func main() {
	var c commands
	os.Exit(cli.Main("ground", "Cabinloop on the ground.", &c, os.Args[1:], func() bool { return c.JSON },
		func(ctx context.Context, io cli.IO, k *kong.Context) error {
			a, err := newApp(ctx, io, c.globals)
			if err != nil {
				return err
			}
			defer a.close()
			return k.Run(a)
		}))
}
