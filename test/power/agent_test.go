package power

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/crewapi/crewtest"
	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// busy is how many flights of a tablet get the entries, in turn, and notes how many notes each has:
// one for each entry.
const (
	busy  = 2
	notes = 64
)

// openAgent is a tablet's agent as it runs, out of reach of ground.
func openAgent(dir string, client *http.Client) (*tablet.Agent, error) {
	if client == nil {
		client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no network")
		}}}
	}
	return tablet.Open(tablet.Config{Dir: dir, Now: func() time.Time { return testNow }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), HTTP: client})
}

// agentKeeper puts entries into the flights of an agent: entry seq is the outcome of a note of its own.
type agentKeeper struct{ a *tablet.Agent }

func openAgentKeeper(dir string) (keeper, error) {
	a, err := openAgent(dir, nil)
	if err != nil {
		return nil, err
	}
	k := agentKeeper{a}
	return k, k.each(func(uint64, string) {})
}

func busyFlight(i int) string { return fmt.Sprintf("KL%04d/2026-11-21/AMS", 641+i) }

// said80 are the words of an entry, as long as a purser may write.
func said80(seq uint64) string { w := words(seq); return w[:min(len(w), 60)] }

func nonce() (n [8]byte) {
	rand.Read(n[:]) // never fails
	return n
}

// record writes one entry.
func (k agentKeeper) record(seq uint64) error {
	ctx := context.Background()
	flight := busyFlight(int(seq % busy))
	key, err := passenger.ParseFlightKey(flight)
	if err != nil {
		return err
	}
	if seq/busy >= notes {
		return passenger.Errorf(passenger.Internal, "power.record", "no note is left for entry %d", seq)
	}
	_, err = k.a.Record(ctx, tablet.Entry{Flight: key, Note: flightsync.Dot{Author: flightsync.Notes, Seq: 1 + seq/busy}, Nonce: nonce(),
		Feedback: passenger.Feedback{Outcome: passenger.Acted, Words: said80(seq)}})
	return err
}

// put records entries, and ends with a round of syncing, which fails and then tidies.
func (k agentKeeper) put(first uint64, n int) error {
	for seq := first; seq < first+uint64(n); seq++ {
		if err := k.record(seq); err != nil {
			return err
		}
	}
	k.a.Sync(context.Background())
	return nil
}

func (k agentKeeper) each(yield func(uint64, string)) error {
	for i := range busy {
		p, err := k.a.Flight(context.Background(), busyFlight(i))
		if err != nil {
			return err
		}
		for _, c := range p.Cards {
			if c.Outcome == nil {
				continue
			}
			seq := (c.Dot.Seq-1)*busy + uint64(i)
			if said := c.Outcome.Words; said == said80(seq) {
				yield(seq, words(seq))
			} else {
				yield(seq, said)
			}
		}
	}
	return nil
}

func (k agentKeeper) Close() error { return k.a.Close() }

// agentImage is the directory of a tablet with n flights, of which the busy ones have as many tables as
// a store may have, and one more in a log. It returns the entries in it.
func agentImage(t *testing.T, n int) (image map[string][]byte, entries uint64) {
	t.Helper()
	ground := crewtest.New(t, func() time.Time { return testNow })
	client := crewtest.Serve(t, ground)
	dir := t.TempDir()
	a, err := openAgent(dir, client)
	if err != nil {
		t.Fatal(err)
	}
	ground.Code("CODE")
	if err := a.Enrol(t.Context(), crewtest.URL, "CODE", "galley"); err != nil {
		t.Fatal(err)
	}
	st, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f := ground.Flight(busyFlight(i), testNow.Add(time.Duration(i)*time.Minute))
		f.Assign(st.Tablet, passenger.Lead)
		for j := range notes {
			if i >= busy && j > 0 {
				break
			}
			f.Note(passenger.Note{Traveller: 1, Name: "Ms A. Bakker", Seat: "14C", Words: "cold meal"})
		}
	}
	for range 2 {
		if rep, err := a.Sync(t.Context()); err != nil || len(rep.Problems) > 0 {
			t.Fatal(rep, err)
		}
	}
	tables := func() int {
		names, _ := filepath.Glob(filepath.Join(dir, "flights", "*", "1", "*.sst"))
		of := map[string]int{}
		most := 0
		for _, name := range names {
			of[filepath.Dir(name)]++
			most = max(most, of[filepath.Dir(name)])
		}
		return most
	}
	for entries < busy*notes/2 && tables() < 31 { // the limit of package tablet, less the log's
		a.Close()
		if a, err = openAgent(dir, client); err != nil {
			t.Fatal(err)
		}
		k := agentKeeper{a}
		for range busy {
			if err := k.record(entries); err != nil {
				t.Fatal(err)
			}
			entries++
		}
	}
	image = map[string][]byte{}
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || rel == "." || e.Name() == "LOCK" || e.Name() == "lock" {
			return err
		}
		if e.IsDir() {
			image[rel] = nil
			return nil
		}
		b, err := os.ReadFile(path)
		image[rel] = append([]byte{}, b...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if got := tables(); got < 31 {
		t.Fatalf("%d tables", got)
	}
	return image, entries
}
