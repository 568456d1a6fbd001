// Package power proves on real disks and with real processes that what was acknowledged stays:
// programs killed at any moment, power cut, flushes that fail, full disks, flipped bits.
//
// As an ordinary test it runs a sample; `make power` runs the whole. What needs root or a tool
// that is missing is named and counted in the last line, never silently left out.
package power

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
)

var full = flag.Bool("power.full", false, "run everything, not a sample")
var seed = flag.Uint64("power.seed", 1, "seed of all moments and choices")

// amount is the sample's, or the whole's.
func amount(sample, whole int) int {
	if *full {
		return whole
	}
	return sample
}

func TestMain(m *testing.M) {
	if text := os.Getenv(writerEnv); text != "" {
		os.Exit(work(text))
	}
	if dir := os.Getenv(longEnv); dir != "" {
		os.Exit(long(dir))
	}
	flag.Parse()
	code := m.Run()
	summary.print()
	os.Exit(code)
}

// summary gathers the last lines.
var summary report

type report struct {
	mu      sync.Mutex
	lines   []string
	missing []string
}

func (r *report) line(t testing.TB, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := fmt.Sprintf("power: "+format, args...)
	r.lines = append(r.lines, line)
	t.Log(line)
}

// skip ends a test that cannot run here, and counts it.
func (r *report) skip(t testing.TB, what string, err error) {
	t.Helper()
	r.mu.Lock()
	name := fmt.Sprintf("%s(%v)", what, err)
	r.missing = append(r.missing, strings.ReplaceAll(name, " ", "_"))
	r.mu.Unlock()
	t.Skipf("power: skipped %s: %v", what, err)
}

func (r *report) print() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 && len(r.missing) == 0 {
		return
	}
	for _, line := range r.lines {
		fmt.Println(line)
	}
	sort.Strings(r.missing)
	fmt.Printf("power: seed=%d full=%v parts=%d skipped=%d %s\n", *seed, *full, len(r.lines), len(r.missing), strings.Join(r.missing, " "))
}
