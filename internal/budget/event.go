package budget

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// maxLine bounds one line of test output, in bytes; a test that logs a whole page fits.
const maxLine = 16 << 20

// event is one line of `go test -json`, as `go doc test2json` describes it.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events, instead of Package
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// Read feeds every event of r to the run. Lines that are no JSON, which go writes when it cannot
// even start, count as output of the run itself.
func (run *Run) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(run.out, lines.Text())
			continue
		}
		run.take(e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the events of go test: %w", err)
	}
	return nil
}
