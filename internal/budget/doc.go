// Package budget reads the events of `go test -json` and tells what a person wants of a run:
// each package's own summary line as it ends, the output of what failed, every skipped test
// with its reason, what each package cost, and one closing line of counts.
//
// Each test and subtest counts once. A package that fails without a failing test (it does not
// compile, it panics, its TestMain ends it) counts as one failure. A run without any test is a
// failure too: nothing was shown.
package budget
