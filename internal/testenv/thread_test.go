//go:build linux

package testenv

import (
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestThreadOutlivesItsWork: a program that was started by a thread with other work survives the
// end of that work. Three threads at once: the process's first one never ends.
func TestThreadOutlivesItsWork(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	all.Add(3)
	ended := make(chan error, 3)
	for range 3 {
		cmd := exec.Command("sleep", "30")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		started := make(chan error, 1)
		go onThread(func() { started <- cmd.Start(); all.Done(); all.Wait() })
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
		go func() { ended <- cmd.Wait() }()
	}
	select {
	case err := <-ended:
		t.Fatalf("one died with the work of its thread: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
}
