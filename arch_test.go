// Package cabinloop_test checks what holds the folders together: who may import whom, that the
// flight sync engine stays pure, that generated code belongs to its contracts.
package cabinloop_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/cabinloop/cabinloop"

// rule is one law of the tree. Its check returns one line for each breach. bad and good are
// synthetic trees (path → source) that show that it can fail, and that it does not always.
type rule struct {
	name  string
	why   string
	check func([]source) []string
	bad   []map[string]string
	good  map[string]string
}

// edge is an import between two parts of ground that is allowed, with its reason.
type edge struct{ from, to, why string }

// groundEdges lists the imports allowed between parts of ground. Every part may import the root
// of ground, which holds nouns; anything else goes through an interface the importer declares.
// A folder below a part belongs to that part. Tests are free: they join real parts.
var groundEdges = []edge{
	{"console", "auth", "who is signed in, and in which role, is read from the request's context"},
	{"console", "cases", "pages show the view types of cases"},
	{"console", "dispatch", "pages show the view types of flights and their sums"},
	{"console", "followup", "pages show the view types of follow-ups, receipts and reports"},
	{"console", "notes", "the note desk shows compiled notes with their reasons"},
	{"dispatch", "manifest", "a step writes what the list of a flight became"},
	{"flightops", "manifest", "names of messages and of lists are compared in one way"},
	{"dispatch", "notes", "a step appends what the compiler made"},
}

var (
	sqlDrivers = []string{"github.com/jackc/pgx", "modernc.org/sqlite", "github.com/uptrace/bun", "github.com/pressly/goose",
		"github.com/lib/pq", "github.com/mattn/go-sqlite3", "github.com/ncruces/go-sqlite3"}
	impure = []string{"sync", "context", "os", "net", "log", "syscall", "runtime", "unsafe", "database", "testing"}
)

var rules = []rule{
	{
		name: "passenger imports the standard library and uuid only", why: "ground and tablets share one meaning of every word, without I/O",
		check: func(s []source) []string {
			allowed := map[string][]string{"": {"github.com/google/uuid"},
				// One way of folding letters serves the lamp, the matcher and the classifier (decision 0008).
				"identity": {module + "/passenger", module + "/internal/lexicon", "github.com/google/uuid", "github.com/mozillazg/go-unidecode", "github.com/xrash/smetrics"},
				"privacy":  {module + "/passenger", module + "/internal/lexicon", "github.com/google/uuid", "golang.org/x/text/unicode/norm"}}
			var out []string
			for _, f := range product(s, "passenger") {
				part := strings.Trim(strings.TrimPrefix(f.dir, "passenger"), "/")
				ok, known := allowed[part]
				if !known {
					out = append(out, f.dir+": no such part of passenger; name it in arch_test.go with what it may import")
					continue
				}
				out = append(out, f.importsOutside(ok)...)
				out = append(out, f.importsOf([]string{"os", "net/http", "log", "database", "math/rand", "crypto/rand", "sync"})...)
				out = append(out, f.calls("time", "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker")...)
			}
			return out
		},
		bad: []map[string]string{
			{"passenger/a.go": `package passenger; import _ "golang.org/x/text/language"`},
			{"passenger/a.go": `package passenger; import _ "os"`},
			{"passenger/a.go": `package passenger; import "time"; var _ = time.Now()`},
			{"passenger/privacy/a.go": `package privacy; import _ "github.com/xrash/smetrics"`},
			{"passenger/identity/a.go": `package identity; import _ "github.com/cabinloop/cabinloop/sync"`},
			{"passenger/other/a.go": `package other`},
		},
		good: map[string]string{"passenger/a.go": `package passenger; import ("time"; "github.com/google/uuid"); var _ time.Time; var _ uuid.UUID`,
			"passenger/identity/a.go": `package identity; import _ "github.com/xrash/smetrics"`, "passenger/a_test.go": `package passenger; import _ "pgregory.net/rapid"`},
	},
	{
		name: "the engine is pure", why: "time, identity and randomness arrive inside the event: same input, same bytes",
		check: checkPure,
		bad: []map[string]string{
			{"sync/a.go": `package sync; import _ "google.golang.org/protobuf/proto"`},
			{"sync/a.go": `package sync; import _ "sync"`},
			{"sync/a.go": `package sync; import _ "sync/atomic"`},
			{"sync/a.go": `package sync; import _ "context"`},
			{"sync/a.go": `package sync; import _ "log/slog"`},
			{"sync/a.go": `package sync; import _ "net/netip"`},
			{"sync/a.go": `package sync; import _ "math/rand/v2"`},
			{"sync/a.go": `package sync; import _ "crypto/rand"`},
			{"sync/a.go": `package sync; import _ "github.com/cabinloop/cabinloop/passenger/identity"`},
			{"sync/a.go": `package sync; func f() { go f() }`},
			{"sync/a.go": `package sync; var c chan int`},
			{"sync/a.go": `package sync; func f() { select {} }`},
			{"sync/a.go": `package sync; import t "time"; var _ = t.Now`},
			{"sync/a.go": `package sync; import "time"; var _ = time.AfterFunc`},
			{"sync/a.go": `package sync; import . "time"; var _ = Now`},
		},
		good: map[string]string{"sync/a.go": `package sync; import ("time"; "crypto/sha256"; "github.com/cabinloop/cabinloop/passenger"); var _ time.Time; var _ = sha256.Sum256; var _ passenger.Code`,
			"sync/a_test.go": `package sync; import _ "os"`, "sync/sim/a.go": `package sim; import _ "math/rand/v2"`},
	},
	{
		name: "crewapi and ground meet in cmd only", why: "the folder boundary is the privacy boundary",
		check: func(s []source) []string {
			var out []string
			for _, f := range under(s, "crewapi") {
				out = append(out, f.importsOf([]string{module + "/ground"})...)
			}
			for _, f := range under(s, "ground") {
				out = append(out, f.importsOf([]string{module + "/crewapi"})...)
			}
			return out
		},
		bad: []map[string]string{
			{"crewapi/a.go": `package crewapi; import _ "github.com/cabinloop/cabinloop/ground/cases"`},
			{"ground/dispatch/a_test.go": `package dispatch; import _ "github.com/cabinloop/cabinloop/crewapi"`},
		},
		good: map[string]string{"cmd/demo/a.go": `package main; import (_ "github.com/cabinloop/cabinloop/crewapi"; _ "github.com/cabinloop/cabinloop/ground")`},
	},
	{
		name: "parts of ground do not import each other", why: "a part is understood alone; see groundEdges",
		check: checkGroundEdges,
		bad: []map[string]string{
			{"ground/cases/a.go": `package cases; import _ "github.com/cabinloop/cabinloop/ground/social"`},
			{"ground/a.go": `package ground; import _ "github.com/cabinloop/cabinloop/ground/store"`},
			{"ground/auth/a.go": `package auth; import _ "github.com/cabinloop/cabinloop/ground/console"`},
		},
		good: map[string]string{"ground/cases/a.go": `package cases; import _ "github.com/cabinloop/cabinloop/ground"`,
			"ground/console/a.go": `package console; import _ "github.com/cabinloop/cabinloop/ground/auth"`,
			"ground/social/a.go":  `package social; import _ "github.com/cabinloop/cabinloop/ground/social/telegram"`,
			"ground/a_test.go":    `package ground_test; import _ "github.com/cabinloop/cabinloop/ground/store"`},
	},
	{
		name: "SQL stays in ground/store", why: "one code path for both engines, behind interfaces",
		check: func(s []source) []string {
			return onlyIn(s, sqlDrivers, "ground/store", "internal/testenv", "internal/pins")
		},
		bad: []map[string]string{
			{"ground/cases/a.go": `package cases; import _ "github.com/jackc/pgx/v5/stdlib"`},
			{"cmd/ground/a.go": `package main; import _ "modernc.org/sqlite"`},
			{"ground/storefront/a.go": `package storefront; import _ "github.com/uptrace/bun"`},
		},
		good: map[string]string{"ground/store/a.go": `package store; import _ "modernc.org/sqlite"`, "ground/store/migrate/a.go": `package migrate; import _ "github.com/pressly/goose/v3"`},
	},
	{
		name: "Badger stays in crewapi/badgerstore", why: "the engine knows its Storage, not what is behind it",
		check: func(s []source) []string {
			// The floor that loopbench measures against stands on Badger itself, beside no engine.
			return onlyIn(s, []string{"github.com/dgraph-io/badger"}, "crewapi/badgerstore", "cmd/loopbench/floor", "test/power", "internal/pins")
		},
		bad:  []map[string]string{{"crewapi/tablet/a.go": `package tablet; import _ "github.com/dgraph-io/badger/v4"`}},
		good: map[string]string{"crewapi/badgerstore/a.go": `package badgerstore; import _ "github.com/dgraph-io/badger/v4"`},
	},
	{
		name: "nothing imports cmd", why: "cmd is wiring only",
		check: func(s []source) []string {
			var out []string
			for _, f := range s {
				for _, path := range f.imports() {
					if to, ours := strings.CutPrefix(path, module+"/"); ours && within(to, "cmd") && program(to) != program(f.dir) {
						out = append(out, f.path+": imports "+path)
					}
				}
			}
			return out
		},
		bad: []map[string]string{
			{"ground/a.go": `package ground; import _ "github.com/cabinloop/cabinloop/cmd/ground"`},
			{"cmd/demo/a.go": `package main; import _ "github.com/cabinloop/cabinloop/cmd/ground/serve"`},
		},
		good: map[string]string{"cmd/ground/a.go": `package main; import _ "github.com/cabinloop/cabinloop/cmd/ground/serve"`},
	},
	{
		name: "our sync is imported as flightsync", why: "a bare sync is always the standard library's",
		check: func(s []source) []string {
			var out []string
			for _, f := range s {
				for _, im := range f.file.Imports {
					if pathOf(im) == module+"/sync" && (im.Name == nil || im.Name.Name != "flightsync") {
						out = append(out, f.path+`: write import flightsync "`+module+`/sync"`)
					}
				}
			}
			return out
		},
		bad: []map[string]string{
			{"crewapi/a.go": `package crewapi; import "github.com/cabinloop/cabinloop/sync"`},
			{"sync/a_test.go": `package sync_test; import fs "github.com/cabinloop/cabinloop/sync"`},
		},
		good: map[string]string{"crewapi/a.go": `package crewapi; import flightsync "github.com/cabinloop/cabinloop/sync"; var _ flightsync.Op`},
	},
	{
		name: "each package has exactly one package comment", why: "one place says what it is for",
		check: checkPackageComments,
		bad:   []map[string]string{{"a/a.go": "package a"}, {"a/a.go": "// Package a is.\npackage a", "a/b.go": "// Package a also is.\npackage a"}},
		good:  map[string]string{"a/doc.go": "// Package a is.\npackage a", "a/b.go": "package a", "a/c_test.go": "// Some words.\npackage a", "b/b_test.go": "package b"},
	},
	{
		name: "main.go is under 40 lines", why: "wiring lives where tests can start it",
		check: func(s []source) []string {
			return longer(s, 39, func(f source) bool { return strings.HasSuffix(f.path, "/main.go") })
		},
		bad:  []map[string]string{{"cmd/ground/main.go": "package main" + strings.Repeat("\n", 40)}},
		good: map[string]string{"cmd/ground/main.go": "package main" + strings.Repeat("\n", 39), "cmd/ground/serve.go": "package main" + strings.Repeat("\n", 80)},
	},
	{
		name: "no file is over 600 lines", why: "one idea a file; generated code excepted",
		check: func(s []source) []string { return longer(s, 600, func(f source) bool { return !f.generated() }) },
		bad:   []map[string]string{{"a/a.go": "package a" + strings.Repeat("\n", 601)}},
		good:  map[string]string{"a/a.go": "// Code generated by x. DO NOT EDIT.\npackage a" + strings.Repeat("\n", 700), "a/b.go": "package a" + strings.Repeat("\n", 600)},
	},
}

func TestArchitecture(t *testing.T) {
	tree := readTree(t, ".")
	if len(tree) < 10 {
		t.Fatalf("only %d Go files found: the walk is broken", len(tree))
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, breach := range r.check(tree) {
				t.Errorf("%s (%s)", breach, r.why)
			}
		})
	}
}

func TestRulesCanFail(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, tree := range r.bad {
				if got := r.check(parseTree(t, tree)); len(got) == 0 {
					t.Errorf("no breach found in %q", tree)
				}
			}
			if got := r.check(parseTree(t, r.good)); len(got) > 0 {
				t.Errorf("breaches found in a good tree: %q", got)
			}
		})
	}
}

// TestPurserLinksNothingOfGround checks what the linker would take, not what one file imports.
func TestPurserLinksNothingOfGround(t *testing.T) {
	if got := forbiddenInPurser([]string{"fmt", module + "/passenger", module + "/ground/cases", "modernc.org/sqlite/lib", "database/sql"}); len(got) != 3 {
		t.Fatalf("the rule cannot fail: found %q, want three", got)
	}
	if _, err := os.Stat("cmd/purser"); os.IsNotExist(err) {
		t.Log("cmd/purser is not there yet: nothing to link")
		return
	}
	list := exec.Command("go", "list", "-deps", "./cmd/purser")
	var said strings.Builder
	list.Stderr = &said
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &said)
	}
	for _, path := range forbiddenInPurser(strings.Fields(string(out))) {
		t.Errorf("cmd/purser links %s: the folder boundary is the privacy boundary", path)
	}
}

func forbiddenInPurser(deps []string) []string {
	var out []string
	for _, dep := range deps {
		if dep == "database/sql/driver" { // interfaces only; uuid implements two of them
			continue
		}
		if withinAny(dep, append([]string{module + "/ground", "database/sql"}, sqlDrivers...)) {
			out = append(out, dep)
		}
	}
	return out
}
