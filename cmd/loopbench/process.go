package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
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
