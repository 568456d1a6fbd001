package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/internal/clock"
	"github.com/cabinloop/cabinloop/internal/stage"
)

// world is the stage: one ground, its tablets, the links between them, and the clock.
type world struct {
	ctx     context.Context
	dir     string
	db      string
	clock   string
	now     time.Time
	log     io.Writer
	bins    map[string]string
	ground  *stage.Process
	tablets []*device
	http    *http.Client
	taps    int // outcomes recorded by a person
	gifts   int // gestures recorded by a person
	nonce   uint64
}

// device is one purser's device: its program, its data folder and its link to the ground.
type device struct {
	*stage.Process
	dir  string
	link *stage.Relay
}

const patience = 60 * time.Second // for anything to become true

// newWorld prepares a stage in dir, which it empties first.
func newWorld(ctx context.Context, dir, db string, start time.Time) (*world, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "processes.log"))
	if err != nil {
		return nil, err
	}
	if db == "" {
		db = "sqlite:" + filepath.Join(dir, "ground.db")
	}
	w := &world{ctx: ctx, dir: dir, db: db, clock: filepath.Join(dir, "clock"), log: stage.NewLog(log), bins: map[string]string{},
		http: &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, name := range []string{"ground", "purser"} {
		if w.bins[name], err = stage.Binary(name); err != nil {
			return nil, err
		}
	}
	if err := w.at(start); err != nil {
		return nil, err
	}
	w.ground = &stage.Process{Name: "ground", Bin: w.bins["ground"], Log: w.log, Env: []string{"CABINLOOP_NOW=@" + w.clock},
		Args: func(listen string) []string { return []string{"serve", "--db", w.db, "--listen", listen} }}
	return w, nil
}

// at moves the clock of every process.
func (w *world) at(t time.Time) error {
	w.now = t
	return clock.Set(w.clock, t)
}

// newTablet enrols a tablet and starts its program.
func (w *world) newTablet(name string) error {
	dir := filepath.Join(w.dir, name)
	link, err := stage.NewRelay(func() string { return strings.TrimPrefix(w.ground.URL(), "http://") })
	if err != nil {
		return err
	}
	var invite struct{ Code string }
	if err := w.groundJSON(&invite, "tablet", "enrol", "--name", name); err != nil {
		return err
	}
	if err := w.eventually("enrol "+name, func() error {
		_, err := w.run("purser", "enrol", "--data", dir, "--ground", link.URL(), "--code", invite.Code)
		return err
	}); err != nil {
		return err
	}
	t := &device{dir: dir, link: link, Process: &stage.Process{Name: name, Bin: w.bins["purser"], Log: w.log, Env: []string{"CABINLOOP_NOW=@" + w.clock},
		Args: func(listen string) []string { return []string{"serve", "--data", dir, "--listen", listen} }}}
	w.tablets = append(w.tablets, t)
	return t.Start(w.ctx)
}

// run runs one command of ours to its end and returns what it prints.
func (w *world) run(bin string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	return stage.Run(ctx, w.bins[bin], []string{"CABINLOOP_NOW=@" + w.clock}, args...)
}

// groundJSON runs a ground command and reads its JSON.
func (w *world) groundJSON(v any, args ...string) error {
	out, err := w.run("ground", append(args, "--db", w.db, "--json")...)
	if err != nil {
		return err
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(out, v)
}

// give writes a file and imports it.
func (w *world) give(kind, name, content string, args ...string) error {
	file := filepath.Join(w.dir, name)
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		return err
	}
	return w.groundJSON(nil, append([]string{"import", kind, file}, args...)...)
}

var errNotYet = errors.New("not yet")

// eventually tries until fn returns nil. Processes may be killed and started meanwhile.
func (w *world) eventually(what string, fn func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := fn()
		if err == nil {
			return nil
		}
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: still not true after %v: %w", what, patience, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// page reads a page of a tablet.
func (w *world) page(t *device, path string) (string, error) {
	res, err := w.http.Get(t.URL() + path)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d", t.Name, path, res.StatusCode)
	}
	return string(body), err
}

// tap presses a button. The same form is sent again until the tablet says that it has it: the
// nonce makes it one entry, however often the program dies.
func (w *world) tap(t *device, path string, form url.Values) error {
	w.nonce++
	form.Set("nonce", fmt.Sprintf("%016x", w.nonce))
	return w.eventually(t.Name+" tap", func() error {
		res, err := w.http.PostForm(t.URL()+path, form)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode >= 400 {
			return fmt.Errorf("%s: status %d: %s", path, res.StatusCode, strings.Join(strings.Fields(tags.ReplaceAllString(string(body), " ")), " "))
		}
		return err
	})
}

var tags = regexp.MustCompile(`<[^>]*>`)

// syncNow presses "sync now"; a tablet in the dark says that it cannot, which is fine.
func (w *world) syncNow(t *device) {
	if res, err := w.http.PostForm(t.URL()+"/sync", nil); err == nil {
		res.Body.Close()
	}
}

// chaos kills programs at random moments, n times, and starts them again. It ends early with
// the context. The returned function waits for it and says how many it killed.
func (w *world) chaos(ctx context.Context, n int, seed uint64) (wait func() (int, error)) {
	r := rand.New(rand.NewPCG(seed, 1))
	done := make(chan struct{})
	kills, failed := 0, error(nil)
	go func() {
		defer close(done)
		for kills < n && failed == nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(20+r.IntN(380)) * time.Millisecond):
			}
			victims := []*stage.Process{w.ground}
			for _, t := range w.tablets {
				victims = append(victims, t.Process)
			}
			v := victims[r.IntN(len(victims))]
			v.Kill()
			kills++
			failed = v.Start(w.ctx)
		}
	}()
	return func() (int, error) { <-done; return kills, failed }
}

func (w *world) close() {
	for _, t := range w.tablets {
		t.Stop()
		t.link.Close()
	}
	w.ground.Stop()
}
