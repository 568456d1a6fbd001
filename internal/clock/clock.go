// Package clock makes the one clock of a process. Everything below cmd is given its Now.
package clock

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Flags are the clock flags of every command; for demonstrations and tests.
type Flags struct {
	Now       string  `help:"Start the clock at this RFC 3339 time, or follow the time in @FILE." placeholder:"TIME|@FILE" env:"CABINLOOP_NOW"`
	ClockRate float64 `help:"How many seconds pass in one real second." default:"1" env:"CABINLOOP_CLOCK_RATE"`
}

// Func returns the clock: the wall clock when no flag is set. With @FILE the file is read at
// each call, so that several processes share a clock which a script moves; while the file
// cannot be read the last time read stays. The result is safe for concurrent use.
func (f Flags) Func() (func() time.Time, error) {
	if f.Real() {
		return func() time.Time { return time.Now().UTC() }, nil
	}
	if file, ok := strings.CutPrefix(f.Now, "@"); ok {
		if _, err := read(file); err != nil {
			return nil, err
		}
		return follow(file), nil
	}
	start, base := time.Now(), time.Now()
	if f.Now != "" {
		var err error
		if base, err = time.Parse(time.RFC3339, f.Now); err != nil {
			return nil, fmt.Errorf("--now takes a time like 2026-11-21T08:00:00Z or @FILE: %w", err)
		}
	}
	rate := f.ClockRate
	if rate <= 0 {
		rate = 1
	}
	return func() time.Time {
		return base.Add(time.Duration(float64(time.Since(start)) * rate)).UTC()
	}, nil
}

// Set writes t to a clock file, whole or not at all.
func Set(file string, t time.Time) error {
	tmp := file + ".new"
	if err := os.WriteFile(tmp, []byte(t.UTC().Format(time.RFC3339Nano)+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

func read(file string) (time.Time, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, fmt.Errorf("clock file: %w", err)
	}
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Time{}, fmt.Errorf("clock file %s: %w", file, err)
	}
	return t, nil
}
