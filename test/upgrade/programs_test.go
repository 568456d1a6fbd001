// Package upgrade opens what older programs wrote. testdata/<commit>.tar.gz holds the databases of
// ground and the data directories of tablets as the programs of that commit left them
// (story_test.go tells how; TestWrite makes one). Every later build must open them, show what they
// show, and bring what was unsent to ground, once.
package upgrade

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// waits bounds every wait for a program.
const waits = 60 * time.Second

// programs are ground and purser of one build.
type programs struct{ ground, purser string }

func today(t *testing.T) programs {
	return programs{testenv.Bin(t, "ground"), testenv.Bin(t, "purser")}
}

// world is a ground and tablets as real programs, with a clock in a file.
type world struct {
	*testing.T
	dir      string
	db       string
	port     string
	programs programs          // that play
	mixed    map[string]string // purser of some tablets, where it is another
	serve    *exec.Cmd
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) set(now string) {
	w.Helper()
	w.must(os.WriteFile(w.dir+"/clock.new", []byte(now+"\n"), 0o600))
	w.must(os.Rename(w.dir+"/clock.new", w.dir+"/clock"))
}

func (w *world) command(program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.Context(), program, args...)
	cmd.Env = append(os.Environ(), "CABINLOOP_NOW=@"+w.dir+"/clock")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs a command to its end and reads the JSON that it prints. fails says that it may fail.
func (w *world) run(out any, fails bool, program string, args ...string) {
	w.Helper()
	cmd := w.command(program, append(args, "--json")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if fails {
		return
	}
	if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) { // 3: answered, with something to look at
		w.Fatalf("%s %s: %v\n%s\n%s", filepath.Base(program), strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	if out != nil {
		if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
			w.Fatalf("%s %s printed %q: %v", filepath.Base(program), strings.Join(args, " "), stdout.String(), err)
		}
	}
}

func (w *world) ground(out any, args ...string) {
	w.Helper()
	w.run(out, false, w.programs.ground, append(args, "--db", w.db, "--keys", w.dir+"/ground.keys")...)
}

// start starts a server and waits until its port answers. Its clock begins at the world's and runs.
func (w *world) start(address, program string, args ...string) *exec.Cmd {
	w.Helper()
	cmd := w.command(program, args...)
	now, err := os.ReadFile(w.dir + "/clock")
	w.must(err)
	if program == w.programs.ground {
		now = []byte("@" + w.dir + "/clock") // it follows, for the whole story
	}
	cmd.Env = append(cmd.Env, "CABINLOOP_NOW="+strings.TrimSpace(string(now)))
	var said bytes.Buffer
	cmd.Stderr = &said
	started := make(chan error, 1)
	go func() { started <- cmd.Start() }()
	w.must(<-started)
	w.Cleanup(func() { w.kill(cmd) })
	w.until(filepath.Base(program)+" listens", func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return cmd
}

// until waits for what another process does.
func (w *world) until(what string, done func() bool) {
	w.Helper()
	for end := time.Now().Add(waits); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("never happened: %s", what)
		}
	}
}

func (w *world) kill(cmd *exec.Cmd) {
	if cmd != nil && cmd.ProcessState == nil {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func (w *world) end(cmd *exec.Cmd) {
	w.Helper()
	w.must(cmd.Process.Signal(syscall.SIGTERM))
	w.must(cmd.Wait())
}

func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (w *world) up() {
	w.Helper()
	w.serve = w.start(w.port, w.programs.ground, "serve", "--db", w.db, "--keys", w.dir+"/ground.keys", "--listen", w.port)
}

func (w *world) down() { w.kill(w.serve) }

// tablet is one data directory, and the program that opens it.
type tablet struct {
	*world
	name    string
	program string
	at      string // its pages while it serves
}

func (w *world) tablet(name string) *tablet {
	return &tablet{world: w, name: name, program: cmp.Or(w.mixed[name], w.programs.purser)}
}

func (p *tablet) data() string { return filepath.Join(p.dir, p.name) }

func (p *tablet) do(out any, args ...string) {
	p.Helper()
	p.run(out, false, p.program, append(args, "--data", p.data())...)
}

// try runs what may fail: ground is away.
func (p *tablet) try(args ...string) {
	p.run(nil, true, p.program, append(args, "--data", p.data())...)
}

// card is what a purser reads of a note.
type card struct {
	Note     string   `json:"note"`
	Name     string   `json:"name"`
	Seat     string   `json:"seat"`
	Happened []string `json:"happened"`
	Do       []string `json:"do"`
	DoNot    []string `json:"do_not"`
	Seen     bool     `json:"seen"`
	Outcome  any      `json:"outcome,omitempty"`
	Heads    any      `json:"heads,omitempty"` // what everybody in reach recorded
	Marks    string   `json:"marks"`
}

func (p *tablet) notes(flight string) []card {
	p.Helper()
	var out struct {
		Notes []card `json:"notes"`
	}
	p.do(&out, "notes", flight)
	return out.Notes
}

func (p *tablet) record(flight, note string) {
	p.Helper()
	p.do(nil, "feedback", flight, note, "--outcome", "acted")
}

func (p *tablet) sync() { p.Helper(); p.do(nil, "sync", "--once") }

// board starts the tablet's pages without ground, on the cabin's network with these others.
func (p *tablet) board(lan string, others ...string) *exec.Cmd {
	p.Helper()
	p.at = free(p)
	args := []string{"serve", "--data", p.data(), "--listen", p.at, "--offline", "--lan", lan, "--no-mdns"}
	for _, o := range others {
		args = append(args, "--peer", o)
	}
	return p.start(p.at, p.program, args...)
}

// tap records on the tablet's page.
func (p *tablet) tap(flight, note, nonce string) {
	p.Helper()
	address := "http://" + p.at + "/flight/" + strings.ReplaceAll(flight, "/", "-") + "/note/" + note + "/outcome"
	req, err := http.NewRequestWithContext(p.Context(), "POST", address, strings.NewReader(url.Values{"nonce": {nonce}, "do": {"acted"}}.Encode()))
	p.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://"+p.at)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := http.DefaultTransport.RoundTrip(req)
	p.must(err)
	res.Body.Close()
	if res.StatusCode >= 400 {
		p.Fatalf("%s: a tap on %s: %s", p.name, note, res.Status)
	}
}

// sees reports whether the tablet's page of a note shows that it was acted upon.
func (p *tablet) sees(flight, note string) bool {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), "GET", "http://"+p.at+"/flight/"+strings.ReplaceAll(flight, "/", "-")+"/note/"+note, nil)
	p.must(err)
	res, err := http.DefaultTransport.RoundTrip(req)
	p.must(err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	p.must(err)
	return strings.Contains(b.String(), `data-outcome="acted"`)
}
