//go:build !linux

package clock

import "time"

// Machine is this machine's [Boot]: here, since this program started.
func Machine() (id string, up time.Duration) { return thisRun(), time.Since(started) }
