// Command prepare makes sure that what the tests start from outside, PostgreSQL and Chromium,
// is on this machine: as root on Debian it installs what is missing, elsewhere it says how.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := testenv.Prepare(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}
