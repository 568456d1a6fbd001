package cabinloop_test

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// decoderName is what functions are called that read bytes or text of others; decoderTakes what
// they take.
var (
	decoderName  = regexp.MustCompile(`^(?i:decode|parse|read|unmarshal|unpack|split|join|restore|open|sighting|unwrap|salvage)([A-Z].*)?$|^to[A-Z].*$|^(log|table|entries|take|fields|check(Footer|Block))$`)
	decoderTakes = regexp.MustCompile(`^(\[\]byte|\[\]\[\]byte|string|io\.Reader|\[?\]?\*crewv1\.\w+|\*mdns\.ServiceEntry|url\.Values|Run|wrapped|\*telex|\*part)$`)
)

// decoderHomes are the folders whose decoders must have a fuzz target: everything that reads what
// a peer, an airline, a browser or a damaged disk may hold.
var decoderHomes = []string{"sync", "crewapi", "internal/keys", "internal/web", "ground/flightops", "ground/social", "ground/subject", "ground/console", "passenger"}

// noDecoders says why a function that looks like a decoder is none, or needs no target.
var noDecoders = map[string]string{
	"crewapi/cabin/listen.go take":          "counts connections",
	"crewapi/lean.go Read":                  "passes bytes on",
	"crewapi/call.go Read":                  "passes bytes on",
	"crewapi/line.go Read":                  "passes bytes on",
	"crewapi/race.go Read":                  "passes bytes on",
	"crewapi/uplink/class.go ParseSetting":  "one of a list of words",
	"passenger/handin.go ParseHandInReason": "one of a list of words",
	"passenger/post.go ParseChannel":        "one of a list of words",
	"passenger/flight.go ParseMovement":     "one of a list of words",
	"passenger/flight.go ParseRole":         "one of a list of words",
	"passenger/outcome.go ParseOutcome":     "one of a list of words",
	"passenger/outcome.go ParseReason":      "one of a list of words",
	"passenger/outcome.go ParseReaction":    "one of a list of words",
}

// function is one of a file, with what it mentions: names of its own package, and others by the
// folder that they may be in.
type function struct {
	at, dir, name string
	uses          map[[2]string]bool // folder, name
}

func functionsOf(s []source, test bool) (out []function) {
	for _, f := range s {
		if f.test != test || f.generated() {
			continue
		}
		imported := map[string]string{} // by the name it has in the file
		for _, im := range f.file.Imports {
			dir, ours := strings.CutPrefix(pathOf(im), module+"/")
			if !ours {
				continue
			}
			name := path.Base(dir)
			if im.Name != nil {
				name = im.Name.Name
			}
			imported[name] = dir
		}
		for _, d := range f.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			g := function{at: f.path + " " + fn.Name.Name, dir: f.dir, name: fn.Name.Name, uses: map[[2]string]bool{}}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					g.uses[[2]string{f.dir, n.Name}] = true
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] != "" {
						g.uses[[2]string{imported[x.Name], n.Sel.Name}] = true
						return false
					}
					for _, dir := range imported { // a method of something that comes from there
						g.uses[[2]string{dir, n.Sel.Name}] = true
					}
				}
				return true
			})
			out = append(out, g)
		}
	}
	return out
}

// decodersOf lists the functions that read bytes or text of others.
func decodersOf(s []source) map[string]bool {
	out := map[string]bool{}
	for _, f := range s {
		if f.test || f.generated() || !withinAny(f.dir, decoderHomes) || within(f.dir, "sync/sim") || within(f.dir, "sync/storetest") || strings.HasSuffix(f.dir, "test") || f.dir == "crewapi/pack/train" {
			continue
		}
		for _, d := range f.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || !decoderName.MatchString(fn.Name.Name) {
				continue
			}
			for _, p := range fn.Type.Params.List {
				if decoderTakes.MatchString(typeText(p.Type)) {
					out[f.path+" "+fn.Name.Name] = true
				}
			}
		}
	}
	return out
}

func typeText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + typeText(e.X)
	case *ast.SelectorExpr:
		return typeText(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		if e.Len == nil {
			return "[]" + typeText(e.Elt)
		}
	}
	return ""
}

// fuzzed lists what the fuzz targets of a tree may reach, by name: too much rather than too
// little, but nothing that no target leads to.
func fuzzed(s []source) (targets []string, reached map[string]bool) {
	found := map[[2]string][]function{}
	for _, g := range append(functionsOf(s, false), functionsOf(s, true)...) {
		found[[2]string{g.dir, g.name}] = append(found[[2]string{g.dir, g.name}], g)
	}
	reached = map[string]bool{}
	var walk func(g function)
	walk = func(g function) {
		for use := range g.uses {
			for _, h := range found[use] {
				if !reached[h.at] {
					reached[h.at] = true
					walk(h)
				}
			}
		}
	}
	for _, g := range functionsOf(s, true) {
		if strings.HasPrefix(g.name, "Fuzz") {
			targets = append(targets, g.at)
			walk(g)
		}
	}
	return targets, reached
}

// unfuzzed returns the decoders that no target reaches.
func unfuzzed(s []source) (out []string) {
	_, reached := fuzzed(s)
	for at := range decodersOf(s) {
		if !reached[at] && noDecoders[at] == "" {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// TestEveryDecoderIsFuzzed holds that whoever writes a decoder writes a fuzz target too.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	tree := readTree(t, ".")
	decoders := decodersOf(tree)
	targets, _ := fuzzed(tree)
	t.Logf("%d decoders, %d targets", len(decoders), len(targets))
	if len(decoders) < 50 || len(targets) < 30 {
		t.Fatalf("only %d decoders and %d targets found: the walk is broken", len(decoders), len(targets))
	}
	for _, at := range unfuzzed(tree) {
		t.Errorf("no fuzz target reaches %s: add one with seeds, or name it in noDecoders with the reason", at)
	}
	for at := range noDecoders {
		if !decoders[at] {
			t.Errorf("noDecoders names %s, which is not there", at)
		}
	}
}

func TestAnUnfuzzedDecoderIsFound(t *testing.T) {
	bad := map[string]string{"sync/a.go": `package sync; func decodeThing(b []byte) error { return nil }; func decodeOther(b []byte) {}`,
		"sync/a_test.go": `package sync; func FuzzOther(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { decodeOther(b) }) }; func TestThing() { decodeThing(nil) }`}
	if got := unfuzzed(parseTree(t, bad)); !slices.Equal(got, []string{"sync/a.go decodeThing"}) {
		t.Errorf("found %q", got)
	}
	good := map[string]string{"crewapi/a.go": `package crewapi; func toThing(b []byte) error { return inner(b) }; func inner(b []byte) error { return parseDeep(string(b)) }; func parseDeep(s string) error { return nil }`,
		"crewapi/a_test.go": `package crewapi; func FuzzThing(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { toThing(b) }) }`}
	if got := unfuzzed(parseTree(t, good)); len(got) > 0 {
		t.Errorf("found %q", got)
	}
}
