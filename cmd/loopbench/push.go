package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
)

// pushResult is how long a released note takes to a connected tablet.
type pushResult struct {
	Path     string `json:"path"`
	Readable spread `json:"readable"` // until the tablet's flight page has the note
	Answered spread `json:"answered"` // until the form was answered, the note being durable on ground
}

const pushPath = "POST /case/{id}/flag of a running ground serve → stream → tablet's agent in this process, durable at both ends"

// measurePush releases notes one by one through the console's form and waits for each on a
// tablet that holds its stream.
func (s *site) measurePush() (r pushResult, err error) {
	r.Path = pushPath
	ids, err := s.casesOf(pushed)
	if err != nil {
		return r, err
	}
	desk, err := s.signIn()
	if err != nil {
		return r, err
	}
	a, stop, err := s.connect("pushed")
	if err != nil {
		return r, err
	}
	defer stop()
	news := make(chan struct{}, 1)
	defer a.OnChange(func(passenger.FlightKey) {
		select {
		case news <- struct{}{}:
		default:
		}
	})()
	var readable, answered []time.Duration
	for i, id := range ids {
		t, err := s.release(a, news, desk, id, i+1)
		if err != nil {
			return r, fmt.Errorf("release %d: %w", i+1, err)
		}
		readable, answered = append(readable, t.readable), append(answered, t.answered)
		time.Sleep(between)
	}
	r.Readable, r.Answered = spreadOf(readable), spreadOf(answered)
	return r, nil
}

type released struct{ readable, answered time.Duration }

// release sends the form and waits until the tablet's page has want notes.
func (s *site) release(a *tablet.Agent, news <-chan struct{}, desk *http.Client, id string, want int) (t released, err error) {
	begun := time.Now()
	sent := make(chan error, 1)
	go func() {
		err := s.post(desk, "/case/"+id+"/flag", url.Values{})
		t.answered = time.Since(begun)
		sent <- err
	}()
	late := time.NewTimer(waitLimit)
	defer late.Stop()
	for t.readable == 0 || sent != nil {
		select {
		case err := <-sent:
			if err != nil {
				return t, err
			}
			sent = nil
		case <-news:
			page, err := a.Flight(s.ctx, pushed.key())
			if err != nil {
				return t, err
			}
			if t.readable == 0 && len(page.Cards) == want {
				t.readable = time.Since(begun)
			}
		case <-late.C:
			return t, fmt.Errorf("the note is not on the tablet after %v", waitLimit)
		case <-s.ctx.Done():
			return t, s.ctx.Err()
		}
	}
	return t, nil
}

// connect enrols an agent of this process, puts it on the pushed flight and keeps it in touch.
func (s *site) connect(name string) (a *tablet.Agent, stop func(), err error) {
	code, err := s.invite(name)
	if err != nil {
		return nil, nil, err
	}
	if err := s.give("crew", name+".csv", crew(name, pushed)); err != nil {
		return nil, nil, err
	}
	if a, err = s.agent(filepath.Join(s.dir, name)); err != nil {
		return nil, nil, err
	}
	ctx, end := context.WithCancel(s.ctx)
	var running sync.WaitGroup
	stop = func() {
		end()
		running.Wait()
		_ = a.Close() // everything was measured; its folder goes
	}
	if err := a.Enrol(ctx, s.ground.URL(), code, name); err != nil {
		stop()
		return nil, nil, err
	}
	running.Go(func() { _ = a.Run(ctx) }) // it returns nil
	if err := s.until("the tablet is in touch", 10*time.Millisecond, func() (bool, error) {
		page, err := a.Flight(ctx, pushed.key())
		return err == nil && len(page.Others) == seats && page.Pending == 0, nil
	}); err != nil {
		stop()
		return nil, nil, err
	}
	time.Sleep(time.Second) // for the stream to stand
	return a, stop, nil
}

// signIn makes an account of the social team and signs it in at the console.
func (s *site) signIn() (*http.Client, error) {
	var account struct{ Name, Password string }
	if err := s.ask(&account, "user", "add", "loopbench", "--role", "social"); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar, Timeout: waitLimit, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if err := s.post(c, "/sign-in", url.Values{"name": {account.Name}, "password": {account.Password}}); err != nil {
		return nil, err
	}
	fresh := "invented " + account.Password
	return c, s.post(c, "/password", url.Values{"old": {account.Password}, "new": {fresh}, "again": {fresh}})
}

// post sends a form to the console; what was done answers with a redirect.
func (s *site) post(c *http.Client, path string, form url.Values) error {
	res, err := c.PostForm(s.ground.URL()+path, form)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || to == "/sign-in" || path != "/sign-in" && to == "/password" {
		return fmt.Errorf("POST %s: status %d, to %q", path, res.StatusCode, to)
	}
	return nil
}
