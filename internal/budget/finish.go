package budget

import (
	"errors"
	"fmt"
	"io"
)

// Finish reads all events, waits for go test by wait, prints the report and returns an error if
// anything failed: a test, a package, go test itself, or that there was no test.
func Finish(run *Run, events io.Reader, wait func() error) error {
	readErr := run.Read(events)
	if readErr != nil {
		// go test must not block on a pipe that nobody reads.
		io.Copy(io.Discard, events)
	}
	waitErr := wait()
	run.Report()
	switch {
	case readErr != nil:
		return readErr
	case run.passed+run.failed+run.skipped == 0:
		return errors.Join(errors.New("no test ran"), waitErr)
	case waitErr != nil:
		return fmt.Errorf("go test: %w", waitErr)
	case run.Failed():
		return errors.New("tests failed")
	}
	return nil
}
