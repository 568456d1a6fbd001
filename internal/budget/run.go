package budget

import (
	"fmt"
	"io"
	"strings"
)

// Run collects one run of go test. Make it with [New], feed it with Read, end it with Report.
// Not safe for concurrent use.
type Run struct {
	out                     io.Writer
	passed, failed, skipped int
	output                  map[testID]*strings.Builder // of what still runs
	builds                  map[string]*strings.Builder // compiler output by import path
	failedIn                map[string]int              // failed tests by package
	skips                   []skip
	packages                []cost
	endedOK                 bool
}

type testID struct{ pkg, test string }

type skip struct {
	id     testID
	reason string
}

type cost struct {
	pkg     string
	seconds float64
	cached  bool
}

// New returns a run that writes to out.
func New(out io.Writer) *Run {
	return &Run{out: out, output: map[testID]*strings.Builder{}, builds: map[string]*strings.Builder{}, failedIn: map[string]int{}, endedOK: true}
}

func (run *Run) take(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		builderOf(run.builds, e.ImportPath).WriteString(e.Output)
	case "output":
		builderOf(run.output, id).WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			run.endPackage(e)
		} else {
			run.endTest(id, e.Action)
		}
		delete(run.output, id)
	}
}

func (run *Run) endTest(id testID, action string) {
	text := builderOf(run.output, id).String()
	switch action {
	case "pass":
		run.passed++
	case "fail":
		run.failed++
		run.failedIn[id.pkg]++
		io.WriteString(run.out, withoutProgress(text))
	case "skip":
		run.skipped++
		run.skips = append(run.skips, skip{id, reason(text)})
	}
}

// endPackage prints the package's closing lines and, if nothing else told why it failed,
// everything it said.
func (run *Run) endPackage(e event) {
	text := builderOf(run.output, testID{pkg: e.Package}).String()
	if e.Action == "fail" {
		run.endedOK = false
		if run.failedIn[e.Package] == 0 {
			run.failed++
			if b := run.builds[e.FailedBuild]; b != nil {
				io.WriteString(run.out, b.String())
			}
			run.unfinished(e.Package)
		}
		io.WriteString(run.out, text)
		run.packages = append(run.packages, cost{e.Package, e.Elapsed, false})
		return
	}
	summary := summaryLine(text)
	io.WriteString(run.out, summary)
	if !strings.Contains(summary, "[no test files]") {
		run.packages = append(run.packages, cost{e.Package, e.Elapsed, strings.Contains(summary, "(cached)")})
	}
}

// unfinished prints what the tests of pkg said that began and never ended: the panic is there.
func (run *Run) unfinished(pkg string) {
	for id, b := range run.output {
		if id.pkg == pkg && id.test != "" {
			io.WriteString(run.out, withoutProgress(b.String()))
		}
	}
}

// Failed says whether the run must not count as a success. Valid after Read.
func (run *Run) Failed() bool {
	return !run.endedOK || run.failed > 0 || run.passed+run.skipped == 0
}

// Counts returns how many tests and subtests passed, failed and were skipped.
func (run *Run) Counts() (passed, failed, skipped int) { return run.passed, run.failed, run.skipped }

// reason returns what a skipped test said, on one line.
func reason(text string) string {
	var said []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

// withoutProgress drops the "=== RUN" lines that go test -v adds.
func withoutProgress(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "=== ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// summaryLine returns the line by which go test without -v would close the package.
func summaryLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") || strings.Contains(line, "[no test files]") {
			return line
		}
	}
	return ""
}

func builderOf[K comparable](m map[K]*strings.Builder, key K) *strings.Builder {
	b := m[key]
	if b == nil {
		b = &strings.Builder{}
		m[key] = b
	}
	return b
}

// Report prints the skipped tests, the cost table and the closing line of counts.
func (run *Run) Report() {
	if len(run.skips) > 0 {
		fmt.Fprintf(run.out, "\nskipped, %d:\n", len(run.skips))
		for _, s := range run.skips {
			fmt.Fprintf(run.out, "  %s %s: %s\n", s.id.pkg, s.id.test, s.reason)
		}
	}
	run.table()
	fmt.Fprintf(run.out, "\n%d passed, %d failed, %d skipped\n", run.passed, run.failed, run.skipped)
}
