package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/internal/testenv"
)

// programs are the real ground and purser on one clock, in one folder.
type programs struct {
	*testing.T
	dir string
}

func newPrograms(t *testing.T, start time.Time) *programs {
	p := &programs{t, t.TempDir()}
	p.at(start)
	return p
}

func (p *programs) file(name string) string { return filepath.Join(p.dir, name) }

// at moves the clock of every program.
func (p *programs) at(now time.Time) {
	p.Helper()
	if err := clock.Set(p.file("clock"), now); err != nil {
		p.Fatal(err)
	}
}

func (p *programs) write(name, content string) string {
	p.Helper()
	if err := os.WriteFile(p.file(name), []byte(content), 0o600); err != nil {
		p.Fatal(err)
	}
	return p.file(name)
}

func (p *programs) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(testenv.Bin(p, name), args...)
	cmd.Env = append(os.Environ(), "CABINLOOP_NOW=@"+p.file("clock"), "CABINLOOP_DB=sqlite:"+p.file("ground.db"), "CABINLOOP_DATA="+p.file("tablet"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs one command to its end and reads its JSON into v, when not nil.
func (p *programs) run(v any, name string, args ...string) {
	p.Helper()
	cmd := p.command(name, append(args, "--json")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
	}
	if v != nil {
		if err := json.Unmarshal(out, v); err != nil {
			p.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
}

// server is a program that listens.
type server struct {
	url  string
	stop func()
	said func() string // what it printed so far
}

var listening = regexp.MustCompile(`listening on (https?://\S+)`)

// serve starts a server on an address and waits until it listens. It ends with the test.
func (p *programs) serve(name, listen string) *server {
	p.Helper()
	cmd := p.command(name, "serve", "--listen", listen)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	var mu sync.Mutex
	var said bytes.Buffer
	url, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		sc := bufio.NewScanner(io.TeeReader(stderr, writerFunc(func(b []byte) { mu.Lock(); said.Write(b); mu.Unlock() })))
		for sc.Scan() {
			if m := listening.FindStringSubmatch(sc.Text()); m != nil {
				select {
				case url <- m[1]:
				default:
				}
			}
		}
		_ = cmd.Wait() // stopped on purpose
	}()
	s := &server{said: func() string { mu.Lock(); defer mu.Unlock(); return said.String() }}
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			<-done
		})
	}
	p.Cleanup(s.stop)
	select {
	case s.url = <-url:
	case <-done:
		p.Fatalf("%s ended before it listened:\n%s", name, s.said())
	case <-time.After(20 * time.Second):
		p.Fatalf("%s does not listen:\n%s", name, s.said())
	}
	return s
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }
