package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/cli"
	"github.com/cabinloop/cabinloop/passenger"
)

// TestTabletsOnBoard: two programs on one flight, ground switched off, one given the address that
// the other shows: what was recorded on one is on the other, and only then it is handed in.
func TestTabletsOnBoard(t *testing.T) {
	g, url := groundOverTCP(t)
	f := g.Flight("KL0641/2026-11-21/AMS", at(t).Add(-9*time.Hour))
	var dirs []string
	for _, role := range []passenger.Role{passenger.Lead, passenger.Purser} {
		g.Code(string(role))
		dir := filepath.Join(t.TempDir(), "data")
		var id passenger.TabletID
		if err := id.UnmarshalText([]byte(must(t, dir, &enrolCmd{Ground: url, Code: string(role), Name: "galley"})["tablet"].(string))); err != nil {
			t.Fatal(err)
		}
		f.Assign(id, role)
		dirs = append(dirs, dir)
	}
	f.Note(passenger.Note{Traveller: 1, Name: "Ms J. Jansen", Seat: "14C", Priority: passenger.First, Moment: passenger.AtMeal,
		Happened: []passenger.Phrase{{Code: "h.meal", Args: []string{"KL0641", "2026-05-12"}}},
		Do:       []passenger.Phrase{{Code: "d.apologise"}}, Expires: at(t).Add(72 * time.Hour)})
	f.Move(passenger.In, at(t))
	for range 2 {
		for _, dir := range dirs {
			must(t, dir, &syncCmd{Once: true})
		}
	}
	must(t, dirs[0], &feedbackCmd{Flight: "KL0641", Note: "3.1", Outcome: "acted"})
	if _, err := run(t, dirs[0], &handInCmd{Flight: "KL0641"}); passenger.CodeOf(err) != passenger.Phase {
		t.Errorf("handed in with an entry that is nowhere else: %v", err)
	}

	second := started(t, dirs[1], serveCmd{Offline: true, LAN: "127.0.0.1:0", NoMDNS: true})
	address := ""
	await(t, "the address of the second", func() bool {
		m := regexp.MustCompile(`data-test="address">([^<]+)<`).FindStringSubmatch(second.page(t, "/cabin"))
		if m != nil {
			address = m[1]
		}
		return m != nil
	})
	first := started(t, dirs[0], serveCmd{Offline: true, LAN: "127.0.0.1:0", NoMDNS: true, Peer: []string{address}})
	await(t, "the entry on the second", func() bool {
		return regexp.MustCompile(`data-outcome="acted"`).MatchString(second.page(t, "/flight/KL0641-2026-11-21-AMS/note/3.1"))
	})
	await(t, "the first knows", func() bool {
		return !regexp.MustCompile(`data-test="no-copy"`).MatchString(first.page(t, "/flight/KL0641-2026-11-21-AMS"))
	})
	first.stop()
	second.stop()
	if doc := must(t, dirs[0], &handInCmd{Flight: "KL0641"}); doc["handed_in"] != true {
		t.Errorf("hand-in: %v", doc)
	}
	must(t, dirs[1], &feedbackCmd{Flight: "KL0641", Note: "3.1", Outcome: "declined"})
	if doc := must(t, dirs[1], &handInCmd{Flight: "KL0641", Anyway: "failing"}); doc["handed_in"] != true {
		t.Errorf("hand-in anyway: %v", doc)
	}
}

// program is a purser serve within the test.
type program struct {
	address string
	stop    func()
}

func started(t *testing.T, dir string, c serveCmd) program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g := globals{Data: dir}
	g.Now = now
	a, err := newApp(ctx, cli.IO{Out: io.Discard, Err: io.Discard}, g)
	if err != nil {
		t.Fatal(err)
	}
	if a.lan, err = c.lan(); err != nil {
		t.Fatal(err)
	}
	if err := a.open(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var run sync.WaitGroup
	run.Go(func() {
		if err := a.serve(l, c); err != nil {
			t.Errorf("serve: %v", err)
		}
		a.close()
	})
	var once sync.Once
	stop := func() { once.Do(func() { cancel(); run.Wait() }) }
	t.Cleanup(stop)
	return program{l.Addr().String(), stop}
}

func (p program) page(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get("http://" + p.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s: never", what)
}
