package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cabinloop/cabinloop/crewapi"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/internal/stage"
)

// keyFile is where the site's ground has its keys.
const keyFile = "ground.keys"

// site is where a run happens: its folder, its ground, its clock.
type site struct {
	ctx    context.Context
	dir    string
	db     string
	seed   uint64
	bins   map[string]string
	env    []string
	now    func() time.Time
	log    *stage.Log
	file   *os.File
	ground *stage.Process
	link   *stage.Relay
	via    atomic.Value      // string: host:port that link leads to instead of the ground's process
	cases  map[string]string // case id by account
	enrols int
}

func newSite(ctx context.Context, dir, db string, bins map[string]string, seed uint64) (*site, error) {
	if db == "" {
		db = "sqlite:" + filepath.Join(dir, "ground.db")
	}
	file, err := os.Create(filepath.Join(dir, "processes.log"))
	if err != nil {
		return nil, err
	}
	stands := filepath.Join(dir, "clock")
	if err := clock.Set(stands, start); err != nil {
		return nil, err
	}
	s := &site{ctx: ctx, dir: dir, db: db, seed: seed, bins: bins, env: []string{"CABINLOOP_NOW=@" + stands, "CABINLOOP_KEYS=" + filepath.Join(dir, keyFile)}, log: stage.NewLog(file), file: file}
	if s.now, err = (clock.Flags{Now: "@" + stands}).Func(); err != nil {
		return nil, err
	}
	s.ground = &stage.Process{Name: "ground", Bin: bins["ground"], Log: s.log, Env: s.env,
		Args: func(listen string) []string { return []string{"serve", "--db", db, "--listen", listen} }}
	if s.link, err = stage.NewRelay(func() string {
		if to, _ := s.via.Load().(string); to != "" {
			return to
		}
		return strings.TrimPrefix(s.ground.URL(), "http://")
	}); err != nil {
		return nil, err
	}
	return s, nil
}

// target leads the link to another ground, or back to the process for "".
func (s *site) target(addr string) { s.via.Store(addr) }

func (s *site) close() {
	s.ground.Stop()
	s.link.Close()
	s.file.Close()
}

func (s *site) engine() string { kind, _, _ := strings.Cut(s.db, ":"); return kind }

// ask runs a ground command and reads its JSON into v, which may be nil.
func (s *site) ask(v any, args ...string) error {
	out, err := stage.Run(s.ctx, s.bins["ground"], s.env, append(args, "--db", s.db, "--json")...)
	if err != nil || v == nil {
		return err
	}
	return json.Unmarshal(out, v)
}

// write puts a file into the run's folder.
func (s *site) write(name, content string) (string, error) {
	path := filepath.Join(s.dir, name)
	return path, os.WriteFile(path, []byte(content), 0o644)
}

// give writes a file and imports it.
func (s *site) give(kind, name, content string) error {
	path, err := s.write(name, content)
	if err != nil {
		return err
	}
	return s.ask(nil, "import", kind, path)
}

// purser runs a command of a tablet.
func (s *site) purser(dir string, args ...string) ([]byte, error) {
	return stage.Run(s.ctx, s.bins["purser"], s.env, append(args, "--data", dir)...)
}

// invite makes an enrolment code.
func (s *site) invite(name string) (string, error) {
	var invite struct{ Code string }
	err := s.ask(&invite, "tablet", "enrol", "--name", name)
	return invite.Code, err
}

// enrol makes a data folder the tablet of that name; url is where it finds ground.
func (s *site) enrol(name, url string) (dir string, err error) {
	code, err := s.invite(name)
	if err != nil {
		return "", err
	}
	// Ground bounds guesses of codes by a clock that stands still here: a fresh start is a fresh bound.
	if s.enrols++; s.enrols%enrolBound == 0 {
		s.ground.Stop()
		if err := s.ground.Start(s.ctx); err != nil {
			return "", err
		}
	}
	dir = filepath.Join(s.dir, name)
	_, err = s.purser(dir, "enrol", "--ground", url, "--code", code)
	return dir, err
}

// serve is a tablet's program, not started yet.
func (s *site) serve(name, dir string) *stage.Process {
	return &stage.Process{Name: name, Bin: s.bins["purser"], Log: s.log, Env: s.env,
		Args: func(listen string) []string { return []string{"serve", "--data", dir, "--listen", listen} }}
}

// agent opens a data folder in this process, where single calls can be timed.
func (s *site) agent(dir string) (*tablet.Agent, error) {
	return s.agentWith(dir, crewapi.HTTPClient())
}

func (s *site) agentWith(dir string, hc *http.Client) (*tablet.Agent, error) {
	return tablet.Open(tablet.Config{Dir: dir, Now: s.now, Rand: rand.Reader, HTTP: hc, Log: slog.New(slog.NewTextHandler(s.log, nil))})
}

// until asks again, without a pause worth measuring, until fn says yes.
func (s *site) until(what string, pause time.Duration, fn func() (bool, error)) error {
	ctx, end := context.WithTimeout(s.ctx, waitLimit)
	defer end()
	for {
		ok, err := fn()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not so after %v: %w", what, waitLimit, errorOr(err, ctx.Err()))
		case <-time.After(pause):
		}
	}
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// get reads a page; status is 0 when nobody answers.
func (s *site) get(url string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}
