package main

import (
	"testing"
	"time"
)

func TestASweepTakesATwentiethOfACore(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: sweepEvery,
		time.Second:           20 * time.Second,
		time.Hour:             sweepLatest,
	} {
		if got := rest(took); got != want {
			t.Errorf("after a sweep of %v it rests %v, want %v", took, got, want)
		}
	}
}
