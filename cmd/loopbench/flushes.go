package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// count is how many flush calls this process made, or why they could not be counted.
type count struct {
	n   int
	why string
}

// flushes counts the calls that flush to disk while fn runs, with strace attached to this process.
func flushes(ctx context.Context, fn func() error) (c count, err error) {
	bin, err := exec.LookPath("strace")
	if err != nil {
		return count{why: "strace is not there"}, fn()
	}
	dir, err := os.MkdirTemp("", "loopbench-strace-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "calls")
	cmd := exec.CommandContext(ctx, bin, "-f", "-q", "-e", "trace=fsync,fdatasync,msync,sync_file_range,syncfs,sync", "-o", out, "-p", strconv.Itoa(os.Getpid()))
	said, err := cmd.StderrPipe()
	if err != nil {
		return c, err
	}
	if err := cmd.Start(); err != nil {
		return count{why: "strace does not start: " + err.Error()}, fn()
	}
	if !attached(os.Getpid()) {
		line, _ := bufio.NewReader(said).ReadString('\n')
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		return count{why: "strace may not attach: " + strings.TrimSpace(line)}, fn()
	}
	failed := fn()
	_ = cmd.Process.Signal(os.Interrupt) // it detaches and writes
	_ = cmd.Wait()                       // by that signal
	b, err := os.ReadFile(out)
	for line := range strings.Lines(string(b)) {
		if strings.Contains(line, "sync") && !strings.Contains(line, "resumed>") {
			c.n++
		}
	}
	if failed != nil {
		return c, failed
	}
	return c, err
}

// attached waits until every thread of the process is traced.
func attached(pid int) bool {
	for range 200 {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		free := 0
		for _, t := range tasks {
			if b, err := os.ReadFile(t); err == nil && strings.Contains(string(b), "TracerPid:\t0\n") {
				free++
			}
		}
		if free == 0 {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}
