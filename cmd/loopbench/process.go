package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// size is a file's length and the bytes of its blocks.
func size(info fs.FileInfo) (apparent, real float64) {
	st := info.Sys().(*syscall.Stat_t)
	return float64(st.Size), float64(st.Blocks) * 512
}

// spent is what a process took from start to end.
type spent struct {
	cpu float64 // user and system, ms
	rss float64 // peak, MiB
}

// spend runs a program to its end. Its peak is asked for again and again: what wait returns
// counts the memory of the process that forked.
func (s *site) spend(bin string, args ...string) (spent, error) {
	cmd := exec.CommandContext(s.ctx, bin, args...)
	cmd.Env = append(os.Environ(), s.env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = s.log, &said
	if err := cmd.Start(); err != nil {
		return spent{}, err
	}
	most, done := make(chan int, 1), make(chan struct{})
	go func() {
		last := 0
		for {
			if kb, err := peak(cmd.Process.Pid); err == nil {
				last = kb
			}
			select {
			case <-done:
				most <- last
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	err := cmd.Wait()
	close(done)
	kb := <-most
	if err != nil {
		return spent{}, fmt.Errorf("%s: %w: %s", bin, err, strings.TrimSpace(said.String()))
	}
	return spent{ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), float64(kb) / 1024}, nil
}

// cpuOf is the processor time, user and system, that a process took so far.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // from the third on
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is short", pid)
	}
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / userHZ), nil
}

// userHZ is the kernel's clock tick for user space, fixed on Linux.
const userHZ = 100
