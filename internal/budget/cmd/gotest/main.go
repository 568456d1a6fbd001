// Command gotest runs `go test -json` with its arguments and reports as package budget does.
package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/cabinloop/cabinloop/internal/budget"
)

func main() {
	if err := test(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

func test(args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return budget.Finish(budget.New(os.Stdout), events, cmd.Wait)
}
