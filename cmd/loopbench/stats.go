package main

import (
	"slices"
	"time"
)

// spread is how a number of times lie, milliseconds.
type spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// spreadOf takes percentiles by nearest rank: the smallest time that at least that share of all
// does not exceed. It sorts times.
func spreadOf(times []time.Duration) spread {
	if len(times) == 0 {
		return spread{}
	}
	slices.Sort(times)
	at := func(percent int) float64 { return ms(times[(percent*len(times)+99)/100-1]) }
	return spread{len(times), at(50), at(99), at(100)}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
