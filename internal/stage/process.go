package stage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Process is one real program of ours that is started, may be killed at any moment, and is
// started again on the same port. It is safe for concurrent use.
type Process struct {
	Name string                       // of its lines in the log
	Bin  string                       // path of the program
	Args func(listen string) []string // its arguments, given where to listen (host:port)
	Env  []string                     // beside this process's own
	Log  io.Writer                    // takes its standard error, line by line

	mu   sync.Mutex
	addr string // host:port, fixed after the first start
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
}

var listening = regexp.MustCompile(`listening on https?://([^\s/]+)`)

// Start starts the process and waits until it says where it listens: at most 30 s.
func (p *Process) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	listen := p.addr
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	cmd := exec.Command(p.Bin, p.Args(listen)...)
	cmd.Env = append(os.Environ(), p.Env...)
	// The programs die with the one that plays, also when it is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	gone, addr := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(gone)
		sc := bufio.NewScanner(stderr)
		for sc.Scan() {
			if m := listening.FindStringSubmatch(sc.Text()); m != nil {
				select {
				case addr <- m[1]:
				default:
				}
			}
			fmt.Fprintf(p.Log, "%s: %s\n", p.Name, sc.Text())
		}
		_ = cmd.Wait() // killed on purpose, or its own words are in the log
	}()
	p.cmd, p.gone = cmd, gone
	select {
	case p.addr = <-addr:
		return nil
	case <-gone:
		return fmt.Errorf("%s ended before it listened; see the log", p.Name)
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s does not listen after 30 s; see the log", p.Name)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// URL is where the process listens.
func (p *Process) URL() string { p.mu.Lock(); defer p.mu.Unlock(); return "http://" + p.addr }

// Kill ends the process as a power button would: kill -9, no goodbye.
func (p *Process) Kill() {
	p.mu.Lock()
	cmd, gone := p.cmd, p.gone
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	<-gone
}

// Stop ends the process in order.
func (p *Process) Stop() {
	p.mu.Lock()
	cmd, gone := p.cmd, p.gone
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		p.Kill()
	}
}

// PID is the process id, for reading its memory. The process must have been started.
func (p *Process) PID() int { p.mu.Lock(); defer p.mu.Unlock(); return p.cmd.Process.Pid }

// Binary finds a program beside this one.
func Binary(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not beside %s; run make build first", name, filepath.Base(self))
	}
	return path, nil
}
