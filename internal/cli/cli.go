// Package cli runs a command line of Cabinloop: flags by kong, one JSON document on standard
// output under --json and everything else on standard error, and the exit codes of the
// command-line contract: 0 done, 1 failed, 2 wrong usage, 3 done but some input was refused.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/passenger"
)

// The exit codes.
const (
	Done    = 0
	Failed  = 1
	Usage   = 2
	Refused = 3
)

// ErrRefused is returned by a command that is done but refused some input; its report said which.
var ErrRefused = errors.New("some input was refused")

// UsageError is a wrong use that the flags alone cannot see.
type UsageError struct{ Text string }

// Error implements error.
func (e UsageError) Error() string { return e.Text }

// IO is where a command talks to.
type IO struct {
	Out, Err io.Writer
	JSON     bool
}

// Print writes v as the one JSON document under --json, else calls text.
func (o IO) Print(v any, text func(w io.Writer)) error {
	if !o.JSON {
		text(o.Out)
		return nil
	}
	enc := json.NewEncoder(o.Out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Runner is a parsed command line: bind gives the commands what they run with.
type Runner func(ctx context.Context, io IO, k *kong.Context) error

// Main parses args into root, a struct of kong commands, and runs it. json reads the --json
// flag after parsing. It returns the exit code; SIGINT and SIGTERM cancel the context.
func Main(name, description string, root any, args []string, json func() bool, run Runner) int {
	k, err := kong.New(root, kong.Name(name), kong.Description(description), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Writers(os.Stdout, os.Stderr))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return Usage
	}
	parsed, err := k.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v; see %s --help\n", name, err, name)
		return Usage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = run(ctx, IO{Out: os.Stdout, Err: os.Stderr, JSON: json()}, parsed)
	var wrong UsageError
	switch {
	case err == nil:
		return Done
	case errors.Is(err, ErrRefused):
		return Refused
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return Usage
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", name, text(err))
	return Failed
}

// text is what a person at the terminal reads: the public text of our errors, and the whole
// of others, which come from the machine (a port in use, a file that is not there).
func text(err error) string {
	var e *passenger.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.Err != nil && (e.Code == passenger.Unavailable || e.Code == passenger.Internal || e.Code == passenger.Corrupt) {
		return e.Public + ": " + e.Err.Error()
	}
	return e.Public
}
