package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// reaper waits until its standard input closes, which happens when the test process ends for
// whatever reason, and then removes the scratch folder. A dying database may still write for a
// moment, so it tries for a few seconds.
const reaper = `cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null; [ -e "$1" ] || exit 0; sleep 0.5; done`

var scratch struct {
	once sync.Once
	dir  string
	err  error
	// alive is the writing end of the reaper's standard input. Nothing is ever written; it is
	// kept reachable so that it closes with the process and not with a garbage collection.
	alive *os.File
}

// scratchDir returns the folder of this test process, made at the first call. It is open to
// other users because the database runs as one.
func scratchDir() (string, error) {
	scratch.once.Do(func() { scratch.dir, scratch.err = makeScratch() })
	return scratch.dir, scratch.err
}

func makeScratch() (string, error) {
	dir, err := os.MkdirTemp("", "cabinloop-test-")
	if err != nil {
		return "", fmt.Errorf("scratch folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("scratch folder: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("scratch folder: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", reaper, "reaper", dir)
	cmd.Stdin = r
	// Its own session: an interrupt from the keyboard ends the tests, not the one who tidies up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return "", fmt.Errorf("scratch folder: start its watcher: %w", err)
	}
	scratch.alive = w
	return dir, nil
}
