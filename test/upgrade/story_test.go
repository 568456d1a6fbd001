package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The flights of the story, and when it stops.
const (
	sealed = "KL0643/2026-11-19/AMS" // over, everything came in
	ended  = "KL0641/2026-11-20/AMS" // its lease ended on a tablet with unsent entries
	flying = "KL0645/2026-11-22/AMS" // in the air, without ground
	coming = "KL0647/2026-11-23/AMS" // tomorrow
	stops  = "2026-11-22T21:30:00Z"
)

const perFlight = 11 // notes; a flight shows twelve

// fixture is what the story left, as the programs that wrote it say it.
type fixture struct {
	Commit string
	// Acked counts the entries that a tablet acknowledged, by flight.
	Acked map[string]int
	// Taken are the notes of the flight in the air that have an outcome.
	Taken []string
	// Reports are ground's, by flight.
	Reports map[string]report
	// Cards are what a tablet shows, by tablet and flight.
	Cards map[string]map[string][]card
	// Unsent counts what ground lacks of a tablet, as its status says it.
	Unsent map[string]int
}

type report struct {
	Stage     string `json:"stage"`
	Compiled  int    `json:"compiled"`
	Delivered int    `json:"delivered"`
	Seen      int    `json:"seen"`
	Acted     int    `json:"acted"`
	Disputed  int    `json:"disputed"`
	Recorded  int    `json:"recorded"`
	Issued    int    `json:"ops_issued"`
	OnGround  int    `json:"ops_on_ground"`
	Late      int    `json:"late"`
	SumsClose bool   `json:"sums_close"`
}

// tell plays the story with the programs of w and says what they then show.
func (w *world) tell(commit string) fixture {
	f := fixture{Commit: commit, Acked: map[string]int{}, Reports: map[string]report{}, Cards: map[string]map[string][]card{}, Unsent: map[string]int{}}
	w.set("2026-11-19T08:00:00Z")
	var rows strings.Builder
	for i, k := range []string{sealed, ended, flying, coming} {
		rows.WriteString(bookings(k, i*perFlight))
	}
	w.file("bookings", ".csv", header+rows.String())
	w.up()
	early, gone, offline, fellow, repair, forked := w.enrol("early"), w.enrol("gone"), w.enrol("offline"), w.enrol("fellow"), w.enrol("repair"), w.enrol("forked")
	records := func(p *tablet, flight string, notes ...card) {
		for _, n := range notes {
			p.record(flight, n.Note)
			f.Acked[flight]++
			if flight == flying {
				f.Taken = append(f.Taken, n.Note)
			}
		}
	}

	// A flight that is over: its only tablet said all it had.
	notes := w.brief(sealed, 0, early)
	records(early, sealed, notes[:3]...)
	early.sync()
	w.set("2026-11-19T21:00:00Z")
	w.ground(nil, "flight", "movement", sealed, "in")
	early.sync()
	early.do(nil, "hand-in", sealed)
	early.sync()

	// A flight on which one tablet said all, and another is out of reach until its lease ends.
	w.set("2026-11-20T08:00:00Z")
	notes = w.brief(ended, perFlight, gone, early)
	records(early, ended, notes[0])
	early.sync()
	records(gone, ended, notes[1:3]...)

	// A flight in the air. The twin is a copy of forked; forked has said what it wrote, the twin has not.
	w.set("2026-11-22T08:00:00Z")
	w.brief(coming, 3*perFlight, offline)
	notes = w.brief(flying, 2*perFlight, offline, fellow, repair, forked)
	w.must(os.CopyFS(w.dir+"/twin", os.DirFS(forked.data())))
	w.must(os.Chmod(w.dir+"/twin/device.keys", 0o600)) // CopyFS forgets modes
	records(forked, flying, notes[0])
	forked.sync()
	w.set("2026-11-22T14:00:00Z")
	w.down()
	records(w.tablet("twin"), flying, notes[1])
	records(repair, flying, notes[2:4]...)
	w.damage(repair)
	records(offline, flying, notes[4:6]...)
	a, b := free(w), free(w)
	one, two := offline.board(a, b), fellow.board(b, a)
	w.until("the cabin's network has an entry", func() bool { return fellow.sees(flying, notes[5].Note) })
	w.end(one)
	w.end(two)
	records(fellow, flying, notes[6])

	// Two days after the second flight.
	w.set(stops)
	gone.try("sync", "--once")
	for _, k := range []string{sealed, ended, flying, coming} {
		f.Reports[k] = w.report(k)
	}
	w.shows(&f, "early", ended)
	w.shows(&f, "offline", flying, coming)
	w.shows(&f, "fellow", flying)
	w.shows(&f, "forked", flying)
	w.shows(&f, "twin", flying)
	w.shows(&f, "gone")
	return f
}

// shows asks a copy of a tablet what it has, so that its own files stay as they are.
func (w *world) shows(f *fixture, name string, flights ...string) {
	c := w.tablet("asked")
	w.must(os.RemoveAll(c.data()))
	w.must(os.CopyFS(c.data(), os.DirFS(filepath.Join(w.dir, name))))
	w.must(os.Chmod(c.data()+"/device.keys", 0o600))
	var st struct{ Pending int }
	c.do(&st, "status")
	f.Unsent[name] = st.Pending
	f.Cards[name] = map[string][]card{}
	for _, k := range flights {
		f.Cards[name][k] = c.notes(k)
	}
	w.must(os.RemoveAll(c.data()))
}

func (w *world) report(flight string) (r report) {
	w.Helper()
	w.ground(&r, "flight", "report", flight)
	return r
}

const header = "flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,customer_id,handles\n"

func bookings(flight string, from int) string {
	var b strings.Builder
	part := strings.Split(flight, "/")
	for i := range perFlight {
		k := from + i
		fmt.Fprintf(&b, "%s,AMS,JFK,%sT12:25:00Z,%sT20:45:00Z,L%05d,Sample%s,Traveller%s,MX,Y,%d%c,gold,C%d,x:9%018d\n",
			part[0], part[1], part[1], k, letters(k), letters(k), i+1, 'A'+i%6, k, k)
	}
	return b.String()
}

// letters writes a number below 676 with two letters.
func letters(k int) string { return string(rune('a'+k/26)) + string(rune('a'+k%26)) }

// file writes and imports a file.
func (w *world) file(kind, ending, text string) {
	w.Helper()
	path := filepath.Join(w.dir, "import"+ending)
	w.must(os.WriteFile(path, []byte(text), 0o600))
	w.ground(nil, "import", kind, path)
	w.must(os.Remove(path))
}

func (w *world) enrol(name string) *tablet {
	w.Helper()
	var invite struct{ Code string }
	w.ground(&invite, "tablet", "enrol", "--name", name)
	p := w.tablet(name)
	p.do(nil, "enrol", "--ground", "http://"+w.port, "--code", invite.Code, "--name", name)
	return p
}

// brief puts tablets on a flight, lets its travellers complain, and brings the notes to the tablets.
func (w *world) brief(flight string, from int, crew ...*tablet) []card {
	w.Helper()
	for i, p := range crew {
		w.ground(nil, "flight", "crew", flight, "--tablet", p.name, "--role", []string{"lead", "purser", "cabin", "cabin"}[i])
	}
	now, err := os.ReadFile(w.dir + "/clock")
	w.must(err)
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(now)))
	w.must(err)
	var posts strings.Builder
	for k := from; k < from+perFlight; k++ {
		b, err := json.Marshal(map[string]string{"channel": "x", "external_id": fmt.Sprintf("8%018d", k), "author_id": fmt.Sprintf("9%018d", k),
			"author_name": "Traveller" + letters(k), "text": "terrible service, the meal on KL0701 was cold", "lang": "en",
			"created_at": at.Add(-20 * time.Hour).Format(time.RFC3339)})
		w.must(err)
		posts.Write(append(b, '\n'))
	}
	w.file("posts", ".jsonl", posts.String())
	var cases []struct{ Case, Account string }
	w.ground(&cases, "case", "list")
	flag := []string{"case", "flag"}
	for _, c := range cases {
		var k int
		if _, err := fmt.Sscanf(c.Account, "9%018d", &k); err == nil && k >= from && k < from+perFlight {
			w.ground(nil, "consent", "set", "yes", "--case", c.Case)
			flag = append(flag, c.Case)
		}
	}
	w.ground(nil, flag...)
	for range 2 { // in the second round each hears of those behind it
		for _, p := range crew {
			p.sync()
		}
	}
	notes := crew[0].notes(flight)
	if len(notes) != perFlight {
		w.Fatalf("%s has %d notes", flight, len(notes))
	}
	return notes
}

// damage flips a bit in a tablet's largest table; the tablet finds it, and what its rescue needs
// of ground is out of reach.
func (w *world) damage(p *tablet) {
	w.Helper()
	tables, err := filepath.Glob(p.data() + "/flights/*/1/*.sst")
	w.must(err)
	size := func(path string) int64 {
		st, err := os.Stat(path)
		w.must(err)
		return st.Size()
	}
	slices.SortFunc(tables, func(a, b string) int { return int(size(b) - size(a)) })
	b, err := os.ReadFile(tables[0])
	w.must(err)
	b[len(b)/2] ^= 1
	w.must(os.WriteFile(tables[0], b, 0o600))
	p.try("notes", flying)
}
