package clock

import (
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var bootID = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return thisRun()
	}
	return strings.TrimSpace(string(b))
})

// Machine is this machine's [Boot].
func Machine() (id string, up time.Duration) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return thisRun(), time.Since(started)
	}
	return bootID(), time.Duration(t.Nano())
}
