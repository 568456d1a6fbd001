// Command loopbench measures the programs of Cabinloop on this machine: load, latency, bytes on
// the wire, memory, starts and durable writes, all of them in this run.
package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/internal/cli"
)

func main() {
	var c benchCmd
	os.Exit(cli.Main("loopbench", "Measure Cabinloop's programs on this machine; ours beside a floor; takes less than ten minutes.", &c, os.Args[1:],
		func() bool { return c.JSON },
		func(ctx context.Context, io cli.IO, _ *kong.Context) error { return c.run(ctx, io) }))
}
