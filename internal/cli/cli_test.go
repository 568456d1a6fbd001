package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/cabinloop/cabinloop/passenger"
)

func TestExitCodes(t *testing.T) {
	type root struct {
		JSON bool     `help:"JSON"`
		Do   struct{} `cmd:"" help:"Do it."`
	}
	for _, tc := range []struct {
		name string
		args []string
		err  error
		want int
	}{
		{"done", []string{"do"}, nil, Done},
		{"failed", []string{"do"}, errors.New("disk"), Failed},
		{"ours", []string{"do"}, passenger.Errorf(passenger.NotFound, "x.Y", "no such flight"), Failed},
		{"refused", []string{"do"}, fmt.Errorf("import: %w", ErrRefused), Refused},
		{"wrong use", []string{"do"}, UsageError{"give a case"}, Usage},
		{"unknown flag", []string{"do", "--wrong"}, nil, Usage},
		{"no command", nil, nil, Usage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var r root
			got := Main("test", "A test.", &r, tc.args, func() bool { return r.JSON }, func(context.Context, IO, *kong.Context) error { return tc.err })
			if got != tc.want {
				t.Errorf("exit code %d, want %d", got, tc.want)
			}
		})
	}
}

func TestTextSaysWhatPeopleMayRead(t *testing.T) {
	cause := errors.New("cause")
	if got := text(passenger.Wrap(passenger.NotFound, "x.Y", "no such flight", cause)); got != "no such flight" {
		t.Errorf("got %q", got)
	}
	if got := text(passenger.Wrap(passenger.Unavailable, "x.Y", "the disk is full", cause)); got != "the disk is full: cause" {
		t.Errorf("got %q", got)
	}
}
