package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startLimit bounds initdb and the start of a server; both take about a second when idle.
	startLimit = 60 * time.Second
	// startTries: a free port can be taken by another process before the server binds it.
	startTries = 5
	// readyLine is what the server writes once it answers.
	readyLine = "database system is ready to accept connections"
)

// StartPostgres makes a new PostgreSQL cluster in dir and starts it on a free port of 127.0.0.1,
// without durability (no fsync): it is for tests and demonstrations only. args come behind the
// server's own and win over them. dir must be empty or
// not exist; "" means a folder that goes with the process. The url is that of the superuser's
// own database; nobody else on the machine needs a password either.
//
// stop ends the server and returns when it is gone; calling it again does nothing. If the process
// dies without calling it, the kernel ends the server.
func StartPostgres(dir string, args ...string) (url string, stop func() error, err error) {
	bin, err := findPostgres()
	if err != nil {
		return "", nil, err
	}
	if dir == "" {
		base, err := scratchDir()
		if err != nil {
			return "", nil, err
		}
		if dir, err = os.MkdirTemp(base, "pg-"); err != nil {
			return "", nil, fmt.Errorf("postgres folder: %w", err)
		}
	}
	cred, err := postgresUser(dir)
	if err != nil {
		return "", nil, err
	}
	if err := initdb(bin, dir, cred); err != nil {
		return "", nil, err
	}
	for range startTries {
		if url, stop, err = startServer(bin, dir, cred, args); err == nil {
			return url, stop, nil
		}
	}
	return "", nil, err
}

// postgresUser makes dir and, for root, hands it to the user postgres: the server refuses to run
// as root. For anybody else it returns nil.
func postgresUser(dir string) (*syscall.Credential, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("postgres folder: %w", err)
	}
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres: %w", err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, fmt.Errorf("postgres folder: %w", err)
	}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		if st, err := os.Stat(up); err != nil {
			return nil, fmt.Errorf("postgres folder: %w", err)
		} else if st.Mode()&0o001 == 0 {
			return nil, fmt.Errorf("postgres folder: user postgres cannot enter %s; give another folder, or \"\"", up)
		}
		if up == filepath.Dir(up) {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
}

// initdb makes the cluster. The character type is UTF-8: with plain C, trigram search ignores
// Japanese and Chinese. Messages are English, since readyLine is.
func initdb(bin, dir string, cred *syscall.Credential) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--lc-ctype=C.UTF-8", "--no-sync", "-N")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// startServer starts the server once and waits for readyLine.
func startServer(bin, dir string, cred *syscall.Credential, args []string) (string, func() error, error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), append([]string{"-D", dir, "-F", "-h", "127.0.0.1", "-p", strconv.Itoa(port),
		// No socket file: its path would be limited to about 100 bytes.
		"-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "shared_buffers=32MB",
		// Tests that provoke deadlocks need not wait a second for each.
		"-c", "deadlock_timeout=50ms"}, args...)...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, fmt.Errorf("postgres: %w", err)
	}
	started, exited := make(chan error, 1), make(chan error, 1)
	go onThread(func() {
		err := cmd.Start()
		started <- err
		if err == nil {
			said := &tail{ready: started}
			said.read(stderr)
			exited <- said.exit(cmd.Wait())
		}
	})
	if err := <-started; err != nil {
		return "", nil, fmt.Errorf("postgres: %w", err)
	}
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-started:
	case err := <-exited:
		return "", nil, fmt.Errorf("postgres did not start: %w", err)
	case <-limit.C:
		cmd.Process.Kill()
		return "", nil, fmt.Errorf("postgres was not ready after %v: %w", startLimit, <-exited)
	}
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	return url, stopper(cmd, exited), nil
}

// onThread keeps one thread for do: the parent whose death the kernel reports to a child is the
// thread that forked it. The thread lives on behind do, or what else it forked would die with it.
func onThread(do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	do()
}

// stopper returns the function that ends a server: at once, without writing its memory back.
func stopper(cmd *exec.Cmd, exited <-chan error) func() error {
	stopped := make(chan struct{}, 1)
	stopped <- struct{}{}
	return func() error {
		if _, first := <-stopped; !first {
			return nil
		}
		defer close(stopped)
		if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop postgres: %w", err)
		}
		<-exited
		return nil
	}
}

// tail reads what a server says, reports readyLine once and keeps the last lines for an error.
type tail struct {
	ready chan<- error
	last  []string
}

func (t *tail) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	told := false
	for lines.Scan() {
		if !told && strings.Contains(lines.Text(), readyLine) {
			told = true
			t.ready <- nil
		}
		t.last = append(t.last, lines.Text())
		t.last = t.last[max(0, len(t.last)-10):]
	}
}

func (t *tail) exit(err error) error {
	return fmt.Errorf("ended (%v), last words:\n%s", err, strings.Join(t.last, "\n"))
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
