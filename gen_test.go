package cabinloop_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// TestGeneratedCodeIsCurrent compares contracts and generated code with proto/gen.sum, which
// make gen writes: a contract changed without make gen, or generated code changed by hand, shows
// here without buf on the machine. make gen-check is the full check.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	for _, stale := range staleGenerated(t, os.DirFS(".")) {
		t.Errorf("%s; run make gen", stale)
	}
}

func TestStaleGeneratedCodeIsFound(t *testing.T) {
	good := fstest.MapFS{
		"proto/crew/v1/a.proto":     {Data: []byte("contract")},
		"proto/gen/crew/v1/a.pb.go": {Data: []byte("code")},
	}
	var sum strings.Builder
	for _, name := range []string{"proto/crew/v1/a.proto", "proto/gen/crew/v1/a.pb.go"} {
		fmt.Fprintf(&sum, "%x  %s\n", sha256.Sum256(good[name].Data), name)
	}
	good["proto/gen.sum"] = &fstest.MapFile{Data: []byte(sum.String())}
	if got := staleGenerated(t, good); len(got) > 0 {
		t.Errorf("a current tree is called stale: %q", got)
	}
	for name, change := range map[string]func(fstest.MapFS){
		"contract changed": func(m fstest.MapFS) { m["proto/crew/v1/a.proto"] = &fstest.MapFile{Data: []byte("other")} },
		"code changed":     func(m fstest.MapFS) { m["proto/gen/crew/v1/a.pb.go"] = &fstest.MapFile{Data: []byte("other")} },
		"code missing":     func(m fstest.MapFS) { delete(m, "proto/gen/crew/v1/a.pb.go") },
		"new contract":     func(m fstest.MapFS) { m["proto/crew/v1/b.proto"] = &fstest.MapFile{Data: []byte("new")} },
		"no sum":           func(m fstest.MapFS) { delete(m, "proto/gen.sum") },
	} {
		tree := fstest.MapFS{}
		for k, v := range good {
			tree[k] = v
		}
		change(tree)
		if len(staleGenerated(t, tree)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// staleGenerated returns a line for each file of proto/ that does not fit proto/gen.sum.
func staleGenerated(t *testing.T, tree fs.FS) []string {
	t.Helper()
	recorded := map[string]string{}
	text, err := fs.ReadFile(tree, "proto/gen.sum")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			hash, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			recorded[name] = hash
		}
	}
	var out []string
	walkErr := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != "." && !within(p, "proto") {
				return fs.SkipDir
			}
			return nil
		}
		if !within(p, "proto") || path.Ext(p) != ".proto" && !(within(p, "proto/gen") && path.Ext(p) == ".go") {
			return nil
		}
		data, err := fs.ReadFile(tree, p)
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != recorded[p] {
			out = append(out, p+" is not as make gen left it")
		}
		delete(recorded, p)
		return nil
	})
	if walkErr != nil {
		t.Fatal(walkErr)
	}
	for name := range recorded {
		out = append(out, name+" is gone")
	}
	return out
}
