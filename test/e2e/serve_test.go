package e2e

import (
	"bufio"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var listening = regexp.MustCompile(`listening on (https?://\S+)`)

// serve starts a server on a free port, waits until it listens, and ends it with the script in
// the orderly way. Its address is in $GROUND_URL or $PURSER_URL.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: serve ground|purser [ARGS]")
	}
	path, err := exec.LookPath(args[0])
	if p := ts.Getenv("PATH"); err != nil || p != "" {
		path = strings.SplitN(p, ":", 2)[0] + "/" + args[0]
	}
	cmd := exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"CABINLOOP_NOW=" + ts.Getenv("CABINLOOP_NOW"), "CABINLOOP_DB=" + ts.Getenv("CABINLOOP_DB"), "HOME=" + ts.MkAbs(".")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	addr, done := make(chan string, 1), make(chan error, 1)
	go func() {
		sc := bufio.NewScanner(stderr)
		for sc.Scan() {
			if m := listening.FindStringSubmatch(sc.Text()); m != nil {
				addr <- m[1]
			}
		}
		done <- cmd.Wait()
	}()
	ts.Defer(func() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		select {
		case err := <-done:
			ts.Check(err)
		case <-time.After(15 * time.Second):
			ts.Fatalf("%s does not end on SIGTERM", args[0])
		}
	})
	select {
	case a := <-addr:
		ts.Setenv(strings.ToUpper(args[0])+"_URL", a)
	case err := <-done:
		done <- err
		ts.Fatalf("%s ended: %v", args[0], err)
	case <-time.After(20 * time.Second):
		ts.Fatalf("%s does not listen", args[0])
	}
}
