// Command loopfloor is the floor's ground or tablet as a process of its own, so that loopbench can
// read its processor time and memory beside those of the product's programs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cabinloop/cabinloop/cmd/loopbench/floor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loopfloor:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 3 && args[0] == "ground":
		return floor.Serve(ctx, args[1], args[2], os.Stderr)
	case len(args) == 3 && args[0] == "pull":
		return floor.PullOnce(ctx, args[1], args[2])
	}
	return fmt.Errorf("loopfloor ground DIR LISTEN | pull DIR URL")
}
