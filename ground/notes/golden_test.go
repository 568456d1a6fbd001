package notes_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/cabinloop/cabinloop/ground/notes"
	"github.com/cabinloop/cabinloop/passenger"
)

var rewrite = flag.Bool("rewrite", false, "write what the compiler makes into testdata")

// TestGolden compiles the story of each file in testdata and compares what the crew reads.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories in testdata, %v", len(files), err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil || len(a.Files) == 0 || a.Files[0].Name != "in" {
			t.Errorf("%s: does not begin with -- in --", file)
			continue
		}
		out := []txtar.File{a.Files[0]}
		n, refusal := compile(t, string(a.Files[0].Data))
		if refusal != nil {
			text := fmt.Sprintf("%s\n%s\ndesk: %v\n", refusal.Code, strings.Join(refusal.Reasons, "\n"), refusal.Desk)
			out = append(out, txtar.File{Name: "refused", Data: []byte(text)})
		} else {
			if err := n.Validate(); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			for _, lang := range passenger.Languages {
				out = append(out, txtar.File{Name: lang, Data: []byte(render(n, lang))})
			}
		}
		got := string(txtar.Format(&txtar.Archive{Comment: a.Comment, Files: out}))
		if *rewrite {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(txtar.Format(a)), got); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}

// compile reads "key: value" lines over the defaults of a plain case.
func compile(t *testing.T, text string) (passenger.Note, *notes.Refusal) {
	t.Helper()
	in := input()
	event := notes.EventInput{}
	fields := map[string]any{
		"topic": &in.Topic, "severity": &in.Severity, "complaint": &in.Complaint.Designator, "day": &in.Complaint.Day,
		"surname": &in.Traveller.Surname, "given": &in.Traveller.Given, "title": &in.Traveller.Title, "seat": &in.Traveller.Seat,
		"tier": &in.Traveller.Tier, "cabin": &in.Traveller.Cabin, "minor possible": &in.Traveller.MinorPossible, "identity sure": &in.Traveller.IdentitySure,
		"same crew": &in.Flight.CrewOfComplaint, "consent": &in.Consent, "not asked allowed": &in.NotAskedAllowed, "reach": &in.Reach,
		"settled": &in.Settled, "moved": &in.MovedFrom, "onward": &in.Onward, "agent asked": &in.AgentAsked, "cleared": &in.Cleared,
		"event cases": &event.Cases,
	}
	edits := notes.Edits{}
	fields["edit words"], fields["edit moment"], fields["edit priority"], fields["edit private"] = &edits.Words, &edits.Moment, &edits.Priority, &edits.Private
	for line := range strings.Lines(text) {
		key, v, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			t.Fatalf("line %q is not key: value", line)
		}
		v = strings.TrimSpace(v)
		switch key {
		case "hours":
			h, err := time.ParseDuration(v + "h")
			if err != nil {
				t.Fatal(err)
			}
			in.Flight.STA = in.Flight.STD.Add(h)
			continue
		case "edit do", "edit do not":
			for c := range strings.FieldsSeq(v) {
				if key == "edit do" {
					edits.Do = append(edits.Do, passenger.PhraseCode(c))
				} else {
					edits.DoNot = append(edits.DoNot, passenger.PhraseCode(c))
				}
			}
			continue
		}
		f, ok := fields[key]
		if !ok {
			t.Fatalf("unknown key %q", key)
		}
		switch p := reflect.ValueOf(f).Elem(); p.Kind() {
		case reflect.String:
			p.SetString(v)
		case reflect.Bool:
			p.SetBool(v == "yes")
		default:
			n, err := strconv.Atoi(v)
			if err != nil {
				t.Fatal(err)
			}
			p.SetInt(int64(n))
		}
	}
	if event.Cases > 0 {
		event.Designator, event.Day, event.STA = in.Complaint.Designator, in.Complaint.Day, in.Flight.STA
		return notes.CompileEvent(event), nil
	}
	if !reflect.DeepEqual(edits, notes.Edits{}) {
		in.Edits = &edits
	}
	return notes.Compile(in)
}

func input() notes.Input {
	std := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	return notes.Input{
		Topic: passenger.TopicMeal, Severity: passenger.Mild,
		Complaint: notes.Complaint{Designator: "KL641", Day: "2026-05-12"},
		Traveller: notes.Traveller{No: 7, Surname: "JANSEN", Given: "JANNEKE", Title: "MS", Seat: "14C", Tier: "Gold", Cabin: "Y", IdentitySure: true},
		Flight: notes.Flight{Key: passenger.FlightKey{Carrier: "KL", Number: 605, Date: "2026-11-21", Departure: "AMS", Attempt: 1},
			STD: std, STA: std.Add(11 * time.Hour)},
		Consent: passenger.ConsentYes, Reach: notes.ReachOwn, Now: std.Add(-100 * time.Hour),
	}
}

// render writes a note as its reader sees it.
func render(n passenger.Note, lang string) string {
	var b strings.Builder
	who := fmt.Sprintf("%s · %s · %s", n.Seat, n.Name, n.Tier)
	if n.Event {
		who = fmt.Sprintf("whole flight · %d cases", n.Cases)
	}
	fmt.Fprintf(&b, "%s\npriority %d · %s", who, n.Priority, n.Moment)
	if n.Private {
		b.WriteString(" · private")
	}
	b.WriteString("\n")
	lines := func(mark string, ps []passenger.Phrase) {
		for _, p := range ps {
			fmt.Fprintf(&b, "%s %s\n", mark, p.Words(lang))
		}
	}
	lines("!", n.Happened)
	lines("+", n.Do)
	lines("-", n.DoNot)
	if n.Words != "" {
		fmt.Fprintf(&b, "\" %s\n", n.Words)
	}
	for _, w := range n.Why {
		fmt.Fprintf(&b, "? %s\n", w.Words(lang))
	}
	fmt.Fprintf(&b, "until %s\n", n.Expires.Format("2006-01-02 15:04 UTC"))
	return b.String()
}
