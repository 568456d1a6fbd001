package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cabinloop/cabinloop/internal/testenv"
)

// fixtures lists what older programs left: one archive for each commit.
func fixtures(t *testing.T) (out []string) {
	t.Helper()
	out, err := filepath.Glob("testdata/*.tar.gz")
	if err != nil || len(out) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return out
}

// unpacked puts a fixture into a world whose programs are p.
func unpacked(t *testing.T, archive, engine string, p programs) (*world, fixture) {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), port: free(t), programs: p}
	w.must(unpack(archive, engine, w.dir))
	var f fixture
	b, err := os.ReadFile(w.dir + "/story.json")
	w.must(err)
	w.must(json.Unmarshal(b, &f))
	w.db = "sqlite:" + w.dir + "/ground.db"
	if engine == "postgres" {
		w.db = testenv.Postgres(t)
		dump, err := os.ReadFile(w.dir + "/ground.sql")
		w.must(err)
		testenv.Pour(t, w.db, string(dump))
	}
	w.set(stops)
	w.moved()
	return w, f
}

var address = regexp.MustCompile(`"ground": "[^"]*"`)

// moved tells the tablets at which port ground is now: that of the story may be another's.
func (w *world) moved() {
	w.Helper()
	files, err := filepath.Glob(w.dir + "/*/device.json")
	w.must(err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		w.must(err)
		w.must(os.WriteFile(file, address.ReplaceAll(b, []byte(`"ground": "http://`+w.port+`"`)), 0o600))
	}
}

// before returns the programs that wrote a fixture, built from the history of this repository.
func before(t *testing.T, archive string) programs {
	t.Helper()
	commit := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
	root := testenv.Root(t)
	if out, err := exec.Command("git", "-C", root, "cat-file", "-e", commit+"^{commit}").CombinedOutput(); err != nil {
		t.Skipf("the programs of %s cannot be built, the history is not here: %s", commit, out)
	}
	built.Lock()
	defer built.Unlock()
	if p, ok := built.of[commit]; ok {
		return p
	}
	p, err := build(root, commit)
	if err != nil {
		t.Fatal(err)
	}
	built.of[commit] = p
	return p
}

var built = struct {
	sync.Mutex
	of map[string]programs
}{of: map[string]programs{}}

// build keeps the programs of a commit for later runs: they never change.
func build(root, commit string) (p programs, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return p, err
	}
	bin := filepath.Join(cache, "cabinloop-upgrade", commit)
	p = programs{filepath.Join(bin, "ground"), filepath.Join(bin, "purser")}
	if _, err := os.Stat(filepath.Join(bin, "done")); err == nil {
		return p, nil
	}
	src, err := os.MkdirTemp("", "cabinloop-src-")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(src)
	script := `set -e; git -C "$1" archive "$2" | tar -x -C "$3"; mkdir -p "$4"; cd "$3"; CGO_ENABLED=0 go build -trimpath -o "$4/" ./cmd/ground ./cmd/purser; touch "$4/done"`
	if out, err := exec.Command("sh", "-c", script, "build", root, commit, src, bin).CombinedOutput(); err != nil {
		return p, fmt.Errorf("build the programs of %s: %w\n%s", commit, err, out)
	}
	return p, nil
}

// shown fails unless the tablets show what the programs of the story said, word by word.
func (w *world) shown(f fixture, archive string) {
	w.Helper()
	for name, flights := range f.Cards {
		for flight, want := range flights {
			if diff := cmp.Diff(want, w.tablet(name).notes(flight), cmpopts.EquateEmpty()); diff != "" {
				w.Errorf("%s: %s on %s is not what it was:\n%s", filepath.Base(archive), flight, name, diff)
			}
		}
	}
	for name, want := range f.Unsent {
		var st struct{ Pending int }
		if w.tablet(name).do(&st, "status"); st.Pending != want {
			w.Errorf("%s: %d entries of %s wait, %d were left", filepath.Base(archive), st.Pending, name, want)
		}
	}
}

// arrives lets every tablet write one more entry and speak to ground, one after the other and
// again, and fails unless ground has every acknowledged entry once.
func (w *world) arrives(f fixture) {
	w.Helper()
	one := w.tablet("offline")
	for _, c := range one.notes(coming)[:2] {
		one.record(coming, c.Note)
		f.Acked[coming]++
	}
	fellow := w.tablet("fellow")
	cards := fellow.notes(flying)
	fellow.record(flying, w.untouched(f, cards))
	f.Acked[flying]++
	for range 3 {
		for _, name := range []string{"fellow", "twin", "repair", "offline", "gone", "forked", "early"} {
			w.tablet(name).try("sync", "--once")
		}
	}
	for _, name := range []string{"fellow", "twin", "repair", "offline", "gone", "forked", "early"} {
		p := w.tablet(name)
		p.sync()
		var st struct{ Pending int }
		if p.do(&st, "status"); st.Pending != 0 {
			w.Errorf("%d entries of %s still wait", st.Pending, name)
		}
	}
	entries, lost, twice := 0, 0, 0
	for flight, want := range f.Acked {
		r := w.report(flight)
		entries, lost, twice = entries+want, lost+max(0, want-r.Acted), twice+max(0, r.Recorded-want)
		if r.Acted != want || r.Recorded != want || r.Disputed != 0 || !r.SumsClose || r.Issued != r.OnGround {
			w.Errorf("%s: %d entries were acknowledged; ground says %+v", flight, want, r)
		}
	}
	fmt.Fprintf(w.Output(), "upgrade: %s entries=%d lost=%d twice=%d\n", w.Name(), entries, lost, twice)
	if files, _ := filepath.Glob(w.dir + "/gone/unsent/*"); len(files) > 0 {
		w.Errorf("kept although ground has it: %v", files)
	}
}

// untouched returns a note on which nobody in the story recorded anything.
func (w *world) untouched(f fixture, cards []card) string {
	w.Helper()
	taken := map[string]bool{}
	for _, name := range f.Taken {
		taken[name] = true
	}
	for _, c := range cards {
		if !taken[c.Note] {
			return c.Note
		}
	}
	w.Fatal("every note has an outcome")
	return ""
}

// What the older programs left is opened by this build, shows the same, and comes to ground once.
func TestUpgrade(t *testing.T) {
	for _, archive := range fixtures(t) {
		for _, engine := range []string{"sqlite", "postgres"} {
			t.Run(filepath.Base(archive)+"/"+engine, func(t *testing.T) {
				w, f := unpacked(t, archive, engine, today(t))
				w.shown(f, archive)
				for flight, want := range f.Reports { // before ground takes up its work
					if diff := cmp.Diff(want, w.report(flight)); diff != "" {
						t.Errorf("the report of %s is not what it was:\n%s", flight, diff)
					}
				}
				w.up()
				w.arrives(f)
			})
		}
	}
}

// Programs are updated weeks apart: old tablets speak to a new ground, new tablets to an old one.
func TestMixed(t *testing.T) {
	for _, archive := range fixtures(t) {
		older, newer := before(t, archive), today(t)
		for name, p := range map[string]programs{
			"old tablets new ground": {newer.ground, older.purser},
			"new tablets old ground": {older.ground, newer.purser},
			"one by one":             newer,
		} {
			t.Run(filepath.Base(archive)+"/"+name, func(t *testing.T) {
				w, f := unpacked(t, archive, "sqlite", p)
				w.up()
				if name == "one by one" { // half of the crew is updated
					w.mixed = map[string]string{"offline": older.purser, "twin": older.purser, "gone": older.purser}
				}
				w.arrives(f)
			})
		}
	}
}

// On board an old program and a new one are in each other's reach, and ground in nobody's.
func TestCabin(t *testing.T) {
	for _, archive := range fixtures(t) {
		older, newer := before(t, archive), today(t)
		for name, p := range map[string][2]string{"old and new": {older.purser, newer.purser}, "new and old": {newer.purser, older.purser}} {
			t.Run(filepath.Base(archive)+"/"+name, func(t *testing.T) {
				w, f := unpacked(t, archive, "sqlite", newer)
				w.mixed = map[string]string{"offline": p[0], "fellow": p[1]}
				one, two := w.tablet("offline"), w.tablet("fellow")
				cards := one.notes(flying)
				note := w.untouched(f, cards)
				a, b := free(t), free(t)
				x, y := one.board(a, b), two.board(b, a)
				one.tap(flying, note, "9a3f00d1c2b4e5f6")
				f.Acked[flying]++
				f.Taken = append(f.Taken, note)
				w.until("the entry is on the other tablet", func() bool { return two.sees(flying, note) })
				own := w.untouched(f, cards)
				two.tap(flying, own, "0b3f00d1c2b4e5f7")
				f.Acked[flying]++
				f.Taken = append(f.Taken, own)
				w.until("the other's entry is here", func() bool { return one.sees(flying, own) })
				w.end(x)
				w.end(y)
				w.up()
				w.arrives(f)
			})
		}
	}
}
